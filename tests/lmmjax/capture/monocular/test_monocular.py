"""Laws of reading 3D results: metres, z up, everyone by name, formats by content."""

import json

import numpy as np
import pytest

from kinematics import motion as motions
from kinematics import rotations as so3
from kinematics.bodies import joint_set
from kinematics.camera import project
from kinematics.formats import trc
from kinematics.formats.arrays import write_arrays
from kinematics.points import make_points
from lmmjax.capture import CaptureError, monocular
from lmmjax.capture.calibration import panoptic
from lmmjax.capture.monocular import easymocap, mediapipe, tables
from lmmjax.capture.monocular.people import Seen, points_of

FPS = 30.0


def write(path, value):
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def standing(name):
    """Plausible points [K, 3] of a set in axes of a camera: y down, z forward."""
    marks = joint_set(name).landmarks
    points = np.random.default_rng(0).normal(0, 0.1, (len(marks), 3))
    for k, mark in enumerate(marks):
        points[k, 1] += 0.8 if "ankle" in mark else -0.7 if "head" in mark else 0.0
    return marks, points


def test_videopose3d_stands_on_its_lowest_ankle_before_a_level_camera(tmp_path):
    marks, camera = standing("h36m17")
    path = tmp_path / "out.npy"
    np.save(
        path, np.stack([camera, camera + np.array([0.1, 0.2, 0.3])]).astype(np.float32)
    )
    points = monocular.read(path, fps=FPS, subject="ann")["ann"]
    assert (points.names, points.fps) == (marks, FPS)
    places = np.asarray(points.positions)
    ankles = [k for k, mark in enumerate(marks) if "ankle" in mark]
    assert places[:, ankles, 2].min() == pytest.approx(0, abs=1e-6)
    # Right, down and forward of the camera are -y, -z and x of the world.
    np.testing.assert_allclose(
        places[1] - places[0], np.tile([0.3, -0.1, -0.2], (17, 1)), atol=1e-6
    )
    archive = tmp_path / "out.npz"
    write_arrays(archive, {"joints": np.load(path)})
    again = monocular.read(archive, fps=FPS)["0"]
    np.testing.assert_array_equal(again.positions, points.positions)


def test_an_array_of_objects_or_beyond_its_file_is_refused(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.array([{}], object), allow_pickle=True)
    with pytest.raises(CaptureError, match="no array of NumPy"):
        monocular.read(path, fps=FPS)
    np.save(path, np.zeros((2, 17, 3)))
    data = path.read_bytes()
    for shape in (b"(99,17,33)", b"(9**9,1,3)", b"(9, 17, 3"):
        path.write_bytes(data.replace(b"(2, 17, 3)", shape))
        with pytest.raises(CaptureError, match="no array of NumPy"):
            monocular.read(path, fps=FPS)


LAYOUTS = {
    "tasks, Python": lambda rows: {"pose_world_landmarks": [rows]},
    "solutions": lambda rows: {"pose_world_landmarks": {"landmark": rows}},
    "tasks, JavaScript": lambda rows: {"landmarks": [], "worldLandmarks": [rows]},
    "bare": lambda rows: rows,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_mediapipe_is_the_same_in_every_layout(tmp_path, layout):
    marks, camera = standing("blazepose33")
    rows = [
        {"x": x, "y": y, "z": z, "visibility": 0.2 if k == 5 else 0.9}
        for k, (x, y, z) in enumerate(camera.tolist())
    ]
    path = write(tmp_path / "a.json", [LAYOUTS[layout](rows), {}])
    points = monocular.read(path, fps=FPS)["0"]
    array = tmp_path / "a.npy"
    np.save(array, camera[None])
    plain = monocular.read(array, fps=FPS)["0"]
    np.testing.assert_allclose(points.positions[0], plain.positions[0], atol=1e-6)
    assert np.isnan(points.positions[1]).all()
    seen = mediapipe.read(path, fps=FPS, min_visibility=0.5)["0"]
    assert np.asarray(seen.missing)[0].nonzero()[0].tolist() == [5]
    assert points.names == marks


def test_easymocap_people_come_and_go(tmp_path):
    rows = np.ones((25, 4))
    rows[:, :3] = np.random.default_rng(0).normal(size=(25, 3))
    rows[3] = 0
    people = [{"id": 2, "keypoints3d": rows.tolist()}, {"id": 10, "keypoints3d": rows}]
    people[1]["keypoints3d"] = (rows + np.eye(4)[0]).tolist()
    for frame, present in ((8, []), (9, people[:1]), (10, people), (12, people[1:])):
        write(tmp_path / f"{frame:06d}.json", present)
    found = monocular.read(tmp_path, fps=FPS)
    assert list(found) == ["2", "10"]
    assert [len(points) for points in found.values()] == [5, 5]
    assert monocular.first_frame(found["2"].name) == 8
    seen = ~np.asarray(found["2"].missing).all(1)
    assert seen.tolist() == [False, True, True, False, False]
    np.testing.assert_allclose(found["2"].positions[1, 0], rows[0, :3], rtol=1e-6)
    assert bool(found["2"].missing[1, 3])
    assert found["2"].names == joint_set("body25").landmarks


@pytest.mark.parametrize(
    ("count", "eighth"),
    [(15, "mid_hip"), (17, "right_elbow"), (25, "mid_hip"), (67, "mid_hip")],
)
def test_easymocap_points_have_the_names_of_their_body_type(tmp_path, count, eighth):
    person = [{"id": 0, "keypoints3d": np.ones((count, 4)).tolist()}]
    points = monocular.read(write(tmp_path / "000000.json", person), fps=FPS)["0"]
    assert points.names[8] == eighth
    assert len(points.names) == min(count, 25)
    chosen = easymocap.read_keypoints(
        tmp_path / "000000.json", fps=FPS, joints="shelf14"
    )["0"]
    assert chosen.names == joint_set("shelf14").landmarks
    with pytest.raises(CaptureError, match=f"people have {count} points; give joints"):
        easymocap.read_keypoints(tmp_path, fps=FPS, joints="coco133")


def test_easymocap_bodies_turn_about_the_origin_of_their_model(tmp_path):
    upright, lying = [np.pi / 2, 0, 0], [0.0, 0, 0]
    for frame, turn in enumerate((upright, lying)):
        body = {"id": 0, "Rh": [turn], "Th": [[1.0, 2.0, 1.2]], "shapes": [[0.0] * 10]}
        body["poses"] = [[0.0] * 72]
        write(tmp_path / f"{frame:06d}.json", [body])
    motion = monocular.read(tmp_path, fps=FPS)["0"]
    x, y, z = easymocap._REST_PELVIS
    expected = [[1 + x, 2 - z, 1.2 + y], [1 + x, 2 + y, 1.2 + z]]
    np.testing.assert_allclose(motion.root_position, expected, atol=1e-5)
    places = motions.positions(motion)[0]
    head = motion.skeleton.names.index("head")
    assert places[head, 2] > motion.root_position[0, 2] + 0.4
    # Upright, the model's front (z of its file) is -y of the world.
    front = np.asarray(so3.matrix_from_quaternion(motion.root_rotation))[0, :, 0]
    np.testing.assert_allclose(front, [0, -1, 0], atol=1e-5)


@pytest.mark.parametrize("length", [69, 72, 78, 87])
def test_easymocap_bodies_of_every_model_are_read(tmp_path, length):
    pose = np.zeros(length)
    pose[(0 if length == 69 else 3) + 3 * 17 + 1] = -0.5
    body = {"id": 0, "Rh": [[0, 0, 0]], "Th": [[0, 0, 0]], "poses": [pose.tolist()]}
    motion = monocular.read(write(tmp_path / "000000.json", [body]), fps=FPS)["0"]
    elbow = motion.joints[0, motion.skeleton.coordinates("left_elbow")]
    assert np.linalg.norm(elbow) == pytest.approx(0.5, abs=1e-4)


def test_panoptic_bodies_are_upright_and_of_human_size(shared_data):
    folder = shared_data / "capture/mmpose_testdata/panoptic_body3d"
    for name, count in (("160906_band1", 168), ("160906_band2", 139)):
        found = monocular.read(folder / name / "hdPose3d_stage1_coco19")
        assert found
        for points in found.values():
            assert (len(points), points.fps) == (2, 29.97)
            assert monocular.first_frame(points.name) == count
            places = np.asarray(points.positions)
            up = {mark: places[:, k, 2] for k, mark in enumerate(points.names)}
            assert (up["mid_shoulder"] - up["mid_hip"] > 0.2).all()
            shin = points.select(["left_knee", "left_ankle"]).positions
            length = np.linalg.norm(shin[:, 0] - shin[:, 1], axis=-1)
            assert ((length > 0.3) & (length < 0.55) | np.isnan(length)).all()


def test_panoptic_bodies_are_in_the_pictures_of_their_cameras(shared_data):
    folder = shared_data / "capture/mmpose_testdata/panoptic_body3d/160906_band1"
    found = monocular.read(folder / "hdPose3d_stage1_coco19")
    cameras = panoptic.read(folder / "calibration_160906_band1.json", kinds=("hd",))
    places = np.concatenate([np.asarray(p.positions, float) for p in found.values()])
    known = places[np.isfinite(places).all(-1)]
    shares = []
    for camera, size in zip(cameras.cameras[::6], cameras.sizes[::6], strict=True):
        pixels = np.asarray(project(camera, known))
        shares.append(((pixels >= 0) & (pixels < size)).all(-1).mean())
    # Upside down it would be 0.04, with the axes as they are in the file 0.29.
    assert np.median(shares) > 0.8


def test_a_panoptic_joint_of_no_confidence_is_missing(tmp_path):
    joints = np.ones((19, 4))
    joints[4] = [0, 0, 0, -1]
    frame = {"univTime": 1.0, "fpsType": "vga_25", "bodies": []}
    frame["bodies"] = [{"id": 3, "joints19": joints.ravel().tolist()}]
    points = monocular.read(write(tmp_path / "body3DScene_00000001.json", frame))["3"]
    assert points.fps == 25
    assert np.asarray(points.missing)[0].nonzero()[0].tolist() == [4]
    np.testing.assert_allclose(points.positions[0, 0], [0.01, 0.01, -0.01])


def test_free_throws_are_in_metres_with_the_ball(tmp_path):
    frame = (
        '{"frame": %d, "time": %d, "data": {"ball": [41.0, NaN, 6.0], "player": %s}}'
    )
    player = (
        '{"R_EYE": [1.0, 2.0, 5.5], "R_1STTOE": [NaN, NaN, NaN], "L_CALC": [0,0,0]}'
    )
    frames = ",".join(frame % (k, round(k * 1000 / 30), player) for k in range(31))
    text = f'{{"participant_id": "P0001", "result": "made", "tracking": [{frames}]}}'
    path = write(tmp_path / "BB_FT_P0001_T0001.json", text)
    found = monocular.read(path)
    assert list(found) == ["P0001", "ball"]
    points = found["P0001"]
    assert points.names == ("right_eye", "right_big_toe", "left_heel")
    assert points.fps == 30
    np.testing.assert_allclose(points.positions[0, 0], [0.3048, 0.6096, 1.6764])
    assert np.asarray(points.missing)[0].tolist() == [False, True, False]
    assert np.asarray(found["ball"].missing).all()
    assert list(monocular.read(path, subject="ann")) == ["ann", "ball"]


def anipose(rows, scale=1000.0):
    columns = [f"{p}_{a}" for p in ("LShoulder", "left_ankle") for a in "xyz"]
    extra = ["LShoulder_error", "LShoulder_ncams", "M_00", "center_0", "fnum"]
    lines = [",".join(columns + extra)]
    for fnum, row in enumerate(rows, 5):
        cells = ["" if np.isnan(x) else f"{x * scale}" for x in np.ravel(row)]
        lines.append(",".join([*cells, "1.5", "3", "1.0", "0", str(fnum)]))
    return "\n".join(lines) + "\n"


def test_anipose_is_read_by_part_and_its_unit_is_doubted(tmp_path):
    truth = np.random.default_rng(0).normal(0, 0.5, (4, 2, 3))
    truth[2, 1] = np.nan
    path = write(tmp_path / "a.csv", anipose(truth))
    points = monocular.read(path, fps=FPS)["0"]
    assert points.names == ("left_shoulder", "left_ankle")
    np.testing.assert_allclose(points.positions, truth, atol=1e-6)
    assert monocular.first_frame(points.name) == 5
    with pytest.raises(CaptureError, match=r"spread over .* if it is in m; give"):
        tables.read_anipose(path, fps=FPS, unit="m")


def test_caliscope_rows_become_people_and_frames(tmp_path):
    lines = ["sync_index,object_id,keypoint_id,x_coord,y_coord,z_coord,frame_time"]
    for frame in (4, 5, 7):
        for person in (0, 1):
            for point in (0, 32):
                x = frame + person / 10
                lines.append(f"{frame},{person},{point},{x},0.5,1.5,{frame / 25}")
    path = write(tmp_path / "xyz.csv", "\n".join(lines))
    found = monocular.read(path)
    assert list(found) == ["0", "1"]
    points = found["1"]
    assert (points.fps, len(points), monocular.first_frame(points.name)) == (25, 4, 4)
    assert points.names == joint_set("blazepose33").landmarks
    np.testing.assert_allclose(points.positions[1, 32], [5.1, 0.5, 1.5])
    assert np.isnan(points.positions[2]).all()
    chosen = tables.read_caliscope(path, joints={32: "right_big_toe"})["0"]
    assert chosen.names == ("right_big_toe",)
    text = path.read_text().replace(",32,", ",132,")
    with pytest.raises(CaptureError, match="goes up to 132"):
        monocular.read(write(path, text))


def test_mocap_files_go_to_their_readers(tmp_path):
    path = tmp_path / "walk.npz"
    poses = np.zeros((3, 72))
    rate = np.array(60.0)
    write_arrays(path, {"poses": poses, "trans": poses[:, :3], "mocap_framerate": rate})
    motion = monocular.read(path, subject="ann")["ann"]
    assert (motion.fps, motion.subject) == (60, "ann")
    points = make_points(["a"], np.ones((3, 1, 3)), 60.0)
    trc.write(tmp_path / "a.trc", points)
    assert monocular.read(tmp_path / "a.trc")["a"].names == ("a",)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "{}", "what it holds is not known; give format"),
        ("a.json", "[", "this is no JSON"),
        ("a.json", "", "this is no JSON"),
        ("a.json", "[" * 100_000, "this is no JSON"),
        ("a.json", '{"bodies": []}', "has no frame rate"),
        ("a.json", '{"bodies": [], "fpsType": "hd_29_97"}', "nobody in it"),
        ("a.json", '{"bodies": [{}], "fpsType": "hd_29_97"}', "body 0 .from 0. has no"),
        ("a.json", '[{"keypoints3d": [[1, 2]]}]', "person 0"),
        ("a.json", '[{"keypoints3d": [[1, 2, 3]]}]', "people have 1 points; give"),
        ("a.json", '[{"Rh": [1]}]', "person 0"),
        ("a.json", '{"tracking": [{}]}', "a frame is not whole"),
        (
            "a.json",
            json.dumps(
                {
                    "tracking": [
                        {"data": {"player": dict.fromkeys(map(str, range(999)))}}
                    ]
                }
            ),
            "999 points",
        ),
        ("a.json", '[{"worldLandmarks": [[{"x": 1, "y": 1, "z": 1}]]}]', "1 landmarks"),
        ("a.csv", "sync_index,b\n1,2\n", "no column object_id"),
        ("a.csv", "fnum,a_x,a_y,a_z\n1,2\n", r"a\.csv:2: 2 cells under 4 columns"),
        ("a.csv", "fnum,a_x,a_y,a_z\n1,k,3,4\n", "'k' in row 1 of column 'a_x'"),
        ("a.png", "x", "what it holds is not known"),
    ],
)
def test_what_is_wrong_is_named_in_one_sentence(tmp_path, name, content, message):
    path = write(tmp_path / name, content)
    options = {} if "bodies" in content else {"fps": FPS}
    with pytest.raises(CaptureError, match=message) as error:
        monocular.read(path, **options)
    assert name in str(error.value)
    assert "\n" not in str(error.value)


def test_frames_that_are_numbered_wildly_do_not_fill_the_memory(tmp_path):
    person = [{"id": 0, "keypoints3d": np.ones((25, 4)).tolist()}]
    for number in (0, 99_999_999_999):
        write(tmp_path / f"{number}.json", person)
    with pytest.raises(CaptureError, match="numbered from 0 to 99999999999"):
        monocular.read(tmp_path, fps=FPS)
    crowd = [Seen(frame, str(frame), np.zeros((1, 3))) for frame in range(0, 10**6, 99)]
    with pytest.raises(CaptureError, match="10102 people over 1000000 frames"):
        points_of("a", crowd, ["nose"], FPS, [frame for frame, _, _ in crowd])
