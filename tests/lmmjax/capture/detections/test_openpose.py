"""Laws of OpenPose's folders: every model, part, gap and damage, and real footage."""

import numpy as np
import pytest

from kinematics.bodies.joint_sets import joint_set
from lmmjax.capture.detections import open_keypoints, read_keypoints
from lmmjax.capture.detections.layouts import layout
from lmmjax.capture.errors import CaptureError

SIZE = (1920, 1080)


def person(body, left=(), right=(), face=()):
    flat = [list(map(float, np.ravel(v))) for v in (body, left, right, face)]
    keys = ("pose", "hand_left", "hand_right", "face")
    found = {f"{k}_keypoints_2d": v for k, v in zip(keys, flat, strict=True)}
    return {"person_id": [-1], **found, "pose_keypoints_3d": []}


def frame(*people):
    return {"version": 1.3, "people": list(people)}


@pytest.fixture
def folder(tmp_path, dump):
    """Function: a folder of frames by number, named as OpenPose names them."""

    def write(frames, pattern="cam01_{:012d}_keypoints.json"):
        for number, document in frames.items():
            dump(tmp_path / "cam01_json" / pattern.format(number), document)
        return tmp_path / "cam01_json"

    return write


@pytest.mark.parametrize(
    "model", ["body25", "body25b", "coco18", "mpi15", "body19", "body135"]
)
def test_the_model_is_told_from_the_keypoints(folder, figure, model):
    known = layout(model)
    truth = figure(known.landmarks)
    found = read_keypoints(folder({0: frame(person(truth))}), fps=60.0)
    body = known.select(("body",))
    assert found.names == tuple(known.landmarks[k] for k in body)
    np.testing.assert_allclose(found.xy[0, 0], truth[body, :2], atol=1e-4)
    np.testing.assert_allclose(found.confidence[0, 0], truth[body, 2], atol=1e-6)
    assert (found.camera, found.fps, found.start) == ("cam01", 60.0, 0)


def test_hands_and_face_are_read_when_asked_for(folder, figure):
    body = figure(joint_set("body25").landmarks)
    left, right, face = (np.full((n, 3), n + 0.25) for n in (21, 22, 70))
    where = folder({0: frame(person(body, left, right[:21], face), person(body))})
    found = read_keypoints(where, fps=60.0, parts=("body", "hands", "face"))
    assert len(found.names) == 25 + 42 + 70
    assert found.names[25] == "left_hand_root"
    assert found.names[-2:] == ("right_pupil", "left_pupil")
    at = found.names.index
    assert found.xy[0, 0, at("left_thumb_tip")].tolist() == [21.25, 21.25]
    assert found.xy[0, 0, at("right_pinky_tip")].tolist() == [22.25, 22.25]
    assert found.xy[0, 0, at("contour_middle")].tolist() == [70.25, 70.25]
    # The second person has a body only.
    assert found.missing[0, 1, 25:].all()
    assert not found.missing[0, 1, :25].any()
    only = read_keypoints(where, fps=60.0, parts=("face",))
    assert len(only.names) == 70


def test_body135_has_its_own_hands_and_face(folder, figure):
    truth = figure(layout("body135").landmarks)
    where = folder({0: frame(person(truth))})
    found = read_keypoints(where, fps=60.0, parts=("hands",))
    assert found.names == layout("body135").landmarks[25:65]
    np.testing.assert_allclose(found.xy[0, 0], truth[25:65, :2], atol=1e-4)


def test_parts_that_nobody_has_are_an_error(folder, figure):
    where = folder({0: frame(person(figure(joint_set("body25").landmarks)))})
    with pytest.raises(CaptureError, match=r"run OpenPose with --hand, or leave"):
        open_keypoints(where, parts=("body", "hands"))


def test_gaps_are_frames_without_anybody(folder, figure):
    truth = figure(joint_set("body25").landmarks)
    where = folder(
        {
            100000: frame(person(truth)),
            100001: frame(),
            100004: frame(person(truth), person(np.add(truth, (5, 0, 0)))),
        }
    )
    source = open_keypoints(where, fps=60.0)
    assert (source.frames, source.start) == (5, 100000)
    found = source.read()
    assert found.xy.shape == (5, 2, 25, 2)
    assert (~found.missing).any(-1).tolist() == [
        [True, False],
        [False, False],
        [False, False],
        [False, False],
        [True, True],
    ]
    part = source.read(4, 5)
    assert part.start == 100004
    np.testing.assert_array_equal(part.xy, found.xy[4:])
    assert source.read(1, 3).xy.shape == (2, 1, 25, 2)
    assert source.read(2, 2).xy.shape == (0, 1, 25, 2)
    with pytest.raises(CaptureError, match="frames 0 to 6 are asked of a recording"):
        source.read(0, 6)


def test_what_was_not_found_is_missing(folder, figure):
    truth = figure(joint_set("body25").landmarks)
    truth[3] = 0
    truth[4, 2] = 0
    found = read_keypoints(folder({0: frame({}, person(truth), None)}), fps=60.0)
    assert found.xy.shape == (1, 3, 25, 2)
    assert found.missing[0, 0].all()
    assert found.missing[0, 2].all()
    assert np.flatnonzero(found.missing[0, 1]).tolist() == [3, 4]
    assert np.isnan(found.xy[0, 1, 3:5]).all()
    assert not np.isnan(found.xy[0, 1, 5:]).any()


def test_more_people_than_places_at_first(folder, figure):
    truth = figure(joint_set("body25").landmarks)
    crowd = [person(np.add(truth, (k, 0, 0))) for k in range(11)]
    found = read_keypoints(
        folder({0: frame(*crowd[:3]), 1: frame(*crowd), 2: frame(crowd[0])}), fps=60.0
    )
    assert found.xy.shape[1] == 11
    np.testing.assert_allclose(
        found.xy[1, :, 0, 0], truth[0, 0] + np.arange(11), atol=1e-3
    )
    assert (~found.missing).all(-1).sum(1).tolist() == [3, 11, 1]


BROKEN = {
    "cut": '{"version":1.3,"people":[{"pose_keypoints_2d":[1,2',
    "empty": "",
    "other": "[1, 2]",
    "numbers": '{"people": [1, 2]}',
    "object": '{"people": {"a": 1}}',
    "deep": '{"people":' + "[" * 100000,
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_a_missing_frame(folder, figure, case):
    good = frame(person(figure(joint_set("body25").landmarks)))
    where = folder({0: good, 1: good, 2: BROKEN[case], 3: good})
    source = open_keypoints(where, fps=60.0)
    found = source.read()
    assert found.missing.all((1, 2)).tolist() == [False, False, True, False]
    (problem,) = source.problems
    assert problem.startswith(f"{where}/cam01_000000000002_keypoints.json: cannot be")
    source.read()
    assert len(source.problems) == 1


def test_mostly_broken_is_an_error(folder, figure):
    good = frame(person(figure(joint_set("body25").landmarks)))
    where = folder({0: good, 1: good, 2: "", 3: "{", 4: "!"})
    with pytest.raises(CaptureError, match=r"3 of 5 files cannot be read; the first: "):
        read_keypoints(where, fps=60.0)


def test_one_person_of_another_model_is_left_out(folder, figure):
    one, other = (person(figure(joint_set(n).landmarks)) for n in ("body25", "coco18"))
    source = open_keypoints(
        folder({0: frame(one), 1: frame(other, one), 2: frame(one)}), fps=60.0
    )
    found = source.read()
    assert found.missing.all(-1).tolist() == [
        [False, True],
        [True, False],
        [False, True],
    ]
    assert "a person was left out (18 keypoints, not 25)" in source.problems[0]


def test_a_model_that_is_not_known_is_an_error(folder):
    with pytest.raises(CaptureError, match=r"the body has 7 keypoints; known are 15"):
        open_keypoints(folder({0: frame(person(np.ones((7, 3))))}), fps=60.0)


def test_nobody_at_all_is_said(folder):
    source = open_keypoints(folder({0: frame(), 1: frame()}), fps=60.0)
    assert source.read().missing.all()
    assert "nobody in any of the 2 frames" in source.problems[0]


@pytest.mark.parametrize("low", [0, -1])
def test_fractions_of_the_picture_become_pixels(folder, figure, low):
    truth = figure(joint_set("body25").landmarks)
    scaled = truth.copy()
    scaled[:, :2] = truth[:, :2] / np.subtract(SIZE, 1) * (1 - low) + low
    scaled[7] = 0
    where = folder({0: frame(person(scaled))})
    with pytest.raises(CaptureError, match=rf"fractions from {low} to 1 .* pass size="):
        open_keypoints(where, fps=60.0)
    found = read_keypoints(where, fps=60.0, size=SIZE)
    assert np.flatnonzero(found.missing[0, 0]).tolist() == [7]
    keep = np.arange(25) != 7
    np.testing.assert_allclose(found.xy[0, 0, keep], truth[keep, :2], atol=1e-3)


def test_a_bare_nan_is_missing(folder, figure):
    truth = figure(joint_set("body25").landmarks)
    truth[2, 0] = np.nan
    found = read_keypoints(folder({0: frame(person(truth))}), fps=60.0)
    assert np.flatnonzero(found.missing[0, 0]).tolist() == [2]


def test_real_footage(shared_data):
    session = shared_data / "capture" / "pose2sim_demo" / "single_participant"
    found = read_keypoints(session / "pose" / "cam01_json", fps=60.0)
    assert found.names == joint_set("body25b").landmarks
    assert found.xy.shape == (100, 3, 25, 2)
    assert found.xy[0, 0, 0].tolist() == pytest.approx([505.232, 431.63])
    assert found.confidence[0, 0, 0] == pytest.approx(0.664216)
    # The subject is seen upright, or nearly so: heads are above feet.
    y = found.xy[..., 1]
    heads, feet = (
        y[..., found.names.index("nose")],
        y[..., found.names.index("right_heel")],
    )
    assert (heads < feet)[np.isfinite(heads + feet)].all()
    associated = read_keypoints(session / "pose-associated" / "cam03_json", fps=60.0)
    assert associated.xy.shape == (100, 1, 25, 2)
    assert np.isnan(associated.xy[associated.missing]).all()


def test_real_people_in_either_order_of_25(shared_data, folder):
    session = shared_data / "capture" / "pose2sim_demo" / "single_participant"
    for camera in ("cam01", "cam02", "cam03", "cam04"):
        found = read_keypoints(session / "pose" / f"{camera}_json", fps=60.0)
        other = found.select(joint_set("body25").landmarks)
        values = np.nan_to_num(
            np.concatenate([other.xy, other.confidence[..., None]], -1)
        )
        where = folder({t: frame(person(values[t, 0])) for t in range(0, 100, 5)})
        assert open_keypoints(where, fps=60.0).names == joint_set("body25").landmarks


@pytest.mark.parametrize("name", ["body25", "body25b"])
@pytest.mark.parametrize("hidden", [("hip", "knee", "ankle", "heel", "toe"), ("eye",)])
def test_the_order_of_25_is_told_from_half_a_person(folder, figure, name, hidden):
    marks = joint_set(name).landmarks
    truth = figure(marks)
    truth[[any(word in mark for word in hidden) for mark in marks]] = 0
    assert open_keypoints(folder({0: frame(person(truth))}), fps=60.0).names == marks
