"""The benchmark of clocks and people runs, at a small size."""

import numpy as np

from benchmarks import capture


def test_crossing_people_are_counted_observation_by_observation():
    right, total = capture.people(0, seconds=5.0)
    assert 0.98 * total < right <= total
    assert total > 4 * 8 * 300 * 0.7


def test_errors_of_clocks_are_in_frames():
    calibrated, alone = capture.clocks("jump", 0)
    assert calibrated.shape == alone.shape == (4,)
    assert np.nanmax(calibrated) < 0.2
