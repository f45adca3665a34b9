"""TRC (track row column): marker positions as text, of OpenSim and Pose2Sim.

Five lines of header, then a line per frame: its number, its time, and x, y, z of
every marker, separated by tabs. OpenSim's world has y up. A marker is missing where
its three fields are empty, not a number, or all 0.
"""

import math
import os
import pathlib

import numpy as np

from kinematics.formats.axes import WORLD
from kinematics.formats.errors import problem
from kinematics.formats.text import number, read_text, write_text
from kinematics.points import Points3D, make_points

# World of the file to ours. With z up it is ours already.
WORLDS = {"y": WORLD["y"], "z": np.eye(3)}
METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001}
_MISSING = ("", "nan", "-nan", "nan(ind)", "-nan(ind)")


def read(path: str | os.PathLike, *, up: str = "y") -> Points3D:
    """Read a TRC file.

    Args:
      path: the file.
      up: vertical axis of its world, ``"y"`` or ``"z"``.

    Returns:
      The points in metres, z up, `name` the file's stem. The number and the time
      of the first frame are not kept.

    Raises:
      FormatError: one sentence with file and line, what is wrong, what to do.
      OSError: the file cannot be read.
    """
    world = world_axes(up)
    lines = [line.split("\t") for line in read_text(path).split("\n")]
    if not lines[0][0].strip().startswith("PathFileType") or len(lines) < 5:
        raise problem(
            path, 1, "a TRC file starts with PathFileType and 5 lines", "export it anew"
        )
    header = {
        key.strip().lower(): value.strip()
        for key, value in zip(lines[1], lines[2], strict=False)
    }
    rate = number(header.get("datarate", ""))
    if rate is None or rate <= 0:
        raise problem(path, 3, "DataRate is no rate in Hz", "give one above 0")
    unit = header.get("units", "").lower()
    if unit not in METRES:
        raise problem(
            path,
            3,
            f"Units are {unit[:20]!r}",
            f"give points in {', '.join(METRES)}; pixels have no place in space",
        )
    names = _names(path, lines[3], header.get("nummarkers", ""))
    rows, count = [], 3 * len(names)
    for n, line in enumerate(lines[5:], 6):
        if not any(field.strip() for field in line):
            continue
        # Trailing fields that are empty are often left out.
        fields = [field.strip() for field in line[2:]]
        if len(fields) > count and any(fields[count:]):
            raise problem(
                path,
                n,
                f"{len(fields)} coordinates for {len(names)} markers",
                "correct the names in line 4",
            )
        rows.append([_value(path, n, field) for field in fields[:count]])
        rows[-1] += [math.nan] * (count - len(rows[-1]))
    places = np.array(rows, float).reshape(len(rows), len(names), 3)
    places[(places == 0).all(axis=-1)] = np.nan
    frames = header.get("numframes", "")
    if frames.isdigit() and int(frames) != len(rows):
        raise problem(
            path,
            3,
            f"NumFrames says {frames}, but {len(rows)} are there",
            "get the whole file again, or correct NumFrames",
        )
    places = METRES[unit] * places @ world.T
    return make_points(names, places, rate, name=pathlib.Path(path).stem)


def write(
    path: str | os.PathLike, points: Points3D, *, up: str = "y", units: str = "m"
) -> None:
    """Write a TRC file. Missing points are left empty.

    Args:
      path: the file.
      points: one recording.
      up: vertical axis of the file's world, ``"y"`` (OpenSim) or ``"z"``.
      units: ``"m"``, ``"cm"`` or ``"mm"``.

    Raises:
      ValueError: a name cannot be written, or an option is not known.
      OSError: the file cannot be written; nothing half-written is left behind.
    """
    world = world_axes(up)
    if units not in METRES:
        raise ValueError(f"units must be one of {', '.join(METRES)}, not {units!r}")
    if np.ndim(points.positions) != 3:
        raise ValueError("a TRC file holds one recording; write them one by one")
    for name in points.names:
        if not name.strip() or any(c in name for c in "\t\r\n"):
            raise ValueError(f"a point cannot be named {name!r} in a TRC file")
    places = np.asarray(points.positions, float) @ world / METRES[units]
    frames, count = places.shape[:2]
    rate = f"{points.fps:.9g}"
    axes = (f"{axis}{n}" for n in range(1, count + 1) for axis in "XYZ")
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{pathlib.Path(path).name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\t"
        "OrigDataStartFrame\tOrigNumFrames",
        f"{rate}\t{rate}\t{frames}\t{count}\t{units}\t{rate}\t1\t{frames}",
        "Frame#\tTime\t" + "\t\t\t".join(points.names),
        "\t\t" + "\t".join(axes),
    ]
    for n, row in enumerate(places.reshape(frames, 3 * count)):
        # Nine digits give every float32 back.
        fields = ("" if math.isnan(x) else f"{x:.9g}" for x in row)
        lines.append(f"{n + 1}\t{n / points.fps:.9g}\t" + "\t".join(fields))
    write_text(path, "\n".join(lines) + "\n")


def world_axes(up: str) -> np.ndarray:
    """[3, 3] rotation of a world of points, ``up`` its vertical axis, into ours."""
    if up not in WORLDS:
        raise ValueError(f'up must be "y" or "z", not {up!r}')
    return WORLDS[up]


def _names(path, line: list[str], count: str) -> list[str]:
    """Names of the markers: in every third field from the third on."""
    names = [field.strip() for field in line[2:]]
    while names and not names[-1]:
        names.pop()
    spread = names[::3]
    if any(names[1::3]) or any(names[2::3]):
        # Some writers put a single tab between names.
        spread = [name for name in names if name]
    if "" in spread or (count.isdigit() and int(count) != len(spread)):
        raise problem(
            path,
            4,
            f"{len(spread)} names for {count[:20]} markers",
            "correct NumMarkers or the names",
        )
    twice = sorted({name for name in spread if spread.count(name) > 1})
    if twice:
        raise problem(
            path, 4, f"marker {twice[0]!r} appears twice", "rename one of them"
        )
    return spread


def _value(path, line: int, field: str) -> float:
    if field.lower() in _MISSING:
        return math.nan
    value = number(field)
    if value is None:
        raise problem(
            path, line, f"{field[:40]!r} is not a finite number", "export it again"
        )
    return value
