"""Laws of practice: what becomes a window, what follows in it, and where it goes."""

import dataclasses
import itertools

import jax
import numpy as np
import pytest

from lmmjax.data.windows import batches, canonical
from lmmjax.training import augment, way_back
from lmmjax.training.practice import PracticeConfig
from tests.lmmjax import tiny
from tests.lmmjax.training import toy
from tests.lmmjax.training.practising import every, same

CONTEXT, LENGTH, HORIZON = 4, 6, toy.MODEL.horizon
FRAMES = 6
LEAD = jax.jit(way_back.lead_back)


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
