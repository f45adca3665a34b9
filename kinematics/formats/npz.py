"""The native file of a motion: an npz archive that keeps everything, bit for bit.

Arrays are stored as they are, without pickle; names and labels are one text in
JSON. Files carry a version, and files of a later one are refused.
"""

import json
import os
from typing import Any

import numpy as np

from kinematics.couplings import Couplings
from kinematics.formats.arrays import read_arrays, write_arrays
from kinematics.formats.errors import problem
from kinematics.motion import Motion
from kinematics.skeleton import Skeleton, make_skeleton

VERSION = 1
_KIND = "kinematics.Motion"
_POSES = ("root_position", "root_rotation", "joints")
_BODY = ("offsets", "frames", "lower", "upper")
_LABELS = ("name", "subject", "action")
# Arrays of the couplings, which a body need not have.
_RANGES = ("start", "stop", "lower", "upper")


def write(path: str | os.PathLike, motion: Motion) -> None:
    """Write a motion of any leading shape.

    Raises:
      OSError: the file cannot be written; nothing half-written is left behind.
    """
    body = motion.skeleton
    about: dict[str, Any] = {"kind": _KIND, "version": VERSION, "fps": motion.fps}
    about |= {key: getattr(motion, key) for key in _LABELS}
    about |= {
        key: getattr(body, key) for key in ("names", "parents", "kinds", "mirror")
    }
    arrays = {key: np.asarray(getattr(motion, key)) for key in _POSES}
    arrays |= {f"skeleton.{key}": np.asarray(getattr(body, key)) for key in _BODY}
    if body.couplings is not None:
        about["coordinates"] = body.couplings.coordinates
        about["controllers"] = body.couplings.controllers
        arrays |= {
            f"couplings.{key}": np.asarray(getattr(body.couplings, key))
            for key in _RANGES
        }
    write_arrays(path, {"about": np.array(json.dumps(about)), **arrays})


def read(path: str | os.PathLike) -> Motion:
    """Read a motion that `write` has written.

    Raises:
      FormatError: one sentence that says what is wrong and what to do.
      OSError: the file cannot be read.
    """
    raw = read_arrays(path)
    about = _about(path, raw)
    try:
        labels = {key: about[key] for key in _LABELS}
        if not all(isinstance(label, str) for label in labels.values()):
            raise TypeError("its labels are no text")
        root, turns, joints = (_numbers(raw, key) for key in _POSES)
        body = _skeleton(about, raw)
        motion = Motion(body, root, turns, joints, float(about["fps"]), **labels)
        _check(motion)
    except (KeyError, TypeError, ValueError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise problem(
            path, None, f"it holds no whole motion: {reason}", "write it anew"
        ) from error
    return motion


def _about(path, raw: dict[str, np.ndarray]) -> dict[str, Any]:
    """Names and labels, of a file of this kind and version."""
    try:
        about = json.loads(str(raw["about"]))
        kind, version = about["kind"], about["version"]
    except (KeyError, TypeError, ValueError, RecursionError):
        kind = None
    if kind != _KIND:
        raise problem(
            path,
            None,
            "this archive is no motion of this library",
            "read files of AMASS with amass.read",
        )
    if version != VERSION:
        raise problem(
            path, None, f"it is of version {version!r}", "update this library"
        )
    return about


def _numbers(raw: dict[str, np.ndarray], key: str) -> np.ndarray:
    if raw[key].dtype.kind != "f":
        raise TypeError(f"{key} is of type {raw[key].dtype}")
    return raw[key]


def _skeleton(about: dict[str, Any], raw: dict[str, np.ndarray]) -> Skeleton:
    """The body, checked anew; its offsets may have leading axes."""
    offsets, frames, lower, upper = (_numbers(raw, f"skeleton.{k}") for k in _BODY)
    couplings = None
    if "coordinates" in about:
        ranges = (_numbers(raw, f"couplings.{key}") for key in _RANGES)
        couplings = Couplings(
            tuple(map(int, about["coordinates"])),
            tuple(map(int, about["controllers"])),
            *ranges,
        )
    if offsets.ndim < 2 or not np.isfinite(offsets).all():
        raise ValueError("an offset is not finite")
    one = offsets.reshape(-1, *offsets.shape[-2:])[:1]
    checked = make_skeleton(
        about["names"],
        about["parents"],
        one[0] if len(one) else np.zeros(offsets.shape[-2:]),
        about["kinds"],
        frames,
        lower,
        upper,
        about["mirror"],
        couplings,
    )
    return checked.replace(offsets=offsets)


def _check(motion: Motion) -> None:
    """ValueError unless shapes and rate make a motion."""
    batch = motion.joints.shape[:-1]
    for name, shape, last in (
        ("joints", motion.joints.shape, motion.skeleton.num_coordinates),
        ("root_position", motion.root_position.shape, 3),
        ("root_rotation", motion.root_rotation.shape, 4),
    ):
        if len(shape) < 2 or shape != (*batch, last):
            raise ValueError(f"{name} has shape {shape}")
    if not 0 < motion.fps < np.inf:
        raise ValueError(f"fps is {motion.fps}")
