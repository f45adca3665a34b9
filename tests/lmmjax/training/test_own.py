"""Laws of own samples: what they replace, and how the future leads back."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import Poses, limits, rotations
from lmmjax.model import poses
from lmmjax.training import own
from tests.lmmjax import tiny

every = slice(None)
CONTINUE = jax.jit(own.continue_some)
LEAD = jax.jit(own.lead_back)


@pytest.fixture(scope="module")
def model():
    return tiny.lively_model()


@pytest.fixture(scope="module")
def observed():
    return tiny.poses(3, 9)


def test_as_many_of_the_newest_poses_are_replaced_as_asked(model, observed):
    keys = jax.random.split(jax.random.key(0), 3)
    found = CONTINUE(model, observed, keys, jnp.array([0, 1, 3]))
    for ours, theirs in zip(found, observed, strict=True):
        same = (np.asarray(ours) == np.asarray(theirs)).all(-1)
        assert same[0].all()
        assert same[1].tolist() == [True] * 8 + [False]
        assert same[2].tolist() == [True] * 6 + [False] * 3
    assert np.max(limits.excess(model.body, found.joints[1:, -1])) == 0


def test_samples_follow_their_keys_and_give_no_gradient(model, observed):
    keys = jax.random.split(jax.random.key(0), 3)
    lengths = jnp.array([3, 3, 3])
    here = CONTINUE(model, observed, keys, lengths).joints
    there = CONTINUE(model, observed, keys[::-1], lengths).joints
    assert np.abs(here - there)[:, -1].max() > 1e-4
    slope = jax.grad(
        lambda m: own.continue_some(m, observed, keys, lengths).joints.sum(),
        allow_int=True,
    )(model)
    assert not any(np.any(x) for x in jax.tree.leaves(slope.params))


def test_without_a_fault_the_future_is_the_true_one(observed):
    body = tiny.body()
    true, future = observed.at(every, 0), observed.at(every, slice(1, None))
    for a, b in zip(LEAD(body, true, true, future), future, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-6)


def test_place_and_heading_are_no_fault(observed):
    body = tiny.body()
    true, future = observed.at(every, 0), observed.at(every, slice(1, None))

    def elsewhere(x):
        turn = rotations.about_z(jnp.float32(1.1))
        shift = jnp.array([3.0, -2.0, 0.0])
        return Poses(
            rotations.quaternion_rotate(turn, x.root_position) + shift,
            rotations.quaternion_multiply(turn, x.root_rotation),
            x.joints,
        )

    found = LEAD(body, true, elsewhere(true), future)
    expected = elsewhere(future)
    np.testing.assert_allclose(
        *(poses.positions(body, x) for x in (found, expected)), atol=1e-5
    )


def test_a_fault_fades_smoothly(observed):
    body = tiny.body()
    true, future = observed.at(every, 0), observed.at(every, slice(1, None))
    rng = np.random.default_rng(0)
    fault = 0.2 * rng.normal(size=(3, poses.num_channels(body))).astype(np.float32)
    here = poses.advance(body, true, fault)
    found = LEAD(body, true, here, future)
    u, v = (limits.invert(body, x.joints) for x in (found, future))
    left = limits.invert(body, here.joints) - limits.invert(body, true.joints)
    for h in (0, 3, 7):
        expected = own.FADING ** (h + 1) * left
        np.testing.assert_allclose((u - v)[:, h], expected, atol=2e-3)
    height = np.asarray(here.root_position - true.root_position)[:, 2]
    np.testing.assert_allclose(
        (found.root_position - future.root_position)[:, 0, 2],
        own.FADING * height,
        atol=1e-5,
    )
