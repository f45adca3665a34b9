"""A person, and a small model that is adapted to them: one size, compiled once."""

import functools

import jax
import numpy as np

from kinematics import limits
from lmmjax.adaptation import AdaptConfig, reading
from lmmjax.adaptation.hold_back import windows
from lmmjax.model import MovementModel
from tests.lmmjax import tiny

CONFIG = AdaptConfig(steps=60, every=20, batch=32, learning_rate=1e-2, context=8)
HORIZON = tiny.CONFIG.horizon
PERSON = tiny.motion(2, frames=240)


@functools.cache
def model() -> MovementModel:
    """Of a body that is the same in the mirror, whose limits hold its movement."""
    body = limits.widen(tiny.body(), tiny.motion().joints)
    return tiny.lively_model().replace(body=body)


def cut(clips):
    """Windows of clips."""
    return windows(clips, CONFIG.context, HORIZON)


def moments(clips, noise=0.0, seed=0, first=CONFIG.context // 2 - 1):
    """Moments of clips, read by the model."""
    return reading.read(model(), cut(clips), first, noise, seed)


def alike(a, b) -> bool:
    """Whether two trees are the same to the last bit."""
    return all(map(np.array_equal, jax.tree.leaves(a), jax.tree.leaves(b)))
