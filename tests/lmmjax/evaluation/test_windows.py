"""Windows that are judged: all, or some of all clips."""

import numpy as np
import pytest

from lmmjax.data.catalog import DataError
from lmmjax.evaluation.windows import JudgedWindows, judged_frames
from tests.lmmjax import tiny

CLIPS = [tiny.motion(seed, 20) for seed in range(3)]


def test_blocks_hold_every_window_once_and_are_of_one_size():
    windows = JudgedWindows(CLIPS, 4, 3, 5)
    blocks = list(windows.blocks(4))
    assert [count for _, count in blocks] == [4, 4, 1]
    assert {len(batch.valid) for batch, _ in blocks} == {4}
    starts = np.concatenate([b.poses.joints[:n, 0] for b, n in blocks])
    expected = [c.joints[first] for c in CLIPS for first in (0, 5, 10)]
    np.testing.assert_array_equal(starts, expected)
    assert (len(windows), windows.clips, windows.context) == (9, 3, 4)


def test_a_limit_spreads_windows_over_all_clips():
    windows = JudgedWindows(CLIPS, 4, 3, 5, limit=3)
    assert (len(windows), windows.clips) == (3, 3)
    assert len(JudgedWindows(CLIPS, 4, 3, 5, limit=100)) == 9


@pytest.mark.parametrize("count", [0, 2])
def test_clips_that_are_too_short_are_an_error(count):
    clips = [tiny.motion(n, 6) for n in range(count)]
    with pytest.raises(DataError, match="no clip has the 7 frames"):
        JudgedWindows(clips, 4, 3, 5)


def test_frames_are_the_nearest_within_the_horizon():
    # At 30 fps with a horizon of 3.
    assert judged_frames(tiny.fresh_model(), (1, 66, 60, 5000)) == [1, 2, 3]
