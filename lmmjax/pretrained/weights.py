"""The file of weights: named tensors, checked against what the network needs.

The format is safetensors (github.com/huggingface/safetensors): a header of names,
types, shapes and places, then the numbers, which must fill the file exactly. It holds
no code, and a header that promises more than the file has is refused before anything
is allocated. What is kept in 8 bits has its steps beside it: a whole number times the
step of its column is what it stands for.
"""

import hashlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import safetensors
from safetensors import numpy as tensor_file

from lmmjax.pretrained.errors import PretrainedError
from lmmjax.pretrained.values import Tensors

WEIGHTS = "weights.safetensors"
MAX_BYTES = 8_000_000  # a package should stay quick to install
PRECISIONS = ("float32", "float16", "int8")
_PARAMS = "params"
_STEP, _MOST = "/step", 127


def write(
    params: Any, others: Tensors, precision: str, members: int = 1
) -> tuple[bytes, dict]:
    """Parameters and other tensors as the bytes of a file.

    Args:
      params: tree of parameters.
      others: other tensors, by names without ``params/``.
      precision: of the matrices among the parameters; ``float16`` rounds them to 11
        bits, ``int8`` linear maps [P, C, D] to 255 values for each output, and other
        tensors of as many axes to 11 bits. All else is exact.
      members: how many the first axis of every parameter is of, where above 1; it
        makes no matrix of a vector.

    Returns:
      The bytes, and what `read` needs to know of them as JSON values.

    Raises:
      PretrainedError: too large, not finite, or no such precision.
    """
    if precision not in PRECISIONS:
        raise PretrainedError(
            f"no precision {precision!r}; there are {', '.join(PRECISIONS)}"
        )
    named = {name: np.asarray(leaf) for name, leaf in _named(params).items()}
    leaves: Tensors = {}
    for name, leaf in named.items():
        leaves |= _rounded(name, leaf, precision, leaf.ndim - (members > 1))
    for name, tensor in others.items():
        if precision == "int8" and tensor.ndim >= 3:
            leaves |= _rounded(name, tensor, "float16", tensor.ndim)
    content = tensor_file.save(others | leaves)
    if len(content) > MAX_BYTES:
        smaller = PRECISIONS[PRECISIONS.index(precision) + 1 :]
        helps = f"save it as {' or '.join(smaller)}, or " if smaller else ""
        raise PretrainedError(
            f"the weights take {len(content) / 1e6:.1f} MB as {precision}, and "
            f"{MAX_BYTES / 1e6:.0f} MB is the most that is kept; {helps}train a "
            "smaller model"
        )
    return content, {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "precision": precision,
        "parameters": sum(x.size for x in named.values()),
    }


def read(content: bytes, told: dict[str, Any]) -> tuple[Tensors, Tensors]:
    """The parameters and the other tensors of a file, by name.

    Parameters that are kept in 8 bits, and what else is kept in 16, come back as the
    float32 numbers that they stand for.

    Raises:
      PretrainedError: the bytes are not those that `write` told of.
    """
    if len(content) != told["bytes"]:
        raise PretrainedError(
            f"{WEIGHTS} has {len(content)} bytes of {told['bytes']}; get it again"
        )
    if hashlib.sha256(content).hexdigest() != told["sha256"]:
        raise PretrainedError(
            f"{WEIGHTS} has another checksum than its description: it is damaged or "
            "of another model; get the whole folder again"
        )
    try:
        tensors = tensor_file.load(content)
    # A type of numbers that NumPy lacks is a KeyError there.
    except (safetensors.SafetensorError, KeyError) as error:
        raise PretrainedError(f"{WEIGHTS} cannot be read ({error})") from error
    leaves = {k: v for k, v in tensors.items() if k.startswith(f"{_PARAMS}/")}
    others = {
        k: v.astype(np.float32) if v.dtype == np.float16 else v
        for k, v in tensors.items()
        if k not in leaves
    }
    for name in [k for k, v in leaves.items() if v.dtype == np.int8]:
        leaves[name] = _scaled(name, leaves[name], leaves.pop(name + _STEP, None))
    return leaves, others


def plant(leaves: Tensors, template: Any) -> Any:
    """The tree of a network's parameters, on the default device.

    Args:
      leaves: the parameters by name.
      template: shapes and types that the network needs; see `jax.eval_shape`.

    Raises:
      PretrainedError: names the first parameter that differs.
    """
    wanted = _named(template)
    for name, leaf in wanted.items():
        if name not in leaves:
            raise PretrainedError(f"{WEIGHTS} has no {name}, which the network needs")
        found = leaves[name]
        if found.shape != leaf.shape or found.dtype not in (leaf.dtype, np.float16):
            raise PretrainedError(
                f"{WEIGHTS}: {name} is {found.dtype} {list(found.shape)}, the network "
                f"needs {leaf.dtype} {list(leaf.shape)}"
            )
    for name in leaves:
        if name not in wanted:
            raise PretrainedError(f"{WEIGHTS} has {name}, which the network lacks")
    return jax.tree.unflatten(
        jax.tree.structure(template),
        [jnp.asarray(leaves[name], leaf.dtype) for name, leaf in wanted.items()],
    )


def _named(params: Any) -> dict[str, Any]:
    """The leaves of a tree by their names, as in ``params/head/out/bias``."""
    return {
        f"{_PARAMS}/{jax.tree_util.keystr(path, simple=True, separator='/')}": leaf
        for path, leaf in jax.tree_util.tree_leaves_with_path(params)
    }


def _rounded(name: str, leaf: np.ndarray, precision: str, rank: int) -> Tensors:
    """A parameter of so many axes of its own as it goes to the file."""
    if precision == "float16" and rank >= 2:
        with np.errstate(over="ignore"):
            leaf = leaf.astype(np.float16)
    if not np.isfinite(leaf).all():
        raise PretrainedError(f"{name} is not finite as {leaf.dtype}; train it again")
    if precision != "int8" or rank < 3:
        return {name: leaf}
    most = np.max(np.abs(leaf), axis=-2, keepdims=True)
    step = (most / _MOST).astype(np.float32)
    # Where all are 0, or too small for a step, they are 0 at any step.
    counts = np.divide(leaf, step, out=np.zeros_like(leaf), where=step > 0)
    counts = np.clip(np.rint(counts), -_MOST, _MOST)
    return {name: counts.astype(np.int8), name + _STEP: step}


def _scaled(name: str, counts: np.ndarray, step: np.ndarray | None) -> np.ndarray:
    """The numbers [..., C, D] that whole ones stand for by their steps [..., 1, D]."""
    shape = (*counts.shape[:-2], 1, *counts.shape[-1:])
    if step is None:
        raise PretrainedError(f"{WEIGHTS} has {name} in 8 bits, but not its steps")
    if step.shape != shape or step.dtype != np.float32:
        raise PretrainedError(
            f"{WEIGHTS}: the steps of {name} are {step.dtype} {list(step.shape)}, and "
            f"must be float32 {list(shape)}"
        )
    if not (np.isfinite(step).all() and (step >= 0).all()):
        raise PretrainedError(f"{WEIGHTS}: a step of {name} is below 0 or not finite")
    return counts * step
