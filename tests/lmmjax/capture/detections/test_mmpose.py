"""Laws of MMPose's files: videos, pictures, folders of pictures, boxes wrapped."""

import numpy as np
import pytest

from kinematics.bodies.joint_sets import joint_set
from lmmjax.capture.detections import open_keypoints, read_keypoints
from lmmjax.capture.errors import CaptureError


def instance(values, wrapped=True):
    box = [1.0, 2.0, 30.0, 40.0]
    return {
        "keypoints": values[:, :2].tolist(),
        "keypoint_scores": values[:, 2].tolist(),
        "bbox": [box] if wrapped else box,
        "bbox_score": 0.9,
    }


def meta(name):
    joints = joint_set(name).joints
    return {
        "dataset_name": name,
        "keypoint_id2name": {str(k): joint for k, joint in enumerate(joints)},
        "sigmas": [0.1] * len(joints),
    }


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_video_of_the_demo_counts_from_one(tmp_path, dump, figure, wrapped):
    truth = figure(joint_set("coco17").landmarks)
    people = [instance(np.add(truth, (k, 0, 0)), wrapped) for k in range(2)]
    document = {
        "meta_info": meta("coco17"),
        "instance_info": [
            {"frame_id": 1, "instances": people},
            {"frame_id": 2, "instances": []},
            {"frame_id": 3, "instances": people[:1]},
        ],
    }
    source = open_keypoints(dump(tmp_path / "results_left.json", document), fps=25.0)
    assert (source.start, source.frames, source.camera) == (0, 3, "left")
    found = source.read()
    assert found.names == joint_set("coco17").landmarks
    np.testing.assert_allclose(found.xy[0, 1], truth[:, :2] + (1, 0), atol=1e-4)
    np.testing.assert_allclose(found.confidence[2, 0], truth[:, 2], atol=1e-6)
    assert found.missing[1].all()
    assert not source.problems


def test_a_part_of_a_video_keeps_its_place(tmp_path, dump, figure):
    one = instance(figure(joint_set("coco17").landmarks))
    frames = [{"frame_id": k, "instances": [one]} for k in (5, 6)]
    source = open_keypoints(dump(tmp_path / "a.json", {"instance_info": frames}), fps=1)
    assert (source.start, source.frames) == (4, 2)


def test_the_inferencer_may_count_from_zero(tmp_path, dump, figure):
    one = instance(figure(joint_set("halpe26").landmarks))
    frames = [{"frame_id": k, "instances": [one] * (k % 2)} for k in range(4)]
    source = open_keypoints(dump(tmp_path / "a.json", frames), fps=25.0)
    assert (source.start, source.frames) == (0, 4)
    found = source.read()
    assert found.names == joint_set("halpe26").landmarks
    assert found.missing.all((1, 2)).tolist() == [True, False, True, False]


def test_names_in_the_file_tell_sets_of_one_size_apart(tmp_path, dump, figure):
    truth = figure(joint_set("h36m17").landmarks)
    document = {"meta_info": meta("h36m17"), "instance_info": [instance(truth)]}
    found = read_keypoints(dump(tmp_path / "a.json", document), fps=25.0)
    assert found.names == joint_set("h36m17").landmarks
    assert found.xy.shape == (1, 1, 17, 2)


def test_pictures_are_a_folder_of_frames(tmp_path, dump, figure):
    truth = figure(joint_set("coco17").landmarks)
    for t in range(9, 12):
        people = [instance(np.add(truth, (t, 0, 0)))] if t != 10 else []
        dump(tmp_path / "cam2" / f"img_{t}.json", people)
    source = open_keypoints(tmp_path / "cam2", fps=25.0)
    assert (source.start, source.frames) == (9, 3)
    found = source.read()
    assert found.missing.all((1, 2)).tolist() == [False, True, False]
    np.testing.assert_allclose(found.xy[2, 0], truth[:, :2] + (11, 0), atol=1e-4)


def test_people_that_make_no_sense_are_left_out(tmp_path, dump, figure):
    one = instance(figure(joint_set("coco17").landmarks))
    bad = [
        one | {"keypoints": [[1, 2, 3]] * 17},
        one | {"keypoint_scores": [1, 2]},
        {"bbox": [1]},
        one | {"keypoints": [[1, 2]] * 3, "keypoint_scores": [1] * 3},
    ]
    frames = [{"frame_id": k + 1, "instances": [b, one]} for k, b in enumerate(bad)]
    source = open_keypoints(dump(tmp_path / "a.json", frames), fps=25.0)
    assert source.read().xy.shape == (4, 1, 17, 2)
    assert len(source.problems) == 4
    assert "frame 1: a person was left out" in source.problems[0]
    assert "1 of 5 people were left out" in source.problems[3]


BAD = {
    "nobody": (
        {"instance_info": [{"frame_id": 1, "instances": []}]},
        "there is nobody",
    ),
    "frames": ({"instance_info": []}, "there is nobody in any of its 1"),
    "shape": ({"meta_info": {}}, "this is no result of MMPose"),
    "list": ({"instance_info": 3}, "this is no result of MMPose"),
}


@pytest.mark.parametrize("case", BAD)
def test_empty_results_say_why(tmp_path, dump, case):
    document, message = BAD[case]
    with pytest.raises(CaptureError, match=message):
        open_keypoints(dump(tmp_path / "a.json", document))
