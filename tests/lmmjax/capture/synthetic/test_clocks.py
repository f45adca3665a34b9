"""Laws of clocks: when frames are, and how many."""

import numpy as np
import pytest

from lmmjax.capture.synthetic import Clock, random_clocks


def test_frames_are_when_offset_rate_and_fps_say():
    clock = Clock(50.0, 0.25, 1 + 1e-3)
    assert np.allclose(clock.times(3), [0.25, 0.25 + 0.02002, 0.25 + 0.04004])
    assert clock.times(0).shape == (0,)


@pytest.mark.parametrize("fps", [24.0, 30.0, 59.94, 60.0, 240.0])
@pytest.mark.parametrize("offset", [-0.31, 0.0, 0.4])
def test_the_last_frame_is_in_the_session_and_the_next_is_not(fps, offset):
    clock = Clock(fps, offset, 1 - 1e-4)
    count = clock.frames(7.0)
    assert clock.times(count)[-1] <= 7.0 + 1e-6 < clock.times(count + 1)[-1] + 1e-4


def test_a_whole_number_of_frames_is_not_lost_by_rounding():
    assert all(Clock(60.0).frames(n / 60) == n + 1 for n in range(2000))


def test_a_camera_that_starts_too_late_has_no_frames():
    assert Clock(60.0, 5.0).frames(4.0) == 0


def test_random_clocks_differ_but_for_the_first_offset():
    clocks = random_clocks(5, 50.0, seed=2)
    assert clocks == random_clocks(5, 50.0, seed=2) != random_clocks(5, 50.0, seed=3)
    assert clocks[0].offset_s == 0
    assert len({clock.offset_s for clock in clocks}) == 5
    assert all(abs(clock.rate - 1) < 2e-4 for clock in clocks)
    assert random_clocks(0) == []
