"""Laws of reaching: targets are met inside the limits, or approached."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import forward, inverse, limits, rotations
from kinematics.motion import Poses
from tests.kinematics import reference

N = 24
REACH = jax.jit(inverse.reach)
NAMES = ("LeftHand", "RightHand", "LeftFoot")
EXCESS = jax.jit(limits.excess)


@functools.cache
def body():
    count = reference.human().num_coordinates
    bound = np.linspace(0.5, 1.2, count).astype(np.float32)
    return reference.human(lower=-bound, upper=bound)


@functools.cache
def poses(seed, scale):
    position, turn, q = reference.poses(body(), (N,), seed, scale)
    return Poses(position, turn, np.asarray(limits.apply(body(), q)))


@functools.cache
def there():
    return jax.jit(forward.forward)(body(), *poses(0, 0.5))


@functools.cache
def start():
    """The poses of half a second ago: joints turned by some 0.2 rad."""
    _, _, change = reference.poses(body(), (N,), 1, 0.2)
    q = limits.apply(body(), poses(0, 0.5).joints + change)
    return poses(0, 0.5)._replace(joints=np.asarray(q))


def place(name):
    return there().positions[:, body().index(name)]


@functools.cache
def hands():
    targets = {name: place(name) for name in NAMES}
    return REACH(body(), start(), targets, steps=25), targets


def only_left_hand(ahead):
    """A target so many metres ahead for one hand, none for the others."""
    none = dict.fromkeys(NAMES, np.full((N, 3), np.nan, np.float32))
    return none | {"LeftHand": place("LeftHand") + np.float32([ahead, 0, 0])}


def test_places_that_can_be_reached_are_reached_inside_the_limits():
    found, targets = hands()
    at = jax.jit(forward.forward)(body(), *found.poses).positions
    for name, target in targets.items():
        away = np.linalg.norm(at[:, body().index(name)] - target, axis=-1)
        np.testing.assert_allclose(found.distances[name], away, atol=1e-4)
        assert (away < 0.01).all()
    assert not np.asarray(EXCESS(body(), found.poses.joints)).any()


def test_the_root_stays_where_it_is_unless_it_may_move():
    found, _ = hands()
    np.testing.assert_array_equal(found.poses.root_position, start().root_position)
    moved = REACH(body(), start(), only_left_hand(2.0), move_root=True, steps=25)
    assert moved.distances["LeftHand"].max() < 0.01


def test_places_out_of_reach_are_approached_inside_the_limits():
    far = only_left_hand(3.0)
    found = REACH(body(), start(), far, steps=25)
    before = forward.positions(body(), *start())[:, body().index("LeftHand")]
    was = np.linalg.norm(before - far["LeftHand"], axis=-1)
    assert (found.distances["LeftHand"] < was + 1e-5).all()
    assert np.isfinite(found.poses.joints).all()
    assert not np.asarray(EXCESS(body(), found.poses.joints)).any()


def test_orientations_and_gazes_are_reached():
    spine, head = body().index("Spine"), body().index("Head")
    turned = rotations.quaternion_from_matrix(there().rotations[:, spine])
    ahead = there().positions[:, head] + 3 * there().rotations[:, head, :, 0]
    found = REACH(
        body(), start(), None, {"Spine": turned}, {"Head": (jnp.eye(3)[0], ahead)}
    )
    assert np.median(found.angles["Spine"]) < 0.01
    assert np.median(found.gazes["Head"]) < 0.01
    at = jax.jit(forward.forward)(body(), *found.poses)
    gaze = at.rotations[:, head, :, 0]
    toward = ahead - at.positions[:, head]
    cosine = (gaze * toward).sum(-1) / np.linalg.norm(toward, axis=-1)
    truth = np.arccos(np.clip(cosine, -1, 1))
    np.testing.assert_allclose(found.gazes["Head"], truth, atol=2e-3)


def test_a_missing_target_is_not_asked_for():
    gone = hands()[1] | {"RightHand": np.full((N, 3), np.nan, np.float32)}
    found = REACH(body(), start(), gone, steps=25)
    still = [body().coordinates(name) for name in ("RightArm", "RightForeArm")]
    for at in still:
        change = found.poses.joints[:, at] - start().joints[:, at]
        np.testing.assert_allclose(change, 0, atol=1e-4)


def test_one_pose_is_as_a_batch_of_it():
    found, targets = hands()
    one = jax.tree.map(lambda x: x[0], (start(), targets))
    alone = REACH(body(), *one, steps=25)
    for name in targets:
        assert alone.distances[name].shape == ()
        np.testing.assert_allclose(
            alone.distances[name], found.distances[name][0], atol=1e-3
        )


def test_no_poses_are_no_work():
    none = jax.tree.map(lambda x: x[:0], (start(), {"LeftHand": place("LeftHand")}))
    assert inverse.reach(body(), *none).poses.joints.shape == (0, 25)


def test_reach_says_what_is_wrong():
    with pytest.raises(ValueError, match="needs a position"):
        inverse.reach(body(), start())
    with pytest.raises(ValueError, match="no joint 'Tail'"):
        inverse.reach(body(), start(), {"Tail": np.zeros(3)})
