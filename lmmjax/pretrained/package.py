"""A model as a folder: its description in ``model.json`` beside its weights.

The description tells the body, the configuration, the frames per second, where the
statistics are among the weights, and the checksum of these; free JSON values, such as
the sampler's settings, go along as ``meta``.
"""

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import jax

from kinematics import __version__
from lmmjax.data import serialize
from lmmjax.model import MovementModel, initialize
from lmmjax.pretrained import weights
from lmmjax.pretrained.errors import PretrainedError
from lmmjax.pretrained.values import Tensors, decode_fields, encode

DESCRIPTION = "model.json"
_FORMAT = 2
# These two are kept in ways of their own; all other fields are values.
_APART = ("params", "body")


def save(
    model: MovementModel,
    folder: str | os.PathLike,
    precision: str = "float32",
    meta: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Write a model to a folder, so that `load` gives it back.

    It is read back before anything reaches the disk: what cannot be loaded is not
    written.

    Args:
      model: all of it is kept: parameters, body, statistics, configuration, rate.
      folder: is created; files of an earlier model are replaced.
      precision: ``float32`` keeps every bit; ``float16`` rounds the matrices among
        the parameters, which halves the file, and ``int8`` halves it again.
      meta: JSON values that are kept beside the model.

    Returns:
      What the description tells of the weights: bytes, precision and so on.

    Raises:
      PretrainedError: the weights are too large or not finite, or a part of the
        model cannot be stored.
      OSError: the folder cannot be written.
    """
    tensors: Tensors = {}
    described = {
        f.name: encode(getattr(model, f.name), f.name, tensors)
        for f in dataclasses.fields(model)
        if f.name not in _APART
    }
    content, told = weights.write(
        model.params, tensors, precision, model.config.members
    )
    description = {
        "format": _FORMAT,
        "lmmjax": __version__,
        "weights": told,
        "model": {**described, "body": serialize.skeleton_to_dict(model.body)},
        "meta": meta or {},
    }
    try:
        text = _text(description) + "\n"
    except (TypeError, ValueError) as error:
        raise PretrainedError(
            f"{folder}: meta and settings must be JSON values ({error})"
        ) from error
    _unpack(_parse(text), content)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    # The weights first: a write that is cut off then shows as a wrong checksum.
    (folder / weights.WEIGHTS).write_bytes(content)
    (folder / DESCRIPTION).write_text(text, encoding="utf-8")
    return told


def load(folder: str | os.PathLike) -> tuple[MovementModel, dict[str, Any]]:
    """The model that `save` wrote to a folder, and its ``meta``.

    Raises:
      PretrainedError: a file is missing or damaged, or is one of another version.
    """
    folder = Path(folder)
    try:
        text = (folder / DESCRIPTION).read_text(encoding="utf-8", errors="replace")
        content = (folder / weights.WEIGHTS).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PretrainedError(
            f"{error.filename}: not here; a model is a folder with {DESCRIPTION} and "
            f"{weights.WEIGHTS}"
        ) from None
    try:
        return _unpack(_parse(text), content)
    except PretrainedError as error:
        raise PretrainedError(f"{folder}: {error}") from error


def _unpack(
    description: dict[str, Any], content: bytes
) -> tuple[MovementModel, dict[str, Any]]:
    """The model of a description and of the bytes of its weights."""
    made_with = description.get("lmmjax")
    if description.get("format") != _FORMAT:
        raise PretrainedError(
            f"{DESCRIPTION} has format {description.get('format')}, this version reads "
            f"{_FORMAT}; install lmmjax {made_with}, which wrote it"
        )
    try:
        leaves, tensors = weights.read(content, description["weights"])
        described = dict(description["model"])
        body = serialize.skeleton_from_dict(described.pop("body"))
        meta = dict(description["meta"])
    except PretrainedError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PretrainedError(
            f"{DESCRIPTION} is damaged, get it again ({_first_line(error)})"
        ) from error
    try:
        parts = decode_fields(MovementModel, described, "model", tensors, _APART)
    except PretrainedError as error:
        cure = (
            "it was changed by hand, get it again"
            if made_with == __version__
            else f"lmmjax {made_with} wrote it, this is {__version__}: install that one"
        )
        raise PretrainedError(f"{DESCRIPTION}: {error}; {cure}") from error
    model = MovementModel(params={}, body=body, **parts)
    return model.replace(params=weights.plant(leaves, _template(model))), meta


def _text(value: Any, indent: str = "") -> str:
    """A value as JSON, each entry and each list on a line of its own."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value, allow_nan=False)
    inner = indent + "  "
    entries = (
        f"{inner}{json.dumps(str(k))}: {_text(v, inner)}" for k, v in value.items()
    )
    return "{\n" + ",\n".join(entries) + f"\n{indent}}}"


def _parse(text: str) -> dict[str, Any]:
    """A description from its text."""

    def refuse(constant: str):
        raise ValueError(f"{constant} is not JSON")

    try:
        found = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise PretrainedError(
            f"{DESCRIPTION} is damaged, get it again ({_first_line(error)})"
        ) from error
    if not isinstance(found, dict):
        raise PretrainedError(f"{DESCRIPTION} does not describe a model")
    return found


def _template(model: MovementModel) -> Any:
    """Shapes and types of the parameters that a model with such a body needs."""

    def fresh():
        return initialize(
            jax.random.key(0), model.body, model.statistics, model.config, model.fps
        ).params

    try:
        return jax.eval_shape(fresh)
    # Nothing is computed, and a network may refuse a configuration in any way.
    except Exception as error:
        raise PretrainedError(
            f"{DESCRIPTION}: no network has its configuration ({_first_line(error)})"
        ) from error


def _first_line(error: Exception) -> str:
    """What an error says, short enough to stand within a sentence."""
    text = str(error).strip()
    return text.splitlines()[0][:160] if text else type(error).__name__
