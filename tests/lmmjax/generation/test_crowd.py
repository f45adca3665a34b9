"""Laws of crowds: nobody's order matters, and people keep apart."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import Poses
from lmmjax.generation import Crowd, Stream
from lmmjax.generation.guidance import Guide
from tests.lmmjax import tiny

N = 4


@functools.cache
def crowd(apart=0.7):
    model = tiny.lively_model()
    bones = np.stack([tiny.motion(n).skeleton.offsets for n in range(N)])
    model = model.with_offsets(bones[:, None])
    stream = Stream(model, commit=2, steps=2, churn=0.0, guide=Guide.to(model))
    return Crowd(stream, apart)


def together(spread=0.3):
    """N people who stand close to each other, poses [N, 9]."""
    past = tiny.poses(count=N, frames=9)
    place = np.array(past.root_position)
    place[..., :2] -= place[:, -1:, :2]
    place[..., 0] += spread * np.arange(N)[:, None]
    return past._replace(root_position=place)


def keys(seed=0):
    return jax.random.split(jax.random.key(seed), N)


def nearest(poses: Poses):
    """[T] metres between the roots of the two that are nearest to each other."""
    place = np.asarray(poses.root_position)[..., :2]
    away = np.linalg.norm(place[:, None] - place[None], axis=-1)
    return (away + 1e3 * np.eye(N)[..., None]).min((0, 1))


def test_the_order_of_people_does_not_matter():
    order = np.array([2, 0, 3, 1])
    group = crowd()
    bones = group.stream.model.body.offsets
    other = dataclasses.replace(
        group,
        stream=dataclasses.replace(
            group.stream, model=group.stream.model.with_offsets(bones[order])
        ),
    )
    past = together()
    mixed = jax.tree.map(lambda x: x[order], past)
    found, _ = group.sample(group.stream.init(past), keys(), 6)
    there, _ = other.sample(other.stream.init(mixed), keys()[order], 6)
    for a, b in zip(found, there, strict=True):
        np.testing.assert_allclose(b, np.asarray(a)[order], atol=2e-5)


def test_who_stands_too_near_steps_away():
    group = crowd()
    past = together(0.3)
    alone = dataclasses.replace(group, apart=0.0)
    free, kept = (
        nearest(g.sample(g.stream.init(past), keys(), 6)[0]) for g in (alone, group)
    )
    assert kept[-1] > free[-1] + 0.05
    assert kept[-1] > 0.4


def test_who_is_far_from_all_others_moves_as_if_alone():
    group = crowd()
    past = together(50.0)
    guided, _ = group.step(group.stream.init(past), keys())
    free = dataclasses.replace(group.stream, guide=None)
    alone, _ = free.step(free.init(past), keys())
    for a, b in zip(guided, alone, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_a_scan_is_the_steps_one_after_another():
    group = crowd()
    state = group.stream.init(together())
    whole, _ = group.sample(state, keys(), 4)
    split = jax.vmap(functools.partial(jax.random.split, num=2), out_axes=1)(keys())
    parts = []
    for key in split:
        poses, state = group.step(state, key)
        parts.append(poses)
    joined = jax.tree.map(lambda *x: jnp.concatenate(x, axis=1), *parts)
    for a, b in zip(whole, joined, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_a_crowd_without_a_guide_says_so():
    with pytest.raises(ValueError, match=r"Guide\.to"):
        Crowd(Stream(tiny.fresh_model(), commit=2))
