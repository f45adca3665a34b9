"""Laws of BlazePose's landmarks: fractions become pixels, in three ways of writing."""

import numpy as np
import pytest

from kinematics.bodies.joint_sets import joint_set
from lmmjax.capture.detections import open_keypoints, read_keypoints
from lmmjax.capture.detections.blazepose import pixels
from lmmjax.capture.errors import CaptureError

SET = joint_set("blazepose33")
SIZE = (1280, 720)


@pytest.fixture
def truth(figure):
    """[33, 4] x, y, z, visibility as MediaPipe gives them, and pixels [33, 2]."""
    values = figure(SET.landmarks)
    fractions = (values[:, :2] + 0.5) / SIZE
    return np.insert(np.c_[fractions, values[:, 2]], 2, -0.3, axis=1), values[:, :2]


def test_pixels_are_counted_from_the_centre_of_the_first():
    np.testing.assert_allclose(
        pixels([[0, 0], [1, 1]], SIZE), [[-0.5, -0.5], [1279.5, 719.5]]
    )


def test_json(tmp_path, dump, truth):
    marks, xy = truth
    keys = ("x", "y", "z", "visibility")
    objects = [dict(zip(keys, mark, strict=True)) for mark in marks.tolist()]
    frames = [[marks.tolist(), objects], [], [{"landmarks": objects}], None]
    document = {"joint_set": SET.name, "fps": 24, "size": SIZE, "frames": frames}
    source = open_keypoints(dump(tmp_path / "left.json", document))
    assert (source.fps, source.size, source.frames) == (24.0, SIZE, 4)
    found = source.read()
    assert found.names == SET.landmarks
    assert not source.problems
    for t, p in ((0, 0), (0, 1), (2, 0)):
        np.testing.assert_allclose(found.xy[t, p], xy, atol=1e-3)
        np.testing.assert_allclose(found.confidence[t, p], marks[:, 3], atol=1e-6)
    assert found.missing[[1, 3]].all()
    assert found.missing[2, 1].all()


def test_npz(tmp_path, truth):
    marks, xy = truth
    two = np.stack([np.stack([marks, marks * np.nan]), np.stack([marks] * 2)])
    np.savez(tmp_path / "left.npz", landmarks=two, fps=24.0, size=SIZE)
    found = read_keypoints(tmp_path / "left.npz")
    assert (found.fps, found.size, found.xy.shape) == (24.0, SIZE, (2, 2, 33, 2))
    assert found.missing.all(-1).tolist() == [[False, True], [False, False]]
    np.testing.assert_allclose(found.xy[1, 1], xy, atol=1e-3)
    np.savez(tmp_path / "one.npz", landmarks=two[:, 0])
    one = read_keypoints(tmp_path / "one.npz", size=SIZE, fps=24.0)
    np.testing.assert_array_equal(one.xy, found.xy[:, :1])
    with pytest.raises(CaptureError, match=r"pass size=\(width, height\)"):
        open_keypoints(tmp_path / "one.npz")


def test_csv(tmp_path, dump, truth):
    marks, xy = truth
    names = [name.lower() for name in SET.joints]
    columns = [f"{n}_{key}" for n in names for key in ("x", "y", "z", "visibility")]
    line = ",".join(map(str, marks.ravel()))
    blank = line.replace(str(marks[0, 0]), "", 1)
    rows = [f"3,0,{line}", f"3,1,{blank}", f"5,0,{line}", "6,0,oops", ""]
    text = "\n".join([",".join(["frame", "person", *columns]), *rows])
    source = open_keypoints(dump(tmp_path / "left.csv", text), size=SIZE, fps=24.0)
    assert (source.start, source.frames) == (3, 3)
    found = source.read()
    assert found.missing.any(-1).tolist() == [[False, True], [True] * 2, [False, True]]
    assert np.flatnonzero(found.missing[0, 1]).tolist() == [0]
    np.testing.assert_allclose(found.xy[2, 0], xy, atol=1e-3)
    assert f"{source.camera}.csv:5: a row was left out" in source.problems[0]


def test_pixels_are_an_error(tmp_path, truth):
    marks, _ = truth
    np.savez(tmp_path / "a.npz", landmarks=(marks * (*SIZE, 1, 1))[None])
    with pytest.raises(CaptureError, match="these are pixels"):
        open_keypoints(tmp_path / "a.npz", size=SIZE)


def test_tables_and_arrays_of_another_shape_are_an_error(tmp_path, dump):
    np.savez(tmp_path / "a.npz", landmarks=np.ones((4, 33, 3)))
    with pytest.raises(CaptureError, match=r"not \[frames, people, 33, 4\]"):
        open_keypoints(tmp_path / "a.npz", size=SIZE)
    path = dump(tmp_path / "a.csv", "frame,nose_x,nose_y\n1,2,3")
    with pytest.raises(
        CaptureError, match=r"has no column nose_visibility \(and lacks"
    ):
        open_keypoints(path, size=SIZE)
    document = {"joint_set": SET.name, "frames": [[[[1, 2, 3]]]]}
    path = dump(tmp_path / "a.json", document)
    with pytest.raises(CaptureError, match="there is nobody in any of its frames"):
        open_keypoints(path, size=SIZE)
