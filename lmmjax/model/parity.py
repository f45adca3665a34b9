"""Even and odd: how a network keeps apart what the mirror leaves and what it turns.

The mirror M of a body is a signed permutation of features. In the basis of its
eigenvectors it is nothing but a change of sign: a pair (a, b) of left and right
becomes an even feature (a + b) / sqrt 2 that M leaves alone, and an odd one
(a - b) / sqrt 2 that M negates. Activations [P, ..., C] hold the even features at
``[0]`` and the odd ones at ``[1]``. Linear maps that do not mix the two commute with
the mirror bit by bit, because rounding does not depend on signs, and have half of
the weights (the decomposition of Cohen & Welling 2017, arXiv:1612.08498, for the
group of two elements). A body without a mirror has P = 1, and plain layers.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array


class Mirror(NamedTuple):
    """A signed permutation: (M x)[f] = sign[f] x[source[f]], its own inverse.

    Attributes:
      source: [F] where each feature of the mirror image comes from.
      sign: [F] 1 or -1.
    """

    source: np.ndarray
    sign: np.ndarray

    def __call__(self, x: Array) -> Array:
        """The mirror image of features [..., F]."""
        return x[..., self.source] * self.sign


def chain(*parts: Mirror) -> Mirror:
    """The mirror of features that stand one after the other."""
    starts = np.cumsum([0, *(len(part.source) for part in parts)])
    return Mirror(
        np.concatenate([s + p.source for s, p in zip(starts, parts, strict=False)]),
        np.concatenate([part.sign for part in parts]).astype(np.float32),
    )


def signs(*values: int) -> Mirror:
    """The mirror of features that change no more than their sign."""
    return Mirror(np.arange(len(values)), np.array(values, np.float32))


def _basis(mirror: Mirror) -> np.ndarray:
    """Even and odd eigenvectors of a mirror in columns, [2, F, C], with entries +-1.

    The parity that has fewer is filled up with zeros.
    """
    own = np.arange(len(mirror.source))
    one = np.eye(len(own), dtype=np.float32)
    pairs = own[own < mirror.source]
    alone = own[own == mirror.source]
    halves = []
    for side in (1, -1):
        both = one[pairs] + side * mirror.sign[pairs, None] * one[mirror.source[pairs]]
        halves.append(np.concatenate([both, one[alone[mirror.sign[alone] == side]]]))
    basis = np.zeros((2, len(own), max(map(len, halves))), np.float32)
    for p, half in enumerate(halves):
        basis[p, :, : len(half)] = half.T
    return basis


def split(mirror: Mirror | None, x: Array) -> jax.Array:
    """Features [..., F] as even and odd ones, [2, ..., C]; [1, ..., F] without M."""
    if mirror is None:
        return x[None]
    basis = _basis(mirror)
    # Of each sum, the products are by 0 and 1 and the order does not matter.
    sums = jnp.einsum("...f,pfc->p...c", x, basis, precision="highest")
    length = np.sqrt(np.maximum(np.sum(basis[0] ** 2, axis=0), 1))
    return sums * (1 / length).astype(np.float32)


def join(mirror: Mirror | None, x: Array) -> jax.Array:
    """Features [..., F] from even and odd ones; undoes `split`."""
    if mirror is None:
        return x[0]
    basis = _basis(mirror)
    length = np.sqrt(np.maximum(np.sum(basis[0] ** 2, axis=0), 1))
    scaled = x * (1 / length).astype(np.float32)
    return jnp.einsum("p...c,pfc->...f", scaled, basis, precision="highest")


def width(mirror: Mirror | None, features: int) -> int:
    """Channels of each parity of so many features."""
    return features if mirror is None else _basis(mirror).shape[-1]


def even(x: Array, parities: int) -> jax.Array:
    """Features [..., C] that the mirror leaves alone, as [P, ..., C]."""
    return jnp.stack([x, *([jnp.zeros_like(x)] * (parities - 1))])


def sidewise(function: Callable[..., Array], *x: Array) -> jax.Array:
    """An elementwise function of the left and of the right side of a body.

    Even and odd features are no basis to bend: any function of both that commutes
    with the mirror is needed, and the same function on either side is one. It does
    so to the last bit where function and arguments end in a sum, or in a product with
    a power of two. Of ``a b + c d``, compilers round one product but not the other.

    Args:
      function: of arrays [..., C], elementwise.
      *x: its arguments, each [P, ..., C].

    Returns:
      [P, ..., C].
    """
    if x[0].shape[0] == 1:
        return function(*(v[0] for v in x))[None]
    left = function(*(v[0] + v[1] for v in x))
    right = function(*(v[0] - v[1] for v in x))
    return jnp.stack([0.5 * (left + right), 0.5 * (left - right)])


def fold(x: Array) -> jax.Array:
    """[P, ..., C] to [..., P C]: one vector, for those who need not know."""
    return jnp.concatenate([*x], axis=-1)


def unfold(x: Array, parities: int) -> jax.Array:
    """[..., P C] to [P, ..., C]; undoes `fold`."""
    return jnp.stack(jnp.split(x, parities, axis=-1))
