"""A small model that moves as is wished."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import limits
from lmmjax.generation.guidance import Guide
from lmmjax.generation.guidance.posterior import Ahead
from lmmjax.model import movement, poses
from lmmjax.model.sampler import Sampler, draw
from tests.lmmjax import tiny

K = tiny.CONFIG.horizon
EVERY = slice(None)


@functools.cache
def model():
    """A model of a body that `tiny.motion` fits."""
    person = limits.widen(tiny.body(), tiny.motion().joints)
    return tiny.lively_model().replace(body=person)


@functools.cache
def walk():
    """Poses [2, 9] that were observed."""
    return tiny.poses(count=2, frames=9)


def sampled(wishes, noise=None, person=None, past=None):
    """Places [2, K, J, 3] of a future that grants wishes, and its poses [2, K]."""
    person = model() if person is None else person
    past = walk() if past is None else past
    if noise is None:
        parities, count = person.statistics.shape
        noise = draw(Sampler(2), jax.random.key(0), (parities, 2, count))
    guide = Guide.to(person, *wishes) if wishes else None
    places, future = run(person, guide, past, noise)
    return np.asarray(places), future


@jax.jit
def run(person, guide, past, noise):
    """Places and poses of a future; without a guide, of one that nothing moves."""
    z = movement.read(person, past)[:, -1]
    last = past.at(EVERY, -1)
    steer = guide and guide.steer(person, last, jnp.zeros(len(z), int))
    future = movement.denoised(person, noise, last, z, Sampler(2), steer)
    return poses.positions(person.body, future), future


def ahead(future, first=1):
    """Poses [B, k] as a wish sees them when they are drawn as they are."""
    places = poses.positions(model().body, future)
    count, frames = places.shape[:2]
    number = jnp.broadcast_to(first + jnp.arange(frames), (count, frames))
    return Ahead(model().body, future, places, places, places[:, :1], number)
