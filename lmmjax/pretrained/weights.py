"""The file of weights: named tensors, checked against what the network needs.

The format is safetensors (github.com/huggingface/safetensors): a header of names,
types, shapes and places, then the numbers, which must fill the file exactly. It holds
no code, and a header that promises more than the file has is refused before anything
is allocated.
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
PRECISIONS = ("float32", "float16")
_PARAMS = "params"


def write(params: Any, others: Tensors, precision: str) -> tuple[bytes, dict]:
    """Parameters and other tensors as the bytes of a file.

    Args:
      params: tree of parameters.
      others: tensors that are kept as they are, by names without ``params/``.
      precision: of the matrices among the parameters; ``float16`` rounds them to 11
        bits, and all else is exact.

    Returns:
      The bytes, and what `read` needs to know of them as JSON values.

    Raises:
      PretrainedError: too large, not finite, or no such precision.
    """
    if precision not in PRECISIONS:
        raise PretrainedError(
            f"no precision {precision!r}; there are {', '.join(PRECISIONS)}"
        )
    leaves = {
        name: _rounded(name, np.asarray(leaf), precision)
        for name, leaf in _named(params).items()
    }
    content = tensor_file.save(others | leaves)
    if len(content) > MAX_BYTES:
        helps = "save it as float16 or " if precision == "float32" else ""
        raise PretrainedError(
            f"the weights take {len(content) / 1e6:.1f} MB as {precision}, and "
            f"{MAX_BYTES / 1e6:.0f} MB is the most that is kept; {helps}train a "
            "smaller model"
        )
    return content, {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "precision": precision,
        "parameters": sum(x.size for x in leaves.values()),
    }


def read(content: bytes, told: dict[str, Any]) -> tuple[Tensors, Tensors]:
    """The parameters and the other tensors of a file, by name.

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
    return leaves, {k: v for k, v in tensors.items() if k not in leaves}


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


def _rounded(name: str, leaf: np.ndarray, precision: str) -> np.ndarray:
    """A parameter as it goes to the file."""
    if precision == "float16" and leaf.ndim >= 2:
        with np.errstate(over="ignore"):
            leaf = leaf.astype(np.float16)
    if not np.isfinite(leaf).all():
        raise PretrainedError(f"{name} is not finite as {leaf.dtype}; train it again")
    return leaf
