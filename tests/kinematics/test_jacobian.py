"""Laws of the geometric Jacobian."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import forward, rotations
from kinematics.jacobian import jacobian
from tests.kinematics import reference

BODY = reference.scattered(seed=5, count=7)
# Frames that are orthonormal to the last digit of float64, too.
LEFT, _, RIGHT = np.linalg.svd(np.float64(BODY.frames))
BODY = BODY.replace(frames=LEFT @ RIGHT, offsets=np.float64(BODY.offsets))
D = BODY.num_coordinates
jitted = jax.jit(jacobian)


def moved(position, rotation, q, step):
    """Places and rotations after a step [6 + D] of the coordinates."""
    turn = rotations.quaternion_exp(step[3:6])
    rotation = rotations.quaternion_multiply(turn, rotation)
    return forward.forward(BODY, position + step[:3], rotation, q + step[6:])


@pytest.mark.parametrize("batch", [(), (0,), (2, 3)])
def test_it_is_the_derivative_of_forward_kinematics(batch):
    pose = [np.float64(x) for x in reference.poses(BODY, batch)]
    if batch == (2, 3):
        pose[2][0] *= np.array([0, 1e-8, 1e-5])[:, None]
    with jax.enable_x64(True):
        found = jitted(BODY, *pose)
        derive = jax.jacfwd(lambda step, *pose: moved(*pose, step))
        for _ in batch:
            derive = jax.vmap(derive, (None, 0, 0, 0))
        expected = jax.jit(derive)(np.zeros(6 + D), *pose)
        turn = forward.forward(BODY, *pose).rotations
    np.testing.assert_allclose(found.linear, expected.positions, atol=1e-12)
    # The rate of a rotation is the cross product with the angular velocity.
    rate = np.cross(
        np.moveaxis(np.asarray(found.angular), -1, -2)[..., None, :],
        np.swapaxes(turn, -1, -2)[..., None, :, :],
    )
    expected = np.moveaxis(np.asarray(expected.rotations), -1, -3)
    np.testing.assert_allclose(np.swapaxes(rate, -1, -2), expected, atol=1e-12)


def test_a_joint_is_not_moved_by_what_hangs_on_it():
    found = jitted(BODY, *reference.poses(BODY, ()))
    at = BODY.coordinates(BODY.names[-1])
    own = slice(6 + at.start, 6 + at.stop)
    np.testing.assert_array_equal(found.linear[:, :, own], 0)
    assert jnp.any(found.linear[:, :, :6] != 0)
