"""Laws of windows and batches."""

import itertools

import numpy as np
import pytest

from kinematics.motion import positions
from lmmjax.data import windows
from lmmjax.data.windows import Windows, batches
from tests.lmmjax import tiny


def numbered(*lengths):
    """Clips whose height counts frames from 100 n on, n the number of the clip."""
    clips = []
    for n, length in enumerate(lengths):
        clip = tiny.motion(n, length)
        place = clip.root_position.copy()
        place[:, 2] = 100 * n + np.arange(length)
        clips.append(clip.replace(root_position=place))
    return clips


def frames(batch):
    return batch.poses.root_position[..., 2].astype(int)


def every(found):
    return found.take(np.arange(len(found)))


def counting(count):
    """A stand-in whose windows are their numbers."""

    class Counting:
        def __len__(self):
            return count

        def take(self, index):
            return np.asarray(index)

    return Counting()


@pytest.mark.parametrize(("stride", "starts"), [(1, range(6)), (2, (0, 2, 4))])
def test_windows_begin_every_stride_frames_and_end_with_the_clip(stride, starts):
    batch = every(Windows(numbered(10), 5, stride))
    np.testing.assert_array_equal(
        frames(batch), [range(start, start + 5) for start in starts]
    )
    assert batch.valid.all()


def test_windows_never_cross_clips_and_carry_their_own_bones():
    clips = numbered(7, 5, 9)
    found = Windows(clips, 5, 2)
    batch = every(found)
    assert (np.diff(frames(batch), axis=1) == 1).all()
    np.testing.assert_array_equal(frames(batch)[:, 0] // 100, found.clip)
    np.testing.assert_array_equal(found.clip, [0, 0, 1, 2, 2, 2])
    for owner, offsets in zip(found.clip, batch.offsets, strict=True):
        np.testing.assert_array_equal(offsets, clips[owner].skeleton.offsets)


def test_windows_are_said_to_show_what_their_clips_do():
    said = np.eye(3, dtype=np.float32)
    found = Windows(numbered(7, 3, 9), 5, 2, said=said)
    np.testing.assert_array_equal(every(found).said, said[[0, 0, 2, 2, 2]])
    assert not every(found).obeys.any()
    nothing = every(Windows(numbered(7), 5))
    assert nothing.said is None
    assert nothing.obeys is None


def test_a_short_clip_is_padded_with_its_last_pose_and_marked():
    found = Windows(numbered(6, 3, 2), 5, least=3)
    batch = every(found)
    expected = [[0, 1, 2, 3, 4], [1, 2, 3, 4, 5], [100, 101, 102, 102, 102]]
    np.testing.assert_array_equal(frames(batch), expected)
    np.testing.assert_array_equal(batch.valid[2], [True, True, True, False, False])
    assert batch.valid[:2].all()
    np.testing.assert_array_equal(found.frames, batch.valid.sum(-1))


@pytest.mark.parametrize("clips", [(), (4, 3)])
def test_clips_that_are_all_too_short_give_no_windows(clips):
    found = Windows(numbered(*clips), 5)
    assert len(found) == 0
    with pytest.raises(ValueError, match="there are no windows to train on"):
        next(batches(found, 2, seed=0))


def test_a_window_begins_above_the_origin_facing_x_at_its_own_height():
    batch = tiny.batch(count=4)
    place, turn, _ = batch.poses
    np.testing.assert_allclose(place[:, 0, :2], 0, atol=1e-6)
    np.testing.assert_allclose(turn[:, 0, 3], 0, atol=1e-6)
    assert (turn[:, 0, 0] > 0).all()
    heights = [tiny.motion(n, 12).root_position[:, 2] for n in range(4)]
    np.testing.assert_array_equal(place[..., 2], heights)
    np.testing.assert_allclose(np.linalg.norm(turn, axis=-1), 1, atol=1e-6)


def test_a_window_is_the_same_movement_turned_about_the_vertical_and_moved():
    clip = tiny.motion(3, 30)
    batch = Windows([clip], 12, 18).take(np.array([1]))
    seen = positions(
        clip.replace(**{k: v[0] for k, v in batch.poses._asdict().items()})
    )
    true = positions(clip[18:])
    # The turn, from what happens to two points that a vertical line does not join.
    a, b = (p[-1, 0, :2] - p[0, 0, :2] for p in (true, seen))
    angle = np.arctan2(b[1], b[0]) - np.arctan2(a[1], a[0])
    c, s = np.cos(angle), np.sin(angle)
    moved = (true - true[0, 0] * [1, 1, 0]) @ np.array(
        [[c, s, 0], [-s, c, 0], [0, 0, 1]]
    )
    np.testing.assert_allclose(seen, moved, atol=1e-5)


def test_canonical_twice_is_canonical_once():
    once = tiny.batch().poses
    for x, y in zip(once, windows.canonical(once), strict=True):
        np.testing.assert_allclose(x, y, atol=1e-6)


@pytest.mark.parametrize(("count", "batch"), [(12, 4), (13, 4), (5, 5)])
def test_an_epoch_shows_no_window_twice_and_leaves_out_less_than_a_batch(count, batch):
    stream = batches(counting(count), batch, seed=1)
    for _ in range(3):
        epoch = np.concatenate(list(itertools.islice(stream, count // batch)))
        assert len(set(epoch)) == len(epoch) == count - count % batch


def test_fewer_windows_than_a_batch_are_repeated_evenly():
    batch = next(batches(counting(3), 8, seed=0))
    assert sorted(np.bincount(batch)) == [2, 3, 3]


def test_the_order_depends_on_seed_and_epoch():
    def take(seed):
        return np.array(list(itertools.islice(batches(counting(8), 4, seed), 4)))

    np.testing.assert_array_equal(take(1), take(1))
    assert (take(1) != take(2)).any()
    assert (take(1)[:2] != take(1)[2:]).any()


@pytest.mark.parametrize("start", [1, 3, 4, 9])
def test_a_resumed_run_sees_the_batches_it_would_have_seen(start):
    whole = itertools.islice(batches(counting(13), 4, seed=5), start, start + 7)
    resumed = itertools.islice(batches(counting(13), 4, seed=5, start=start), 7)
    np.testing.assert_array_equal(list(whole), list(resumed))


@pytest.mark.parametrize("weights", [None, np.arange(13)])
@pytest.mark.parametrize("parts", [2, 4])
def test_parts_of_a_batch_make_it_up_in_order(weights, parts):
    def stream(part=(0, 1)):
        found = batches(counting(13), 4, 5, start=2, weights=weights, part=part)
        return np.array(list(itertools.islice(found, 6)))

    shares = [stream((n, parts)) for n in range(parts)]
    np.testing.assert_array_equal(np.concatenate(shares, axis=1), stream())


def test_a_batch_that_cannot_be_divided_over_processes_is_told():
    with pytest.raises(ValueError, match="batch of 4 cannot be divided over 3 proc"):
        next(batches(counting(13), 4, 5, part=(0, 3)))


def test_weighted_windows_come_as_often_as_they_weigh():
    weights = np.array([0.0, 1.0, 3.0, 4.0])
    stream = batches(counting(4), 2, seed=0, weights=weights)
    drawn = np.bincount(np.ravel(list(itertools.islice(stream, 4000))), minlength=4)
    expected = weights / 8
    # Five standard deviations of the count of 8,000 draws.
    deviation = np.sqrt(expected * (1 - expected) / 8000)
    assert (np.abs(drawn / 8000 - expected) <= 5 * deviation).all()


def test_weights_of_one_over_the_windows_of_a_clip_balance_clips():
    found = Windows(numbered(40, 10), 5)
    weights = 1 / np.bincount(found.clip)[found.clip]
    stream = itertools.islice(batches(found, 20, seed=0, weights=weights), 100)
    seen = np.concatenate([frames(batch)[:, 0] // 100 for batch in stream])
    # Five standard deviations of the mean of 2,000 tosses.
    assert abs(seen.mean() - 0.5) < 5 * 0.5 / np.sqrt(2000)


@pytest.mark.parametrize("start", [1, 3, 4, 9])
def test_a_resumed_weighted_run_sees_the_batches_it_would_have_seen(start):
    weights = np.arange(13.0)
    whole = batches(counting(13), 4, 5, weights=weights)
    resumed = batches(counting(13), 4, 5, start, weights)
    whole = itertools.islice(whole, start, start + 7)
    np.testing.assert_array_equal(list(whole), list(itertools.islice(resumed, 7)))


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        (np.ones(3), r"shape \(3,\) for 4 windows"),
        ([1, 1, 1, -1], "at least 0"),
        ([1, 1, 1, np.nan], "finite"),
        (np.zeros(4), "not all 0"),
    ],
)
def test_weights_that_are_no_chances_are_told(weights, told):
    with pytest.raises(ValueError, match=told):
        next(batches(counting(4), 2, seed=0, weights=weights))
