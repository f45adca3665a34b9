import jax
import mujoco
import numpy as np
import pytest

from kinematics import limits, make_skeleton
from kinematics import motion as motions
from kinematics.bodies.human import human
from kinematics.dynamics.inertia import Inertia
from kinematics.formats import bvh, mjcf
from kinematics.motion import Motion
from tests.kinematics import reference


def balls():
    """A body of 24 joints, all balls, in an order that no file could nest."""
    rng = np.random.default_rng(4)
    parents = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14]
    parents += [16, 17, 18, 19, 20, 21]
    kinds = ["free"] + ["ball"] * 23
    offsets = rng.normal(size=(24, 3)) * 0.2
    names = [f"part{j}" for j in range(24)]
    return make_skeleton(names, parents, offsets, kinds)


BODIES = {"human": human(), "balls": balls(), "scattered": reference.scattered()}


def moving(body, frames=8, seed=0, fps=30.0):
    return Motion(body, *reference.poses(body, (frames,), seed, scale=0.7), fps)


def places(motion):
    """World positions [T, J, 3] by NumPy in float64."""
    rows = zip(*motion.poses, strict=True)
    return np.stack([reference.forward(motion.skeleton, *row)[0] for row in rows])


def played(path, qpos, names):
    """World positions [T, J, 3] of the bodies where MuJoCo puts them."""
    model = mujoco.MjModel.from_xml_path(str(path))
    data = mujoco.MjData(model)
    assert qpos.shape[1] == model.nq
    found = []
    for row in qpos:
        data.qpos[:] = row
        mujoco.mj_kinematics(model, data)
        found.append([data.body(name).xpos.copy() for name in names])
    return np.array(found)


@pytest.mark.parametrize("name", BODIES)
def test_qpos_plays_in_mujoco_to_the_same_positions(tmp_path, name):
    body = BODIES[name]
    motion = moving(body)
    mjcf.write(tmp_path / "body.xml", body)
    qpos = mjcf.qpos(motion)
    found = played(tmp_path / "body.xml", qpos, body.names)
    np.testing.assert_allclose(found, places(motion), atol=5e-6)
    back = mjcf.motion(body, qpos, motion.fps, name="again")
    np.testing.assert_allclose(places(back), places(motion), atol=1e-5)
    assert (back.fps, back.name) == (30.0, "again")


def test_a_person_walks_in_mujoco(shared_data, tmp_path):
    motion = bvh.read(shared_data / "cmu_bvh" / "02" / "02_01.bvh")[::10]
    mjcf.write(tmp_path / "walker.xml", motion.skeleton)
    qpos = mjcf.qpos(motion)
    found = played(tmp_path / "walker.xml", qpos, motion.skeleton.names)
    np.testing.assert_allclose(found, motions.positions(motion), atol=1e-5)
    quaternions = qpos[:, 3:7]
    assert (np.sum(quaternions[1:] * quaternions[:-1], axis=1) > 0).all()


@pytest.mark.parametrize("name", BODIES)
def test_what_is_written_is_read(tmp_path, name):
    body = limits.widen(BODIES[name], moving(BODIES[name], 100).joints)
    mjcf.write(tmp_path / "body.xml", body)
    model = mjcf.read(tmp_path / "body.xml")
    back = model.skeleton
    order = [back.index(n) for n in body.names]
    assert [back.kinds[j] for j in order] == list(body.kinds)
    if body.mirror is not None:
        twins = [back.names[back.mirror[j]] for j in order]
        assert twins == [body.names[m] for m in body.mirror]
    np.testing.assert_array_equal(back.offsets[order], body.offsets)
    for j, n in enumerate(body.names):
        at, here = back.coordinates(n), body.coordinates(n)
        np.testing.assert_array_equal(back.lower[at], np.asarray(body.lower)[here])
        np.testing.assert_array_equal(back.upper[at], np.asarray(body.upper)[here])
        count = here.stop - here.start
        kept = back.frames[order[j]][:, :count]
        np.testing.assert_array_equal(kept, body.frames[j][:, :count])
    # The motion of the written body is one of the read one, through either layout.
    motion = moving(body)
    table = mjcf.qpos(motion)
    again = mjcf.motion(back, table, 30.0, layout=model.layout)
    np.testing.assert_allclose(places(again)[:, order], places(motion), atol=1e-5)
    same = mjcf.qpos(again, model.layout)
    found = played(tmp_path / "body.xml", same, body.names)
    np.testing.assert_allclose(found, places(motion), atol=1e-5)


@pytest.mark.parametrize("name", BODIES)
def test_velocities_integrate_from_each_frame_to_the_next(tmp_path, name):
    motion = moving(BODIES[name], fps=60.0)
    mjcf.write(tmp_path / "body.xml", motion.skeleton)
    model = mujoco.MjModel.from_xml_path(str(tmp_path / "body.xml"))
    qpos, qvel = mjcf.qpos(motion), mjcf.qvel(motion)
    assert qvel.shape == (len(motion) - 1, model.nv)
    for t, velocity in enumerate(qvel):
        after = qpos[t].copy()
        mujoco.mj_integratePos(model, after, velocity, 1 / 60)
        difference = np.zeros(model.nv)
        mujoco.mj_differentiatePos(model, difference, 1.0, after, qpos[t + 1])
        np.testing.assert_allclose(difference, 0, atol=1e-6)


def test_limits_are_ranges_and_cones(tmp_path):
    body = human()
    mjcf.write(tmp_path / "body.xml", body)
    model = mujoco.MjModel.from_xml_path(str(tmp_path / "body.xml"))
    wild = 4 * np.random.default_rng(0).normal(size=(20000, body.num_coordinates))
    allowed = np.asarray(jax.jit(limits.apply)(body, wild.astype(np.float32)), float)
    for name, kind in zip(body.names[1:], body.kinds[1:], strict=True):
        at = body.coordinates(name)
        if kind == "hinge":
            expected = [[body.lower[at][0], body.upper[at][0]]]
            np.testing.assert_allclose([model.joint(name).range], expected, rtol=1e-7)
        elif kind == "universal":
            for k in range(2):
                expected = body.lower[at][k], body.upper[at][k]
                found = model.joint(f"{name}_{k + 1}").range
                np.testing.assert_allclose(found, expected, rtol=1e-7)
        elif kind == "ball":
            q = allowed[:, at]
            swing = np.linalg.norm(q[:, :2], axis=1)
            turn = 2 * np.arccos(np.cos(swing / 2) * np.cos(q[:, 2] / 2))
            if model.joint(name).limited[0]:
                widest = model.joint(name).range[1]
                assert turn.max() <= widest
                assert turn.max() > widest - 0.1, "no wider than needed"
            else:
                assert turn.max() > 3.0


def test_what_makes_whole_turns_has_no_range(tmp_path):
    mjcf.write(tmp_path / "body.xml", BODIES["scattered"])
    model = mujoco.MjModel.from_xml_path(str(tmp_path / "body.xml"))
    assert not model.jnt_limited.any()


def solids(count, seed=0):
    """Random rigid bodies: a cloud of points each."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(count, 10, 3)) * rng.uniform(0.01, 0.2, (count, 1, 3))
    square = np.einsum("jpa,jpb->jab", points, points)
    trace = np.trace(square, axis1=1, axis2=2)[:, None, None]
    tensor = trace * np.eye(3) - square
    mass, center = rng.uniform(0.1, 9, count), rng.normal(size=(count, 3)) * 0.1
    return Inertia(*(x.astype(np.float32) for x in (mass, center, tensor)))


def test_masses_reach_mujoco_and_come_back(tmp_path):
    body = human()
    inertia = solids(body.num_joints)
    mjcf.write(tmp_path / "body.xml", body, inertia)
    model = mujoco.MjModel.from_xml_path(str(tmp_path / "body.xml"))
    for j, name in enumerate(body.names):
        part = model.body(name)
        np.testing.assert_allclose(part.mass, inertia.mass[j], rtol=1e-6)
        np.testing.assert_allclose(part.ipos, inertia.center[j], atol=1e-7)
        turn = np.zeros(9)
        mujoco.mju_quat2Mat(turn, part.iquat)
        turn = turn.reshape(3, 3)
        tensor = turn @ np.diag(part.inertia) @ turn.T
        np.testing.assert_allclose(tensor, inertia.tensor[j], atol=1e-5)
    back = mjcf.read(tmp_path / "body.xml")
    order = [back.skeleton.index(name) for name in body.names]
    np.testing.assert_allclose(back.inertia.mass[order], inertia.mass)
    np.testing.assert_allclose(back.inertia.center[order], inertia.center)
    np.testing.assert_allclose(back.inertia.tensor[order], inertia.tensor, atol=1e-6)


def test_a_thin_rod_and_parts_without_mass_load(tmp_path):
    body = make_skeleton(
        ["a", "b", "c", "d"],
        [-1, 0, 1, 2],
        [[0, 0, 0], [0, 0, 1], [0, 0, 0], [1, 0, 0]],
    )
    rod = np.diag([1 / 12, 1 / 12, 0]).astype(np.float32)
    tensor = np.stack([rod, rod * 0, rod * 0, rod * 0])
    inertia = Inertia(np.float32([1, 0, 0, 0]), np.zeros((4, 3), np.float32), tensor)
    for given in (inertia, None):
        mjcf.write(tmp_path / "body.xml", body, given)
        model = mujoco.MjModel.from_xml_path(str(tmp_path / "body.xml"))
        grams = 2 if given else 3
        expected = grams * 1e-3 + (1.0 if given else 0.0)
        assert model.body_mass.sum() == pytest.approx(expected)


def test_the_body_of_a_new_simulation_stands_on_the_floor(tmp_path):
    mjcf.write(tmp_path / "body.xml", human())
    model = mujoco.MjModel.from_xml_path(str(tmp_path / "body.xml"))
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    np.testing.assert_allclose(data.xpos[1:, 2].min(), 0, atol=1e-7)
    assert data.body("head_end").xpos[2] == pytest.approx(1.75, abs=1e-5)


@pytest.mark.parametrize("contacts", [False, True])
def test_bones_are_capsules_that_touch_the_floor_on_wish(tmp_path, contacts):
    body = human()
    mjcf.write(tmp_path / "body.xml", body, contacts=contacts)
    model = mujoco.MjModel.from_xml_path(str(tmp_path / "body.xml"))
    assert (model.geom_type == mujoco.mjtGeom.mjGEOM_CAPSULE).all()
    assert model.ngeom == body.num_joints - 1
    assert (model.geom_contype == int(contacts)).all()
    assert (model.geom_conaffinity == 0).all()


def test_names_survive(tmp_path):
    names = ["a", "a_1", "b \"<&>'", "Hüfte links", "a_2", "name with blanks"]
    kinds = ["free", "hinge", "universal", "ball", "universal", "universal"]
    names[4], names[5] = "a_", "a__1"
    kinds[1] = "universal"
    body = make_skeleton(names, [-1, 0, 0, 1, 0, 0], np.ones((6, 3)), kinds)
    mjcf.write(tmp_path / "body.xml", body, name='<"&')
    model = mujoco.MjModel.from_xml_path(str(tmp_path / "body.xml"))
    joints = [model.joint(k).name for k in range(model.njnt)]
    assert len(set(joints)) == len(joints) == 1 + 2 * 4 + 1
    back = mjcf.read(tmp_path / "body.xml").skeleton
    assert sorted(back.names) == sorted(names)


@pytest.mark.parametrize("name", ["world", "", " ", "a\nb", "\x07"])
def test_names_that_cannot_be_written(tmp_path, name):
    body = make_skeleton(["hips", name], [-1, 0], np.ones((2, 3)))
    with pytest.raises(ValueError, match="cannot be named"):
        mjcf.write(tmp_path / "body.xml", body)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written(tmp_path):
    path, body = tmp_path / "body.xml", BODIES["balls"]
    several = body.replace(offsets=np.zeros((2, 24, 3), np.float32))
    with pytest.raises(ValueError, match="one body"):
        mjcf.write(path, several)
    with pytest.raises(ValueError, match="one body of 24 joints"):
        mjcf.write(path, body, solids(23))
    inertia = solids(24)
    wrong = np.array(inertia.tensor)
    wrong[5] = np.diag([1, 1, 3])
    with pytest.raises(ValueError, match="'part5' is of no rigid body"):
        mjcf.write(path, body, Inertia(inertia.mass, inertia.center, wrong))
    with pytest.raises(ValueError, match="mass of 'part0'"):
        mjcf.write(path, body, Inertia(-inertia.mass, inertia.center, inertia.tensor))
    motion = moving(body)
    with pytest.raises(ValueError, match="one clip"):
        mjcf.qpos(motion.replace(joints=motion.joints[None]))
    with pytest.raises(ValueError, match=r"qpos must be \[T, 99\]"):
        mjcf.motion(body, np.zeros((3, 98)), 30.0)
    with pytest.raises(ValueError, match="layout is of 12 joints"):
        mjcf.qpos(motion, mjcf.layout(BODIES["scattered"]))
    assert not path.exists()


def test_what_is_missing_stays_missing_and_alone():
    motion = moving(BODIES["human"])
    joints = motion.joints.copy()
    joints[3] = np.nan
    found = mjcf.qpos(motion.replace(joints=joints))
    assert np.isnan(found[3, 7:]).all()
    kept = np.arange(len(motion)) != 3
    # The sign of a quaternion may follow from the frame before.
    expected = mjcf.qpos(motion)
    np.testing.assert_allclose(np.abs(found[kept]), np.abs(expected[kept]), atol=1e-6)


@pytest.mark.parametrize("frames", [0, 1])
def test_few_frames_and_a_single_joint(tmp_path, frames):
    body = reference.single()
    motion = moving(body, frames)
    mjcf.write(tmp_path / "body.xml", body)
    qpos = mjcf.qpos(motion)
    assert qpos.shape == (frames, 7)
    assert len(mjcf.motion(body, qpos, 30.0)) == frames
    assert mjcf.read(tmp_path / "body.xml").skeleton.names == body.names
    assert mjcf.qpos(moving(BODIES["human"], frames)).shape == (frames, 63)
