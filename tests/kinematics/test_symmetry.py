"""Laws of the mirror: an involution that commutes with forward kinematics."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinematics import SkeletonError, forward, symmetry
from tests.kinematics import reference

FORWARD = jax.jit(forward.forward)
REFLECTION = np.diag([1.0, -1.0, 1.0])
ODD_FRAMES = [reference.turn(np.sin([j, 2 * j, 3 * j])) for j in range(18)]
BODIES = {
    "symmetric": reference.human(),
    "asymmetric": reference.human(asymmetric=True),
    "limited": reference.limited(asymmetric=True),
    # No frame is the mirror image of any other.
    "odd frames": reference.human(asymmetric=True, frames=ODD_FRAMES),
}
every_body = pytest.mark.parametrize("name", BODIES)


@every_body
def test_mirrored_twice_is_exactly_the_original(name):
    body = BODIES[name]
    position, rotation, q = reference.poses(body, (5,))
    places = FORWARD(body, position, rotation, q).positions
    for mirror, x in [
        (lambda x: symmetry.mirror_coordinates(body, x), q),
        (lambda x: symmetry.mirror_positions(body, x), places),
        (symmetry.mirror_vector, position),
        (symmetry.mirror_rotation, rotation),
    ]:
        assert np.any(mirror(x) != x)
        np.testing.assert_array_equal(mirror(mirror(x)), x)
    again = symmetry.mirror_skeleton(symmetry.mirror_skeleton(body))
    jax.tree.map(np.testing.assert_array_equal, again, body)


@given(st.integers(0, 10_000), st.sampled_from(list(BODIES)))
def test_the_mirrored_pose_of_the_mirrored_body_is_the_mirrored_posture(seed, name):
    body = BODIES[name]
    position, rotation, q = reference.poses(body, (5,), seed)
    places, turns = FORWARD(body, position, rotation, q)
    found = FORWARD(
        symmetry.mirror_skeleton(body),
        symmetry.mirror_vector(position),
        symmetry.mirror_rotation(rotation),
        symmetry.mirror_coordinates(body, q),
    )
    expected = symmetry.mirror_positions(body, places)
    np.testing.assert_allclose(found.positions, expected, atol=1e-5)
    across = REFLECTION @ np.asarray(turns)[:, list(body.mirror)] @ REFLECTION
    np.testing.assert_allclose(found.rotations, across, atol=1e-5)


def test_the_mirror_swaps_the_sides_of_a_posture():
    body = BODIES["asymmetric"]
    _, _, q = reference.poses(body, ())
    pose = FORWARD(body, np.zeros(3), np.array([1.0, 0, 0, 0]), q)
    places = symmetry.mirror_positions(body, pose.positions)
    left, right = body.index("LeftHand"), body.index("RightHand")
    expected = np.asarray(pose.positions)[right] * [1, -1, 1]
    np.testing.assert_array_equal(places[left], expected)


def test_a_symmetric_body_is_its_own_mirror_image():
    body = BODIES["symmetric"]
    other = symmetry.mirror_skeleton(body)
    np.testing.assert_array_equal(other.offsets, body.offsets)
    np.testing.assert_allclose(other.frames, body.frames, atol=1e-6)


def test_limits_change_sides_with_the_coordinates_they_bound():
    body = BODIES["limited"]
    q = np.random.default_rng(0).uniform(body.lower, body.upper).astype(np.float32)
    other = symmetry.mirror_skeleton(body)
    mirrored = symmetry.mirror_coordinates(body, q)
    assert ((mirrored >= other.lower) & (mirrored <= other.upper)).all()
    assert (other.lower < other.upper).all()


def test_bodies_of_many_sizes_are_mirrored_at_once():
    body = BODIES["asymmetric"]
    sizes = np.float32([1, 2])[:, None, None]
    many = symmetry.mirror_skeleton(body.replace(offsets=body.offsets * sizes))
    one = symmetry.mirror_skeleton(body)
    np.testing.assert_array_equal(many.offsets, one.offsets * sizes)


def test_a_body_without_sides_says_that_it_has_no_mirror():
    with pytest.raises(SkeletonError, match=r"no mirror.*left and right"):
        symmetry.mirror_coordinates(reference.chain(), np.zeros(12))
