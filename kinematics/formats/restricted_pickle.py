"""Pickles read as data: nothing that a file names is imported, and none of it is run.

Python's own unpickler imports and calls what a file asks for. This one interprets
the same opcodes, but a name in the file is only a name: what may be built is a
table of `Maker`, each of which turns parts that are already data into one value.
No object of the file's choosing is called, hashed or asked for an attribute, and
memory stays in proportion to the size of the file.

Strings of Python 2 are read as latin-1, which keeps their bytes. Files that joblib
has written without compression are read as well.
"""

import os
import pathlib
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from kinematics.formats.errors import FormatError, problem
from kinematics.formats.pickle_machine import Machine, Maker, Node, RefusedError
from kinematics.formats.pickle_types import MAKERS, Global, Parts

__all__ = ["MAKERS", "Global", "Maker", "Parts", "load", "loads"]

# Deeper than any data; Python's own limit on recursion is not far above.
_MAX_DEPTH = 100


def load(path: str | os.PathLike, makers: Mapping[Global, Maker] = MAKERS) -> Any:
    """Read a pickle file.

    Args:
      path: the file.
      makers: what may be built, by module and name (those of Python 3, NumPy 1 and
        SciPy before 1.8); by default containers, NumPy arrays and scalars, SciPy's
        sparse matrices (as `pickle_types.Sparse`), chumpy's ``Ch`` (its array) and
        joblib's arrays.

    Returns:
      Containers, numbers, strings and whatever the makers return.

    Raises:
      FormatError: the file is damaged or names something that is not in ``makers``.
      OSError: the file cannot be read.
    """
    return loads(pathlib.Path(path).read_bytes(), path, makers)


def loads(
    data: bytes, path: str | os.PathLike, makers: Mapping[Global, Maker] = MAKERS
) -> Any:
    """Read a pickle from bytes; ``path`` is what errors name. See `load`."""
    try:
        return _Resolver(makers)(Machine(data, makers).run())
    except RefusedError as refused:
        raise problem(
            path,
            None,
            f"this pickle {refused}",
            "convert it to npz with the software it comes from, if you trust it",
        ) from None
    except (ArithmeticError, AttributeError, LookupError, TypeError) as error:
        raise _damage(path, error) from error
    except (ValueError, struct.error, RecursionError, MemoryError) as error:
        raise _damage(path, error) from error


def _damage(path, error: Exception) -> FormatError:
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return problem(
        path,
        None,
        f"this is no pickle of plain data, or a damaged one ({reason})",
        "copy or download it again",
    )


class _Resolver:
    """Builds the values that nodes stand for, each of them once."""

    def __init__(self, makers: Mapping[Global, Maker]):
        self.makers = makers
        self.done: dict[int, Any] = {}
        self.open: set[int] = set()

    def __call__(self, value: Any) -> Any:
        if not isinstance(value, (list, tuple, Node)) or isinstance(value, Global):
            return value
        key = id(value)
        if key in self.done:
            return self.done[key]
        if key in self.open:
            raise ValueError("something contains itself")
        if len(self.open) >= _MAX_DEPTH:
            raise ValueError(f"its data are nested more than {_MAX_DEPTH} deep")
        self.open.add(key)
        if isinstance(value, Node):
            parts = Parts(self(value.args), self(value.state), self(value.items))
            result = self.makers[value.name](parts)
        else:
            result = type(value)(self.each(value))
        self.open.remove(key)
        self.done[key] = result
        return result

    def each(self, values: list | tuple) -> Iterator[Any]:
        """The values of a list or tuple, built."""
        return (self(value) for value in values)
