"""How windows are drawn in training."""

import numpy as np
import pytest

from lmmjax.training import fitting
from tests.lmmjax import tiny


def test_windows_are_weighted_by_action_and_by_subject():
    clips = [
        tiny.motion(n, frames).replace(action=action, subject=subject)
        for n, (frames, action, subject) in enumerate(
            [(20, "walk", "a"), (40, "walk", "b"), (30, "run", "b")]
        )
    ]
    windows = fitting.training_windows(clips, 4, 3, 1)
    assert fitting.window_weights(windows) is None
    clip = windows.clip
    drawn = fitting.window_weights(windows, {"run": 2.0})
    walks, runs = drawn[clip < 2].sum(), drawn[clip == 2].sum()
    assert runs == pytest.approx(2 * walks)
    drawn = fitting.window_weights(windows, None, {"b": 0.25})
    np.testing.assert_array_equal(drawn, np.where(clip == 0, 1.0, 0.25))
    both = fitting.window_weights(windows, {"run": 2.0}, {"a": 3.0})
    assert both[clip == 2].sum() == pytest.approx(2.0)
    assert both[clip == 0][0] == pytest.approx(3 * both[clip == 1][0])
