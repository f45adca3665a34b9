"""Laws of VideoPose3D's archives: read as data, by name of the recording."""

import os

import numpy as np
import pytest

from kinematics.bodies.joint_sets import joint_set
from lmmjax.capture.detections import open_keypoints, read_keypoints
from lmmjax.capture.errors import CaptureError


def save(path, positions, layout="coco", videos=None):
    """As prepare_data_2d_custom.py does."""
    metadata = {
        "layout_name": layout,
        "num_joints": 17,
        "keypoints_symmetry": [[1, 3], [2, 4]],
        "video_metadata": videos or {},
    }
    np.savez_compressed(path, positions_2d=positions, metadata=metadata)
    return path


def track(figure, name, frames, dx):
    values = figure(joint_set(name).landmarks)[:, :2]
    return (values + np.arange(frames)[:, None, None] + dx).astype(np.float32)


def test_the_only_recording_needs_no_name(tmp_path, figure):
    xy = track(figure, "coco17", 5, 0)
    path = save(
        tmp_path / "data_2d_custom_me.npz",
        {"run.mp4": {"custom": [xy]}},
        videos={"run.mp4": {"w": 1000, "h": 1002}},
    )
    found = read_keypoints(path, fps=50.0, camera="left")
    assert (found.camera, found.size) == ("left", (1000, 1002))
    assert found.names == joint_set("coco17").landmarks
    np.testing.assert_array_equal(found.xy[:, 0], xy)
    assert (found.confidence == 1).all()


def test_one_of_several_recordings_is_named(tmp_path, figure):
    every = {
        f"S{s}": {
            action: [track(figure, "h36m17", 3, 10 * s + c) for c in range(2)]
            for action in ("Walking 1", "Eating")
        }
        for s in (1, 11)
    }
    path = save(tmp_path / "data_2d_h36m_gt.npz", every, "h36m")
    found = read_keypoints(path, fps=50.0, camera="S11/Walking 1/1")
    assert found.names == joint_set("h36m17").landmarks
    np.testing.assert_array_equal(found.xy[:, 0], every["S11"]["Walking 1"][1])
    with pytest.raises(
        CaptureError, match=r"there are 8 recordings; .*: S1/Eating/0, S"
    ):
        open_keypoints(path, fps=50.0)
    with pytest.raises(
        CaptureError, match=r"there are 4 recordings; .*: S1/Eating/0, S1"
    ):
        open_keypoints(path, fps=50.0, camera="S1")


def test_normalised_or_misshapen_recordings_are_an_error(tmp_path, figure):
    xy = track(figure, "coco17", 3, 0)
    path = save(tmp_path / "a.npz", {"v": {"custom": [xy / 2000]}})
    with pytest.raises(CaptureError, match="v/custom/0 is normalised for the network"):
        open_keypoints(path)
    path = save(tmp_path / "a.npz", {"v": {"custom": [xy[0]]}})
    with pytest.raises(CaptureError, match=r"is \[17, 2\], not \[frames, 17, 2\]"):
        open_keypoints(path)
    path = save(tmp_path / "a.npz", {"v": 3})
    with pytest.raises(CaptureError, match="positions_2d is not by subject, action"):
        open_keypoints(path)
    path = save(tmp_path / "a.npz", {})
    with pytest.raises(CaptureError, match="there are no recordings in it"):
        open_keypoints(path)


class Evil:
    def __reduce__(self):
        return os.system, ("touch hacked",)


def test_objects_are_never_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("a.npz", positions_2d=np.array([Evil()], object), metadata=0)
    with pytest.raises(CaptureError, match=r"this pickle names \w+\.system"):
        open_keypoints("a.npz")
    assert os.listdir() == ["a.npz"]


def detections(figure, counts):
    """As infer_video_d2.py makes them, of so many people per frame."""
    one = figure(joint_set("coco17").landmarks).T
    one = np.insert(one, 2, 0, axis=0).astype(np.float32)
    return [
        [[], np.stack([np.add(one, [[k], [0], [0], [0]]) for k in range(n)])]
        if n
        else [[], []]
        for n in counts
    ]


@pytest.mark.parametrize("counts", [(2, 0, 1), (1, 1, 1), (0, 3)])
def test_detectron_keeps_everyone(tmp_path, figure, counts):
    keypoints = np.empty((len(counts), 2), object)
    for row, classes in zip(keypoints, detections(figure, counts), strict=True):
        row[0], row[1] = classes
    path = tmp_path / "run.mp4.npz"
    np.savez_compressed(
        path,
        boxes=keypoints,
        segments=np.array([None] * len(counts)),
        keypoints=keypoints,
        metadata={"w": 1920, "h": 1080},
    )
    found = read_keypoints(path, fps=50.0)
    assert (found.camera, found.size) == ("run", (1920, 1080))
    assert (~found.missing).all(-1).sum(1).tolist() == list(counts)
    t, p = np.argwhere((~found.missing).all(-1))[-1]
    truth = figure(found.names)
    np.testing.assert_allclose(found.xy[t, p], truth[:, :2] + (p, 0) - 0.5, atol=1e-4)
    np.testing.assert_allclose(found.confidence[t, p], truth[:, 2], atol=1e-6)


def test_detectron_without_people_says_so(tmp_path):
    keypoints = np.empty((3, 2), object)
    keypoints.fill([])
    np.savez(tmp_path / "a.npz", keypoints=keypoints, boxes=keypoints)
    with pytest.raises(CaptureError, match="nobody in any of its 3 frames"):
        open_keypoints(tmp_path / "a.npz")
