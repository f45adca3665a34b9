"""Laws of adaptation: never worse, nothing leaks, limits and the mirror stay."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import limits
from kinematics.motion import concatenate
from lmmjax.adaptation import AdaptConfig, Score, adapt, judge
from lmmjax.data.catalog import DataError
from lmmjax.generation.continuation import PromptError
from lmmjax.model import movement, parity, poses
from tests.lmmjax import tiny
from tests.lmmjax.adaptation.person import CONFIG, PERSON, alike, model, moments

SIGNS = np.float32([1, -1])


@pytest.fixture(scope="module")
def adapted():
    return adapt(model(), [PERSON], CONFIG)


def scripted(monkeypatch, scores):
    """The judge tells these scores, whatever it sees."""
    told = (Score(*x) for x in scores)
    monkeypatch.setattr(judge, "score", lambda *_: next(told))


def test_what_was_held_back_is_told_better(adapted):
    assert adapted.step > 0
    assert adapted.reason == ""
    assert adapted.after.loss < adapted.before.loss
    assert adapted.after.error_m < 0.9 * adapted.before.error_m


def test_motion_that_the_adaptation_never_had_is_told_better(adapted):
    later = moments([tiny.motion(2, frames=400)[300:]])
    before, after = (
        judge.score(m, later, CONFIG.early, 0) for m in (model(), adapted.model)
    )
    assert after.error_m < before.error_m
    assert after.loss < before.loss


def test_without_a_gain_the_model_comes_back_as_it_was():
    wild = dataclasses.replace(CONFIG, learning_rate=1e4)
    found = adapt(model(), [PERSON], wild)
    assert found.step == 0
    assert found.after == found.before
    assert "no better" in found.reason
    assert alike(found.model.params, model().params)


@pytest.mark.parametrize("rate", [1e-3, 0.1, 1.0])
def test_neither_score_is_ever_worse_than_before(rate):
    found = adapt(model(), [PERSON], dataclasses.replace(CONFIG, learning_rate=rate))
    assert all(a <= b for a, b in zip(found.after, found.before, strict=True))


@pytest.mark.parametrize(
    ("scores", "step"),
    [
        ([(1.0, 0.1), (0.9, 0.1), (0.8, 0.1), (0.9, 0.05)], 40),
        ([(1.0, 0.1), (1.0, 0.1), (1.1, 0.05), (np.nan, 0.1)], 0),
        # What is gained elsewhere at the cost of forecasts is not taken.
        ([(1.0, 0.1), (0.9, 0.09), (0.8, 0.11), (0.7, np.nan)], 20),
    ],
)
def test_the_best_parameters_are_kept(monkeypatch, scores, step):
    scripted(monkeypatch, scores)
    found = adapt(model(), [PERSON], CONFIG)
    assert (found.step, found.before) == (step, scores[0])
    assert found.after == scores[step // CONFIG.every]
    if not step:
        assert alike(found.model.params, model().params)
        return
    # The same parameters as where that look was the only one that found a gain.
    worse = [(2.0, 0.1)] * 3
    worse[step // CONFIG.every - 1] = (0.5, 0.1)
    scripted(monkeypatch, [(1.0, 0.1), *worse])
    alone = adapt(model(), [PERSON], CONFIG)
    assert alone.step == step
    assert alike(found.model, alone.model)


def test_only_the_head_learns(adapted):
    ours, theirs = dict(adapted.model.params), dict(model().params)
    assert not alike(ours.pop("head"), theirs.pop("head"))
    assert alike(ours, theirs)


def test_the_same_motion_makes_the_same_model(adapted):
    again = adapt(model(), [PERSON], CONFIG)
    assert alike(again.model, adapted.model)


def test_what_is_held_back_has_no_say_in_what_is_learned(monkeypatch, adapted):
    """The end of a clip may be anything: the parameters after learning are the same."""
    count = round(adapted.held_seconds * tiny.FPS)
    other = tiny.motion(2, frames=400)[-count:]
    changed = concatenate(PERSON[:-count], other)
    assert not np.array_equal(changed.joints, PERSON.joints)
    found = []
    for clip in (PERSON, changed):
        # The last parameters are kept.
        scripted(monkeypatch, [(1.0 - n, 0.1) for n in range(4)])
        found.append(adapt(model(), [clip], CONFIG))
    assert [x.step for x in found] == [CONFIG.steps] * 2
    assert alike(found[0].model, found[1].model)


@pytest.mark.parametrize("frames", [4, 12, 30])
def test_of_too_little_motion_only_the_body_is_taken(frames):
    clip = tiny.motion(2, frames)
    found = adapt(model(), [clip], CONFIG)
    assert (found.step, found.before, found.after) == (0, None, None)
    assert "too little" in found.reason
    assert alike(found.model.params, model().params)
    np.testing.assert_array_equal(found.model.body.offsets, clip.skeleton.offsets)


def test_it_goes_on_commuting_with_the_mirror_to_the_last_bit(adapted):
    model = adapted.model
    token_mirror = parity.chain(
        poses.token_mirror(model.body), parity.signs(*[1] * movement.TOLD)
    )
    rng = np.random.default_rng(0)
    tokens = jnp.float32(rng.normal(size=(4, 9, len(token_mirror.source))))
    noisy = jnp.float32(rng.normal(size=(2, 4, model.statistics.shape[1])))
    tau = jnp.linspace(0.1, 1.0, 4)

    @jax.jit
    def network(tokens, noisy):
        split = parity.split(token_mirror, tokens)
        z = model.network.apply({"params": model.params}, split, method="read")
        return movement.denoise(model, noisy, tau, z[:, -1])

    signs = SIGNS[:, None, None]
    mean, deviation = network(tokens, noisy)
    found, spread = network(token_mirror(tokens), signs * noisy)
    np.testing.assert_array_equal(found, signs * mean)
    np.testing.assert_array_equal(spread, deviation)
    assert np.ptp(mean) > 0.1


def test_a_stiff_joint_of_a_subject_stays_stiff():
    """A leg that hardly bends, on one side: no output bends it any further."""
    leg = model().body.coordinates("LeftLeg")
    joints = np.array(PERSON.joints)
    joints[:, leg] *= 0.2
    body = PERSON.skeleton
    lower, upper = np.array(body.lower), np.array(body.upper)
    lower[leg], upper[leg] = -0.1, 0.1
    stiff = PERSON.replace(
        joints=joints, skeleton=body.replace(lower=lower, upper=upper)
    )
    found = adapt(model(), [stiff], dataclasses.replace(CONFIG, own_limits=True))
    assert found.step > 0
    now = found.model.body
    assert (now.lower[leg], now.upper[leg]) == (np.float32(-0.1), np.float32(0.1))
    parities, components = model().statistics.shape
    wild = np.random.default_rng(0).normal(size=(parities, 9, components))

    @jax.jit
    def emitted(model, start, components):
        future = movement.emit(model, start, components)
        return future.joints, limits.excess(model.body, future.joints)

    out, over = emitted(found.model, stiff.poses.at(slice(9)), np.float32(30 * wild))
    assert float(over.max()) == 0
    assert np.abs(out[..., leg]).max() <= np.float32(0.1)
    kept = adapt(model(), [stiff], CONFIG)
    assert alike(kept.model.body.replace(offsets=()), model().body.replace(offsets=()))


def test_what_cannot_be_used_is_said():
    with pytest.raises(DataError, match="no motion"):
        adapt(model(), [])
    gap = np.array(PERSON.joints)
    gap[3] = np.nan
    with pytest.raises(DataError, match="missing"):
        adapt(model(), [PERSON.replace(joints=gap)])
    names = ("Root", *PERSON.skeleton.names[1:])
    stranger = PERSON.replace(skeleton=PERSON.skeleton.replace(names=names))
    with pytest.raises(PromptError, match="another skeleton"):
        adapt(model(), [stranger])
    for wrong in ({"steps": 0}, {"held_back": 1.0}, {"learning_rate": 0.0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            AdaptConfig(**wrong)
