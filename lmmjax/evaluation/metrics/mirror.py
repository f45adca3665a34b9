"""Whether a function treats left and right alike."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

Tree = Any


def mirror_consistency(
    function: Callable[[Tree], Tree],
    inputs: Tree,
    mirror_in: Callable[[Tree], Tree],
    mirror_out: Callable[[Tree], Tree],
) -> float:
    """Max |f(M x) - M f(x)| over all numbers of the result; 0.0 where f is equivariant.

    Of a sampler the noise is an input, too, and M mirrors it: from the same noise a
    mirrored past has the mirrored future.

    Args:
      function: f, of one pytree of arrays to another.
      inputs: x, such as (past, noise).
      mirror_in: M on inputs.
      mirror_out: M on results, with respect to f of ``inputs``.

    Returns:
      The largest difference, in the unit of the result; NaN if there is a NaN in it.

    Raises:
      ValueError: the two results are not of one structure and shape.
    """
    ours, theirs = function(mirror_in(inputs)), mirror_out(function(inputs))
    # A structure that differs is refused by `jax.tree.map`.
    differences = jax.tree.leaves(jax.tree.map(_largest, ours, theirs))
    return float(np.max(differences, initial=0.0))


def _largest(one: Any, other: Any) -> float:
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if one.shape != other.shape:
        raise ValueError(
            f"f(M x) and M f(x) differ in shape: {list(one.shape)}, {list(other.shape)}"
        )
    return np.abs(one - other).max(initial=0.0)
