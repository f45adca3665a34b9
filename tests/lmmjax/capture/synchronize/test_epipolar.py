"""Laws of the geometry: points seen at once have no distance; people are matched."""

import numpy as np

from lmmjax.capture.synchronize import epipolar
from tests.lmmjax.capture.synchronize.footage import project, ring


def seen(people=3, frames=4):
    calibration = ring(2)
    rng = np.random.default_rng(0)
    places = rng.uniform(-1, 1, (frames, people, 8, 3)) * 0.4 + [0, 0, 1]
    places += np.arange(people)[:, None, None] * [0.7, 0.2, 0.0]
    points = [epipolar.ideal(c, project(c, places)) for c in calibration.cameras]
    return epipolar.fundamental(*calibration.cameras), *points


def test_points_seen_at_once_lie_on_their_lines():
    matrix, a, b = seen()
    error, _, _ = epipolar.sampson(matrix, a, b)
    assert np.abs(error).max() < 0.05
    assert np.abs(epipolar.sampson(matrix, a, b[::-1])[0]).mean() > 5


def test_gradients_are_those_of_the_distance():
    matrix, a, b = seen()
    b = b + 3.0
    error, by_a, by_b = epipolar.sampson(matrix, a, b)
    for axis in range(2):
        step = np.eye(2)[axis] * 1e-3
        # The scale of the distance changes far slower than the distance.
        nearby = epipolar.sampson(matrix, a + step, b)[0] - error
        np.testing.assert_allclose(nearby / 1e-3, by_a[..., axis], atol=0.02)
        nearby = epipolar.sampson(matrix, a, b + step)[0] - error
        np.testing.assert_allclose(nearby / 1e-3, by_b[..., axis], atol=0.02)


def test_cameras_at_one_place_have_no_lines():
    camera = ring(1).cameras[0]
    assert epipolar.fundamental(camera, camera) is None


def test_people_are_matched_by_place_or_by_name():
    matrix, a, b = seen()
    order = [2, 0, 1]
    found = epipolar.match(matrix, a, b[:, order], 100.0, ((), ()))
    assert (found == [1, 2, 0]).all()
    b[1, 2] = np.nan
    found = epipolar.match(matrix, a, b[:, order], 100.0, ((), ()))
    assert found[1].tolist() == [1, 2, -1]
    found = epipolar.match(matrix, a, b, 1.0, (("x", "y", "z"), ("z", "x", "w")))
    assert (found == [1, -1, 0]).all()
