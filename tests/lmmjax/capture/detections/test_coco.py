"""Laws of COCO's files: scores and visibilities, frames by picture, real samples."""

import json

import numpy as np
import pytest

from lmmjax.capture.detections import open_keypoints, read_keypoints
from lmmjax.capture.detections.coco import picture_numbers
from lmmjax.capture.detections.layouts import layout
from lmmjax.capture.errors import CaptureError


def result(values, image, **more):
    return {
        "image_id": image,
        "category_id": 1,
        "keypoints": np.ravel(values).tolist(),
        "score": 0.9,
        **more,
    }


def test_results_of_hrnet(tmp_path, dump, figure):
    truth = figure(layout("coco17").landmarks)
    truth[3, 2] = 1.3
    document = [
        result(np.add(truth, (t, 0, 0)), t, bbox=[0, 0, 1, 1]) for t in (4, 2, 2, 5)
    ]
    path = dump(tmp_path / "left.keypoints.json", document)
    source = open_keypoints(path, fps=25.0)
    assert (source.start, source.frames, source.camera) == (2, 4, "left")
    assert not source.problems
    found = source.read()
    assert found.names == layout("coco17").landmarks
    assert (~found.missing).all(-1).tolist() == [
        [True, True],
        [False, False],
        [True, False],
        [True, False],
    ]
    np.testing.assert_allclose(found.xy[2, 0], truth[:, :2] + (4, 0), atol=1e-4)
    assert found.confidence[2, 0, 3] == 1.0


@pytest.mark.parametrize("name", ["coco17", "halpe26", "halpe136", "coco133"])
def test_results_of_alphapose(tmp_path, dump, figure, name):
    known = layout(name)
    truth = figure(known.landmarks)
    document = [result(truth, f"{t}.jpg", box=[1, 2, 3, 4], idx=1) for t in (10, 9, 11)]
    path = dump(tmp_path / "cam_3" / "alphapose-results.json", document)
    source = open_keypoints(path, "alphapose", fps=25.0)
    assert (source.start, source.frames, source.camera) == (9, 3, "cam_3")
    body = known.select(("body",))
    found = source.read()
    assert found.names == tuple(known.landmarks[k] for k in body)
    np.testing.assert_allclose(found.xy[1, 0], truth[body, :2], atol=1e-3)
    if len(known) > 26:
        every = read_keypoints(path, fps=25.0, parts=("body", "hands", "face"))
        assert every.names == known.landmarks


def test_people_of_another_kind_are_left_out(tmp_path, dump, figure):
    truth = figure(layout("coco17").landmarks)
    document = [result(truth, 0), result(truth[:9], 0), result(truth, 1)]
    source = open_keypoints(dump(tmp_path / "a.json", document), fps=25.0)
    assert source.read().xy.shape == (2, 1, 17, 2)
    assert "1 of 3 people were left out, as they have not 17" in source.problems[0]


def test_fractions_need_a_size(tmp_path, dump, figure):
    truth = figure(layout("coco17").landmarks)
    path = dump(tmp_path / "a.json", [result(truth / (1919, 1079, 1), 0)])
    with pytest.raises(CaptureError, match=r"fractions from 0 to 1 .* pass size="):
        open_keypoints(path)
    found = read_keypoints(path, fps=25.0, size=(1920, 1080))
    np.testing.assert_allclose(found.xy[0, 0], truth[:, :2], atol=1e-3)


BAD = {
    "boxes": (
        [{"image_id": 1, "bbox": [1, 2, 3, 4], "score": 1}],
        "no keypoints in it, only boxes",
    ),
    "nothing": ([{"image_id": 1}], "there are no keypoints in it$"),
    "no picture": (
        [{"keypoints": [1, 2, 3] * 17, "x": "image_id"}],
        "have no image_id",
    ),
    "text": (
        [{"image_id": 1, "keypoints": ["a"] * 51}],
        "nobody's keypoints are a list",
    ),
    "count": (
        [{"image_id": 1, "keypoints": [1, 2, 3] * 9}],
        "a person has 9 keypoints",
    ),
    "ragged": ([{"image_id": 1, "keypoints": [1, 2]}], "nobody's keypoints are a list"),
    "annotations": ({"annotations": [{"id": 3}]}, "nobody in it has a keypoint"),
    "images": (
        {"images": [1], "annotations": []},
        "this is no annotation file of COCO",
    ),
    "object": ({"image_id": 3}, "neither a list of results nor annotations"),
}


@pytest.mark.parametrize("case", BAD)
def test_files_without_keypoints_are_an_error(tmp_path, dump, case):
    document, message = BAD[case]
    path = dump(tmp_path / "a.json", document)
    with pytest.raises(CaptureError, match=message) as error:
        open_keypoints(path)
    assert str(error.value).startswith(str(path))


def test_pictures_without_numbers_are_counted_in_natural_order():
    problems = []
    assert picture_numbers(["b.jpg", "a.jpg", "b.jpg"], problems).tolist() == [1, 0, 1]
    assert picture_numbers(["a/1.jpg", "b/1.jpg"], problems).tolist() == [0, 1]
    assert len(problems) == 2
    assert picture_numbers(["a_12.jpg", "a_9.jpg", 11], []).tolist() == [12, 9, 11]


def test_visibility_is_not_a_score(tmp_path, dump, figure):
    truth = figure(layout("coco17").landmarks)
    truth[:, 2] = 2
    truth[4, 2], truth[5, 2] = 1, 0
    document = {
        "images": [
            {"id": 70 + t, "file_name": f"f_{t}.png", "width": 640, "height": 480}
            for t in (3, 4, 5)
        ],
        "annotations": [
            {"image_id": 74, "keypoints": truth.ravel().tolist(), "iscrowd": 0},
            {"image_id": 74, "keypoints": [0] * 51, "iscrowd": 1},
        ],
        "categories": [{"keypoints": []}],
    }
    found = read_keypoints(dump(tmp_path / "a.json", document), fps=25.0)
    assert found.xy.shape == (3, 1, 17, 2)
    assert (found.start, found.size) == (3, (640, 480))
    assert found.missing.all((1, 2)).tolist() == [True, False, True]
    assert found.confidence[1, 0, 3:7].tolist() == [1, 0.5, 0, 1]


@pytest.mark.parametrize(
    ("name", "count", "key"),
    [
        ("coco/test_coco", 17, "keypoints"),
        ("coco/test_coco_wholebody", 23, "keypoints"),
        ("halpe/test_halpe", 26, "keypoints"),
    ],
)
def test_real_annotations(shared_data, name, count, key):
    path = shared_data / "capture" / "mmpose_testdata" / f"{name}.json"
    source = open_keypoints(path, fps=1.0)
    found = source.read()
    assert found.xy.shape[0] == 4
    assert len(found.names) == count
    # All that is labelled is found, and nothing else.
    records = json.loads(path.read_text())["annotations"]
    labelled = [np.reshape(r[key], (-1, 3))[:count] for r in records]
    if "wholebody" in name:
        feet = [np.reshape(r["foot_kpts"], (-1, 3)) for r in records]
        labelled = [np.concatenate(p) for p in zip(labelled, feet, strict=True)]
    truth = np.concatenate(labelled)
    truth = truth[truth[:, 2] > 0][:, :2]
    assert len(truth) == (~found.missing).sum()
    np.testing.assert_allclose(
        np.sort(found.xy[~found.missing].sum(-1)), np.sort(truth.sum(-1)), rtol=1e-6
    )
    # Ankles are below knees in most standing people.
    y = found.xy[..., 1]
    down = (
        y[..., found.names.index("left_ankle")] - y[..., found.names.index("left_knee")]
    )
    assert np.nanmedian(down) > 0


def test_real_boxes_are_an_error(shared_data):
    folder = shared_data / "capture" / "mmpose_testdata" / "coco"
    with pytest.raises(CaptureError, match="there are no keypoints in it, only boxes"):
        open_keypoints(folder / "test_coco_det_AP_H_56.json")
