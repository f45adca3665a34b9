"""Laws of DeepMimic files: joints where the humanoid has them, and round trips."""

import json

import numpy as np
import pytest

from kinematics import motion as motions
from kinematics.formats import deepmimic
from kinematics.formats.errors import FormatError
from kinematics.motion import Motion
from tests.kinematics import reference

# The chain from the root to the left wrist, from humanoid3d.txt, file axes.
CHEST, SHOULDER = [0, 0.236151, 0], [-0.02405, 0.2435, -0.18311]
ELBOW, WRIST = [0, -0.274788, 0], [0, -0.258947, 0]
HIP, KNEE, ANKLE = [0, 0, 0.084887], [0, -0.421546, 0], [0, -0.40987, 0]


def quaternion(rng):
    q = rng.normal(size=4)
    return list(q / np.linalg.norm(q))


def frames(count=3, seed=0):
    rng = np.random.default_rng(seed)
    return [
        [
            0.0333333015,
            *rng.normal(size=3),
            *(x for _ in range(4) for x in quaternion(rng)),
            rng.uniform(-2, 0),
            *(x for _ in range(2) for x in quaternion(rng)),
            rng.uniform(0, 2),
            *quaternion(rng),
            rng.uniform(-2, 0),
            *(x for _ in range(2) for x in quaternion(rng)),
            rng.uniform(0, 2),
        ]
        for _ in range(count)
    ]


def save(folder, values, **more):
    path = folder / "walk.txt"
    path.write_text(json.dumps({"Loop": "wrap", "Frames": values} | more))
    return path


def test_joints_are_where_the_humanoid_has_them(tmp_path):
    values = frames()
    motion = deepmimic.read(save(tmp_path, values))
    assert (motion.name, motion.fps, len(motion)) == ("walk", 30.0, 3)
    found = motions.positions(motion)

    def spin(angle):
        return reference.turn([0, 0, angle])

    turn = reference.turn_of_quaternion
    for t, v in enumerate(values):
        root = turn(v[4:8])
        shoulder = root @ turn(v[8:12])
        place = np.array(v[1:4]) + root @ CHEST + shoulder @ SHOULDER
        upper = shoulder @ turn(v[39:43])
        wrist = place + upper @ ELBOW + upper @ spin(v[43]) @ WRIST
        thigh = root @ turn(v[16:20])
        knee = np.array(v[1:4]) + root @ HIP + thigh @ KNEE
        ankle = knee + thigh @ spin(v[20]) @ ANKLE
        for name, (x, y, z) in (("left_wrist", wrist), ("right_ankle", ankle)):
            # The file has y up and z to the right.
            at = found[t, motion.skeleton.index(name)]
            np.testing.assert_allclose(at, [x, -z, y], atol=2e-6)


def test_the_humanoid_stands_upright_and_bends_its_knees_backwards():
    body = deepmimic.humanoid()
    q = np.zeros((2, body.num_coordinates), np.float32)
    q[1, body.coordinates("left_knee")] = -1.0
    q[1, body.coordinates("left_elbow")] = 1.0
    turn = np.tile(np.float32([1, 0, 0, 0]), (2, 1))
    rest, bent = motions.positions(Motion(body, np.zeros((2, 3)), turn, q, 30.0))
    ankle, wrist = body.index("left_ankle"), body.index("left_wrist")
    assert rest[ankle, 1] > 0.05
    assert rest[ankle, 2] < -0.8
    assert bent[ankle, 0] < -0.3
    assert bent[wrist, 0] - rest[wrist, 0] > 0.15
    assert body.mirror is not None
    assert [body.names[m] for m in body.mirror][3] == "left_hip"
    for name, limits in (("right_knee", (-3.14, 0)), ("left_elbow", (0, 3.14))):
        at = body.coordinates(name)
        found = [body.lower[at][0], body.upper[at][0]]
        np.testing.assert_allclose(found, limits, rtol=1e-6)


def test_what_is_written_is_read(tmp_path):
    motion = deepmimic.read(save(tmp_path, frames(5)))
    deepmimic.write(tmp_path / "back.txt", motion, loop=True)
    back = deepmimic.read(tmp_path / "back.txt")
    assert back.fps == motion.fps
    for found, truth in zip(
        motions.positions(back), motions.positions(motion), strict=True
    ):
        np.testing.assert_allclose(found, truth, atol=3e-6)
    assert json.loads((tmp_path / "back.txt").read_text())["Loop"] == "wrap"
    one = deepmimic.read(save(tmp_path, frames(1)))
    deepmimic.write(tmp_path / "one.txt", one)
    assert len(deepmimic.read(tmp_path / "one.txt")) == 1


def test_the_last_frame_may_last_otherwise(tmp_path):
    values = frames(4)
    values[-1][0] = 0.0
    assert deepmimic.read(save(tmp_path, values)).fps == 30


def with_value(frame, at, value):
    values = frames(3)
    values[frame][at] = value
    return values


BAD = {
    "no frames": ([], "it has no Frames"),
    "width": ([[1.0] * 61], r"frame 0 \(from 0\) has 61 numbers, and the humanoid 44"),
    "no list": ([3], r"frame 0 \(from 0\) has no numbers"),
    "text": (with_value(1, 5, "x"), r"frame 1 \(from 0\) holds what is no finite"),
    "nan": (with_value(1, 5, float("nan")), r"frame 1 \(from 0\) holds what is no"),
    "true": (with_value(1, 5, True), r"frame 1 \(from 0\) holds what is no"),
    "durations": (with_value(1, 0, 0.1), "durations of its frames differ"),
    "no time": (with_value(0, 0, 0.0), "durations of its frames differ"),
    "unit": (with_value(2, 12, 9.0), r"frame 2 .* no unit quaternion for neck"),
}


@pytest.mark.parametrize("case", BAD)
def test_errors_say_what_and_what_to_do(tmp_path, case):
    values, message = BAD[case]
    path = save(tmp_path, values)
    with pytest.raises(FormatError, match=message) as error:
        deepmimic.read(path)
    assert str(error.value).startswith(str(path))


def test_files_that_are_no_json(tmp_path):
    for text, message in (
        ("HIERARCHY", r"txt:1: this is no JSON"),
        ("{\n'a': 1}", r"txt:2: this is no JSON"),
        ("[" * 100_000, "no JSON of frames"),
        ("[1]", "it has no Frames"),
    ):
        (tmp_path / "a.txt").write_text(text)
        with pytest.raises(FormatError, match=message):
            deepmimic.read(tmp_path / "a.txt")


def test_motions_that_cannot_be_written(tmp_path):
    body = reference.human()
    with pytest.raises(ValueError, match="not DeepMimic's humanoid; retarget"):
        deepmimic.write(
            tmp_path / "a.txt", Motion(body, *reference.poses(body, (2,)), 30.0)
        )
    motion = deepmimic.read(save(tmp_path, frames(2)))
    with pytest.raises(ValueError, match="frames are missing"):
        deepmimic.write(
            tmp_path / "a.txt", motion.replace(root_position=np.full((2, 3), np.nan))
        )
