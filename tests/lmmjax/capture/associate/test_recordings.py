"""Association of real detections, whose errors are those of real detectors."""

import numpy as np
import pytest

from kinematics.bodies import joint_set
from kinematics.formats import restricted_pickle
from kinematics.formats.restricted_pickle import MAKERS, Global
from lmmjax.capture import calibration, make_keypoints
from lmmjax.capture.associate import associate
from lmmjax.capture.associate.geometry import (
    ideal_points,
    make_rig,
    project,
    triangulate,
)
from lmmjax.capture.detections import read_keypoints

CAMERAS = ("cam_01", "cam_02", "cam_03", "cam_04")


@pytest.fixture(scope="module")
def demo(shared_data):
    folder = shared_data / "capture" / "pose2sim_demo"
    session = folder / "single_participant"

    def views(kind):
        return [
            read_keypoints(
                session / kind / f"{name.replace('_', '')}_json", fps=60.0
            ).replace(camera=name)
            for name in CAMERAS
        ]

    rig = calibration.read(folder / "calibration" / "Calib_qualisys.toml")
    return rig, views("pose"), views("pose-associated")


def test_the_subject_of_a_demo_is_one_track(demo):
    rig, views, reference = demo
    result = associate(views, rig)
    agree = total = 0
    for found, expected in zip(result.views, reference, strict=True):
        known = ~expected.missing[:, 0]
        total += known.sum()
        agree += (known & (found.xy[:, 0] == expected.xy[:, 0]).all(-1)).sum()
    assert result.views[0].people[0] == "1"
    assert result.report.people["1"] == (100, 100)
    assert agree / total > 0.999
    # And it has the measures of a person, alike on both sides.
    marks, bones = result.tracks.landmarks, np.exp(result.tracks.bones[0])
    assert ((bones > 0.2) & (bones < 0.6)).all()
    ends = [tuple(marks.names[k] for k in bone) for bone in marks.bones]
    for side in ("shoulder", "elbow"), ("hip", "knee"), ("knee", "ankle"):
        left, right = (
            bones[ends.index(tuple(f"{s}_{name}" for name in side))]
            for s in ("left", "right")
        )
        assert abs(left / right - 1) < 0.1
    # Someone else is seen by the first two cameras only, and is not mixed in.
    others = result.views[2].xy[:, 1:]
    assert np.isnan(others).all()


def shelf(folder):
    makers = {Global("collections", "defaultdict"): MAKERS[Global("builtins", "dict")]}
    people = restricted_pickle.load(
        folder / "pred_shelf_maskrcnn_hrnet_coco.pkl", {**MAKERS, **makers}
    )
    rig = calibration.read(folder / "calibration_shelf.json")
    views = []
    for name in rig:
        frames = [people[f"{name}_{t}"] for t in range(3)]
        seen = np.full((3, max(map(len, frames)), 17, 3), np.nan)
        for t, frame in enumerate(frames):
            for p, person in enumerate(frame):
                seen[t, p] = np.reshape(person["pred"], (17, 3))
        marks = joint_set("coco17").landmarks
        views.append(make_keypoints(name, marks, seen[..., :2], seen[..., 2], 25.0))
    return views, rig


def test_people_at_a_shelf_are_the_same_in_all_views(shared_data):
    views, calibrated = shelf(shared_data / "capture" / "mmpose_testdata" / "shelf")
    result = associate(views, calibrated)
    assert result.views[0].people == ("1", "2", "3", "4")
    assert all(frames == (3, 3) for frames in result.report.people.values())
    rig = make_rig(calibrated, calibrated.names)
    points = np.stack(
        [ideal_points(calibrated[view.camera], view.xy) for view in result.views], 2
    )
    weights = np.stack([np.nan_to_num(view.confidence) for view in result.views], 2)
    places = triangulate(rig, points, weights, scale=0.1)
    off = np.linalg.norm(project(rig, places)[0] - points, axis=-1)
    # All views agree on each of the four to 10 px, with focal lengths near 1,080.
    pixels = 1080 * np.array(
        [np.median(off[:, p][weights[:, p] > 0.3]) for p in range(4)]
    )
    assert pixels.max() < 10
    middles = np.median(places, axis=(0, 2))
    apart = np.linalg.norm(middles[:, None] - middles[None], axis=-1)
    assert apart[~np.eye(4, dtype=bool)].min() > 0.5
