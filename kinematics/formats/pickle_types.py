"""What a pickle of data may hold besides lists and numbers, and how it is built.

Each maker gets parts that are plain data and returns one value. Arrays are made
here from their bytes: NumPy's own ``__setstate__`` trusts the pickle about object
pointers and sizes.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

# Elements of the largest dense matrix that a sparse one is turned into.
_MAX_DENSE = 2**27
# Axes that NumPy's arrays can have.
_MAX_AXES = 64
_SCALARS = (str, bytes, int, float, bool, type(None))


class Global(NamedTuple):
    """The name of something that a pickle refers to."""

    module: str
    name: str


# How joblib names an array in its files; see `pickle_machine`.
JOBLIB_ARRAY = Global("joblib.numpy_pickle", "NumpyArrayWrapper")


class Parts(NamedTuple):
    """What a pickle says about one object.

    Attributes:
      args: what it would be called with.
      state: its state, or None.
      items: pairs of key and value, or elements, added to it.
    """

    args: tuple
    state: Any
    items: list


class Sparse(NamedTuple):
    """A sparse matrix of SciPy, without SciPy.

    Attributes:
      shape: rows and columns.
      rows: [N] row of each entry.
      columns: [N] column of each entry.
      values: [N] entries; those at one place add up.
    """

    shape: tuple[int, int]
    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray

    def dense(self) -> np.ndarray:
        """The matrix [rows, columns], float64; ValueError where it is too large."""
        if math.prod(self.shape) > _MAX_DENSE:
            raise ValueError(f"a matrix of shape {self.shape} is too large")
        full = np.zeros(self.shape)
        np.add.at(full, (self.rows, self.columns), self.values)
        return full


def _key(key: Any) -> Any:
    """A key that is cheap and safe to hash."""
    if isinstance(key, tuple) and all(isinstance(part, _SCALARS) for part in key):
        return key
    if not isinstance(key, (*_SCALARS, np.generic)):
        raise ValueError(f"a key is of type {type(key).__name__}")
    return key


def _dict(parts: Parts) -> dict:
    pairs = [*parts.args[0], *parts.items] if parts.args else parts.items
    return {_key(key): value for key, value in pairs}


def _set(parts: Parts) -> set:
    return {_key(x) for x in [*(parts.args[0] if parts.args else ()), *parts.items]}


def _bytes(parts: Parts) -> bytes:
    if not parts.args:
        return b""
    # bytes(n) would make n zeros out of nothing.
    if not isinstance(parts.args[0], (bytes, list)):
        return _latin1(parts)
    return bytes(parts.args[0])


def _latin1(parts: Parts) -> bytes:
    """Bytes spelled as text, as Python 3 writes them for Python 2."""
    text, encoding = parts.args
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise ValueError("bytes are not spelled in latin-1")
    return text.encode("latin-1")


def _complex(parts: Parts) -> complex:
    real, imaginary = parts.args
    return complex(float(real), float(imaginary))


def _raw(data: Any) -> bytes:
    """Bytes as Python 3 or Python 2 wrote them."""
    if isinstance(data, str):
        return data.encode("latin-1")
    if not isinstance(data, bytes):
        raise ValueError("the bytes of an array are missing")
    return data


def _dtype(parts: Parts) -> np.dtype:
    spec = parts.args[0]
    if isinstance(spec, bytes):
        spec = spec.decode("ascii")
    match = re.fullmatch(
        r"[<>|=]?(b1|[iu][1248]|f[248]|c8|c16|[SU]\d{1,6}|O[48]?)", spec
    )
    if match is None:
        raise ValueError(f"arrays of type {spec[:20]!r} are not read")
    if match[1][0] == "O":
        return np.dtype(object)
    dtype = np.dtype(spec)
    order = parts.state[1] if parts.state is not None else "="
    return dtype.newbyteorder(order) if order in ("<", ">") else dtype


def raw_size(dtype: Parts, shape: Any) -> int | None:
    """Bytes of an array of the type that ``dtype`` builds; None of one of objects."""
    _check_shape(shape)
    kind = _dtype(dtype)
    return None if kind.hasobject else math.prod(shape) * kind.itemsize


def _check_shape(shape: Any) -> None:
    if not isinstance(shape, tuple) or len(shape) > _MAX_AXES:
        raise ValueError("an array has no type or shape")
    if not all(isinstance(n, int) and n >= 0 for n in shape):
        raise ValueError(f"an array has shape {shape}")


def _shaped(raw: Any, dtype: Any, shape: Any, order: Literal["C", "F"]) -> np.ndarray:
    """An array from its bytes, its size checked against its shape."""
    if not isinstance(dtype, np.dtype):
        raise ValueError("an array has no type or shape")
    _check_shape(shape)
    count = math.prod(shape)
    if dtype.hasobject:
        if not isinstance(raw, list) or len(raw) != count:
            raise ValueError(f"an array of shape {shape} has not as many objects")
        objects = np.empty(count, object)
        for k, value in enumerate(raw):
            objects[k] = value
        return objects.reshape(shape, order=order)
    data = _raw(raw)
    if len(data) != count * dtype.itemsize:
        raise ValueError(f"an array of shape {shape} has {len(data)} bytes")
    values = np.frombuffer(data, dtype).reshape(shape, order=order)
    return values.astype(dtype.newbyteorder("="), copy=False)


def _array(parts: Parts) -> np.ndarray:
    if parts.args[0] != Global("numpy", "ndarray"):
        raise ValueError("an array is of an unknown kind")
    *_, shape, dtype, fortran, raw = parts.state
    return _shaped(raw, dtype, shape, "F" if fortran else "C")


def _from_buffer(parts: Parts) -> np.ndarray:
    raw, dtype, shape, order = parts.args
    return _shaped(raw, dtype, shape, "F" if order == "F" else "C")


def _of_joblib(parts: Parts) -> np.ndarray:
    """An array that `pickle_machine.Machine` has found behind its description."""
    about, (raw,) = parts.state, parts.items
    if isinstance(raw, np.ndarray):
        return raw
    order: Literal["C", "F"] = "F" if about["order"] == "F" else "C"
    return _shaped(raw, about["dtype"], about["shape"], order)


def _scalar(parts: Parts) -> Any:
    dtype, raw = parts.args
    return _shaped(raw, dtype, (), "C")[()]


def _no_value(parts: Parts) -> Any:
    raise ValueError("a class stands where a value should be")


def _chumpy(parts: Parts) -> Any:
    """The array that a chumpy variable holds."""
    return parts.state["x"]


def _sparse_shape(state: dict) -> tuple[int, int]:
    rows, columns = map(int, state["_shape"] if "_shape" in state else state["shape"])
    if rows < 0 or columns < 0:
        raise ValueError(f"a sparse matrix has shape {(rows, columns)}")
    return rows, columns


def _coordinates(shape, rows, columns, values) -> Sparse:
    rows, columns = np.asarray(rows, np.int64), np.asarray(columns, np.int64)
    values = np.asarray(values, np.float64)
    if not rows.shape == columns.shape == values.shape == (rows.size,):
        raise ValueError("the parts of a sparse matrix differ in length")
    for index, count in ((rows, shape[0]), (columns, shape[1])):
        if index.size and not 0 <= index.min() <= index.max() < count:
            raise ValueError("an index of a sparse matrix is out of range")
    return Sparse(shape, rows, columns, values)


def _coo(parts: Parts) -> Sparse:
    state = parts.state
    rows, columns = (
        state["coords"] if "coords" in state else (state["row"], state["col"])
    )
    return _coordinates(_sparse_shape(state), rows, columns, state["data"])


def _compressed(axis: int) -> Callable[[Parts], Sparse]:
    """Maker of a matrix compressed along its rows (0) or its columns (1)."""

    def make(parts: Parts) -> Sparse:
        state = parts.state
        shape = _sparse_shape(state)
        starts = np.asarray(state["indptr"], np.int64)
        if starts.shape != (shape[axis] + 1,) or starts[0] != 0:
            raise ValueError("a sparse matrix has not one start per row or column")
        counts = np.diff(starts)
        indices, values = np.asarray(state["indices"]), np.asarray(state["data"])
        if counts.min(initial=0) < 0 or starts[-1] > min(len(indices), len(values)):
            raise ValueError("the starts of a sparse matrix are out of range")
        major = np.repeat(np.arange(shape[axis]), counts)
        minor, values = indices[: starts[-1]], values[: starts[-1]]
        rows, columns = (major, minor) if axis == 0 else (minor, major)
        return _coordinates(shape, rows, columns, values)

    return make


MAKERS: Mapping[Global, Callable[[Parts], Any]] = {
    Global("builtins", "dict"): _dict,
    Global("collections", "OrderedDict"): _dict,
    Global("builtins", "set"): _set,
    Global("builtins", "frozenset"): lambda parts: frozenset(_set(parts)),
    Global("builtins", "bytes"): _bytes,
    Global("builtins", "bytearray"): _bytes,
    Global("builtins", "complex"): _complex,
    Global("_codecs", "encode"): _latin1,
    Global("numpy", "ndarray"): _no_value,
    Global("numpy", "dtype"): _dtype,
    Global("numpy.core.multiarray", "_reconstruct"): _array,
    Global("numpy.core.multiarray", "scalar"): _scalar,
    Global("numpy.core.numeric", "_frombuffer"): _from_buffer,
    Global("chumpy.ch", "Ch"): _chumpy,
    JOBLIB_ARRAY: _of_joblib,
    **{
        Global(f"scipy.sparse.{form}", f"{form}_{kind}"): make
        for form, make in (
            ("csr", _compressed(0)),
            ("csc", _compressed(1)),
            ("coo", _coo),
        )
        for kind in ("matrix", "array")
    },
}
