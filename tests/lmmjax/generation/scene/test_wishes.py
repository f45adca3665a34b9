"""Laws of the wishes of a scene: each is of whom it is meant for."""

import jax
import numpy as np

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
