"""The drift protocol, on rollouts that are true, frozen, shaken or too fast."""

import dataclasses

import numpy as np
import pytest

from kinematics import bodies, priors
from kinematics.motion import concatenate
from lmmjax.data.catalog import DataError
from lmmjax.evaluation import drift
from lmmjax.evaluation.drift import judge_drift
from tests.lmmjax import tiny

PLAUSIBLE = "share of plausible frames"
SPEED = "joint speed over truth"
SKATE = "foot skate over truth"
LIMITS = "share of joint coordinates outside of their limits"


@pytest.fixture(scope="module")
def clips():
    return [tiny.motion(seed, 90) for seed in range(3)]


@pytest.fixture(scope="module")
def prior(clips):
    return priors.fit(clips, components=2)


def judged(monkeypatch, clips, prior, change, **options):
    """The report where what follows a prompt is the whole clip, changed."""

    def rollouts(model, prompt, seconds, samples, *_):
        (clip,) = (c for c in clips if c.name == prompt.name)
        return [change(clip) for _ in range(samples)]

    monkeypatch.setattr(drift, "_rollouts", rollouts)
    # The small body has toes, but no feet that could be told by name.
    monkeypatch.setattr(drift, "find_toes", lambda model: ((4, 6), ()))
    return judge_drift(tiny.fresh_model(), clips, prior, seconds=3.0, **options)


def shaken(clip):
    rng = np.random.default_rng(0)
    moved = clip.joints + rng.normal(size=clip.joints.shape).astype(np.float32) / 5
    return clip.replace(joints=moved)


def values(report, name):
    figure = report.figure(name)
    return figure.model.value, figure.still, figure.truth, figure.met


def test_rollouts_that_are_the_truth_reach_every_goal(monkeypatch, clips, prior):
    report = judged(monkeypatch, clips, prior, lambda clip: clip)
    plausible = values(report, PLAUSIBLE)
    assert plausible[0] == plausible[2] == pytest.approx(0.95, abs=0.01)
    for name in (SPEED, SKATE, "jerk over truth"):
        assert values(report, name)[0] == pytest.approx(1, rel=1e-4)
    assert all(figure.met in (True, None) for figure in report.figures)
    np.testing.assert_allclose(report.speed_ratios, 1, rtol=1e-4)
    assert (report.prompts, report.samples, len(report.speed_ratios)) == (3, 2, 6)


def test_a_body_that_stops_is_plausible_and_fails_all_the_same(
    monkeypatch, clips, prior
):
    def stopped(clip):
        return clip[[40] * 90]

    report = judged(monkeypatch, clips, prior, stopped)
    assert values(report, SPEED)[::3] == (0, False)
    assert values(report, "jerk over truth")[0] == 0
    assert report.figure(SPEED).still == 0
    # Who stands on no toe does not slide, and has not shown that it can walk.
    assert report.figure(SKATE).still == 0
    assert values(report, SKATE)[0] == 0 or not values(report, SKATE)[3]


def test_shaking_and_haste_are_found(monkeypatch, clips, prior):
    report = judged(monkeypatch, clips, prior, shaken)
    assert values(report, PLAUSIBLE)[0] < 0.2
    assert not values(report, PLAUSIBLE)[3]
    assert values(report, "jerk over truth")[0] > 10
    assert values(report, SKATE)[0] > 1.3
    assert values(report, LIMITS)[0] > 0
    assert not values(report, LIMITS)[3]

    def twice_as_fast(clip):
        return concatenate(clip[::2], clip[::-2])

    report = judged(monkeypatch, clips, prior, twice_as_fast, samples=1)
    assert values(report, SPEED)[0] == pytest.approx(2, abs=0.1)
    assert values(report, "rollouts of 0.7 to 1.3 of the true speed")[0] == 0
    assert min(report.speed_ratios) > 1.5


def test_drift_shows_in_the_last_seconds(monkeypatch, prior):
    clips = [tiny.motion(seed, 300) for seed in range(2)]

    def freezes(clip):
        return clip[[*range(149), *[149] * 151]]

    report = judged(monkeypatch, clips, prior, freezes, samples=1)
    whole, end = (f.model.value for f in report.figures[2:4])
    assert 0.3 < whole < 0.7
    assert end == 0


def test_speed_is_compared_with_clips_of_the_same_action(monkeypatch, clips, prior):
    def still(clip, action):
        return clip[[40] * 90].replace(action=action, name=f"{clip.name} still")

    mixed = [
        clips[0].replace(action="walk"),
        clips[1].replace(action="walk"),
        still(clips[2], "walk"),
    ]
    report = judged(monkeypatch, mixed, prior, lambda clip: clip, samples=1)
    assert report.speed_ratios[2] == 0
    assert report.speed_ratios[0] > 1.2


def test_the_report_says_what_was_done(monkeypatch, clips, prior):
    report = judged(monkeypatch, clips, prior, lambda clip: clip, limit=2)
    assert report.commit == 3  # the horizon of the model
    text = report.markdown()
    assert "2 rollouts of 3 s for each of 2 clips" in text
    assert "against 3 held-out clips at 30 fps" in text
    assert "| share of plausible frames | " in text
    assert "quartiles 1.00, 1.00 and 1.00" in text
    with pytest.raises(KeyError, match="there are share of plausible frames"):
        report.figure("beauty")


def test_a_body_without_toes_is_judged_without_skate():
    toes, notes = drift.find_toes(tiny.fresh_model())
    assert toes == ()
    assert notes[0].startswith("Foot skate was not measured")
    assert drift.ground(tiny.motion(0), ()) == 0
    human = bodies.human()
    toes, notes = drift.find_toes(tiny.fresh_model().replace(body=human))
    assert [human.names[j] for j in toes] == ["left_toes", "right_toes"]
    assert notes == ()


def test_clips_that_are_too_short_are_an_error(prior):
    with pytest.raises(DataError, match="no clip has the 34 frames"):
        judge_drift(tiny.fresh_model(), [tiny.motion(0, 33)], prior)


def test_rollouts_are_told_what_their_clips_show(monkeypatch, clips, prior):
    config = dataclasses.replace(tiny.CONFIG, labels=("hop", "walk"))
    model = tiny.lively_model(config)
    asked = []

    def rollouts(model, prompt, seconds, samples, seed, sampler, commit, told):
        asked.append((prompt.action, told))
        return [next(c for c in clips if c.name == prompt.name)] * samples

    monkeypatch.setattr(drift, "_rollouts", rollouts)
    clips = [
        clip.replace(action=action)
        for clip, action in zip(clips, ["hop", "swim", "hop"], strict=True)
    ]
    report = judge_drift(model, clips, prior, heed=0.5)
    assert {action for action, _ in asked} == {"hop", "swim"}
    for action, told in asked:
        assert (told is None) == (action == "swim")
        if told is not None:
            np.testing.assert_array_equal(told.said, [[1, 0], [1, 0]])
            assert told.scale == 0.5
    assert "told what their clip shows, at scale 0.5" in report.markdown()
    asked.clear()
    report = judge_drift(model, clips, prior)
    assert all(told is None for _, told in asked)
    assert "told" not in report.markdown()
