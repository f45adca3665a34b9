"""The benchmark of matches, at a small size."""

import numpy as np
import pytest

from benchmarks.control import match

FPS = 30.0


@pytest.fixture(scope="module")
def found():
    return match.tracks(10, 20.0, FPS, seed=0)


def test_players_stay_on_the_court_and_move_as_players_can(found):
    assert found.shape == (10, 601, 2)
    assert (found > -0.5).all()
    assert (found < np.array(match.COURT) + 0.5).all()
    velocity = np.diff(found, axis=1) * FPS
    speed = np.linalg.norm(velocity, axis=-1)
    assert speed.max() < match.PACES[1] + 1e-6
    assert speed.max() > 4.5
    change = np.linalg.norm(np.diff(velocity, axis=1), axis=-1) * FPS
    assert change.max() < match.QUICKEST + 1e-3
    assert np.percentile(change, 90) > 2.5


def test_players_hardly_ever_run_into_each_other(found):
    apart = np.linalg.norm(found[:, None] - found[None], axis=-1)
    nearest = (apart + 9 * np.eye(10)[..., None]).min((0, 1))
    assert np.percentile(nearest, 2) > 0.5


def test_the_same_seed_is_the_same_match(found):
    np.testing.assert_array_equal(found[:3, :2], match.tracks(10, 1.0, FPS, 0)[:3, :2])
