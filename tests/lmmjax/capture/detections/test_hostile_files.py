"""Laws of all formats: a file of any shape is read in part or is a CaptureError."""

import copy
import itertools
import json

import numpy as np
import pytest

from kinematics.bodies.joint_sets import joint_set
from lmmjax.capture.detections import open_keypoints
from lmmjax.capture.errors import CaptureError

STRANGE = (
    *(None, True, -1, 0, 3.5, 10**30, 1e308, "", "abc", [], [[]], [None], {}),
    *({"a": 1}, [1, 2], [[1, 2], [3]], ["x"], -(10**12), [[[1.0]]], "7"),
)
POINTS = np.linspace(100, 900, 34).reshape(17, 2).tolist()
FLAT = [float(x) for x, y in POINTS for x in (x, y, 1)]
BODY = [200.0, 300.0, 0.5] * 25
INSTANCE = {"keypoints": POINTS, "keypoint_scores": [0.5] * 17, "bbox": [[1, 2, 3, 4]]}
MARKS = [[0.5, 0.5, 0.0, 0.9]] * 33
META = {"keypoint_id2name": dict(enumerate(joint_set("coco17").joints))}
FRAMES = [{"frame_id": t, "instances": [INSTANCE]} for t in (1, 2)]
DOCUMENTS = {
    "openpose": {
        "version": 1.3,
        "people": [{"pose_keypoints_2d": BODY, "hand_left_keypoints_2d": []}] * 2,
    },
    "easymocap": {
        "height": 1080,
        "width": 1920,
        "annots": [{"personID": 0, "keypoints": [[1.0, 2.0, 0.5]] * 25}],
    },
    "mmpose": {"meta_info": META, "instance_info": FRAMES},
    "coco": [{"image_id": t, "keypoints": FLAT, "score": 1} for t in (1, 2)],
    "halpe": {
        "images": [{"id": 1, "file_name": "a_1.jpg", "width": 640, "height": 480}],
        "annotations": [{"image_id": 1, "keypoints": FLAT}],
        "categories": [{"keypoints": list(joint_set("coco17").joints)}],
    },
    "blazepose": {"fps": 30, "size": [640, 480], "frames": [[MARKS], []]},
}


def places(document, path=()):
    """Where values are in a document, in at most the first two of a list."""
    yield path
    if isinstance(document, dict):
        for key in document:
            yield from places(document[key], (*path, key))
    elif isinstance(document, list):
        for k in range(min(len(document), 2)):
            yield from places(document[k], (*path, k))


def changed(document, path, value):
    """A copy with another value at one place."""
    if not path:
        return value
    document = copy.deepcopy(document)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return document


def read_whole(path, kind):
    """Whether it could be read."""
    try:
        found = open_keypoints(path, kind, fps=30.0).read()
    except CaptureError:
        return False
    assert np.isnan(found.xy[found.missing]).all()
    assert np.isfinite(found.xy[~found.missing]).all()
    return True


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_documents_of_any_shape(tmp_path, dump, kind):
    document = json.loads(json.dumps(DOCUMENTS[kind]))
    folder = kind in ("openpose", "easymocap")
    path = tmp_path / "cam" / "0.json"
    if folder:
        # What is in one file must not spoil the others.
        for t in (1, 2):
            dump(tmp_path / "cam" / f"{t}.json", document)
    where = path.parent if folder else path
    read = 0
    for place, value in itertools.product(places(document), STRANGE):
        dump(path, changed(document, place, value))
        good = read_whole(where, kind)
        assert good or not folder
        read += good
    assert read


def strange_arrays():
    one = np.zeros((2, 4, 17), np.float32)
    for value in (*STRANGE, one, one[:, :3], {"v": {"custom": [one]}}, {"v": {"c": 3}}):
        whole = np.empty((), object)
        whole[()] = value
        pair = np.empty((2, 2), object)
        pair[0, 1] = pair[1, 1] = value
        yield from (whole, pair)
    yield np.zeros(3)


@pytest.mark.parametrize(
    ("kind", "key"), [("videopose3d", "positions_2d"), ("detectron", "keypoints")]
)
@pytest.mark.parametrize("metadata", [None, {"video_metadata": 3}, {"w": "x"}])
def test_archives_of_any_shape(tmp_path, kind, key, metadata):
    path = tmp_path / "a.npz"
    for value in strange_arrays():
        np.savez(path, **{key: value, "metadata": np.array(metadata, object)})
        read_whole(path, kind)


@pytest.mark.parametrize("kind", ["deeplabcut", "blazepose"])
def test_tables_of_any_shape(tmp_path, kind):
    heads = b"scorer,a,a\nbodyparts,b,b\ncoords,x,y\n"
    for data in (b"", b"\xff\xfe", b"\0", b'"' * 9, b"a," * 200000, b"1,2\n" * 9):
        for text in (data, heads + data, heads + b"0,1,2\n" + data):
            (tmp_path / "a.csv").write_bytes(text)
            read_whole(tmp_path / "a.csv", kind)
