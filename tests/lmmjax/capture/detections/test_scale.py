"""Laws of scale: fractions of the picture are told from pixels, and undone."""

import numpy as np
import pytest

from lmmjax.capture.detections import scale
from lmmjax.capture.errors import CaptureError

SEEN = np.array([[0.2, 0.9, 0.7], [0.4, 0.1, 0.2], [0, 0, 0], [np.nan, 3, 1]])


def test_ranges_are_told_from_known_keypoints():
    assert scale.scaled_range(SEEN) == (0, 1)
    assert scale.scaled_range(SEEN * (-1, 1, 1)) == (-1, 1)
    assert scale.scaled_range(SEEN * (10, 1, 1)) is None
    assert scale.scaled_range(SEEN[2:]) is None
    assert scale.scaled_range(np.zeros((0, 3))) is None
    # A keypoint in the corner of the picture is in pixels for all that is known.
    assert scale.scaled_range(np.array([[0.0, 0.0, 1.0]])) is None


@pytest.mark.parametrize("ends", [(0.0, 1.0), (-1.0, 1.0)])
def test_the_ends_are_the_centres_of_the_outer_pixels(ends):
    values = np.array([[ends[0], ends[1], 0.3], [ends[1], ends[0], 0.4]])
    scale.to_pixels(values, ends, (1920, 1080))
    np.testing.assert_allclose(values, [[0, 1079, 0.3], [1919, 0, 0.4]])


def test_sizes_that_make_no_sense_are_an_error():
    assert scale.check_size(None) is None
    assert scale.check_size([640.0, 480]) == (640, 480)
    for wrong in ((640,), (0, 480), (640, -1), (1e9, 2)):
        with pytest.raises(CaptureError, match="size must be width and height"):
            scale.check_size(wrong)
