"""Laws of effort: bounds cost nothing within, and what is over them grows less."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import Poses, limits
from lmmjax.generation import guidance
from lmmjax.generation.guidance import Ahead, Effort, Guide, Physique
from lmmjax.generation.guidance.effort import Balance, Power, Torque, usual_power
from lmmjax.generation.guidance.exertion import exert
from lmmjax.model import movement
from lmmjax.model import poses as poses_of
from lmmjax.model.sampler import Sampler
from tests.lmmjax.generation.guidance import walker

# Two newest poses, and as many next ones as the model tells.
K = walker.tiny.CONFIG.horizon
FRAMES = 2 + K
BODY = walker.body()
KNEES = ("LeftLeg", "RightLeg")
EVERY = slice(None)


@functools.cache
def who():
    return Physique.of(walker.model(), walker.crouching(np.zeros(FRAMES)))


def bobbing(rate=1.0, lean=0.0):
    """Somebody who rises from a crouch."""
    return walker.crouching(0.5 + 0.1 * np.sin(np.arange(FRAMES) / rate + 2), lean)


def bounds(share=1e3, knee=1e6, margin=-1e3, rest=-1e3, precision=1.0):
    """Bounds that are all there, and bind where they are told."""
    ones = np.ones(1, np.float32)
    return (
        Power(share * ones, precision * ones),
        Torque(
            np.array([BODY.names.index(name) for name in KNEES]),
            np.full((1, 2), knee, np.float32),
            np.full((1, 2), precision, np.float32),
        ),
        Balance(margin * ones, precision * ones),
        Balance(rest * ones, precision * ones, at_rest=True),
    )


def ahead(poses, newest=True):
    """The last poses as a wish sees them."""
    past, future = poses.at(EVERY, slice(2)), poses.at(EVERY, slice(2, None))
    places = poses_of.positions(BODY, future)
    before = poses_of.positions(BODY, past.at(EVERY, slice(1, 2)))
    number = 1 + jnp.arange(places.shape[1])[None]
    return Ahead(BODY, future, places, places, before, number, past if newest else None)


@jax.jit
def over(wish, poses):
    return wish.residuals(ahead(poses))


def told(poses, **what):
    return np.asarray(over(Effort(who(), bounds(**what)), poses))[0]


@jax.jit
def exerted(poses):
    return exert(who(), BODY, poses)


def test_who_stands_still_and_upright_is_within_all_bounds():
    still = walker.crouching(np.zeros(FRAMES))
    found = told(still, share=0.01, knee=40.0, margin=0.02, rest=0.02)
    np.testing.assert_array_equal(found, 0)


def test_power_is_over_by_what_it_is_more_than_a_share_of_the_usual():
    found = exerted(bobbing())
    power = float(np.mean(found.power(BODY)[0, 1:-1]))
    share = power / float(usual_power(who(), np.zeros(1))[0])
    assert share > 0.5
    assert told(bobbing(), share=1.001 * share)[0] == 0
    np.testing.assert_allclose(told(bobbing(), share=share / 2)[0], 1, rtol=1e-3)


def test_torques_are_over_only_where_a_joint_bears_more():
    moments = np.linalg.norm(np.asarray(exerted(bobbing()).moments), axis=-1)
    knees = moments[0, 1:-1][:, [BODY.names.index(name) for name in KNEES]]
    most = knees.max()
    np.testing.assert_array_equal(told(bobbing(), knee=1.001 * most)[1:3], 0)
    excess = np.maximum(knees - 0.8 * most, 0)
    np.testing.assert_allclose(
        told(bobbing(), knee=0.8 * most)[1:3], np.sqrt((excess**2).sum(0)), rtol=1e-3
    )


@pytest.mark.parametrize(("number", "kind"), [(3, "margin"), (4, "rest")])
def test_who_leans_beyond_his_toes_is_out_of_balance_by_that(number, kind):
    leaning = walker.crouching(np.zeros(FRAMES), 0.3)
    found = exerted(leaning)
    toe = np.asarray(found.support.corners)[0, 2, ..., 0].max()
    beyond = np.asarray(found.center.position)[0, 2, 0] - toe
    assert beyond > 0.05
    missed = told(leaning, **{kind: 0.0})[number]
    np.testing.assert_allclose(missed, beyond * np.sqrt(K), rtol=0.02)
    assert told(leaning, **{kind: -1.1 * beyond})[number] == 0


def test_who_flies_is_not_out_of_balance():
    time = np.arange(FRAMES, dtype=np.float32) / walker.tiny.FPS
    poses = walker.crouching(np.zeros(FRAMES))
    fall = 3.0 - 9.80665 / 2 * (time - time[2]) ** 2
    place = poses.root_position.copy()
    place[0, :, 2] = fall
    flying = poses._replace(root_position=place)
    np.testing.assert_array_equal(told(flying, margin=0.05, rest=0.05)[3:], 0)


@pytest.mark.parametrize("lean", [0.0, 0.3])
def test_every_gradient_is_finite(lean):
    wish = Effort(who(), bounds(0.01, 1.0, 0.05, 0.05))
    gradient = jax.jit(
        jax.grad(lambda poses: jnp.sum(over(wish, poses) ** 2)),
    )
    rng = np.random.default_rng(0)
    still = walker.crouching(np.zeros(FRAMES), lean)
    noise = [np.float32(0.05 * rng.normal(size=x.shape)) for x in still]
    high = still.root_position + np.float32([0, 0, 2])
    for poses in (
        still,
        bobbing(lean=lean),
        Poses(*(a + b for a, b in zip(still, noise, strict=True))),
        still._replace(root_position=high),
    ):
        for part in gradient(poses):
            assert np.isfinite(part).all()


@jax.jit
def moved(wish, past):
    """Poses [1, 2 + k] of a future that grants a wish, after the two newest."""
    model = walker.model()
    past = jax.tree.map(jnp.asarray, past)
    last, previous = past.at(EVERY, -1), past.at(EVERY, -2)
    z = movement.read(model, past)[:, -1]
    steer = Guide.to(model, wish).steer(model, last, jnp.zeros(1, int), previous)
    # The forecast: who has learned nothing stays as he is.
    settings = Sampler(1, churn=0.0, temperature=0.0)
    future = movement.sample(model, jax.random.key(0), last, z, settings, steer)
    newest = past.at(EVERY, slice(-2, None))
    both = zip(newest, future, strict=True)
    return Poses(*(jnp.concatenate(x, axis=1) for x in both))


@pytest.mark.parametrize(
    ("number", "bound"),
    [
        (0, {"share": 0.1}),
        (1, {"knee": 20.0}),
        (3, {"margin": 0.06}),
        (4, {"rest": 0.08}),
    ],
)
def test_what_is_bounded_grows_less_and_no_limit_is_broken(number, bound):
    rising = walker.crouching(0.7 - 0.03 * np.arange(9))
    free, found = (
        moved(Effort(who(), bounds(**what, precision=10.0)), rising)
        for what in ({}, bound)
    )
    before, after = (told(x, **bound)[number] for x in (free, found))
    assert before > 0.05
    assert after < 0.4 * before
    assert np.max(limits.excess(BODY, found.joints[:, 2:])) == 0


def test_who_does_not_know_what_was_before_cannot_tell():
    wish = Effort(who(), bounds())
    with pytest.raises(ValueError, match="the two newest poses"):
        wish.residuals(ahead(bobbing(), newest=False))


@pytest.mark.parametrize(
    ("wished", "said"),
    [
        (lambda: guidance.cheaper(0.0), "effort must be finite and above 0; got 0"),
        (lambda: guidance.cheaper([0.5, np.nan]), "effort must be"),
        (lambda: guidance.within_torque(BODY, "Nose", 5.0), "no joint 'Nose'"),
        (lambda: guidance.within_torque(BODY, KNEES, [5.0, -1.0]), "torque must be"),
        (lambda: guidance.balanced(np.inf), "margin must be finite; got inf"),
    ],
)
def test_what_cannot_be_wished_is_said(wished, said):
    with pytest.raises(ValueError, match=said):
        wished()
