"""Laws of those who are not alone."""

import numpy as np

from lmmjax.generation.guidance.company import Apart
from lmmjax.generation.guidance.obstacles import TOLERANCE
from lmmjax.generation.guidance.posterior import Ahead

FIRST = np.full((2, 1), 10)


def ahead(places):
    """Of roots at places [B, k, 2], in frames 11, 12, ..."""
    places = np.pad(np.asarray(places, np.float32), ((0, 0), (0, 0), (0, 1)))
    number = np.broadcast_to(11 + np.arange(places.shape[1]), places.shape[:2])
    return Ahead(None, None, places[:, :, None], None, None, number)


def apart(place, velocity, metres=1.0, pace=0.5):
    between = np.where(np.eye(len(place), dtype=bool), -1, metres)
    return Apart(np.float32(place), np.float32(velocity), between, pace, FIRST)


def test_who_will_be_nearer_than_that_misses_it_by_the_difference():
    # The second comes along x, half a metre a frame; the first stays.
    wish = apart([[0, 0], [2.0, 0]], [[0, 0], [-0.5, 0]])
    going = ahead([[[0, 0]] * 4, [[1.5, 0], [1, 0], [0.5, 0], [0, 0]]])
    found = np.asarray(wish.residuals(going))[..., 0] * TOLERANCE
    np.testing.assert_allclose(found[0], [0, 0, 0.5, 1], atol=1e-3)
    # It does not matter to him where he is himself.
    far = apart([[0, 0], [9.0, 0]], [[0, 0], [0, 0]])
    assert not np.asarray(far.residuals(going))[0].any()


def test_who_is_too_near_already_gets_away_step_by_step():
    wish = apart([[0, 0], [0.2, 0]], [[0, 0], [0, 0]], pace=0.3)
    still = ahead([[[0, 0]] * 4, [[0.2, 0]] * 4])
    found = np.asarray(wish.residuals(still))[..., 0] * TOLERANCE
    np.testing.assert_allclose(found, [[0.3, 0.6, 0.8, 0.8]] * 2, atol=1e-3)
