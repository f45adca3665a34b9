"""Laws of the two nouns: what is missing is NaN, names count, bad input is named."""

import numpy as np
import pytest

from kinematics.camera import make_camera
from lmmjax.capture import CaptureError, make_calibration, make_keypoints

NAMES = ("nose", "left_knee")


def some(frames=4, people=1, **changes):
    xy = np.arange(1, 1 + frames * people * 4, dtype=float).reshape(
        frames, people, 2, 2
    )
    return make_keypoints("cam", NAMES, xy, **changes)


def test_a_keypoint_at_the_corner_or_without_confidence_is_missing():
    xy = np.array([[[[0, 0], [5, 6]]], [[[0, 7], [np.nan, 1]]]], float)
    trust = np.array([[[0.9, 0.0]], [[0.5, 0.5]]])
    view = make_keypoints("cam", NAMES, xy, trust)
    assert view.missing.tolist() == [[[True, True]], [[False, True]]]
    assert np.isnan(view.xy[view.missing]).all()
    assert (view.confidence[view.missing] == 0).all()


def test_cutting_keeps_the_numbers_of_frames():
    part = some(6, start=100)[2:5]
    assert (len(part), part.start) == (3, 102)
    np.testing.assert_array_equal(part.xy, some(6).xy[2:5])
    with pytest.raises(ValueError, match="not thinned"):
        some()[::2]


def test_selecting_goes_by_name_and_what_is_not_there_is_missing():
    view = some().select(["left_knee", "right_knee"])
    np.testing.assert_array_equal(view.xy[:, :, 0], some().xy[:, :, 1])
    assert view.missing[:, :, 1].all()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"names": ("nose", "nose")}, "'nose' appears twice"),
        ({"names": ("nose",)}, r"\[frames, people, 1, 2\]"),
        ({"confidence": np.ones((4, 1))}, "confidence must be"),
        ({"fps": 0.0}, "fps must be above 0"),
        ({"people": ("A", "B")}, "2 names for 1 people"),
    ],
)
def test_what_are_no_keypoints_is_refused_with_the_camera(change, sentence):
    given = {"names": NAMES, "xy": np.ones((4, 1, 2, 2))} | change
    with pytest.raises(CaptureError, match=f"camera 'cam': .*{sentence}"):
        make_keypoints("cam", **given)


def camera(place):
    return make_camera(np.eye(3), np.eye(3), -np.array(place), dtype=np.float64)


def test_cameras_go_by_name():
    rig = make_calibration(
        ["a", "b"], [camera([1, 2, 3]), camera([0, 0, 1])], [(640, 480), None]
    )
    np.testing.assert_allclose(rig.centers, [[1, 2, 3], [0, 0, 1]])
    only = rig.select(["b"])
    assert (list(only), only.sizes) == (["b"], (None,))
    with pytest.raises(KeyError, match=r"no camera 'c'; there are \['a', 'b'\]"):
        rig["c"]


@pytest.mark.parametrize(
    ("names", "cameras", "sentence"),
    [
        ([], [], "no cameras"),
        (["a", "a"], [camera([0, 0, 1])] * 2, "'a' is calibrated twice"),
        (["a"], [camera([0, 0, 1])] * 2, "1 names for 2 cameras"),
        (["a"], [camera([0, 0, np.nan])], "'a': its calibration is not finite"),
    ],
)
def test_what_is_no_calibration_is_refused(names, cameras, sentence):
    with pytest.raises(CaptureError, match=sentence):
        make_calibration(names, cameras)
