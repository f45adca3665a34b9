"""The parameter section of a C3D file: named values, in groups.

After four bytes come records in any order: a group has a negative number, and a
parameter the number of its group. Layout: "The C3D file format user guide", Motion
Lab Systems, https://www.c3d.org.
"""

import math
import os
import struct
from collections.abc import Mapping

import numpy as np

from kinematics.formats.errors import problem

BLOCK = 512
# Processors that numbers are written by: their order of bytes.
INTEL, DEC, MIPS = 84, 85, 86
_TYPES = {1: "i1", 2: "i2", 4: "f4"}
Value = np.ndarray | list[str]


def numbers(data: bytes, kind: str, processor: int) -> np.ndarray:
    """Numbers of type ``i1``, ``i2``, ``u2`` or ``f4`` as a processor writes them."""
    if processor == DEC and kind == "f4":
        # VAX: the 16-bit words the other way round, and an exponent higher by two.
        words = np.frombuffer(data, "<u2").reshape(-1, 2)[:, ::-1]
        return np.ascontiguousarray(words).view("<f4").ravel() / np.float32(4)
    order = ">" if processor == MIPS else "<"
    return np.frombuffer(data, order + kind)


def parse(
    path: str | os.PathLike, data: bytes, processor: int
) -> dict[tuple[str, str], Value]:
    """Parameters by group and name, both in capitals.

    Args:
      path: what errors name.
      data: the section, from its first byte on.
      processor: `INTEL`, `DEC` or `MIPS`.

    Returns:
      Numbers as arrays, the first dimension of the file last; text as a list of
      strings without the blanks at their ends.
    """
    groups: dict[int, str] = {}
    found: dict[tuple[int, str], Value] = {}
    at = 4
    try:
        while at + 2 <= len(data) and data[at]:
            length, group = struct.unpack_from("bb", data, at)
            # A negative length means that the name is locked.
            name_end = at + 2 + abs(length)
            name = data[at + 2 : name_end].decode("latin-1").strip().upper()
            step = int(numbers(data[name_end : name_end + 2], "i2", processor)[0])
            if group < 0:
                groups[-group] = name
            else:
                found[group, name] = _value(data, name_end + 2, processor)
            if step <= 0:
                break
            at = name_end + step
    except (LookupError, ValueError, struct.error) as error:
        raise problem(
            path,
            None,
            f"the parameter section is damaged at byte {at}",
            "get the file again",
        ) from error
    return {
        (groups.get(group, ""), name): value for (group, name), value in found.items()
    }


def _value(data: bytes, at: int, processor: int) -> Value:
    kind, rank = struct.unpack_from("bB", data, at)
    shape = tuple(data[at + 2 : at + 2 + rank])
    start = at + 2 + rank
    end = start + abs(kind) * math.prod(shape)
    if end > len(data) or len(shape) != rank:
        raise ValueError("a parameter is cut off")
    raw = data[start:end]
    if kind == -1:
        width = shape[0] if shape else 1
        rows = [raw[k : k + width] for k in range(0, len(raw), width or 1)]
        return [row.decode("latin-1").strip(" \0") for row in rows]
    return numbers(raw, _TYPES[kind], processor).reshape(shape[::-1])


def build(groups: Mapping[str, Mapping[str, Value]]) -> bytes:
    """The parameter section, Intel, padded to whole blocks; `parse` undone."""
    records = []
    for number, (group, values) in enumerate(groups.items(), 1):
        records.append((-number, group, b"\0"))
        for name, value in values.items():
            records.append((number, name, _spelled(value) + b"\0"))
    data = b""
    for number, name, body in records:
        text = name.encode("ascii")
        data += struct.pack("<bb", len(text), number) + text
        data += struct.pack("<h", 2 + len(body)) + body
    data += b"\0\0"
    blocks = -(-(len(data) + 4) // BLOCK)
    head = struct.pack("BBBB", 1, 0x50, blocks, INTEL)
    return (head + data).ljust(blocks * BLOCK, b"\0")


def _spelled(value: Value) -> bytes:
    """Type, dimensions and bytes of a value."""
    if isinstance(value, list):
        texts = [text.encode("latin-1", "replace") for text in value]
        width = max((len(text) for text in texts), default=0)
        head = struct.pack("bBBB", -1, 2, width, len(texts))
        return head + b"".join(text.ljust(width) for text in texts)
    size = value.dtype.itemsize
    head = struct.pack("bB", size, value.ndim) + bytes(value.shape[::-1])
    return head + value.astype(value.dtype.newbyteorder("<")).tobytes()
