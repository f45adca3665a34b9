"""Laws of the wishes of a scene: each is of whom it is meant for."""

import jax
import numpy as np

from kinematics import rotations
from lmmjax.generation.scene import Person, Scene, wishes
from tests.lmmjax import tiny
from tests.lmmjax.generation.guidance import walker


def test_efforts_are_bounded_of_those_they_are_meant_for():
    people = (
        Person("a", tiny.motion(), effort=0.8, mass=50.0),
        Person("b", tiny.motion(), torque={"LeftLeg": 60.0}, balance=True),
        Person("c", tiny.motion(), torque={"RightLeg": 80.0, "LeftLeg": 70.0}),
    )
    past = walker.crouching(np.zeros(9))
    past = jax.tree.map(lambda x: np.repeat(x, 3, axis=0), past)
    (wish,) = wishes._efforts(walker.model(), past, Scene(people))
    np.testing.assert_allclose(wish.who.mass, [50, 70, 70], rtol=1e-6)
    power, torque, balance = wish.bounds
    np.testing.assert_array_equal(power.precision > 0, [True, False, False])
    np.testing.assert_allclose(power.share[0], 0.8)
    names = [walker.body().names[n] for n in torque.joints]
    assert names == ["LeftLeg", "RightLeg"]
    asked = [[False, False], [True, False], [True, True]]
    np.testing.assert_array_equal(torque.precision > 0, asked)
    np.testing.assert_allclose(torque.limit[asked], [60, 70, 80])
    np.testing.assert_array_equal(balance.precision > 0, [False, True, False])
    assert wishes._efforts(walker.model(), past, Scene((people[0],) * 0)) == []


def test_who_goes_along_with_a_motion_is_where_it_takes_him():
    """As far and as fast from where he is, and turned as it turns."""
    motion, frames = tiny.motion(1, 70), 80
    people = (
        Person("a", tiny.motion()),
        Person("b", tiny.motion(), along=motion),
    )
    past = tiny.poses(2, 12, seed=5)
    model = tiny.fresh_model()
    way, facing = wishes.wishes_of(model, past, Scene(people), frames)
    for precision in (way.precision, facing.precision):
        assert not precision[0].any()
        assert precision[1].any()
    gone = way.places[1, :, 0, :2] - np.asarray(past.root_position)[1, -1, :2]
    there = np.asarray(motion.root_position)[1:, :2]
    there = there - np.asarray(motion.root_position)[0, :2]
    # What is begun beside it is made good within a second.
    late = slice(round(motion.fps) + 1, len(there))
    far, own = (np.linalg.norm(x[late], axis=-1) for x in (there, gone))
    np.testing.assert_allclose(own, far, atol=1e-4)
    # Who has arrived stays there.
    np.testing.assert_allclose(gone[len(there) :], gone[-1:].repeat(11, 0), atol=1e-4)
    turned = np.asarray(rotations.heading(motion.root_rotation))
    begun = np.asarray(rotations.heading(past.root_rotation))[1, -1]
    off = facing.heading[1, : len(there)] - begun - (turned[1:] - turned[0])
    np.testing.assert_allclose(np.cos(off), 1, atol=1e-5)
