"""The text of an AMC motion, checked against its skeleton."""

import math
import os

import numpy as np

from kinematics.formats.asf_text import Asf
from kinematics.formats.errors import problem
from kinematics.formats.text import number, read_text


def parse_amc(path: str | os.PathLike, asf: Asf) -> tuple[np.ndarray, float]:
    """Read a motion of a skeleton.

    Args:
      path: the AMC file.
      asf: its skeleton.

    Returns:
      Values [T, C], the dofs of all bones in the order of `asf.bones`, as
      written; and radians per unit of angle. A bone that is nowhere in the file
      stays at 0.
    """
    radian = asf.radian
    starts, width = {}, 0
    for name, bone in asf.bones.items():
        starts[name] = width
        width += len(bone.dofs)
    frames: list[list[float]] = []
    lines: list[int] = []
    seen: list[set[str]] = []
    last = 0
    for line, row in enumerate(read_text(path).split("\n"), 1):
        words = row.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0].startswith(":"):
            if words[0].lower() in (":degrees", ":radians"):
                radian = 1.0 if words[0].lower() == ":radians" else math.radians(1)
        elif len(words) == 1 and words[0].isdecimal():
            if frames and words[0] != str(last + 1):
                raise problem(
                    path,
                    line,
                    f"frame {words[0][:40]} follows frame {last}",
                    "restore the frames between, or split the file",
                )
            last = int(words[0][:18])
            frames.append([0.0] * width)
            lines.append(line)
            seen.append(set())
        else:
            _put(path, line, words, asf, starts, frames, seen)
    if not frames:
        raise problem(path, None, "there are no frames", "get the whole file again")
    moving = set().union(*seen)
    for at, names in zip(lines, seen, strict=True):
        if names != moving:
            missing = ", ".join(sorted(moving - names)[:3])
            raise problem(
                path,
                at,
                f"this frame lacks {missing}, the file may be cut off",
                "get the whole file again",
            )
    return np.array(frames), radian


def _put(path, line, words, asf, starts, frames, seen) -> None:
    """Put the values of one bone into the last frame."""
    name = words[0]
    bone = asf.bones.get(name)
    if not frames:
        raise problem(path, line, f"{name[:40]!r} before a frame", "number the frames")
    if bone is None:
        raise problem(
            path,
            line,
            f"bone {name[:40]!r} is not in the skeleton",
            "give the .asf file of this subject",
        )
    if len(words) - 1 != len(bone.dofs):
        raise problem(
            path,
            line,
            f"bone {name!r} has {len(words) - 1} values for "
            f"{len(bone.dofs)} degrees of freedom",
            "give the .asf file of this subject, or get the whole file again",
        )
    if name in seen[-1]:
        raise problem(path, line, f"bone {name!r} twice in a frame", "remove one")
    for k, word in enumerate(words[1:]):
        value = number(word)
        if value is None:
            raise problem(
                path, line, f"{word[:40]!r} is not a finite number", "export it again"
            )
        frames[-1][starts[name] + k] = value
    seen[-1].add(name)
