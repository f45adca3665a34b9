"""What tests of practice and of the coach look at."""

import jax
import numpy as np

# Frames of a window, context and horizon together.
LENGTH = 6


def every(made, length=LENGTH):
    return made.take(np.arange(len(made)), length)


def same(a, b):
    pairs = zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    return all(np.array_equal(x, y) for x, y in pairs)
