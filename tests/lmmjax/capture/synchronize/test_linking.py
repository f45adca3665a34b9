"""Laws of linking: the permutation is found, nobody is linked across a jump."""

import numpy as np
import pytest

from lmmjax.capture.synchronize.linking import follow, link, sizes


def crowd(people, frames=30, seed=0):
    """People [T, P, 5, 2] of 100 pixels who walk apart."""
    rng = np.random.default_rng(seed)
    shape = rng.uniform(0, 100, (people, 5, 2))
    places = 250 * np.arange(people)[:, None, None] + shape
    return places + rng.normal(0, 1, (frames, people, 5, 2)).cumsum(0)


@pytest.mark.parametrize("people", [1, 2, 4, 7])
def test_shuffled_people_are_followed(people):
    xy = crowd(people)
    order = np.argsort(np.random.default_rng(1).random(xy.shape[:2]), axis=1)
    mixed = np.take_along_axis(xy, order[:, :, None, None], 1)
    slots, joined = follow(mixed)
    assert joined[1:].all()
    assert not joined[0].any()
    found = np.take_along_axis(mixed, slots[:, :, None, None], 1)
    np.testing.assert_array_equal(found, xy[:, order[0]])


def test_a_jump_is_nobody():
    xy = crowd(2)
    xy[10:, 1] += 900
    links = link(xy)
    assert links[9].tolist() == [0, -1]
    slots, joined = follow(xy)
    assert sorted(slots[10]) == [0, 1]
    assert joined[10].tolist() == [True, False]


def test_missing_people_and_keypoints():
    xy = crowd(3)
    xy[5, 1] = np.nan
    xy[:, 2, 1:3] = np.nan
    links = link(xy)
    assert links[4].tolist() == [0, -1, 2]
    assert links[5].tolist() == [0, -1, 2]
    assert (links[6:] == [0, 1, 2]).all()
    assert np.isnan(sizes(xy)[5, 1])


@pytest.mark.parametrize("shape", [(0, 2, 3, 2), (1, 2, 3, 2), (4, 0, 3, 2)])
def test_nothing_links_nothing(shape):
    assert link(np.zeros(shape)).shape == (max(shape[0] - 1, 0), shape[1])
