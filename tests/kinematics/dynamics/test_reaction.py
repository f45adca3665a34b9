"""Laws of the ground reaction: one wrench, shared, never pulling, never beyond."""

import jax
import numpy as np

from kinematics.dynamics import Soles, Wrench, center_of_pressure, ground_reaction

REACTION = jax.jit(ground_reaction)
PLACE = np.float32([0.1, 0.05, 0.9])
# Two soles, 0.2 m by 0.1 m, 0.2 m apart.
CORNERS = np.float32([[(0, 0.2), (0.2, 0.2), (0, 0.1), (0.2, 0.1)]] * 2)
CORNERS[1, :, 1] *= -1


def wrench(force, center, twist=0.0, floor=0.0):
    """What a force at a place on the ground is about the root."""
    force = np.float64(force)
    arm = np.append(center, floor) - PLACE
    moment = np.cross(arm, force) + np.array([0, 0, twist])
    return Wrench(np.float32(force), np.float32(moment))


def support(left=True, right=True):
    return Soles(CORNERS, np.array([[left] * 4, [right] * 4]))


def test_the_centre_of_pressure_is_where_the_force_acts():
    one = wrench([30.0, -20.0, 700.0], [0.12, 0.03], twist=5.0, floor=0.2)
    found = center_of_pressure(one, PLACE, 0.2)
    np.testing.assert_allclose(found, [0.12, 0.03, 0.2], atol=1e-6)
    air = wrench([3.0, 2.0, 10.0], [0.12, 0.03])
    assert np.isnan(center_of_pressure(air, PLACE)).all()


def test_both_feet_make_up_the_whole_wrench():
    force = np.array([30.0, -20.0, 700.0])
    one = wrench(force, [0.12, 0.03], twist=5.0)
    found = REACTION(one, PLACE, support())
    np.testing.assert_allclose(found.forces.sum(axis=0), force, rtol=1e-6)
    # The lever: 0.15 m to either side of the midline, 0.03 m to the left.
    np.testing.assert_allclose(found.forces[:, 2] / 700, [0.6, 0.4], atol=1e-5)
    moment = np.cross(found.centers - PLACE, found.forces).sum(axis=0)
    moment[2] += np.sum(found.moments)
    np.testing.assert_allclose(moment, one.moment, atol=1e-3)


def test_one_foot_has_it_all_and_none_has_nothing():
    one = wrench([0.0, 0.0, 700.0], [0.12, 0.15], twist=3.0)
    found = REACTION(one, PLACE, support(right=False))
    np.testing.assert_allclose(found.forces, [[0, 0, 700], [0, 0, 0]], atol=1e-3)
    np.testing.assert_allclose(found.centers[0], [0.12, 0.15, 0], atol=1e-6)
    np.testing.assert_allclose(found.moments, [3.0, 0.0], atol=1e-3)
    assert np.isnan(found.centers[1]).all()
    for air, feet in (
        (one, support(False, False)),
        (wrench([0, 0, 1.0], [0.12, 0.15]), support()),
    ):
        found = REACTION(air, PLACE, feet)
        np.testing.assert_array_equal(found.forces, 0)
        np.testing.assert_array_equal(found.moments, 0)


def test_the_ground_pushes_only_where_it_touches():
    # 10 cm ahead of the toes and 10 cm to the left of the left foot.
    one = wrench([0.0, 0.0, 700.0], [0.3, 0.3])
    found = REACTION(one, PLACE, support())
    np.testing.assert_allclose(found.forces[:, 2], [700, 0], atol=1e-3)
    np.testing.assert_allclose(found.centers[0], [0.2, 0.2, 0], atol=1e-6)


def test_external_forces_act_at_the_ankles_with_their_moment():
    one = wrench([30.0, -20.0, 700.0], [0.12, 0.03], twist=5.0)
    found = REACTION(one, PLACE, support())
    positions = np.float32(np.random.default_rng(0).normal(size=(5, 3)))
    outer = found.external(positions, (3, 4))
    assert not np.any(outer.force[:3])
    assert not np.any(outer.moment[:3])
    arms = positions[3:] - PLACE
    moment = (outer.moment[3:] + np.cross(arms, outer.force[3:])).sum(axis=0)
    np.testing.assert_allclose(outer.force.sum(axis=0), one.force, rtol=1e-5)
    np.testing.assert_allclose(moment, one.moment, atol=2e-3)


def test_gradients_are_finite_in_flight_and_on_the_ground():
    def effort(force, feet):
        found = ground_reaction(Wrench(force, np.float32([1, 2, 3])), PLACE, feet)
        outer = found.external(np.ones((5, 3), np.float32), (3, 4))
        return (outer.force**2).sum() + (outer.moment**2).sum()

    slope = jax.jit(jax.grad(effort))
    for force in ([0.0, 0.0, 0.0], [0.0, 0.0, 700.0]):
        for feet in (support(), support(False, False), support(True, False)):
            assert np.isfinite(slope(np.float32(force), feet)).all()
