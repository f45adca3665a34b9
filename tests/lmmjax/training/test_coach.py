"""Laws of the coach: whom it lets move, and what it says would follow."""

import dataclasses

import jax
import numpy as np
import pytest

from kinematics import limits
from lmmjax.data.windows import Windows
from lmmjax.generation import perturb, stream
from lmmjax.model import poses
from lmmjax.training import coach as coaching
from lmmjax.training import way_back
from lmmjax.training.coach import Coach
from lmmjax.training.moments import Moments, describe
from lmmjax.training.practice import PracticeConfig
from tests.lmmjax import tiny
from tests.lmmjax.training import toy
from tests.lmmjax.training.practising import every, same

CONTEXT, LENGTH, HORIZON = 4, 6, toy.MODEL.horizon
FRAMES = 6
LEAD = jax.jit(way_back.lead_back)


def test_what_does_not_fit_the_windows_is_refused(coach):
    windows = tiny.windows(length=6)
    moments = Moments(tiny.body(), windows.clips, HORIZON)
    with pytest.raises(ValueError, match=r"commit must be 1 to 2, .* got 3"):
        Coach(windows, moments, PracticeConfig(commit=3), CONTEXT, HORIZON)
    with pytest.raises(ValueError, match="windows of 6 frames for a context of 5"):
        Coach(windows, moments, toy.PRACTICE, 5, HORIZON)
    hurried = dataclasses.replace(toy.PRACTICE, pace=0.5)
    with pytest.raises(ValueError, match=r"2 frames ahead .* 2 poses .* need 3"):
        Coach(windows, moments, hurried, CONTEXT, HORIZON)


def test_people_of_other_sizes_are_looked_at_on_the_bones_of_who_began(model):
    config = dataclasses.replace(toy.PRACTICE, size=0.5)
    made, plain = (toy.coach(c).practise(model, 6) for c in (config, toy.PRACTICE))
    np.testing.assert_array_equal(made.offsets, plain.offsets)
    given = slice(None), slice(CONTEXT)
    assert same(made.poses.at(*given), plain.poses.at(*given))
    assert not same(made.poses, plain.poses)
    # Nobody sinks into the floor or floats for having been taller or shorter.
    heights = [x.poses.root_position[:, CONTEXT, 2] for x in (made, plain)]
    np.testing.assert_allclose(heights[0], heights[1], atol=0.05)


@pytest.mark.parametrize("practised", ["made", "pushed"])
def test_what_follows_is_what_the_nearest_person_did(practised, model, request):
    made = request.getfixturevalue(practised)
    clips = tiny.windows(length=6).clips
    moments = Moments(model.body, clips, HORIZON)
    ends = np.cumsum([len(clip) for clip in clips])
    subject = [
        next(c for c in clips if np.array_equal(c.skeleton.offsets, offsets))
        for offsets in made.offsets
    ]
    own = made.poses.at(slice(None), slice(CONTEXT, None))
    before = made.poses.at(slice(None), slice(CONTEXT - 1, -1))
    seen = describe(model.body, made.offsets[:, None], before, own, model.fps)
    for row, clip in enumerate(subject):
        frame, distance = moments.nearest(clip, np.asarray(seen[row]))
        np.testing.assert_array_equal(distance, made.distance[row])
        owner = np.searchsorted(ends, frame, side="right")
        assert {clips[n].subject for n in owner} == {clip.subject}
        ahead = frame[:, None] + 1 + np.arange(HORIZON)
        led = LEAD(
            model.body,
            moments.poses.at(frame),
            own.at(row),
            moments.poses.at(ahead),
        )
        for x, y in zip(made.future.at(row), led, strict=True):
            np.testing.assert_allclose(x, y, atol=1e-5)
    assert np.max(limits.excess(model.body, made.future.joints)) == 0
    assert (made.distance > 1e-3).all()


def test_who_moves_as_people_do_is_shown_what_they_did(monkeypatch, model):
    clips = [tiny.motion(n, 14) for n in range(2)]
    windows = Windows(clips, 12)
    moments = Moments(model.body, clips, HORIZON)

    def as_people_do(self, model, cast, rng):
        start = cast.start
        given, own = slice(CONTEXT), slice(CONTEXT, 10)
        return (
            start.poses.at(slice(None), given),
            start.poses.at(slice(None), own),
        )

    monkeypatch.setattr(Coach, "_move", as_people_do)
    made = Coach(windows, moments, toy.PRACTICE, CONTEXT, HORIZON).practise(model, 0)
    np.testing.assert_allclose(made.distance, 0, atol=1e-5)
    assert made.figures["practice_distance_m"] < 1e-5
    found = every(made)
    # So that its windows are theirs.
    true = Windows(clips, LENGTH)
    true = true.take(np.arange(len(true)))
    ours, theirs = (
        np.asarray(
            poses.positions(model.body.replace(offsets=x.offsets[:, None]), x.poses)
        )
        for x in (found, true)
    )
    far = np.abs(ours[:, None] - theirs).max((-1, -2, -3)).min(-1)
    np.testing.assert_allclose(far, 0, atol=1e-4)


def test_who_hurries_is_led_on_at_the_same_pace(monkeypatch, model):
    clips = [tiny.motion(n, 30) for n in range(2)]
    windows = Windows(clips, 24)
    config = dataclasses.replace(toy.PRACTICE, pace=0.9)
    moments = Moments(model.body, clips, config.ahead(HORIZON))

    def twice_as_fast(self, model, cast, rng):
        start = cast.start
        given, own = slice(0, 2 * CONTEXT, 2), slice(2 * CONTEXT, 20, 2)
        return (
            start.poses.at(slice(None), given),
            start.poses.at(slice(None), own),
        )

    monkeypatch.setattr(Coach, "_move", twice_as_fast)
    coach = Coach(windows, moments, config, CONTEXT, HORIZON)
    # Of three paces the one is found that they have.
    coach._paces = np.float32([0.5, 1.0, 2.0])
    made = coach.practise(model, 0)
    last = made.distance.shape[1] - 1 - HORIZON
    for ahead in range(HORIZON):
        own = made.poses.joints[:, CONTEXT + 1 + ahead :][:, : last + 1]
        told = made.future.joints[:, : last + 1, ahead]
        np.testing.assert_allclose(told, own, atol=1e-5)


def test_a_clip_is_taken_up_at_another_pace(model):
    plain = dataclasses.replace(toy.PRACTICE, rollouts=16, prompt=3 / tiny.FPS)
    config = dataclasses.replace(plain, pace=0.6)
    made, plain = (toy.coach(c).practise(model, 6) for c in (config, plain))
    first, later = made.poses.joints[:, :3], plain.poses.joints[:, :3]
    np.testing.assert_array_equal(first[:, 0], later[:, 0])
    ratio = (first[:, 1] - first[:, 0]) / (later[:, 1] - later[:, 0])
    pace = np.median(ratio, axis=-1)
    # Between the first two frames, where the movement is a straight line.
    slow = pace < 1
    assert slow.any()
    np.testing.assert_allclose(np.ptp(ratio[slow], axis=-1), 0, atol=1e-3)
    assert (np.abs(pace - 1) <= 0.6).all()
    assert np.ptp(pace) > 0.1


def test_the_same_model_does_the_same_at_the_same_step(coach, made, model):
    assert same(every(coach.practise(model, 6)), every(made))
    assert not same(every(coach.practise(model, 11)), every(made))
    other = dataclasses.replace(toy.PRACTICE, temperature=0.0)
    still = toy.coach(other).practise(model, 6)
    assert same(still.poses.joints[:, :CONTEXT], made.poses.joints[:, :CONTEXT])
    assert not same(still.poses.joints, made.poses.joints)


def test_practices_share_one_program(coach, made, model):
    programs = (
        stream._init,
        stream._sample,
        describe,
        coaching._lead_back,
    )
    before = [program._cache_size() for program in programs]
    moved = jax.tree.map(lambda x: 0.9 * x, model.params)
    other = coach.practise(model.replace(params=moved), 16)
    assert not same(other.poses, made.poses)
    assert [program._cache_size() for program in programs] == before


PUSHED = dataclasses.replace(toy.PRACTICE, seconds=6.0, push=0.8)


@pytest.fixture(scope="module")
def pushed(model):
    return toy.coach(PUSHED).practise(model, 6)


def test_pushes_are_about_three_seconds_apart_and_of_any_way_and_size():
    config = dataclasses.replace(PUSHED, rollouts=400, seconds=15.0)
    blow = toy.coach(config)._pushes(np.random.default_rng(0))
    assert blow.frame.shape == (400, 5)
    np.testing.assert_array_equal(blow.frame // (3 * tiny.FPS), [range(5)] * 400)
    np.testing.assert_allclose(
        blow.frame.mean(0) / tiny.FPS, 1.5 + 3 * np.arange(5), atol=0.2
    )
    velocity = np.asarray(blow.shift) * 2 / perturb.BLOW_SECONDS
    size = np.linalg.norm(velocity, axis=-1)
    assert 0.78 < size.max() <= 0.8 + 1e-6
    assert abs(np.median(size) - 0.4) < 0.04
    assert (np.abs(velocity.mean((0, 1))) < 0.05).all()
    np.testing.assert_array_equal(velocity[..., 2], 0)


def test_rollouts_are_the_same_until_they_are_pushed(model, pushed):
    coach = toy.coach(PUSHED)
    plain = toy.coach(dataclasses.replace(PUSHED, push=0.0)).practise(model, 6)
    np.testing.assert_array_equal(pushed.offsets, plain.offsets)
    blow = coach._pushes(np.random.default_rng([3, 6, coaching._PUSHES]))
    for row, first in enumerate(blow.frame[:, 0].astype(int)):
        assert 0 < first < 90
        same_until = slice(CONTEXT + first)
        ours, theirs = (x.poses.at(row, same_until) for x in (pushed, plain))
        for x, y in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(x, y, atol=1e-4)
        # Carried along by what the push adds to the next frame.
        ours, theirs = (x.poses.at(row, CONTEXT + first) for x in (pushed, plain))
        part = 1 / tiny.FPS / perturb.BLOW_SECONDS
        added = part * (2 - part) * blow.shift[row, 0]
        if first % PUSHED.commit == 0:
            moved = ours.root_position - theirs.root_position
            np.testing.assert_allclose(moved, added, atol=1e-4)


def test_who_is_taller_is_pushed_as_hard_on_the_bones_of_who_began(model):
    config = dataclasses.replace(PUSHED, size=0.5)
    seen = []

    def sample(stream, state, key, frames, blow):
        seen.append(blow)
        return stream.sample(state, key, frames)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(perturb, "sample", sample)
        coach = toy.coach(config)
        made = coach.practise(model, 6)
    blow = coach._pushes(np.random.default_rng([3, 6, coaching._PUSHES]))
    ratio = np.asarray(seen[0].shift / blow.shift)[..., :2]
    rng = np.random.default_rng([3, 6, coaching._ROLLOUTS])
    rng.choice(len(coach._windows), config.rollouts, p=coach._chances)
    rng.uniform(size=config.rollouts)
    factor = coach._around_one(0.5, rng)
    np.testing.assert_allclose(
        ratio, np.tile(factor[:, None, None], (1, 2, 2)), rtol=1e-4
    )
    assert len(made.offsets) == config.rollouts


def test_the_same_model_is_pushed_the_same_at_the_same_step(model, pushed):
    coach = toy.coach(PUSHED)
    before = perturb._sample._cache_size()
    assert same(coach.practise(model, 6).poses, pushed.poses)
    assert not same(coach.practise(model, 11).poses, pushed.poses)
    assert perturb._sample._cache_size() == before


def test_who_is_not_pushed_costs_nothing(coach, model, made, monkeypatch):
    monkeypatch.setattr(perturb, "sample", None)
    monkeypatch.setattr(perturb, "push", None)
    assert same(coach.practise(model, 6).poses, made.poses)


def test_rollouts_begin_where_a_context_is_whole_if_they_can(model):
    clips = [tiny.motion(0, 9), tiny.motion(1, 5)]
    moments = Moments(model.body, clips, HORIZON)

    def starts(clips, weights=None):
        windows = Windows(clips, 8, least=4)
        coach = Coach(windows, moments, toy.PRACTICE, 6, HORIZON, weights)
        return coach._chances

    np.testing.assert_allclose(starts(clips), [0.5, 0.5, 0.0])
    np.testing.assert_allclose(starts(clips, [1.0, 3.0, 9.0]), [0.25, 0.75, 0.0])
    np.testing.assert_allclose(starts(clips, [0.0, 0.0, 9.0]), [0.0, 0.0, 1.0])
    np.testing.assert_allclose(starts(clips[1:]), [1.0])


def test_people_hold_themselves_otherwise_but_for_their_legs(model):
    config = dataclasses.replace(toy.PRACTICE, posture=0.3, rollouts=8)
    plain = dataclasses.replace(config, posture=0.0)
    held, plain = (toy.coach(c).practise(model, 6) for c in (config, plain))
    given = slice(None), slice(CONTEXT)
    ours, theirs = (
        np.asarray(limits.invert(model.body, x.poses.joints[given]))
        for x in (held, plain)
    )
    apart = ours - theirs
    np.testing.assert_allclose(apart, apart[:, :1] + 0 * apart, atol=1e-3)
    assert (np.abs(apart).max((1, 2)) > 0.01).all()
    # And are led on in the same posture.
    own = held.poses.joints[:, CONTEXT:, None]
    assert np.abs(held.future.joints - own).mean() < 2 * np.abs(apart).mean()


LABELS = dataclasses.replace(toy.MODEL, labels=("hop", "walk"))


@pytest.fixture(scope="module")
def doing():
    """Two people who walk, and one of them hops."""
    actions = [("a", "walk"), ("b", "walk"), ("b", "hop")]
    return [
        tiny.motion(n, 20).replace(subject=subject, action=action, name=f"{n}")
        for n, (subject, action) in enumerate(actions)
    ]


def test_who_is_told_something_else_is_led_on_by_those_who_do_it(doing):
    model = tiny.lively_model(LABELS)
    config = dataclasses.replace(toy.PRACTICE, switch=0.5, rollouts=16)
    said = np.eye(2, dtype=np.float32)[[1, 1, 0]]
    windows = Windows(doing, LENGTH, said=said)
    moments = Moments(model.body, doing, HORIZON)
    coach = Coach(windows, moments, config, CONTEXT, HORIZON)
    index = np.arange(16) % len(windows)
    cast = coach._cast(model, index, 6)
    asked = np.array(cast.asked)
    assert 0 < (asked != "").sum() < 16
    for row, action in enumerate(asked):
        own = windows.clips[windows.clip[index[row]]].action
        wanted = LABELS.labels.index(action or own)
        np.testing.assert_array_equal(cast.said[row], np.eye(2)[wanted])
        assert cast.told[row] or not action
    # Those who walk and are told so need not be.
    assert not cast.told.all()
    made = coach.practise(model, 6)
    assert made.said is not None
    rows = np.arange(len(made))
    taken, of = made.take(rows, LENGTH), rows // made.distance.shape[1]
    np.testing.assert_array_equal(taken.said, made.said[of])
    # The same are asked at the same step.
    windows = coach._windows
    begun = np.random.default_rng([coach._seed, 6, 1]).choice(
        len(windows), 16, p=coach._chances
    )
    asked = np.array(coach._cast(model, begun, 6).asked) != ""
    np.testing.assert_array_equal(taken.obeys, asked[of])


def test_moments_of_what_is_asked_are_ones_own_where_there_are_some(doing):
    moments = Moments(tiny.body(), doing, HORIZON)
    seen = np.zeros((4, moments._seen.shape[1]), np.float32)
    of = np.repeat(np.arange(3), 20)
    for clip, action, found in (
        (doing[0], "hop", {2}),
        (doing[1], "hop", {2}),
        (doing[2], "walk", {1}),
        (doing[0], "", {0}),
    ):
        frame, _ = moments.nearest(clip, seen, action)
        assert set(of[frame]) <= found
