import contextlib

import jax
import numpy as np
import pytest
import yourdfpy
from scipy.spatial.transform import Rotation

from kinematics import limits, make_skeleton
from kinematics import motion as motions
from kinematics.bodies.human import human
from kinematics.dynamics.inertia import Inertia
from kinematics.formats import bvh, urdf
from kinematics.formats.errors import FormatError
from kinematics.motion import Motion
from tests.kinematics import reference

BODIES = {"human": human(), "scattered": reference.scattered()}
UPRIGHT = np.float32([1, 0, 0, 0])


def save(folder, text, name="robot.urdf"):
    (folder / name).write_text(text)
    return folder / name


def moving(body, frames=8, seed=0):
    return Motion(body, *reference.poses(body, (frames,), seed, scale=0.7), 30.0)


def within(body, frames=300, seed=0):
    """Poses all over the limits of a body."""
    motion = moving(body, frames, seed)
    wild = 4 * motion.joints + 3 * np.sign(motion.joints)
    return motion.replace(joints=np.asarray(jax.jit(limits.apply)(body, wild)))


def places(motion):
    """World positions [T, J, 3] by NumPy in float64."""
    rows = zip(*motion.poses, strict=True)
    return np.stack([reference.forward(motion.skeleton, *row)[0] for row in rows])


def loaded(path):
    return yourdfpy.URDF.load(str(path), load_meshes=False)


def played(path, motion, values, names):
    """World positions [T, J, 3] of the links where yourdfpy puts them."""
    robot = loaded(path)
    turns = Rotation.from_quat(motion.root_rotation, scalar_first=True).as_matrix()
    found = []
    for t in range(len(motion)):
        robot.update_cfg({name: value[t] for name, value in values.items()})
        inner = [robot.get_transform(name, names[0])[:3, 3] for name in names]
        found.append(np.array(inner) @ turns[t].T + motion.root_position[t])
    return np.array(found)


@pytest.mark.parametrize("name", BODIES)
def test_joint_values_play_to_the_same_positions(tmp_path, name):
    body = BODIES[name]
    motion = moving(body)
    urdf.write(tmp_path / "robot.urdf", body)
    values = urdf.joint_values(motion)
    found = played(tmp_path / "robot.urdf", motion, values, body.names)
    np.testing.assert_allclose(found, places(motion), atol=5e-6)
    root = {"root_position": motion.root_position}
    back = urdf.motion(body, values, 30.0, root_rotation=motion.root_rotation, **root)
    np.testing.assert_allclose(places(back), places(motion), atol=1e-5)


def test_a_person_walks(shared_data, tmp_path):
    motion = bvh.read(shared_data / "cmu_bvh" / "02" / "02_01.bvh")[::40]
    urdf.write(tmp_path / "robot.urdf", motion.skeleton)
    values = urdf.joint_values(motion)
    found = played(tmp_path / "robot.urdf", motion, values, motion.skeleton.names)
    np.testing.assert_allclose(found, motions.positions(motion), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "floating", "merge"),
    [("human", True, True), ("scattered", False, True), ("scattered", True, False)],
)
def test_what_is_written_is_read(tmp_path, name, floating, merge):
    body = BODIES[name]
    motion = moving(body)
    urdf.write(tmp_path / "robot.urdf", body, floating=floating)
    model = urdf.read(tmp_path / "robot.urdf", merge=merge)
    back = model.skeleton
    order = [back.index(n) for n in body.names]
    again = urdf.motion(
        back,
        urdf.joint_values(motion),
        30.0,
        root_position=motion.root_position,
        root_rotation=motion.root_rotation,
        model=model,
    )
    np.testing.assert_allclose(places(again)[:, order], places(motion), atol=1e-5)
    assert back.num_coordinates == body.num_coordinates
    if merge:
        assert [back.kinds[j] for j in order] == list(body.kinds)
        np.testing.assert_array_equal(back.offsets[order], body.offsets)
        assert (back.mirror is None) == (body.mirror is None)
    else:
        assert set(back.kinds) == {"free", "fixed", "hinge"}


def test_limits_that_are_read_hold_those_that_were_written(tmp_path):
    body = human()
    urdf.write(tmp_path / "robot.urdf", body)
    back = urdf.read(tmp_path / "robot.urdf").skeleton
    for name, kind in zip(body.names, body.kinds, strict=True):
        at, here = back.coordinates(name), body.coordinates(name)
        low, high = back.lower[at], back.upper[at]
        if kind == "ball":
            assert (low <= body.lower[here]).all()
            assert (high >= body.upper[here]).all()
        else:
            np.testing.assert_array_equal(low, body.lower[here])
            np.testing.assert_array_equal(high, body.upper[here])


def test_values_stay_within_the_limits_of_the_file(tmp_path):
    body = human()
    urdf.write(tmp_path / "robot.urdf", body)
    joints = loaded(tmp_path / "robot.urdf").joint_map
    values = urdf.joint_values(within(body))
    assert set(values) == {n for n, j in joints.items() if j.type != "fixed"}
    for name, value in values.items():
        joint = joints[name]
        if joint.type == "continuous":
            assert "shoulder" in name
            assert np.abs(np.diff(value)).max() <= np.pi + 1e-6, "without jumps"
            continue
        middle = (joint.limit.lower + joint.limit.upper) / 2
        half = (joint.limit.upper - joint.limit.lower) / 2
        share = np.abs(value - middle).max() / half
        assert 0.7 < share <= 1 + 1e-6, "wide enough, and no wider than needed"


def test_what_makes_whole_turns_is_continuous(tmp_path):
    urdf.write(tmp_path / "robot.urdf", reference.chain())
    kinds = [j.type for j in loaded(tmp_path / "robot.urdf").robot.joints]
    # The middle angle of a ball joint keeps within a quarter turn.
    assert kinds == ["continuous", "revolute", "continuous"] * 4 + ["fixed"]


def test_masses_are_in_the_file_and_come_back(tmp_path):
    body = human()
    count = body.num_joints
    rng = np.random.default_rng(0)
    points = rng.normal(size=(count, 10, 3)) * 0.1
    square = np.einsum("jpa,jpb->jab", points, points)
    tensor = np.trace(square, axis1=1, axis2=2)[:, None, None] * np.eye(3) - square
    mass, center = rng.uniform(0.1, 9, count), rng.normal(size=(count, 3)) * 0.1
    mass[3], tensor[3] = 0, 0
    inertia = Inertia(*(np.float32(x) for x in (mass, center, tensor)))
    urdf.write(tmp_path / "robot.urdf", body, inertia)
    links = loaded(tmp_path / "robot.urdf").link_map
    for j, name in enumerate(body.names):
        found = links[name].inertial
        if j == 3:
            assert found is None
            continue
        np.testing.assert_allclose(found.mass, mass[j], rtol=1e-6)
        np.testing.assert_allclose(found.origin[:3, 3], center[j], rtol=1e-6)
        np.testing.assert_allclose(found.inertia, tensor[j], rtol=1e-6)
    back = urdf.read(tmp_path / "robot.urdf")
    order = [back.skeleton.index(name) for name in body.names]
    np.testing.assert_array_equal(back.inertia.mass[order], inertia.mass)
    np.testing.assert_allclose(back.inertia.tensor[order], inertia.tensor, rtol=1e-6)
    urdf.write(tmp_path / "robot.urdf", body)
    assert urdf.read(tmp_path / "robot.urdf").inertia is None


def test_names_survive(tmp_path):
    names = ["a", "b", "b_1", "c \"<&>'", "b__1", "Hüfte links"]
    kinds = ["free", "ball", "universal", "universal", "hinge", "fixed"]
    body = make_skeleton(names, [-1, 0, 1, 0, 2, 0], np.ones((6, 3)), kinds)
    urdf.write(tmp_path / "robot.urdf", body, name='"&<')
    robot = loaded(tmp_path / "robot.urdf").robot
    for things in (robot.links, robot.joints):
        assert len({thing.name for thing in things}) == len(things)
    back = urdf.read(tmp_path / "robot.urdf").skeleton
    assert dict(zip(back.names, back.kinds, strict=True)) == dict(
        zip(names, kinds, strict=True)
    )


def test_what_cannot_be_written(tmp_path):
    path, body = tmp_path / "robot.urdf", BODIES["scattered"]
    with pytest.raises(ValueError, match="one body"):
        urdf.write(path, body.replace(offsets=np.zeros((2, 12, 3), np.float32)))
    with pytest.raises(ValueError, match="cannot be named"):
        urdf.write(path, make_skeleton(["a", "world"], [-1, 0], np.ones((2, 3))))
    assert not list(tmp_path.iterdir())
    values = urdf.joint_values(moving(body))
    name = next(iter(values))
    with pytest.raises(ValueError, match=f"values of joint '{name}' are missing"):
        urdf.motion(body, {k: v for k, v in values.items() if k != name}, 30.0)
    with pytest.raises(ValueError, match="with one T"):
        urdf.motion(body, {**values, name: np.zeros(3)}, 30.0)


def test_what_is_missing_stays_missing_and_alone():
    motion = moving(BODIES["human"])
    joints = motion.joints.copy()
    joints[3] = np.nan
    found = urdf.joint_values(motion.replace(joints=joints))
    for value in found.values():
        assert np.isnan(value).tolist() == [t == 3 for t in range(8)]


@pytest.mark.parametrize("frames", [0, 1])
def test_few_frames_and_a_single_joint(tmp_path, frames):
    motion = moving(reference.single(), frames)
    urdf.write(tmp_path / "robot.urdf", motion.skeleton)
    assert urdf.joint_values(motion) == {}
    assert urdf.read(tmp_path / "robot.urdf").skeleton.names == ("root",)
    values = urdf.joint_values(moving(BODIES["human"], frames))
    assert {len(value) for value in values.values()} == {frames}
    assert len(urdf.motion(BODIES["human"], values, 30.0)) == frames


ARM = """<?xml version="1.0"?>
<robot name="arm">
  <link name="base"><inertial><mass value="3"/><origin xyz="0 0 .1" rpy=".1 0 2"/>
    <inertia ixx="3" ixy="0" ixz="0" iyy="2" iyz="0" izz="2"/></inertial></link>
  <link name="upper"/>
  <link name="upper_roll"/>
  <link name="lower"/>
  <link name="tool"/>
  <link name="wrist_a"/>
  <link name="wrist_b"/>
  <link name="hand"/>
  <joint name="lift" type="revolute">
    <origin xyz=".1 .2 .3" rpy=".3 -1.1 2"/><axis xyz="0 2 0"/>
    <parent link="base"/><child link="upper"/>
    <limit lower="-1" upper="2" effort="1" velocity="1"/>
  </joint>
  <joint name="roll" type="continuous">
    <origin rpy="0 0 .4"/><axis xyz="0 0 1"/>
    <parent link="upper"/><child link="upper_roll"/>
  </joint>
  <joint name="bend" type="revolute">
    <origin xyz="0 0 .3"/><parent link="upper_roll"/><child link="lower"/>
    <limit lower="-.5" upper="2.5" effort="1" velocity="1"/>
  </joint>
  <joint name="mount" type="fixed">
    <origin xyz="0 0 .25" rpy="1 0 0"/><parent link="lower"/><child link="tool"/>
  </joint>
  <joint name="yaw" type="revolute"><axis xyz="0 0 -1"/>
    <parent link="tool"/><child link="wrist_a"/>
    <limit lower="-1" upper="1" effort="1" velocity="1"/>
  </joint>
  <joint name="pitch" type="revolute"><axis xyz="0 1 0"/>
    <parent link="wrist_a"/><child link="wrist_b"/>
    <limit lower=".5" upper="2.5" effort="1" velocity="1"/>
  </joint>
  <joint name="turn" type="revolute"><axis xyz="1 0 0"/>
    <parent link="wrist_b"/><child link="hand"/>
    <limit lower="-.3" upper=".2" effort="1" velocity="1"/>
  </joint>
</robot>
"""


@pytest.mark.parametrize("merge", [True, False])
def test_an_arm_moves_as_in_another_loader(tmp_path, merge):
    path = save(tmp_path, ARM)
    model = urdf.read(path, merge=merge)
    body = model.skeleton
    assert body.names[0] == "base"
    kinds = dict(zip(body.names, body.kinds, strict=True))
    if merge:
        assert kinds["upper_roll"] == "universal"
        assert kinds["hand"] == "ball"
        assert (kinds["lower"], kinds["tool"]) == ("hinge", "fixed")
    rng = np.random.default_rng(0)
    joints = loaded(path).joint_map
    values = {
        name: rng.uniform(joint.limit.lower, joint.limit.upper, 20)
        if joint.limit
        else rng.uniform(-3, 3, 20)
        for name, joint in joints.items()
        if joint.type != "fixed"
    }
    clip = urdf.motion(body, values, 10.0, model=model)
    found = played(path, clip, values, body.names)
    np.testing.assert_allclose(motions.positions(clip), found, atol=1e-6)
    # Back to values within the file's limits, so to the same ones.
    again = urdf.joint_values(clip, model)
    assert set(again) == set(values)
    for name, value in values.items():
        miss = again[name] - value
        np.testing.assert_allclose(np.sin(miss / 2), 0, atol=1e-5)


def test_masses_are_turned_into_the_axes_of_the_body(tmp_path):
    model = urdf.read(save(tmp_path, ARM), forward="y")
    turn = Rotation.from_euler("xyz", [0.1, 0, 2]).as_matrix()
    # What points along y in the file points along x here.
    ours = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    tensor = ours @ turn @ np.diag([3, 2, 2]) @ turn.T @ ours.T
    np.testing.assert_allclose(model.inertia.tensor[0], tensor, atol=1e-6)
    np.testing.assert_allclose(model.inertia.center[0], [0, 0, 0.1], atol=1e-6)
    assert model.inertia.mass.tolist() == [3] + [0] * (model.skeleton.num_joints - 1)
    index = model.skeleton.index("upper_roll")
    np.testing.assert_allclose(
        model.skeleton.offsets[index], [0.2, -0.1, 0.3], atol=1e-6
    )


# What replaces a part of the arm, and what is said about its line, or the file.
WRONG = {
    '"bend" type="revolute"': ('"bend" type="prismatic"', ":joint 'bend' is 'prismat"),
    '"mount" type="fixed"': ('"mount" type="floating"', ":joint 'mount' is 'floating'"),
    '"lift" type="revolute">': (
        '"lift" type="revolute"><mimic joint="roll"/>',
        ":joint 'lift' mimics another",
    ),
    '"roll" type="continuous"': ('"roll" type="revolute"', ":a revolute joint has no"),
    '<link name="tool"/>': ('<link name="upper"/>', ":link 'upper' appears twice"),
    '<link name="lower"/>': ("", "there is no link 'lower'"),
    '<link name="hand"/>': (
        '<link name="hand"/><link name="x"/>',
        "2 links hang on no",
    ),
    '<parent link="tool"/>': ("", "the joint has no <parent>"),
    '<child link="hand"/>': ('<child link="base"/>', "link 'base' hangs on itself"),
    '<child link="wrist_b"/>': ('<child link="lower"/>', "link 'lower' hangs on two"),
    '"0 2 0"': ('"0 0 0"', "the axis of this joint has no direction"),
    '"0 0 .4"': ('"0 0 x"', ":'rpy' of <origin> is '0 0 x'; give 3 finite numbers"),
    'lower="-1" upper="2"': ('lower="2" upper="2"', "joint 'lift' ranges from 2 to 2"),
    '<mass value="3"/>': ("", ":<mass> or <inertia> is missing"),
    'ixx="3"': ("", "<inertia> has no 'ixx'"),
    '<robot name="arm">': ('<robot name="arm"><xacro:include/>', "this is"),
    "</robot>": ("", "this is no XML"),
}


@pytest.mark.parametrize("old", WRONG)
def test_what_is_wrong_is_told_with_its_line(tmp_path, old):
    new, message = WRONG[old]
    assert old in ARM
    line = ARM[: ARM.index(old)].count("\n") + 1
    message = f":{line}: {message[1:]}" if message[0] == ":" else message
    path = save(tmp_path, ARM.replace(old, new, 1))
    with pytest.raises(FormatError) as error:
        urdf.read(path)
    said = str(error.value)
    assert said.startswith(str(path))
    assert message in said
    assert "; " in said


def test_files_of_other_formats_are_refused(tmp_path):
    with pytest.raises(FormatError, match="starts with <robot>, not <mujoco>"):
        urdf.read(save(tmp_path, "<mujoco/>"))
    text = '<robot xmlns:xacro="x"><xacro:property/></robot>'
    with pytest.raises(FormatError, match="expand it with xacro"):
        urdf.read(save(tmp_path, text))
    with pytest.raises(FormatError, match="0 links hang on no joint"):
        urdf.read(save(tmp_path, "<robot/>"))


def test_damaged_files_raise_format_errors_alone(tmp_path):
    rng = np.random.default_rng(0)
    words = ["", "<", '"', "nan", "-1e30", "link", "/>", "0", "joint", "\x01", "fixed"]
    for _ in range(300):
        at, size = int(rng.integers(len(ARM))), int(rng.integers(1, 12))
        text = ARM[:at] + str(rng.choice(words)) + ARM[at + size :]
        with contextlib.suppress(FormatError):
            urdf.read(save(tmp_path, text))
