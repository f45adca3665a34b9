"""Laws of plays: lengths in bounds, nothing lost, nothing bridged, changes found."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinematics.motion import concatenate
from lmmjax.capture import CaptureError
from lmmjax.capture.segment import plays
from lmmjax.capture.segment.plays import changes
from lmmjax.data import primitives

FPS = 30.0


def by_trial(x, fps, least, most):
    """The best of all ways to cut, for few bins of eight frames at 32 per second."""
    bins = x.reshape(-1, 8).mean(axis=1)
    noise = np.median(np.abs(np.diff(bins))) * 1.4826 / np.sqrt(2)
    noise, count = max(0.5, noise), len(bins)
    best, cost = None, np.inf
    for number in range(count):
        for inner in itertools.combinations(range(1, count), number):
            cuts = np.array([0, *inner, count])
            if not all(least <= 8 * n <= most for n in np.diff(cuts)):
                continue
            parts = [bins[a:b] for a, b in itertools.pairwise(cuts)]
            square = sum(((p - p.mean()) ** 2).sum() for p in parts)
            total = square / noise**2 + 4 * np.log(count) * len(parts)
            if total < cost:
                best, cost = 8 * cuts, total
    return best


@given(st.integers(0, 1000))
def test_cuts_are_the_best_of_all(seed):
    rng = np.random.default_rng(seed)
    x = np.repeat(rng.normal(0, 2, 3), [24, 40, 24]) + 0.2 * rng.normal(size=88)
    np.testing.assert_array_equal(changes(x, 32.0, 16, 56), by_trial(x, 32.0, 16, 56))


@given(st.integers(30, 400), st.integers(4, 60), st.integers(0, 99))
def test_parts_cover_the_series_within_their_bounds(count, least, seed):
    most = 2 * least + 16
    x = np.cumsum(np.random.default_rng(seed).normal(size=max(count, least)))
    cuts = changes(x, FPS, least, most)
    assert (cuts[0], cuts[-1]) == (0, len(x))
    assert least <= np.diff(cuts).min()
    assert np.diff(cuts).max() <= most


@given(st.integers(0, 99))
def test_backward_in_time_the_cuts_are_the_same(seed):
    rng = np.random.default_rng(seed)
    x = np.repeat(rng.normal(0, 2, 4), 60) + 0.2 * rng.normal(size=240)
    back = 240 - changes(x[::-1], FPS, 20, 200)[::-1]
    np.testing.assert_array_equal(changes(x, FPS, 20, 200), back)


def session():
    """Standing, walking from rest to rest, standing, and where that changes."""
    stand = primitives.stand(0, fps=FPS, seconds=4.0)
    walk = primitives.walk(0, fps=FPS, seconds=6.0, starts=True, stops=True)
    whole = concatenate(concatenate(stand, walk), stand)
    return whole, [len(stand), len(stand) + len(walk)]


def test_a_walk_between_two_stands_is_a_play_of_its_own():
    motion, changed = session()
    found = plays(motion)
    assert [s.start for s in found[1:]] == [s.stop for s in found[:-1]]
    assert (found[0].start, found[-1].stop) == (0, len(motion))
    # Steps from and to rest are slow: cuts may be on either side of them.
    cuts = np.array([s.start for s in found[1:]])
    away = np.abs(cuts[:, None] - np.array(changed))
    assert away.min(axis=0).max() < 1.0 * FPS
    assert away.min(axis=1).max() < 1.5 * FPS


def test_missing_frames_are_never_bridged_and_short_rests_are_left_out():
    motion, _ = session()
    missing = np.zeros(len(motion), bool)
    missing[[200, 220]] = missing[40:50] = True
    found = plays(motion, missing)
    covered = np.zeros(len(motion), int)
    for s in found:
        covered[s] += 1
    wanted = ~missing
    # Between frames 200 and 220 less than a second is left.
    wanted[200:221] = False
    np.testing.assert_array_equal(covered, wanted)
    assert plays(motion, np.ones(len(motion), bool)) == []


def test_long_parts_are_cut_to_length():
    motion = primitives.stand(0, fps=FPS, seconds=10.0)
    lengths = [s.stop - s.start for s in plays(motion, longest_s=4.0)]
    assert sum(lengths) == len(motion)
    assert 1.0 * FPS <= min(lengths) <= max(lengths) <= 4.0 * FPS
    assert plays(motion) == [slice(0, len(motion))]


def test_what_is_wrong_is_said():
    motion = primitives.stand(0, fps=FPS, seconds=2.0)
    with pytest.raises(CaptureError, match="more than twice the shortest"):
        plays(motion, shortest_s=2.0, longest_s=4.0)
    with pytest.raises(CaptureError, match="missing must be one value"):
        plays(motion, missing=np.zeros(3, bool))
