"""Laws of exertion: it is the body's mechanics, the ground bearing where feet stand."""

import functools

import jax
import numpy as np
import pytest

from kinematics import dynamics
from kinematics.dynamics import GRAVITY
from lmmjax.generation.guidance.exertion import Physique, exert
from tests.lmmjax.generation.guidance import walker

FRAMES, FPS = 17, walker.tiny.FPS
BODY = walker.body()
INNER = slice(1, -1)


def number(joint):
    return BODY.names.index(joint)


@functools.cache
def who(mass=70.0):
    return Physique.of(walker.model(), walker.crouching(np.zeros(FRAMES)), mass)


@jax.jit
def exerted(who, poses):
    return exert(who, BODY, poses)


def still(bend=0.0, lean=0.0):
    return exerted(who(), walker.crouching(np.full(FRAMES, bend), lean))


@pytest.mark.parametrize("lean", [0.0, 0.08])
def test_who_stands_spends_nothing_and_presses_under_his_centre_of_mass(lean):
    found = still(0.2, lean)
    np.testing.assert_allclose(found.power(BODY), 0, atol=0.05)
    center = np.asarray(found.center.position)
    np.testing.assert_allclose(found.pressure, center[..., :2], atol=1e-3)
    assert bool(found.support.contact.any(axis=(2, 3)).all())


def test_knees_bear_what_is_above_them_at_its_lever():
    """Of a body at rest: the weight above both knees, about the knees' axis."""
    found = still(0.5)
    mass = np.asarray(who().inertia.mass)[0, 0]
    # All that does not hang on a knee.
    above = np.ones(BODY.num_joints, bool)
    for side in ("Left", "Right"):
        for name in ("Leg", "Foot", "Toe"):
            above[number(side + name)] = False
    part = np.asarray(found.state.positions)[0, 5]
    turn = np.asarray(found.state.rotations)[0, 5]
    places = part + np.einsum("jab,jb->ja", turn, who().inertia.center[0, 0])
    knee = part[number("LeftLeg"), 0]
    lever = np.sum(mass[above] * (places[above, 0] - knee))
    # What is above presses on both shanks alike.
    expected = GRAVITY * lever / 2
    for side in ("Left", "Right"):
        moment = np.asarray(found.moments)[0, 5, number(side + "Leg")]
        np.testing.assert_allclose(moment[1], expected, rtol=2e-3, atol=0.05)
    assert abs(expected) > 30


def test_moments_are_those_of_inverse_dynamics_with_what_the_ground_does():
    poses = walker.crouching(0.5 + 0.3 * np.sin(np.arange(FRAMES) / 5), 0.03)
    found = exerted(who(), poses)
    inverse = jax.jit(dynamics.inverse_dynamics)
    root = found.state.positions[..., 0, :]
    free = inverse(BODY, who().inertia, found.state)
    reaction = dynamics.ground_reaction(free.residual, root, found.support, found.floor)
    pushes = reaction.external(found.state.positions, [f[0] for f in who().feet])
    loads = inverse(BODY, who().inertia, found.state, pushes)
    np.testing.assert_allclose(found.moments, loads.moments, atol=0.02)
    # Nothing is left over at the root.
    np.testing.assert_allclose(found.moments[:, INNER, 0], 0, atol=0.1)


def test_power_is_what_energy_grows_by_where_nothing_is_taken_up():
    """Who stands up from a crouch: hips and knees open, ankles all but rest."""
    share = np.arange(FRAMES) / (FRAMES - 1)
    poses = walker.crouching(0.7 - 0.4 * share)
    found = exerted(who(), poses)
    energy = dynamics.potential_energy(who().inertia, found.state)
    energy += dynamics.kinetic_energy(who().inertia, found.state)
    rate = np.gradient(np.asarray(energy)[0]) * FPS
    powers = np.asarray(found.power(BODY))[0]
    loads = dynamics.Loads(None, None, found.moments)
    total = dynamics.joint_powers(BODY, found.state, loads)
    np.testing.assert_allclose(total.sum(-1)[0, 3:-3], rate[3:-3], rtol=0.02)
    assert (powers >= np.asarray(total).sum(-1)[0] - 1e-3).all()
    assert rate[8] > 50


def test_heavier_people_exert_themselves_more_in_proportion():
    poses = walker.crouching(0.5 + 0.3 * np.sin(np.arange(FRAMES) / 5))
    one, two = (exerted(who(mass), poses) for mass in (50.0, 100.0))
    np.testing.assert_allclose(2 * one.moments, two.moments, atol=0.05)


@pytest.mark.parametrize("mass", [0.0, -1.0, np.nan, [70.0, np.inf]])
def test_people_weigh_something(mass):
    with pytest.raises(ValueError, match="mass_kg must be finite and above 0"):
        who.__wrapped__(mass)


def test_a_body_that_is_no_human_is_refused():
    other = walker.model().replace(body=walker.tiny.body())
    with pytest.raises(ValueError, match="this body has"):
        Physique.of(other, walker.tiny.poses())
