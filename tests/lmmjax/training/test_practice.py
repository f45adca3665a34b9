"""Laws of practice: what becomes a window, what follows in it, and where it goes."""

import dataclasses
import itertools

import jax
import numpy as np
import pytest

from kinematics import limits
from lmmjax.data.windows import Windows, batches, canonical
from lmmjax.generation import perturb, stream
from lmmjax.model import poses
from lmmjax.training import augment, practice, way_back
from lmmjax.training.moments import Moments, describe
from lmmjax.training.practice import Coach, PracticeConfig
from tests.lmmjax import tiny
from tests.lmmjax.training import toy

CONTEXT, LENGTH, HORIZON = 4, 6, toy.MODEL.horizon
FRAMES = 6
LEAD = jax.jit(way_back.lead_back)


@pytest.fixture(scope="module")
def model():
    return tiny.lively_model(toy.MODEL)


@pytest.fixture(scope="module")
def coach():
    return toy.coach()


@pytest.fixture(scope="module")
def made(coach, model):
    return coach.practise(model, 6)


def every(made, length=LENGTH):
    return made.take(np.arange(len(made)), length)


def same(a, b):
    pairs = zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    return all(np.array_equal(x, y) for x, y in pairs)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"share": 1.5}, "share must be between 0 and 1; got 1.5"),
        ({"share": -0.1}, "share must be between 0 and 1; got -0.1"),
        ({"begin": 1.0}, "begin must be at least 0 and below 1; got 1"),
        ({"every": 0}, "every must be at least 1; got 0"),
        ({"rollouts": 0}, "rollouts must be at least 1; got 0"),
        ({"commit": 0}, "commit must be at least 1; got 0"),
        ({"steps": 0}, "steps must be at least 1; got 0"),
        ({"seconds": 0.0}, "seconds must be above 0; got 0"),
        ({"prompt": 0.0}, "prompt must be above 0; got 0"),
        ({"size": 1.0}, "size must be at least 0 and below 1; got 1"),
        ({"pace": -0.5}, "pace must be at least 0 and below 1; got -0.5"),
        ({"temperature": -1.0}, "temperature must be 0 or more; got -1"),
        ({"temperature": float("nan")}, "temperature must be 0 or more; got nan"),
        ({"push": -0.6}, "push must be 0 or more; got -0.6"),
        ({"push": float("inf")}, "push must be 0 or more; got inf"),
    ],
)
def test_a_practice_that_cannot_be_is_refused_in_a_sentence(change, told):
    with pytest.raises(ValueError, match="^" + told.replace(".", r"\.")):
        PracticeConfig(**change)


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


def test_practices_are_evenly_spaced_from_the_first_to_the_end():
    config = PracticeConfig(begin=0.4, every=7)
    found = [config.period(step, 25) for step in range(25)]
    assert found[:10] == [(None, 10)] * 10
    assert found[10:17] == [(10, 17)] * 7
    assert found[17:24] == [(17, 24)] * 7
    assert found[24:] == [(24, 25)]
    assert PracticeConfig(begin=0.0).period(0, 25) == (0, 25)


def test_contexts_are_the_models_own_movement(made, model):
    found = every(made)
    joints = found.poses.joints.reshape(len(made.offsets), FRAMES, LENGTH, -1)
    for step in range(FRAMES):
        own = made.poses.joints[:, step + 1 : step + 1 + CONTEXT]
        np.testing.assert_array_equal(joints[:, step, :CONTEXT], own)
    # What a rollout begins with is a person's, what follows is the model's.
    given = np.concatenate([clip.joints for clip in tiny.windows(length=6).clips])
    near = np.abs(made.poses.joints[:, :, None] - given).max(-1).min(-1)
    np.testing.assert_array_equal(near[:, :CONTEXT], 0)
    assert (near[:, CONTEXT:] > 1e-4).all()


def test_windows_begin_at_the_origin_and_only_their_end_is_known(made):
    found = every(made, LENGTH + 2)
    np.testing.assert_allclose(found.poses.root_position[:, 0, :2], 0, atol=1e-6)
    expected = [False] * 3 + [True] * 3 + [False] * 2
    np.testing.assert_array_equal(found.valid, [expected] * len(made))
    for x in found.poses:
        np.testing.assert_array_equal(x[:, -1], x[:, LENGTH - 1])
    ordinary = jax.tree.leaves(tiny.batch(1, LENGTH + 2))
    for x, y in zip(jax.tree.leaves(found), ordinary, strict=True):
        assert (x.shape[1:], x.dtype) == (y.shape[1:], y.dtype)


def test_training_does_not_change_the_time_of_practice(made):
    found = every(made, augment.frames_needed(LENGTH, 0.5))
    keys = jax.random.split(jax.random.key(0), len(made))
    again, told = augment.retime(found, keys, LENGTH, 0.5, 0.5)
    np.testing.assert_array_equal(told, 0)
    for x, y in zip(again.poses, every(made).poses, strict=True):
        np.testing.assert_allclose(x, y, atol=1e-6)


def test_a_short_prompt_is_enough_and_contexts_are_whole_all_the_same(model):
    config = dataclasses.replace(toy.PRACTICE, prompt=2 / tiny.FPS)
    made = toy.coach(config).practise(model, 6)
    rollouts = toy.PRACTICE.rollouts
    assert made.poses.joints.shape[:2] == (rollouts, 2 + FRAMES)
    assert len(made) == rollouts * (FRAMES - 1)
    joints = every(made).poses.joints.reshape(rollouts, FRAMES - 1, LENGTH, -1)
    for step in range(FRAMES - 1):
        own = made.poses.joints[:, step : step + CONTEXT]
        np.testing.assert_array_equal(joints[:, step, :CONTEXT], own)
        future = made.future.joints[:, step + 1]
        np.testing.assert_array_equal(joints[:, step, CONTEXT:], future)


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

    def as_people_do(self, model, index, pace, rng, blow):
        start = windows.take(index)
        given, own = slice(CONTEXT), slice(CONTEXT, 10)
        return (
            np.asarray(start.offsets),
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

    def twice_as_fast(self, model, index, pace, rng, blow):
        start = windows.take(index)
        given, own = slice(0, 2 * CONTEXT, 2), slice(2 * CONTEXT, 20, 2)
        return (
            np.asarray(start.offsets),
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
        practice._lead_back,
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
    blow = coach._pushes(np.random.default_rng([3, 6, practice._PUSHES]))
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
    blow = coach._pushes(np.random.default_rng([3, 6, practice._PUSHES]))
    ratio = np.asarray(seen[0].shift / blow.shift)[..., :2]
    rng = np.random.default_rng([3, 6, practice._ROLLOUTS])
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


@pytest.mark.parametrize("parts", [1, 2, 4])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
def test_so_many_windows_of_every_batch_are_of_practice(made, share, parts):
    made = dataclasses.replace(made, config=PracticeConfig(share=share))
    windows, batch, start = tiny.windows(length=6), 8, 5
    rows = round(share * batch)

    def whole(start, part=(0, 1)):
        plain = batches(windows, batch, 3, start, part=part)
        return itertools.islice(made.mix(plain, batch, start, part), 4)

    plain = batches(windows, batch, 3, start)
    shares = [whole(start, (n, parts)) for n in range(parts)]
    chosen = []
    for n, (*each, found) in enumerate(zip(*shares, whole(start), strict=True)):
        joined = jax.tree.map(lambda *x: np.concatenate(x), *each)
        assert same(joined, found)
        kept = jax.tree.map(lambda x: x[: batch - rows], found)
        assert same(kept, jax.tree.map(lambda x: x[: batch - rows], next(plain)))
        own = found.poses.joints[batch - rows :]
        far = np.abs(every(made).poses.joints - own[:, None]).max((-1, -2))
        np.testing.assert_array_equal(far.min(-1), 0)
        assert not found.valid[batch - rows :, 0].any()
        # A run that begins later sees the same.
        assert same(found, next(whole(start + n)))
        chosen.append(tuple(far.argmin(-1)))
    assert rows == 0 or len(set(chosen)) == 4


def test_figures_are_those_of_all_moments_and_of_the_last_second(made):
    distance = np.tile(np.arange(60.0), (2, 1))
    made = dataclasses.replace(made, distance=distance)
    assert made.figures == {
        "practice_distance_m": 29.5,
        "practice_distance_end_m": 44.5,
    }


def test_windows_are_canonical(made):
    found = every(made)
    for x, y in zip(found.poses, canonical(found.poses), strict=True):
        np.testing.assert_allclose(x, y, atol=1e-6)
