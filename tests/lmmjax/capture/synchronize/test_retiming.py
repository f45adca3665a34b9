"""Laws of retiming: exact shifts, lines between frames, nobody mixed, no gap filled."""

import numpy as np
import pytest

from lmmjax.capture import CaptureError, make_keypoints
from lmmjax.capture.synchronize import Clocks, retime

NAMES = ("nose", "left_knee", "right_knee")


def clocks(names, offsets, rates=None, fps=60.0, refused=""):
    count = len(names)
    return Clocks(
        tuple(names),
        tuple(np.broadcast_to(fps, count).tolist()),
        np.array(offsets, float),
        np.ones(count) if rates is None else np.array(rates, float),
        np.zeros(count),
        ("motion",) * count,
        refused,
    )


def view(camera, frames=40, people=1, fps=60.0, start=0, seed=0, **more):
    """People that stand 400 pixels apart and move a few pixels a frame."""
    rng = np.random.default_rng(seed)
    xy = 300 + rng.normal(0, 2, (frames, people, 3, 2)).cumsum(0)
    xy += 40 * np.arange(3)[:, None] + 400 * np.arange(people)[:, None, None]
    sure = rng.uniform(0.5, 1, xy.shape[:-1])
    return make_keypoints(camera, NAMES, xy, sure, fps, start=start, **more)


def test_whole_frames_shift_exactly():
    a, b = view("a", seed=1), view("b", seed=2)
    one, two = retime([a, b], clocks("ab", [0, 7 / 60]), 60.0)
    assert one.start == two.start == 7
    assert len(one) == len(two) == 33
    np.testing.assert_array_equal(one.xy, a.xy[7:])
    np.testing.assert_array_equal(two.xy, b.xy[:33])
    np.testing.assert_array_equal(two.confidence, b.confidence[:33])


def test_between_frames_is_the_line_and_the_lower_confidence():
    a = view("a")
    (half,) = retime([a], clocks("a", [0.25 / 60]), 60.0)
    np.testing.assert_allclose(half.xy, 0.25 * a.xy[:-1] + 0.75 * a.xy[1:], rtol=1e-5)
    lower = np.minimum(a.confidence[:-1], a.confidence[1:])
    np.testing.assert_array_equal(half.confidence, lower)


def test_a_linear_motion_is_kept_by_rate_and_fps():
    n = np.arange(100)
    xy = np.stack([100 + 3.0 * n, 50 + 2.0 * n], -1)[:, None, None]
    a = make_keypoints("a", ["nose"], xy, fps=50.0)
    (out,) = retime([a], clocks("a", [0.3], [1.001], 50.0), 60.0)
    frames = ((out.start + np.arange(len(out))) / 60 - 0.3) / 1.001 * 50
    np.testing.assert_allclose(out.xy[:, 0, 0, 0], 100 + 3 * frames, atol=2e-3)
    assert frames[0] >= -1e-3
    assert frames[-1] <= 99.001


def test_missing_frames_stay_missing_and_nothing_is_filled():
    a = view("a")
    xy = a.xy.copy()
    xy[10, 0, 1] = np.nan
    a = make_keypoints("a", NAMES, xy)
    a = a.replace(fps=60.0)
    (out,) = retime([a], clocks("a", [0.5 / 60]), 60.0)
    frames = np.arange(len(out)) + out.start - 0.5
    gone = (np.abs(frames - 10) < 1)[:, None] & (np.arange(3) == 1)
    np.testing.assert_array_equal(out.missing[:, 0], gone)
    np.testing.assert_array_equal(np.isnan(out.xy[:, 0, :, 0]), gone)


@pytest.mark.parametrize("people", [2, 3, 6])
def test_people_in_any_order_are_not_mixed(people):
    plain = view("a", people=people)
    rng = np.random.default_rng(3)
    order = np.argsort(rng.random(plain.xy.shape[:2]), axis=1)
    mixed = plain.replace(
        xy=np.take_along_axis(plain.xy, order[:, :, None, None], 1),
        confidence=np.take_along_axis(plain.confidence, order[:, :, None], 1),
    )
    clock = clocks("a", [0.5 / 60])
    want = retime([plain.replace(people=tuple("abcdef"[:people]))], clock, 60.0)[0]
    (got,) = retime([mixed], clock, 60.0)
    np.testing.assert_allclose(got.xy, np.take_along_axis(
        want.xy, order[:-1, :, None, None], 1), rtol=1e-6)  # fmt: skip


def test_one_who_leaves_is_not_drawn_to_another():
    a = view("a", people=2)
    xy = a.xy.copy()
    xy[20:, 0] = np.nan
    a = make_keypoints("a", NAMES, xy, fps=60.0)
    (out,) = retime([a], clocks("a", [0.5 / 60]), 60.0)
    assert out.missing[19:, 0].all()
    assert not out.missing[:, 1].any()
    assert not out.missing[:19, 0].any()


def test_chunks_are_the_whole():
    a, b = view("a", 300, 2, seed=1), view("b", 280, 2, fps=50.0, seed=2)
    clock = clocks("ab", [0, -0.213], [1, 1.0001], [60.0, 50.0])
    whole = retime([a, b], clock, 60.0, 1.0, 3.0)
    parts = [
        retime(
            [a[k : k + 62], b[50 * k // 60 : 50 * k // 60 + 70]],
            clock,
            60.0,
            k / 60,
            (k + 60) / 60,
        )
        for k in (60, 120)
    ]
    for v in range(2):
        joined = np.concatenate([part[v].xy for part in parts])
        np.testing.assert_array_equal(joined, whole[v].xy)
        assert parts[1][v].start == 120


def test_times_that_no_camera_saw_are_missing():
    (out,) = retime([view("a", start=30)], clocks("a", [0]), 60.0, 0.0, 2.0)
    assert (out.start, len(out)) == (0, 120)
    np.testing.assert_array_equal(out.missing[:, 0, 0], ~np.isin(np.arange(120),
                                                    np.arange(30, 70)))  # fmt: skip


def test_bad_clocks_are_named():
    a, b = view("a"), view("b")
    with pytest.raises(CaptureError, match="'a' has no clock; there are"):
        retime([a], clocks("b", [0]), 60.0)
    with pytest.raises(CaptureError, match=r"'b' has no clock \(nobody moves\)"):
        retime([a, b], clocks("ab", [0, np.nan], refused="nobody moves"), 60.0)
    with pytest.raises(CaptureError, match="no two cameras share"):
        retime([a, b], clocks("ab", [0, 100]), 60.0)
    with pytest.raises(CaptureError, match="fps must be above 0"):
        retime([a], clocks("a", [0]), 0.0)
    with pytest.raises(CaptureError, match="no frame lies from"):
        retime([a], clocks("a", [0]), 60.0, 1.0, 1.0)
    assert retime([], clocks("a", [0]), 60.0) == []


def test_a_view_without_frames_or_people_passes():
    empty = make_keypoints("a", NAMES, np.zeros((0, 1, 3, 2)), fps=60.0)
    nobody = make_keypoints("b", NAMES, np.zeros((40, 0, 3, 2)), fps=60.0)
    one, two = retime([empty, nobody], clocks("ab", [0, 0.1 / 60]), 60.0, 0.0, 0.5)
    assert one.missing.all()
    assert two.xy.shape == (30, 0, 3, 2)
