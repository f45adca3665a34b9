"""Laws of EasyMocap's annotations: a file for each frame, parts, the size."""

import numpy as np
import pytest

from kinematics.bodies.joint_sets import joint_set
from lmmjax.capture.detections import open_keypoints, read_keypoints
from lmmjax.capture.errors import CaptureError


@pytest.fixture
def folder(tmp_path, dump, figure):
    body = figure(joint_set("body25").landmarks)

    def person(k):
        return {
            "bbox": [0.0, 0.0, 1.0, 1.0, 0.9],
            "personID": k,
            "keypoints": (np.add(body, (k, 0, 0))).tolist(),
            "handl2d": np.full((21, 3), 0.5 + k).tolist(),
            "handr2d": np.full((21, 3), 0.25).tolist(),
            "isKeyframe": False,
        }

    for t, count in enumerate((2, 0, 1)):
        document = {
            "filename": f"images/left/{t:06d}.jpg",
            "height": 1080,
            "width": 1920,
            "annots": [person(k) for k in range(count)],
            "isKeyframe": False,
        }
        dump(tmp_path / "annots" / "left" / f"{t:06d}.json", document)
    return tmp_path / "annots" / "left"


def test_people_size_and_camera_are_read(folder, figure):
    found = read_keypoints(folder, fps=25.0)
    assert found.names == joint_set("body25").landmarks
    assert (found.camera, found.size) == ("left", (1920, 1080))
    assert (~found.missing).all(-1).tolist() == [
        [True, True],
        [False, False],
        [True, False],
    ]
    truth = figure(found.names)
    np.testing.assert_allclose(found.xy[0, 1], truth[:, :2] + (1, 0), atol=1e-4)
    np.testing.assert_allclose(found.confidence[2, 0], truth[:, 2], atol=1e-6)


def test_hands_are_read_when_asked_for(folder):
    found = read_keypoints(folder, fps=25.0, parts=("hands",))
    assert found.names[:2] == ("left_hand_root", "left_thumb_cmc")
    assert found.xy[0, 1, 0].tolist() == [1.5, 1.5]
    assert found.xy[0, 1, 21].tolist() == [0.25, 0.25]
    with pytest.raises(CaptureError, match="nobody has face2d; leave 'face' out"):
        open_keypoints(folder, parts=("face",))


def test_a_person_of_another_shape_is_left_out(folder, dump):
    document = {"annots": [{"keypoints": [[1, 2], [3, 4]]}]}
    dump(folder / "000003.json", document)
    source = open_keypoints(folder, fps=25.0)
    assert source.read().missing[3].all()
    assert "keypoints is not 25 times x, y, confidence" in source.problems[0]


def test_a_list_of_people_is_read(tmp_path, dump, figure):
    body = figure(joint_set("coco17").landmarks)
    dump(tmp_path / "1" / "000000.json", [{"personID": 3, "keypoints": body.tolist()}])
    found = read_keypoints(tmp_path / "1", fps=25.0)
    assert found.names == joint_set("coco17").landmarks
    assert found.size is None
