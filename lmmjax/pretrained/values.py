"""Frozen dataclasses as JSON values, with their arrays set aside by name.

What is written follows the fields that a value has, and what is read follows the
types that its class declares: neither knows a field by its name. Nothing that is
read names a class or a function, so nothing of a file is ever executed.
"""

import dataclasses
import types
import typing
from collections.abc import Collection, Mapping
from typing import Any

import jax
import numpy as np

from lmmjax.pretrained.errors import PretrainedError

Tensors = dict[str, np.ndarray]

_TENSOR, _SHAPE = "tensor", "shape"
_ARRAYS = (jax.Array, np.ndarray, Any)
_PLAIN = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    type(None): "nothing",
}


def encode(value: Any, name: str, tensors: Tensors) -> Any:
    """A value as JSON; its arrays go to ``tensors`` and are told by their names.

    Args:
      value: None, a number, text, an array, or tuples, mappings and dataclasses of
        such, to any depth.
      name: of the value; those of its parts follow after a slash.
      tensors: is added to.

    Raises:
      PretrainedError: a part is of another kind.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray | jax.Array):
        tensors[name] = np.asarray(value)
        return {_TENSOR: name, _SHAPE: list(value.shape)}
    if isinstance(value, tuple | list):
        return [encode(v, f"{name}/{n}", tensors) for n, v in enumerate(value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {f.name: getattr(value, f.name) for f in _stored(type(value))}
    if isinstance(value, Mapping):
        return {str(k): encode(v, f"{name}/{k}", tensors) for k, v in value.items()}
    raise PretrainedError(f"{name}: a {type(value).__name__} cannot be stored")


def decode(hint: Any, value: Any, name: str, tensors: Tensors) -> Any:
    """The value of type ``hint`` that `encode` wrote.

    A field that the file does not have takes its default, so a new field with a
    default that changes nothing keeps old files readable.

    Raises:
      PretrainedError: names the first part that does not fit, and how.
    """
    wanted = typing.get_args(hint) if _is_union(hint) else (hint,)
    for kind in wanted:
        outer = typing.get_origin(kind) or kind
        if outer in _ARRAYS and _is_tensor(value):
            found = tensors.get(str(value[_TENSOR]))
            if found is None or list(found.shape) != value[_SHAPE]:
                raise PretrainedError(
                    f"{name}: no tensor {value[_TENSOR]} of shape {value[_SHAPE]} is "
                    "among the weights"
                )
            return found
        if dataclasses.is_dataclass(kind) and isinstance(value, Mapping):
            return _build(kind, value, name, tensors)
        if outer in (tuple, list, Any) and isinstance(value, list):
            inner = _inner(kind, len(value))
            if len(inner) != len(value):
                raise PretrainedError(f"{name} needs {len(inner)} values")
            parts = (
                decode(h, v, f"{name}/{n}", tensors)
                for n, (h, v) in enumerate(zip(inner, value, strict=True))
            )
            return tuple(parts) if outer is tuple else list(parts)
        if outer in (dict, Mapping, Any) and isinstance(value, Mapping):
            part = (*typing.get_args(kind), Any, Any)[1]
            return {
                k: decode(part, v, f"{name}/{k}", tensors) for k, v in value.items()
            }
        literal = outer is typing.Literal and value in typing.get_args(kind)
        if literal or kind is Any or type(value) is kind:
            return value
        if kind is float and type(value) is int:
            return float(value)
    told = " or ".join(_PLAIN.get(k, getattr(k, "__name__", str(k))) for k in wanted)
    raise PretrainedError(f"{name} must be {told}, not {str(value)[:40]!r}")


def decode_fields(
    kind: Any, value: Mapping, name: str, tensors: Tensors, apart: Collection[str] = ()
) -> dict[str, Any]:
    """The fields of a dataclass by name, but for those that are told ``apart``.

    Raises:
      PretrainedError: names the first field that does not fit, and how.
    """
    hints = typing.get_type_hints(kind)
    fields = {f.name: f for f in _stored(kind) if f.name not in apart}
    for key in value:
        if key not in fields:
            raise PretrainedError(f"{name} has {key!r}, which is not known here")
    for key, field in fields.items():
        needed = field.default is field.default_factory is dataclasses.MISSING
        if needed and key not in value:
            raise PretrainedError(f"{name} has no {key!r}")
    return {k: decode(hints[k], v, f"{name}/{k}", tensors) for k, v in value.items()}


def _build(kind: Any, value: Mapping, name: str, tensors: Tensors) -> Any:
    """A dataclass from the values of its fields."""
    parts = decode_fields(kind, value, name, tensors)
    try:
        return kind(**parts)
    except (ValueError, TypeError) as error:
        raise PretrainedError(f"{name}: {error}") from error


def _stored(kind: Any) -> list[dataclasses.Field]:
    """The fields that a dataclass is made from."""
    return [f for f in dataclasses.fields(kind) if f.init]


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Mapping) and value.keys() == {_TENSOR, _SHAPE}


def _inner(kind: Any, count: int) -> tuple:
    """The types of the parts of a tuple or a list that has ``count`` of them."""
    inner = typing.get_args(kind) or (Any, ...)
    if len(inner) == 1 or inner[-1] is Ellipsis:
        return inner[:1] * count
    return inner
