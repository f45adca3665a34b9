"""Laws of layouts: names are unique, parts cover them, and nothing is guessed."""

import pytest

from kinematics.bodies.joint_sets import joint_set
from lmmjax.capture.detections import layouts
from lmmjax.capture.detections.layouts import by_count, by_names, layout
from lmmjax.capture.errors import CaptureError

SIZES = {
    "coco17": (17, 0, 0),
    "coco133": (23, 42, 68),
    "halpe136": (26, 42, 68),
    "body135": (25, 40, 70),
}


@pytest.mark.parametrize("name", SIZES)
def test_parts_divide_the_keypoints(name):
    known = layout(name)
    assert len(set(known.landmarks)) == len(known) == sum(SIZES[name])
    for part, count in zip(layouts.PARTS, SIZES[name], strict=True):
        if count:
            chosen = known.select((part,))
            assert len(chosen) == count
    hands = [mark for mark in known.landmarks if "thumb" in mark or "pinky" in mark]
    assert all(known.parts[known.landmarks.index(mark)] == "hands" for mark in hands)


def test_whole_body_sets_agree_on_hands_and_face():
    one, other = (layout(name) for name in ("coco133", "halpe136"))
    for part in ("hands", "face"):
        marks = [{s.landmarks[k] for k in s.select((part,))} for s in (one, other)]
        assert marks[0] == marks[1]
    assert set(layouts.hand21("left")) < set(one.landmarks)


def test_parts_that_are_not_there_are_an_error():
    with pytest.raises(CaptureError, match=r"coco17 has no hands; ask for parts=\('b"):
        layout("coco17").select(("body", "hands"))
    for wrong in ("body", (), ("feet",)):
        with pytest.raises(CaptureError, match="parts must be some of"):
            layout("coco17").select(wrong)


def test_names_of_a_joint_set_are_its_landmarks():
    assert by_names(joint_set("h36m17").joints) == layout("h36m17")


def test_other_names_are_landmarks_where_they_are_known():
    found = by_names(["LKnee", "rightHip", "Racket Tip", "RBigToe", "OP RBigToe"])
    assert found.landmarks == (
        "left_knee",
        "right_hip",
        "Racket Tip",
        "right_big_toe",
        "OP RBigToe",
    )
    assert found.select(("body",)) == [0, 1, 2, 3, 4]
    with pytest.raises(CaptureError, match="a keypoint is there twice among"):
        by_names(["tail", "tail"])


def test_numbers_of_keypoints_that_are_not_known_are_an_error():
    assert by_count(17, {17: "coco17"}, "it") is layout("coco17")
    with pytest.raises(
        CaptureError, match=r"it has 9 keypoints; known are 17 \(coco17"
    ):
        by_count(9, {17: "coco17"}, "it")
