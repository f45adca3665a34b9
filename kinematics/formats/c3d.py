"""C3D: marker positions in binary, of nearly every laboratory.

A block of header, a section of parameters, and frames of points, each of which has
a place and a residual: a negative one says that the point is missing. Places are
float32, or 16-bit integers times a scale where the scale is positive. Analog
channels are passed over. Layout: "The C3D file format user guide", Motion Lab
Systems, https://www.c3d.org.
"""

import os
import pathlib
import struct

import numpy as np

from kinematics.formats import c3d_parameters
from kinematics.formats.c3d_parameters import BLOCK, DEC, INTEL, MIPS, Value, numbers
from kinematics.formats.errors import problem
from kinematics.formats.text import write_bytes
from kinematics.formats.trc import METRES, world_axes
from kinematics.points import Points3D, make_points

_KEY = 0x50
# What one list of labels can hold, and what the 16 bits of a length can say.
_LABELS, _MAX16 = 255, 65535


def read(path: str | os.PathLike, *, up: str = "z") -> Points3D:
    """Read the points of a C3D file.

    Args:
      path: the file.
      up: vertical axis of its world, ``"y"`` or ``"z"``. The format does not say
        which; laboratories mostly have z up, exports from OpenSim y.

    Returns:
      The points in metres, z up, `name` the file's stem. The number of the first
      frame is not kept. Points without a label are called ``*0``, ``*1``, ...

    Raises:
      FormatError: one sentence that says what is wrong and what to do.
      OSError: the file cannot be read.
    """
    world = world_axes(up)
    data = pathlib.Path(path).read_bytes()
    if len(data) < 2 * BLOCK or data[1] != _KEY or not data[0]:
        raise problem(path, None, "this is no C3D file, or a cut one", "get it again")
    start = (data[0] - 1) * BLOCK
    section = data[start : start + 4]
    if len(section) < 4 or section[3] not in (INTEL, DEC, MIPS):
        raise problem(
            path,
            None,
            "the parameter section does not name Intel, DEC or MIPS as its processor",
            "convert the file",
        )
    processor = section[3]
    # Some writers count too few blocks, so the section is read to its own end.
    values = c3d_parameters.parse(path, data[start:], processor)
    header = numbers(data[:24], "u2", processor)
    header_rate = numbers(data[20:24], "f4", processor)[0]
    count = int(_number(values, "USED", header[1]))
    rate = float(_number(values, "RATE", header_rate))
    scale = float(_number(values, "SCALE", numbers(data[12:16], "f4", processor)[0]))
    first = int(_number(values, "DATA_START", header[8])) & _MAX16
    units = values.get(("POINT", "UNITS"), ["mm"])
    unit = str(units[0]).lower() if len(units) else "mm"
    if unit not in METRES:
        raise problem(
            path,
            None,
            f"POINT:UNITS are {unit[:20]!r}",
            f"convert the file to {', '.join(METRES)}",
        )
    if not (0 < rate < 1e6 and np.isfinite(scale) and scale != 0 and first):
        raise problem(
            path,
            None,
            f"rate {rate}, scale {scale} and first block {first} make no sense",
            "get the file again",
        )
    size = 4 if scale < 0 else 2
    words = 4 * count + int(header[2])
    start = (first - 1) * BLOCK
    frames = _frames(values, header)
    if len(data) - start < frames * words * size:
        has = max(len(data) - start, 0) // max(words * size, 1)
        raise problem(
            path,
            None,
            f"of {frames} frames {has} are there",
            "get the whole file again",
        )
    raw = data[start : start + frames * words * size]
    table = numbers(raw, "f4" if size == 4 else "i2", processor)
    table = table.reshape(frames, words)[:, : 4 * count].reshape(frames, count, 4)
    places = table[..., :3].astype(float) * (1.0 if scale < 0 else scale)
    places[table[..., 3] < 0] = np.nan
    return make_points(
        _labels(values, count),
        METRES[unit] * places @ world.T,
        rate,
        name=pathlib.Path(path).stem,
    )


def write(
    path: str | os.PathLike, points: Points3D, *, up: str = "z", units: str = "mm"
) -> None:
    """Write points as a C3D file of float32 numbers, Intel.

    Args:
      path: the file.
      points: one recording; missing points get the residual -1.
      up: vertical axis of the file's world, ``"y"`` or ``"z"``.
      units: ``"m"``, ``"cm"`` or ``"mm"``, which most programs expect.

    Raises:
      ValueError: there is more than the format can hold, or an option is not known.
      OSError: the file cannot be written; nothing half-written is left behind.
    """
    world = world_axes(up)
    if units not in METRES:
        raise ValueError(f"units must be one of {', '.join(METRES)}, not {units!r}")
    if np.ndim(points.positions) != 3 or not np.size(points.positions):
        raise ValueError("a C3D file holds one recording of some frames and points")
    places = np.asarray(points.positions, float) @ world / METRES[units]
    frames, count = places.shape[:2]
    longest = max((len(name) for name in points.names), default=0)
    if frames > _MAX16 or count > _MAX16 or longest > _LABELS:
        raise ValueError(
            f"a C3D file holds {_MAX16} frames of {_MAX16} points with names of "
            f"{_LABELS} letters; write several files"
        )
    table = np.zeros((frames, count, 4), "<f4")
    table[..., :3] = places
    table[np.isnan(places).any(axis=-1)] = (0, 0, 0, -1)
    labels = {
        f"{kind}{k + 1 if k else ''}": list(texts[k * _LABELS : (k + 1) * _LABELS])
        for kind, texts in (
            ("LABELS", points.names),
            ("DESCRIPTIONS", ("",) * count),
        )
        for k in range(max(-(-count // _LABELS), 1))
    }
    groups: dict[str, dict[str, Value]] = {
        "POINT": {
            "USED": np.array(count, np.uint16),
            "FRAMES": np.array(frames, np.uint16),
            "DATA_START": np.array(0, np.uint16),
            "SCALE": np.array(-1, np.float32),
            "RATE": np.array(points.fps, np.float32),
            "X_SCREEN": ["+X"],
            "Y_SCREEN": [f"+{up.upper()}"],
            "UNITS": [units],
            **labels,
        },
        "ANALOG": {
            "USED": np.array(0, np.int16),
            "RATE": np.array(0, np.float32),
            "GEN_SCALE": np.array(1, np.float32),
        },
    }
    first = 2 + len(c3d_parameters.build(groups)) // BLOCK
    groups["POINT"]["DATA_START"] = np.array(first, np.uint16)
    parameters = c3d_parameters.build(groups)
    header = struct.pack(
        "<BB5HfHHf",
        2,
        _KEY,
        count,
        0,
        min(frames, 1),
        frames,
        0,
        -1,
        first,
        0,
        points.fps,
    )
    data = table.tobytes()
    data += bytes(-len(data) % BLOCK)
    write_bytes(path, header.ljust(BLOCK, b"\0") + parameters + data)


def _number(values: dict[tuple[str, str], Value], name: str, otherwise) -> float:
    """A parameter of the points, or what the header says instead."""
    value = values.get(("POINT", name))
    if isinstance(value, np.ndarray) and value.size:
        # Written as signed, meant as unsigned.
        one = value.ravel()[0]
        return float(one) if value.dtype.kind == "f" else int(one) & _MAX16
    return otherwise


def _frames(values: dict[tuple[str, str], Value], header: np.ndarray) -> int:
    """How many frames there are; 16 bits do not hold the number of a long file."""
    limits = []
    for name in ("ACTUAL_START_FIELD", "ACTUAL_END_FIELD"):
        words = values.get(("TRIAL", name))
        if isinstance(words, np.ndarray) and words.size == 2:
            low, high = (int(word) & _MAX16 for word in words.ravel())
            limits.append(low + (high << 16))
    if len(limits) == 2 and limits[1] >= limits[0]:
        return limits[1] - limits[0] + 1
    frames = values.get(("POINT", "LONG_FRAMES"))
    if isinstance(frames, np.ndarray) and frames.size:
        return int(frames.ravel()[0])
    counted = int(header[4]) - int(header[3]) + 1
    said = int(_number(values, "FRAMES", counted))
    # A header that ends at 65535 has run out of bits.
    return said if int(header[4]) == _MAX16 or counted < 0 else counted


def _labels(values: dict[tuple[str, str], Value], count: int) -> list[str]:
    """Unique names of the points; lists of more than 255 go on in LABELS2, ..."""
    labels: list[str] = []
    for k in range(1, 2 + count // _LABELS):
        more = values.get(("POINT", f"LABELS{k if k > 1 else ''}"), [])
        labels += more if isinstance(more, list) else []
    labels = (labels + [""] * count)[:count]
    names: list[str] = []
    for k, label in enumerate(labels):
        name, n = label or f"*{k}", 2
        while name in names:
            name, n = f"{label or '*'}_{n}", n + 1
        names.append(name)
    return names
