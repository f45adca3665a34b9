"""The container of glTF 2.0: JSON and binary data, in one file (.glb) or as text.

Whatever a file says is checked against what is there before it is used.
"""

import base64
import binascii
import json
import os
import pathlib
import struct
from typing import Any
from urllib.parse import unquote

import numpy as np

from kinematics.formats.errors import problem

_MAGIC, _JSON, _BIN = 0x46546C67, 0x4E4F534A, 0x004E4942
# Component types and their NumPy equivalents, little-endian; columns of each type.
_COMPONENTS: dict[int, np.dtype] = {
    5120: np.dtype("i1"),
    5121: np.dtype("u1"),
    5122: np.dtype("<i2"),
    5123: np.dtype("<u2"),
    5125: np.dtype("<u4"),
    5126: np.dtype("<f4"),
}
_COLUMNS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Document:
    """A glTF file: its JSON, with checked access, and its buffers.

    Attributes:
      path: the file.
      top: the JSON object.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        """Read a file; FormatError where it is no glTF 2.0."""
        self.path = pathlib.Path(path)
        data = self.path.read_bytes()
        self._rest: bytes | None = None
        if data[:4] == struct.pack("<I", _MAGIC):
            data = self._chunks(data)
        try:
            self.top = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise self.error(f"its JSON is damaged ({error})") from error
        if not isinstance(self.top, dict):
            raise self.error("its JSON is no object")
        version = self.record(self.top, "asset").get("version")
        if not isinstance(version, str) or not version.startswith("2."):
            raise problem(
                path,
                None,
                f"it is glTF of version {str(version)[:20]!r}",
                "export it as glTF 2.0",
            )
        self._buffers: dict[int, bytes] = {}

    def error(self, wrong: str, remedy: str = "export it again"):
        """The error to raise about this file."""
        return problem(self.path, None, wrong, remedy)

    def record(self, holder: dict, key: str) -> dict:
        """An object inside of another; {} where it is missing."""
        value = holder.get(key, {})
        if not isinstance(value, dict):
            raise self.error(f"{key!r} is no object")
        return value

    def entries(self, holder: dict, key: str) -> list[Any]:
        """A list inside of an object; [] where it is missing."""
        value = holder.get(key, [])
        if not isinstance(value, list):
            raise self.error(f"{key!r} is no list")
        return value

    def item(self, kind: str, index: Any) -> dict:
        """One of the file's nodes, accessors...; by its index."""
        items = self.entries(self.top, kind)
        if isinstance(index, bool) or not isinstance(index, int):
            raise self.error(f"{str(index)[:40]!r} is no index of {kind}")
        if not 0 <= index < len(items) or not isinstance(items[index], dict):
            raise self.error(f"there is no number {index} of {kind}")
        return items[index]

    def whole(self, holder: dict, key: str, default: int | None = None) -> int:
        """A whole number, 0 or more."""
        value = holder.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.error(f"{key!r} is {str(value)[:40]!r}, no whole number")
        return value

    def numbers(self, holder: dict, key: str, default: list[float]) -> np.ndarray:
        """As many finite numbers as the default has."""
        value = holder.get(key, default)
        fine = isinstance(value, list) and len(value) == len(default)
        if not fine or not all(
            isinstance(x, int | float) and abs(x) < 1e9 for x in value
        ):
            raise self.error(
                f"{key!r} is {str(value)[:60]!r}, not {len(default)} numbers"
            )
        return np.array(value, float)

    def array(self, index: Any) -> np.ndarray:
        """Values [count, columns] of an accessor, float64."""
        accessor = self.item("accessors", index)
        columns = _COLUMNS.get(str(accessor.get("type")))
        dtype = _COMPONENTS.get(self.whole(accessor, "componentType"))
        if columns is None or dtype is None:
            raise self.error(f"accessor {index} has a type that is not known here")
        if "sparse" in accessor or "bufferView" not in accessor:
            raise self.error(
                f"accessor {index} is sparse or without data",
                "export it without sparse accessors",
            )
        view = self.item("bufferViews", accessor["bufferView"])
        if "EXT_meshopt_compression" in self.record(view, "extensions"):
            raise self.error("its data are compressed", "export without compression")
        buffer = self._buffer(self.whole(view, "buffer"))
        start, length = (
            self.whole(view, "byteOffset", 0),
            self.whole(view, "byteLength"),
        )
        offset, count = (
            self.whole(accessor, "byteOffset", 0),
            self.whole(accessor, "count"),
        )
        size = columns * dtype.itemsize
        stride = self.whole(view, "byteStride", size)
        used = offset + stride * max(count - 1, 0) + size
        if stride < size or start + length > len(buffer) or used > length:
            raise self.error(f"accessor {index} reaches beyond its data")
        values = np.ndarray(
            (count, columns), dtype, buffer, start + offset, (stride, dtype.itemsize)
        ).astype(float)
        if dtype.kind != "f" and accessor.get("normalized") is True:
            values = np.maximum(values / _largest(dtype), -1.0)
        if not np.isfinite(values).all():
            raise self.error(f"accessor {index} holds numbers that are not finite")
        return values

    def _chunks(self, data: bytes) -> bytes:
        """The JSON of a binary file; its binary chunk is kept."""
        if len(data) < 20:
            raise self.error("it is cut off", "get the whole file again")
        _, version, length = struct.unpack_from("<III", data)
        if version != 2:
            raise self.error(f"it is glTF of version {version}", "export as glTF 2.0")
        if length > len(data):
            raise self.error("it is cut off", "get the whole file again")
        chunks, at = [], 12
        while at + 8 <= length:
            size, kind = struct.unpack_from("<II", data, at)
            if at + 8 + size > length:
                raise self.error("it is cut off", "get the whole file again")
            chunks.append((kind, data[at + 8 : at + 8 + size]))
            at += 8 + size
        if not chunks or chunks[0][0] != _JSON:
            raise self.error("its first part is not JSON")
        if len(chunks) > 1 and chunks[1][0] == _BIN:
            self._rest = chunks[1][1]
        return chunks[0][1]

    def _buffer(self, index: int) -> bytes:
        if index not in self._buffers:
            self._buffers[index] = self._load(index)
        return self._buffers[index]

    def _load(self, index: int) -> bytes:
        buffer = self.item("buffers", index)
        uri = buffer.get("uri")
        if uri is None and index == 0 and self._rest is not None:
            data = self._rest
        elif not isinstance(uri, str):
            raise self.error(f"buffer {index} has no data", "get the whole file again")
        elif uri.startswith("data:"):
            header, _, text = uri.partition(",")
            if not header.endswith(";base64"):
                raise self.error(f"the data of buffer {index} are not base64")
            try:
                data = base64.b64decode(text, validate=True)
            except binascii.Error as error:
                raise self.error(f"the data of buffer {index} are damaged") from error
        else:
            name = unquote(uri)
            beside = self.path.parent / name
            if name in ("", ".", "..") or set(name) & set("/\\:\0"):
                raise self.error(
                    f"buffer {index} is in {name[:60]!r}, outside of the folder",
                    "copy it beside the file and correct its uri",
                )
            if not beside.is_file():
                raise self.error(
                    f"{name[:60]!r}, with its data, is not there",
                    "copy it beside the file",
                )
            data = beside.read_bytes()
        if len(data) < self.whole(buffer, "byteLength"):
            raise self.error(f"buffer {index} is cut off", "get the whole file again")
        return data


def _largest(dtype: np.dtype) -> int:
    """Largest whole number of a type of components."""
    return 2 ** (8 * dtype.itemsize - (dtype.kind == "i")) - 1


def glb(document: dict, data: bytes) -> bytes:
    """A binary file of a JSON object and the data of its only buffer."""
    text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    data += b"\0" * (-len(data) % 4)
    length = 12 + 8 + len(text) + 8 + len(data)
    return b"".join(
        [
            struct.pack("<III", _MAGIC, 2, length),
            struct.pack("<II", len(text), _JSON),
            text,
            struct.pack("<II", len(data), _BIN),
            data,
        ]
    )


def embedded(document: dict, data: bytes) -> bytes:
    """A text file of the same, its data in it as base64."""
    uri = "data:application/octet-stream;base64," + base64.b64encode(data).decode()
    document = {**document, "buffers": [{"byteLength": len(data), "uri": uri}]}
    return json.dumps(document, indent=1, allow_nan=False).encode() + b"\n"


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON number")
