"""PPO written the usual way: eager torch and EnvPool, as CleanRL's single files are. MiniGrid-DoorKey-8x8, rollouts of 128 steps,
4 epochs x 4 minibatches, network of 19,384 parameters. Usage: ppo_torch.py ENVS SECONDS"""
import sys

import envpool
import numpy as np
import torch
from torch import nn

from measure import rate, report

STEPS, EPOCHS, MINIBATCHES = 128, 4, 4
GAMMA, LAMBDA, CLIP, ENTROPY, VALUE, MAX_NORM = 0.99, 0.95, 0.2, 0.005, 0.5, 0.5


class ActorCritic(nn.Module):
    def __init__(self, actions):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 16, 2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 2), nn.ReLU(),
                                  nn.Conv2d(32, 64, 2), nn.ReLU(), nn.Flatten())
        self.actor = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, actions))
        self.critic = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))

    def forward(self, obs):
        features = self.body(obs)
        return torch.distributions.Categorical(logits=self.actor(features)), self.critic(features).squeeze(-1)


class Ppo:
    def __init__(self, env_id, envs):
        self.env = envpool.make(env_id, "gymnasium", num_envs=envs)
        self.net = ActorCritic(self.env.action_space.n)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=3e-4, eps=1e-5)
        self.n, shape = envs, (STEPS, envs)
        self.obs = torch.zeros(*shape, 3, 7, 7)
        self.actions = torch.zeros(shape, dtype=torch.long)
        self.log_probs, self.values, self.rewards, self.done = (torch.zeros(shape) for _ in range(4))
        self.next_obs = self.planes(self.env.reset()[0])
        self.next_done = torch.zeros(envs)  # this row's observation ended an episode: its action is ignored

    @staticmethod
    def planes(obs):
        return torch.from_numpy(obs["image"]).permute(0, 3, 1, 2).float()

    def collect(self):
        for t in range(STEPS):
            self.obs[t], self.done[t] = self.next_obs, self.next_done
            with torch.no_grad():
                policy, self.values[t] = self.net(self.next_obs)
                action = policy.sample()
                self.actions[t], self.log_probs[t] = action, policy.log_prob(action)
            obs, reward, terminated, truncated, _ = self.env.step(action.numpy().astype(np.int32))
            self.next_obs, self.next_done = self.planes(obs), torch.from_numpy(terminated | truncated).float()
            self.rewards[t] = torch.from_numpy(reward)

    def advantages(self):
        advantages, last = torch.zeros_like(self.rewards), 0.0
        with torch.no_grad():
            next_value, alive = self.net(self.next_obs)[1], 1 - self.next_done
        for t in reversed(range(STEPS)):
            delta = self.rewards[t] + GAMMA * next_value * alive - self.values[t]
            advantages[t] = last = delta + GAMMA * LAMBDA * alive * last
            next_value, alive = self.values[t], 1 - self.done[t]
        return advantages

    def learn(self):
        advantages = self.advantages()
        returns = (advantages + self.values).flatten()
        rows = STEPS * self.n
        obs, advantages = self.obs.view(rows, 3, 7, 7), advantages.flatten()
        actions, old_log_probs = self.actions.flatten(), self.log_probs.flatten()
        for _ in range(EPOCHS):
            for rows_of in torch.randperm(rows).chunk(MINIBATCHES):
                policy, value = self.net(obs[rows_of])
                advantage = advantages[rows_of]
                advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
                ratio = (policy.log_prob(actions[rows_of]) - old_log_probs[rows_of]).exp()
                policy_loss = torch.max(-advantage * ratio, -advantage * ratio.clamp(1 - CLIP, 1 + CLIP)).mean()
                value_loss = 0.5 * (value - returns[rows_of]).square().mean()
                loss = policy_loss + VALUE * value_loss - ENTROPY * policy.entropy().mean()
                self.optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(self.net.parameters(), MAX_NORM)
                self.optimizer.step()

    def iterate(self):
        self.collect()
        self.learn()
        return STEPS * self.n - int(self.done.sum())  # a row that only resets is no frame


def main():
    ppo = Ppo("MiniGrid-DoorKey-8x8-v0", int(sys.argv[1]))
    parameters = sum(p.numel() for p in ppo.net.parameters())
    ppo.iterate()
    report(rate(ppo.iterate, float(sys.argv[2])), ["torch", "envpool", "numpy"], envs=ppo.n, threads=torch.get_num_threads(),
           parameters=parameters)


if __name__ == "__main__":
    main()
