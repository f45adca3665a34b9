"""A small model made without compiling anything."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from lmmjax.model import MovementModel, initialize
from tests.lmmjax import tiny


@functools.cache
def model(seed: int = 0) -> MovementModel:
    """A model whose every parameter is random."""
    parts = (tiny.body(), tiny.statistics(), tiny.CONFIG, tiny.FPS)
    shapes = jax.eval_shape(lambda: initialize(jax.random.key(0), *parts).params)
    rng = np.random.default_rng(seed)
    params = jax.tree.map(
        lambda x: jnp.asarray(rng.normal(size=x.shape), x.dtype), shapes
    )
    return MovementModel(params, *parts)
