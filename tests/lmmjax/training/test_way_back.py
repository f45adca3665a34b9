"""Laws of the way back: what is a fault, and how it fades."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import Poses, limits, rotations
from lmmjax.model import poses
from lmmjax.training import way_back
from tests.lmmjax import tiny

every = slice(None)
LEAD = jax.jit(way_back.lead_back)


@pytest.fixture(scope="module")
def observed():
    return tiny.poses(3, 9)


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
        expected = way_back.FADING ** (h + 1) * left
        np.testing.assert_allclose((u - v)[:, h], expected, atol=2e-3)
    height = np.asarray(here.root_position - true.root_position)[:, 2]
    np.testing.assert_allclose(
        (found.root_position - future.root_position)[:, 0, 2],
        way_back.FADING * height,
        atol=1e-5,
    )
