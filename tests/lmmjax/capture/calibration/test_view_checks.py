"""Laws of comparing keypoints with cameras: names, sizes, places."""

import numpy as np
import pytest

from lmmjax.capture.calibration import check_views
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import make_keypoints
from tests.lmmjax.capture.calibration import rig


def views(names, size=rig.SIZE, xy=(100.0, 200.0)):
    places = np.broadcast_to(np.array(xy), (20, 1, 2, 2))
    return [make_keypoints(name, ("a", "b"), places, size=size) for name in names]


TRUTH = rig.ring(3, ["cam_01", "cam_02", "left side"])


def test_views_that_fit_pass():
    assert check_views(TRUTH, views(TRUTH.names)) == []
    assert check_views(TRUTH, views(TRUTH.names, size=None)) == []


def test_names_without_partner_are_told_with_what_is_near():
    found = check_views(TRUTH, views(["cam_01", "Cam2", "leftside", "other"]))
    assert found == [
        "camera 'Cam2' has keypoints but no calibration; it is probably 'cam_02' there",
        "camera 'leftside' has keypoints but no calibration; it is probably "
        "'left side' there",
        "camera 'other' has keypoints but no calibration",
        "no keypoints of calibrated cameras: cam_02, left side",
    ]


def test_similar_names_with_other_numbers_are_others():
    found = check_views(TRUTH, views(["cam_01", "cam_03"]))
    assert found[0] == "camera 'cam_03' has keypoints but no calibration"


def test_without_a_name_in_common_nothing_can_be_done():
    with pytest.raises(CaptureError, match=r"'cam1' has .* probably 'cam_01' there"):
        check_views(TRUTH, views(["cam1", "cam2"]))
    with pytest.raises(CaptureError, match=r"has keypoints \(none\)"):
        check_views(TRUTH, [])
    with pytest.raises(CaptureError, match="two views of camera 'cam_01'"):
        check_views(TRUTH, views(["cam_01", "cam_01"]))


SIZES = {
    (
        1912,
        1080,
    ): "if it was cropped on both sides, its keypoints are off by 4 and 0 px",
    (960, 540): "scale its keypoints by 2",
    (1080, 1920): "turn the video back",
}


@pytest.mark.parametrize("size", SIZES)
def test_sizes_that_differ_are_told(size):
    (found,) = check_views(TRUTH.select(["cam_01"]), views(["cam_01"], size))
    assert found.startswith(
        "camera 'cam_01': calibrated at 1920 x 1080, its video is "
        f"{size[0]} x {size[1]}"
    )
    assert SIZES[size] in found


def test_calibrations_of_each_other_are_told():
    mixed = rig.ring(2, ["a", "b"])
    mixed = type(mixed)(mixed.names, mixed.cameras, ((1920, 1080), (1280, 720)))
    found = check_views(mixed, views(["a"], (1280, 720)) + views(["b"], (1920, 1080)))
    assert found[0].startswith("cameras 'a' and 'b' have each the picture size of the")


def test_keypoints_outside_are_told():
    (found,) = check_views(TRUTH.select(["cam_01"]), views(["cam_01"], xy=(3e3, 5.0)))
    assert found.startswith("camera 'cam_01': 100% of its keypoints are outside")
    (found,) = check_views(TRUTH.select(["cam_01"]), views(["cam_01"], xy=(0.3, 0.5)))
    assert "multiply them by (1920, 1080)" in found
    nobody = views(["cam_01"], xy=(np.nan, np.nan))
    assert check_views(TRUTH.select(["cam_01"]), nobody) == []
