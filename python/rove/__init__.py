"""rove's environments for Python: exact ports of MiniGrid, the DeepMind Control Suite and tabular tasks, stepped in C++.

    envs = rove.make_vec("MiniGrid-DoorKey-8x8-v0", 1024)   # a gymnasium.vector.VectorEnv
    env = rove.make("MiniGrid-DoorKey-8x8-v0")              # a gymnasium.Env
    rove.envs()                                             # every id; minigrid/NAME are families with parameters

After ``import rove`` gymnasium knows the ids of MiniGrid and BabyAI too: ``gymnasium.make_vec("rove/MiniGrid-DoorKey-8x8-v0", 1024)``.
"""

import gymnasium

from rove._core import Error, __version__, doc, envs
from rove.single import Env
from rove.vector import VectorEnv

__all__ = ["Env", "Error", "VectorEnv", "__version__", "doc", "envs", "make", "make_vec"]

Error.__module__ = "rove"
Error.__doc__ = "Wrong input, named in one line: an unknown id or key, an action out of range, an array of another type."


def make_vec(id: str, num_envs: int = 1, **options) -> VectorEnv:
    """``num_envs`` environments stepped together; ``options`` as VectorEnv takes them, the environment's own keys included."""
    return VectorEnv(id, num_envs, **options)


def make(id: str, **options) -> Env:
    """One environment; ``options`` as Env takes them, the environment's own keys included."""
    return Env(id, **options)


for _id in envs():
    if "/" not in _id and "rove/" + _id not in gymnasium.registry:  # gymnasium's ids hold one slash
        gymnasium.register("rove/" + _id, "rove.single:Env", vector_entry_point="rove.vector:VectorEnv", kwargs={"id": _id})
