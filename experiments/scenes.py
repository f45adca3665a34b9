"""Scenes as TOML files: people, prompts, goals, obstacles.

    seconds = 6.0

    [[people]]
    name = "anna"
    prompt = "walk"              # a primitive, or a motion file beside this one,
    from = 2.0                   # up to so many seconds into it
    place = [0.0, 0.0]           # where the prompt ends; primitives end there anyway
    facing = 90                  # degrees from x
    path = { points = [[0, 1], [1, 4]], speed = 1.2 }
    goals = [{ joint = "LeftHand", place = [0.4, 0.5, 1.2], at = 1.5, hold = 0.5 }]
    grasps = [{ hand = "right", place = [0.5, -0.2, 1.1], at = 1.5, radius = 0.035,
                length = 0.15, axis = [0, 0, 1] }]   # a rod; without length a ball
    along = { prompt = "walk.bvh", begin = 1.0 }   # in place of a path: goes where that
                                 # motion goes from 1 s on, as fast, facing as it does
    label = "run"                # what he is told to do, if the model knows it
    look = [2.0, 0.0, 1.6]
    key = { prompt = "sit.bvh", from = 1.2, at = 3.0 }
    pushes = [{ velocity = [0.5, 0.0], at = 2.0 }]
    effort = 0.8                 # most power, as a share of what is usual at his speed
    torque = { LeftLeg = 80 }    # most that joints are to bear, N m
    balance = true               # the ground is to bear him where his feet stand
    mass = 70                    # kg

    [[obstacles]]
    ends = [[1, 2, 0], [1, 2, 2]]
    radius = 0.2
    velocity = [0, 0, 0]

    [floor]                      # one of these three; level without
    slope = 8                    # degrees, up along x from x = 0 on
    stairs = { rise = 0.15, run = 0.3, begin = 1.0, count = 10 }
    heights = "hill.npz"         # heights [X, Y], corner [2] and step, metres

All but ``prompt`` may be left out. `read` checks every key: a misspelt one is no wish
that goes unheard.
"""

import dataclasses
import tomllib
import types
import typing
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.settings import SettingError
from kinematics import Motion
from lmmjax.generation import guidance, scene
from lmmjax.generation.guidance import Floor
from lmmjax.generation.scene import Scene

# A prompt by its name, until so many seconds into it; None for its end.
Prompts = Callable[[str, float | None], Motion]

# Bytes of a file of heights, unpacked.
_MOST_BYTES = 64_000_000


@dataclasses.dataclass(frozen=True)
class Stairs:
    """As `lmmjax.generation.guidance.stairs` takes them."""

    rise: float
    run: float
    begin: float = 1.0
    count: int = 10


def read(path: str | Path, prompt_of: Prompts) -> Scene:
    """The scene that a file tells.

    Args:
      path: TOML, see above.
      prompt_of: finds a prompt.

    Raises:
      SettingError: it is not as above; the message names the file and the key.
    """
    path = Path(path)
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise SettingError(f"{path}: {error}") from error
    try:
        return _scene(told, prompt_of, path.parent)
    except _Wrong as error:
        raise SettingError(f"{path}: {error}") from error


def of_words(
    people: Sequence[str],
    obstacles: Sequence[str],
    prompt_of: Prompts,
    floor: str | None = None,
) -> Scene:
    """A scene in the words of a file, as the insides of inline tables.

    Args:
      people: such as ``prompt = "walk", facing = 90``.
      obstacles: such as ``ends = [[1, 2, 0], [1, 2, 2]], radius = 0.2``.
      prompt_of: finds a prompt.
      floor: such as ``slope = 8``.

    Raises:
      SettingError: they cannot be read; the message says which.
    """

    def table(flag: str, word: str) -> dict[str, Any]:
        try:
            return tomllib.loads(f"x = {{ {word} }}")["x"]
        except ValueError as error:
            raise SettingError(f"--{flag}={word}: {error}") from error

    told: dict[str, Any] = {
        "people": [table("person", word) for word in people],
        "obstacles": [table("obstacle", word) for word in obstacles],
    }
    if floor is not None:
        told["floor"] = table("floor", floor)
    try:
        return _scene(told, prompt_of)
    except _Wrong as error:
        raise SettingError(str(error)) from error


class _Wrong(ValueError):
    """Something in a file that does not belong there, and where."""


def _scene(
    told: Mapping[str, Any], prompt_of: Prompts, folder: str | Path = ""
) -> Scene:
    told = dict(told)
    people = _tables(told, "people")
    obstacles = _tables(told, "obstacles")
    if not people:
        raise _Wrong("a scene needs [[people]]")
    persons = [_person(n, dict(person), prompt_of) for n, person in enumerate(people)]
    names = [person.name for person in persons]
    for name in names:
        if names.count(name) > 1:
            raise _Wrong(f"two people are called {name!r}")
    found = [
        _record(scene.Obstacle, obstacle, f"obstacles[{n}]")
        for n, obstacle in enumerate(obstacles)
    ]
    rest: dict[str, Any] = {"people": tuple(persons), "obstacles": tuple(found)}
    if "floor" in told:
        rest["floor"] = _floor(told.pop("floor"), Path(folder))
    return _record(Scene, told, "", rest)


def _floor(told: Any, folder: Path) -> Floor:
    kinds = ("slope", "stairs", "heights")
    if not isinstance(told, dict) or len(told) != 1 or next(iter(told)) not in kinds:
        raise _Wrong(f"floor: a table with one of {', '.join(kinds)}")
    ((kind, value),) = told.items()
    where = f"floor.{kind}"
    try:
        if kind == "slope":
            return guidance.slope(_value(float, value, where))
        if kind == "stairs":
            stairs = _record(Stairs, value, where)
            return guidance.stairs(**dataclasses.asdict(stairs))
        return guidance.field(**_heights(folder / _value(str, value, where)))
    except _Wrong:
        raise
    except ValueError as error:
        raise _Wrong(f"{where}: {error}") from error


def _heights(path: Path) -> dict[str, Any]:
    """The arrays of a file of heights.

    Raises:
      ValueError: it cannot be read, or holds something else.
    """
    needed = {"heights", "corner", "step"}
    try:
        with zipfile.ZipFile(path) as file:
            size = sum(part.file_size for part in file.infolist())
        if size > _MOST_BYTES:
            raise ValueError(f"{path} holds more than {_MOST_BYTES // 10**6} MB")
        with np.load(path, allow_pickle=False) as file:
            found = {name: file[name] for name in needed & set(file)}
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ValueError(f"{path} is not an npz file") from error
    numbers = all(np.issubdtype(x.dtype, np.number) for x in found.values())
    if set(found) != needed or not numbers or found["step"].size != 1:
        raise ValueError(f"{path} needs heights [X, Y], corner [2] and step, numbers")
    return found | {"step": found["step"].item()}


def _person(number: int, told: dict[str, Any], prompt_of: Prompts) -> scene.Person:
    where = f"people[{number}]"
    rest: dict[str, Any] = {}
    name = told.setdefault("name", f"person_{number + 1}")
    if (
        not isinstance(name, str)
        or not name.replace("_", "").replace("-", "").isalnum()
    ):
        raise _Wrong(f"{where}.name: letters, digits, - and _; got {name!r}")
    rest["prompt"] = _prompt(told, where, prompt_of)
    for key, kind in (
        ("goals", scene.Goal),
        ("grasps", scene.Grasp),
        ("pushes", scene.Push),
    ):
        rest[key] = tuple(
            _record(kind, one, f"{where}.{key}[{n}]")
            for n, one in enumerate(_tables(told, key, where))
        )
    if "path" in told:
        rest["path"] = _record(scene.Path, told.pop("path"), f"{where}.path")
    if "along" in told:
        along = told.pop("along")
        if not isinstance(along, dict):
            raise _Wrong(f"{where}.along: needs a prompt")
        rest["along"] = _along(along, f"{where}.along", prompt_of)
    if "key" in told:
        key = told.pop("key")
        if not isinstance(key, dict):
            raise _Wrong(f"{where}.key: needs a prompt and at")
        at = _value(float, key.pop("at", None), f"{where}.key.at")
        rest["key"] = _prompt(key, f"{where}.key", prompt_of), at
        if key:
            raise _Wrong(f"{where}.key: no key {next(iter(key))!r}")
    return _record(scene.Person, told, where, rest)


def _prompt(told: dict[str, Any], where: str, prompt_of: Prompts) -> Motion:
    """A prompt, until where it is cut off."""
    name = _value(str, told.pop("prompt", None), f"{where}.prompt")
    until = told.pop("from", None)
    if until is not None:
        until = _value(float, until, f"{where}.from")
    return prompt_of(name, until)


def _along(told: dict[str, Any], where: str, prompt_of: Prompts) -> Motion:
    """A motion that is gone along with, from where it begins."""
    motion = _prompt(told, where, prompt_of)
    begin = _value(float, told.pop("begin", 0.0), f"{where}.begin")
    if told:
        raise _Wrong(f"{where}: no key {next(iter(told))!r}")
    frame = round(begin * motion.fps)
    if not 0 <= frame < len(motion) - 1:
        raise _Wrong(f"{where}.begin: within the motion's {motion.duration:g} s")
    return motion[frame:]


def _tables(told: dict[str, Any], key: str, where: str = "") -> list[dict[str, Any]]:
    found = told.pop(key, [])
    if not isinstance(found, list) or not all(isinstance(x, dict) for x in found):
        at = f"{where}.{key}" if where else key
        raise _Wrong(f"{at}: a list of tables")
    return found


def _record(
    kind: type, told: Any, where: str, rest: Mapping[str, Any] | None = None
) -> Any:
    """A dataclass whose fields are what a table tells, and the rest."""
    rest = rest or {}
    if not isinstance(told, dict):
        raise _Wrong(f"{where}: a table")
    kinds = typing.get_type_hints(kind)
    at = f"{where}." if where else ""
    for key in told:
        if key not in kinds or key in rest:
            raise _Wrong(f"{at}{key}: no such key; there are {', '.join(kinds)}")
    values = {key: _value(kinds[key], x, at + key) for key, x in told.items()}
    for field in dataclasses.fields(kind):
        needed = field.default is dataclasses.MISSING
        if needed and field.name not in {*values, *rest}:
            raise _Wrong(f"{at}{field.name}: is missing")
    return kind(**values, **rest)


def _value(kind: Any, told: Any, where: str) -> Any:
    """A value of a type of the dataclasses above: of numbers and text, and tables."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is types.UnionType:
        (kind,) = (part for part in parts if part is not type(None))
        return _value(kind, told, where)
    if origin is tuple:
        every = len(parts) == 2 and parts[1] is Ellipsis
        if not isinstance(told, list) or not (every or len(told) == len(parts)):
            count = "" if every else f" of {len(parts)}"
            raise _Wrong(f"{where}: a list{count}; got {told!r}")
        kinds = [parts[0]] * len(told) if every else parts
        return tuple(
            _value(part, one, f"{where}[{n}]")
            for n, (part, one) in enumerate(zip(kinds, told, strict=True))
        )
    if origin is dict:
        if not isinstance(told, dict):
            raise _Wrong(f"{where}: a table; got {told!r}")
        return {
            key: _value(parts[1], one, f"{where}.{key}") for key, one in told.items()
        }
    if kind is float:
        number = isinstance(told, int | float) and not isinstance(told, bool)
        if not number or not abs(told) < float("inf"):
            raise _Wrong(f"{where}: a finite number; got {told!r}")
        return float(told)
    if not isinstance(told, kind):
        raise _Wrong(f"{where}: {kind.__name__}; got {told!r}")
    return told
