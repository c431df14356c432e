"""From the columns that an environment writes to gymnasium's spaces and observations."""

import json
import string

import numpy as np
from gymnasium import spaces
from gymnasium.vector.utils import batch_space

from rove import _core

# Upstream's own MissionSpace knows only its family's texts; this one holds them all.
TEXT = spaces.Text(max_length=1000, min_length=0, charset=string.ascii_letters + string.digits + " ,.'-")


def open_batch(what: str, id: str, num_envs: int, threads: int, config: dict) -> _core.Batch:
    """A batch of environment ``id`` with its config keys. Raises rove.Error that names the key."""
    for name, value in (("num_envs", num_envs), ("threads", threads)):
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or not 1 <= value < 2**31:
            raise _core.Error(f"{what}: {name}: expected a number >= 1, got {value!r}")
    plain = {key: value for key, value in {"type": id, **config}.items() if value is not None}
    try:
        text = json.dumps(plain, default=_plain)  # YAML too
    except TypeError as error:
        raise _core.Error(f"{what}: {error}") from None
    try:
        return _core.Batch(text, what, int(num_envs), int(threads))
    except _core.Error as error:
        # The config is one line of text, and its reader speaks of the command line.
        raise _core.Error(str(error).replace(f"{what}:1: ", f"{what}: ").replace("rove list envs", "rove.envs()")) from None


def _plain(value):
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"{value!r} cannot be a config value")


def space_of(column: dict) -> spaces.Space:
    """The space of one row of a column; of MiniGrid's image and direction, upstream's."""
    if column["choices"] > 0:
        return spaces.Discrete(column["choices"], start=int(column["low"][0]))
    dtype, shape = np.dtype(column["dtype"]), column["shape"]
    if column["name"] == "image" and dtype == np.uint8:
        return spaces.Box(0, 255, shape, dtype)
    limits = []
    for bound, unbounded in (("low", -np.inf), ("high", np.inf)):
        given = column[bound] or [unbounded if dtype.kind == "f" else getattr(np.iinfo(dtype), "min" if bound == "low" else "max")]
        limits.append(np.full(shape, given[0], dtype) if len(given) == 1 else np.array(given, dtype).reshape(shape))
    return spaces.Box(*limits, shape, dtype)


def as_arrays(column: np.ndarray) -> list[np.ndarray]:
    """The rows of a column as arrays, those of no dimension too."""
    return [column[i, ...] for i in range(len(column))]


class Observations:
    """Which columns make up an observation, the arrays they live in, and their spaces.

    columns: None: those a policy may see (the mission once: as text or as numbers), a dict of them if there are several; a name: that column alone; names: a dict of these.
    mission: "text" or "index".
    buffers: arrays of the caller's for columns of these names; the others are made here.
    """

    def __init__(self, what: str, batch: _core.Batch, num_envs: int, columns, mission: str, buffers: dict | None):
        if mission not in ("text", "index"):
            raise _core.Error(f'{what}: mission: expected "text" or "index", got {mission!r}')
        specs = {column["name"]: column for column in batch.observations()}
        if columns is None:
            hidden = {"mission_tokens"} if mission == "text" else set()  # the same words again
            columns = [name for name, column in specs.items() if not column["privileged"] and name not in hidden]
            self.single = columns[0] if len(columns) == 1 else None
        else:
            self.single = columns if isinstance(columns, str) else None
            columns = [columns] if self.single else list(columns)
        for name in (*columns, *(buffers or {})):
            if name not in specs:
                raise _core.Error(f"{what}: unknown column {name!r}; there are {', '.join(specs)}")
        if not columns or len(set(columns)) != len(columns):
            raise _core.Error(f"{what}: columns: expected names, each once, got {columns!r}")
        self.batch, self.num_envs = batch, num_envs
        self.arrays = {name: np.zeros((num_envs, *column["shape"]), column["dtype"]) for name, column in specs.items()}
        self.arrays.update(buffers or {})
        self.texts = [""] * num_envs if mission == "text" and batch.has_missions and "mission" in columns else None
        self._missions = tuple(self.texts or ())
        # By column, how a row of it becomes what a single environment returns: a Discrete is an int.
        self._rows = {
            name: np.ndarray.tolist if specs[name]["choices"] > 0 else as_arrays for name in columns if not self.is_text(name)
        }
        self.order = columns
        singles = {name: TEXT if self.is_text(name) else space_of(specs[name]) for name in columns}
        batched = {
            # One object for all rows: a space of its own for each costs a million characters' copies for large batches.
            name: spaces.Tuple((space,) * num_envs) if self.is_text(name) else batch_space(space, num_envs)
            for name, space in singles.items()
        }
        self.single_space = singles[self.single] if self.single else spaces.Dict(singles)
        self.space = batched[self.single] if self.single else spaces.Dict(batched)

    def is_text(self, name: str) -> bool:
        return name == "mission" and self.texts is not None

    def refresh(self) -> None:
        """Call when episodes have begun."""
        if self.texts is not None:
            self.batch.fill_missions(self.texts)
            self._missions = tuple(self.texts)

    def all(self, copy: bool):
        """The whole batch's observation."""
        get = (lambda name: self.arrays[name].copy()) if copy else self.arrays.__getitem__
        if self.single:
            return self._missions if self.is_text(self.single) else get(self.single)
        out = {name: self._missions if self.is_text(name) else get(name) for name in self.order}
        return out

    def rows(self, rows: np.ndarray) -> list:
        """Copies of these rows' observations, each as its own environment would return it."""
        taken = {name: split(self.arrays[name][rows]) for name, split in self._rows.items()}
        out = []
        for k, row in enumerate(rows):
            one = {name: self.texts[row] if self.is_text(name) else taken[name][k] for name in self.order}
            out.append(one[self.single] if self.single else one)
        return out
