"""Many environments as one gymnasium.vector.VectorEnv."""

import secrets
from typing import Any

import numpy as np
from gymnasium.error import ClosedEnvironmentError, ResetNeeded
from gymnasium.vector import AutoresetMode
from gymnasium.vector import VectorEnv as GymnasiumVectorEnv
from gymnasium.vector.utils import batch_space

from rove import _core
from rove.columns import Observations, open_batch, space_of


class VectorEnv(GymnasiumVectorEnv):
    """``num_envs`` environments of one id, stepped in C++ into NumPy arrays (one a column, a row an environment).

    autoreset_mode: gymnasium's NEXT_STEP (what the engine does itself), SAME_STEP (info has final_obs and final_info) or DISABLED
        (reset ended rows with ``reset(options={"reset_mask": mask})``).
    copy: True: observations are the caller's to keep; False: they are the arrays themselves, overwritten by the next call.
    threads: how many threads step the batch, at most as many as cores; the results are the same. Pays from about 512 MiniGrid
        environments a thread, or a few of dm_control.
    columns: what an observation holds. None: the columns a policy may see, as a dict if there are several; a name: that column
        alone, e.g. "image"; names: a dict of these, privileged columns too (docs/minigrid.md).
    mission: "text": MiniGrid's mission strings; "index": their numbers, as the engine's agents see them.
    buffers: arrays of yours, by column, that the environment writes instead of its own.
    render_mode: "rgb_array": ``render()`` gives a picture of each environment, where it can be drawn. tile_size, highlight, agent_pov: as
        upstream MiniGrid has them.
    config: the environment's keys, e.g. ``max_steps=500`` or ``size=10`` (docs/minigrid.md, docs/dm_control.md).

    ``buffers`` (attribute) holds the array of every column, privileged ones included, as of the last call.
    Calls release the GIL; one object must not be used by two threads at once (an error says so).
    Wrong input raises rove.Error, a ValueError.
    """

    def __init__(
        self,
        id: str,
        num_envs: int = 1,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        copy: bool = True,
        threads: int = 1,
        columns: str | list[str] | tuple[str, ...] | None = None,
        mission: str = "text",
        buffers: dict[str, np.ndarray] | None = None,
        render_mode: str | None = None,
        tile_size: int = 32,
        highlight: bool = True,
        agent_pov: bool = False,
        **config: Any,
    ):
        what = f"rove.make_vec({id!r})"
        self.id, self.num_envs, self.copy = id, num_envs, copy
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self._batch = open_batch(what, id, num_envs, threads, config)
        self.metadata = {
            "render_modes": ["rgb_array"] if self._batch.can_render else [],
            "render_fps": 10,
            "autoreset_mode": self.autoreset_mode,
        }
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise _core.Error(f"{what}: render_mode: expected None or one of {self.metadata['render_modes']}, got {render_mode!r}")
        self.render_mode = render_mode
        self._picture = bool(agent_pov), bool(highlight), int(tile_size)
        self._observations = Observations(what, self._batch, num_envs, columns, mission, buffers)
        self.buffers = self._observations.arrays
        self._reward = np.zeros(num_envs)
        self._terminated, self._truncated = (np.zeros(num_envs, np.bool_) for _ in range(2))
        try:
            ends = self._terminated.view(np.uint8), self._truncated.view(np.uint8)
            self._batch.bind(list(self.buffers.values()), self._reward, *ends)
        except (_core.Error, BufferError, TypeError) as error:
            raise _core.Error(f"{what}: buffers: {error}") from None
        self.single_observation_space = self._observations.single_space
        self.observation_space = self._observations.space
        action = self._batch.action()
        self.single_action_space = space_of(action)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._action_dtype = np.dtype(action["dtype"])
        self._seeded = np.zeros(num_envs, np.bool_)
        self._needs_reset = np.ones(num_envs, np.bool_)

    @property
    def max_steps(self) -> int:
        """The time limit of an episode, 0 for none."""
        return self._batch.max_steps

    def reset(self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None):
        """Starts an episode in every environment, or in those of ``options["reset_mask"]``, a bool array.

        seed: an int s gives environment i the seed s + i; a list, each its own (None: its stream goes on); None: all streams go on,
        from fresh entropy at first. Seeds are below 2**64.
        """
        self._check_open()
        if seed is None:
            seeds = [None] * self.num_envs
        elif isinstance(seed, (int, np.integer)):
            seeds = [int(seed) + i for i in range(self.num_envs)]
        else:
            seeds = [None if s is None else int(s) for s in seed]
        if len(seeds) != self.num_envs:
            raise ValueError(f"seed: expected {self.num_envs} seeds, one for each environment, got {len(seeds)}")
        for s in seeds:
            if s is not None and not 0 <= s < 2**64:
                raise _core.Error(f"seed: expected 0 <= seed < 2**64, got {s}")
        mask = (options or {}).get("reset_mask")
        if mask is None:
            rows = np.arange(self.num_envs)
        else:
            if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or mask.shape != (self.num_envs,) or not mask.any():
                raise _core.Error(f'options["reset_mask"]: expected a bool array of shape ({self.num_envs},) with a True in it')
            rows = np.flatnonzero(mask)
        for row in rows[~self._seeded[rows]]:
            seeds[row] = secrets.randbits(64) if seeds[row] is None else seeds[row]
        self._batch.reset(rows.tolist(), [seeds[row] for row in rows])
        self._seeded[rows] = True
        self._needs_reset[rows] = False
        self._terminated[rows] = self._truncated[rows] = False
        self._observations.refresh()
        return self._observations.all(self.copy), {}

    def step(self, actions):
        """Steps every environment: observations, rewards (float64), terminations, truncations, infos."""
        self._check_open()
        if self._needs_reset.any():
            raise ResetNeeded(f"reset the environments of rows {np.flatnonzero(self._needs_reset)[:8].tolist()} first")
        ended, began = self._batch.step(self._as_actions(actions))
        infos: dict[str, Any] = {}
        terminated, truncated = self._terminated.copy(), self._truncated.copy()
        if ended and self.autoreset_mode is not AutoresetMode.NEXT_STEP:
            done = terminated | truncated
            if self.autoreset_mode is AutoresetMode.DISABLED:
                self._needs_reset = done
            else:
                rows = np.flatnonzero(done)
                for row, final in zip(rows, self._observations.rows(rows)):
                    infos = self._add_info(infos, {"final_obs": final, "final_info": {}}, row)
                self._batch.reset(rows.tolist(), [None] * len(rows))
                began = len(rows)
        if began:
            self._observations.refresh()
        return self._observations.all(self.copy), self._reward.copy(), terminated, truncated, infos

    def render(self) -> tuple[np.ndarray, ...] | None:
        """With render_mode "rgb_array": a picture of each environment, uint8 [height, width, 3]."""
        self._check_open()
        if self.render_mode is None:
            return None
        if not self._seeded.all():
            raise ResetNeeded("reset before render")
        pictures = (self._batch.render(row, *self._picture) for row in range(self.num_envs))
        return tuple(np.frombuffer(rgb, np.uint8).reshape(height, width, 3).copy() for height, width, rgb in pictures)

    def inspect(self, row: int) -> dict[str, Any] | None:
        """The exact state of one environment in upstream's terms; None for families that show none.

        MiniGrid: grid (uint8 [width, height, 3], as upstream's Grid.encode()), box (x, y, type, colour, state of each box's content),
        agent (x, y, direction), carrying, mission, max_steps, width, height, and rng, which ``np.random.PCG64().state`` takes.
        dm_control: qpos, qvel, substeps.
        """
        self._check_open()
        state = self._batch.inspect(row)
        if state is not None and "grid" in state:
            state["grid"] = np.frombuffer(state["grid"], np.uint8).reshape(state["width"], state["height"], 3)
        return state

    def rng_state(self, row: int) -> dict[str, Any]:
        """inspect(row)["rng"] without the rest."""
        self._check_open()
        return self._batch.rng_state(row)

    def close_extras(self, **kwargs: Any) -> None:
        self._batch = None

    def _check_open(self) -> None:
        if self.closed:
            raise ClosedEnvironmentError(f"this VectorEnv of {self.id} is closed")

    def _as_actions(self, actions) -> np.ndarray:
        given = np.asarray(actions)
        if given.dtype == self._action_dtype and given.flags.c_contiguous:
            return given
        kinds = "iu" if self._action_dtype.kind == "i" else "fiu"
        out = given.astype(self._action_dtype, order="C") if given.dtype.kind in kinds else None
        if out is None or (self._action_dtype.kind == "i" and not np.array_equal(out, given)):
            raise _core.Error(f"actions: expected numbers of type {self._action_dtype}, got {given.dtype}")
        return out
