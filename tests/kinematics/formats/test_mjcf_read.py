import contextlib

import mujoco
import numpy as np
import pytest

from kinematics import motion as motions
from kinematics.formats import mjcf, robot_angles, xml_tree
from kinematics.formats.errors import FormatError

# A figure with what models of people have: nested classes, three hinges for a hip,
# hinges that do not meet at an ankle, oblique axes, bodies turned in every way.
FIGURE = """<mujoco model="figure">
  <compiler angle="degree" eulerseq="zyx"/>
  <option timestep=".005"/>
  <default>
    <motor ctrlrange="-1 1"/>
    <geom density="900"/>
    <default class="body">
      <geom type="capsule" size=".05"/>
      <joint type="hinge" damping=".2" limited="true"/>
      <default class="big">
        <joint damping="5" range="-40 30"/>
        <default class="knee"><joint axis="0 -2 0" range="-160 2"/></default>
      </default>
      <default class="turned"><geom euler="0 0 30"/></default>
    </default>
  </default>
  <worldbody>
    <geom type="plane" size="1 1 .1"/>
    <light pos="0 0 3"/>
    <body name="crate" pos="2 0 0"><geom type="box" size=".1 .1 .1"/></body>
    <body name="torso" pos="0 .1 1.3" euler="4 -3 2" childclass="body">
      <freejoint name="root"/>
      <geom fromto="0 -.07 0 0 .07 0" size=".07"/>
      <geom type="box" size=".1 .05 .2" pos="0 0 .1" class="turned"/>
      <body name="head" pos="0 0 .3" quat="1 0 .02 0">
        <geom type="ellipsoid" size=".08 .07 .1" zaxis="1 0 1"/>
        <joint name="neck" type="ball" pos="0 0 -.1" range="0 50"/>
      </body>
      <body name="waist" pos="-.01 0 -.26" axisangle="0 1 0 3">
        <geom type="cylinder" size=".09 .06" xyaxes="1 0 .1 0 2 1"/>
        <joint name="waist_z" pos="0 0 .06" axis="0 0 1" class="big"/>
        <joint name="waist_y" pos="0 0 .06" axis="0 1 0" ref="12" range="-45 60"/>
        <frame pos="0 0 -.02" euler="10 0 0">
          <body name="left_thigh" pos="0 .1 -.1" xyaxes="1 .1 0 -.1 1 .2">
            <joint name="left_hip_x" axis="-1 0 0" range="-25 5"/>
            <joint name="left_hip_z" axis="0 0 -1" range="-60 35"/>
            <joint name="left_hip_y" axis="0 1 0" range="-120 20"/>
            <geom fromto="0 0 0 0 .01 -.34"/>
            <body name="left_shin" pos="0 .01 -.4">
              <joint name="left_knee" class="knee" pos="0 0 .02"/>
              <inertial pos="0 0 -.2" mass="3" diaginertia=".03 .04 .01" euler="5 0 0"/>
              <body name="left_foot" pos="0 0 -.39">
                <joint name="left_ankle_y" pos="0 0 .08" axis="0 1 0" class="big"/>
                <joint name="left_ankle_x" pos="0 0 .04" axis="1 0 .5" class="big"/>
                <geom type="sphere" mass=".7" size=".03"/>
              </body>
            </body>
          </body>
        </frame>
      </body>
      <body name="left_upper_arm" pos="0 .17 .06" zaxis=".1 .2 1">
        <joint name="left_shoulder1" axis="2 1 1" range="-85 60"/>
        <joint name="left_shoulder2" axis="0 -1 1" range="-85 60"/>
        <geom fromto="0 0 0 .16 .16 -.16" size=".04 .16"/>
        <body name="left_hand" pos=".18 .18 -.18">
          <joint name="forearm" axis="0 0 1" limited="false"/>
          <joint name="wrist" type="ball" limited="false"/>
          <geom type="sphere" size=".04"/>
        </body>
      </body>
    </body>
  </worldbody>
  <tendon><fixed><joint joint="left_knee" coef="1"/></fixed></tendon>
  <actuator><motor joint="left_knee"/></actuator>
</mujoco>
"""


def save(folder, text, name="figure.xml"):
    (folder / name).write_text(text)
    return folder / name


def random_qpos(model, count, spread=0.8):
    rng = np.random.default_rng(0)
    table = np.tile(model.qpos0, (count, 1))
    for row in table:
        mujoco.mj_integratePos(model, row, rng.normal(size=model.nv) * spread, 1.0)
    return table


def placed(path, table, names):
    """Where MuJoCo has the joints of the skeleton [T, J, 3], and its bodies' axes.

    A body turns about its last joint; joints of the skeleton that are no body are
    called after the hinge.
    """
    model = mujoco.MjModel.from_xml_path(str(path))
    data = mujoco.MjData(model)
    bodies = {model.body(k).name: k for k in range(model.nbody)}
    points, axes = [], []
    for row in table:
        data.qpos[:] = row
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        found = []
        for name in names:
            if name not in bodies:
                found.append(data.joint(name).xanchor.copy())
                continue
            k = bodies[name]
            last = model.body_jntadr[k] + model.body_jntnum[k] - 1
            inner = model.body_jntnum[k] and name != names[0]
            found.append((data.xanchor[last] if inner else data.xpos[k]).copy())
        points.append(found)
        axes.append(data.xmat.copy())
    return np.array(points), np.array(axes)


@pytest.mark.parametrize(("merge", "forward"), [(True, "-y"), (False, "x")])
def test_a_figure_moves_as_in_mujoco(tmp_path, merge, forward):
    path = save(tmp_path, FIGURE)
    model = mjcf.read(path, merge=merge, forward=forward)
    body = model.skeleton
    table = random_qpos(mujoco.MjModel.from_xml_path(str(path)), 20)
    expected, axes = placed(path, table, body.names)
    clip = mjcf.motion(body, table, 50.0, layout=model.layout)
    np.testing.assert_allclose(motions.positions(clip), expected, atol=2e-6)
    # Angles may differ where a ball joint has two spellings, but not what they do.
    again, same = placed(path, mjcf.qpos(clip, model.layout), body.names)
    np.testing.assert_allclose(again, expected, atol=3e-6)
    np.testing.assert_allclose(same, axes, atol=5e-6)


def test_hinges_that_meet_at_right_angles_are_one_joint(tmp_path):
    body = mjcf.read(save(tmp_path, FIGURE)).skeleton
    assert dict(zip(body.names, body.kinds, strict=True)) == {
        "torso": "free",
        "head": "ball",
        "waist": "universal",
        "left_thigh": "ball",
        "left_shin": "hinge",
        "left_ankle_y": "hinge",
        "left_foot": "hinge",
        "left_upper_arm": "universal",
        "forearm": "hinge",
        "left_hand": "ball",
    }
    thigh = body.index("left_thigh")
    bone = body.offsets[body.index("left_shin")]
    along = body.frames[thigh][:, 2] @ bone / np.linalg.norm(bone)
    assert abs(along) > 0.95, "the twist is about the bone"
    apart = mjcf.read(save(tmp_path, FIGURE), merge=False).skeleton
    assert apart.num_joints == body.num_joints + 4
    assert apart.num_coordinates == body.num_coordinates


def test_limits_of_hinges_are_those_of_the_file(tmp_path):
    body = mjcf.read(save(tmp_path, FIGURE)).skeleton
    expected = {
        "waist": [(-40, 30), (-45 - 12, 60 - 12)],
        "left_shin": [(-160, 2)],
        "left_foot": [(-40, 30)],
        "forearm": [(-180, 180)],
        "head": [(-50, 50)] * 3,
        "left_hand": [(-180, 180)] * 3,
    }
    for name, ranges in expected.items():
        at = body.coordinates(name)
        found = np.rad2deg([body.lower[at], body.upper[at]]).T
        np.testing.assert_allclose(found, ranges, atol=1e-4)


def test_limits_of_a_merged_ball_hold_all_that_its_hinges_do(tmp_path):
    path = save(tmp_path, FIGURE)
    model = mjcf.read(path)
    body, at = model.skeleton, model.skeleton.coordinates("left_thigh")
    table = np.tile(mujoco.MjModel.from_xml_path(str(path)).qpos0, (4000, 1))
    low, high = np.deg2rad([[-25, -60, -120], [5, 35, 20]])
    hip = mujoco.MjModel.from_xml_path(str(path)).joint("left_hip_x").qposadr[0]
    inside = np.random.default_rng(1).uniform(low, high, (4000, 3))
    inside[:8] = np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, 8).T
    table[:, hip : hip + 3] = inside
    q = mjcf.motion(body, table, 50.0, layout=model.layout).joints[:, at]
    lower, upper = np.asarray(body.lower)[at], np.asarray(body.upper)[at]
    middle, half = (lower + upper) / 2, (upper - lower) / 2
    radius = np.linalg.norm((q - middle)[:, :2] / half[:2], axis=1).max()
    twist = (np.abs(q - middle)[:, 2] / half[2]).max()
    assert 0.95 < radius < 1, "they hold all, and are no wider than needed"
    assert 0.95 < twist < 1
    # Back to angles within the ranges of the file.
    back = mjcf.qpos(mjcf.motion(body, table, 50.0, layout=model.layout), model.layout)
    np.testing.assert_allclose(back[:, hip : hip + 3], inside, atol=1e-4)


def test_masses_are_those_that_mujoco_finds(tmp_path):
    path = save(tmp_path, FIGURE)
    model = mjcf.read(path, merge=False)
    theirs = mujoco.MjModel.from_xml_path(str(path))
    data = mujoco.MjData(theirs)
    mujoco.mj_forward(theirs, data)
    points, _ = placed(path, theirs.qpos0[None], model.skeleton.names)
    found = 0
    for j, name in enumerate(model.skeleton.names):
        k = mujoco.mj_name2id(theirs, mujoco.mjtObj.mjOBJ_BODY, name)
        if k < 0:
            assert model.inertia.mass[j] == 0
            continue
        found += 1
        np.testing.assert_allclose(
            model.inertia.mass[j], theirs.body_mass[k], rtol=1e-6
        )
        # At rest canonical axes are those of the world.
        center = points[0, j] + model.inertia.center[j]
        np.testing.assert_allclose(center, data.xipos[k], atol=1e-6)
        turn = data.ximat[k].reshape(3, 3)
        tensor = turn @ np.diag(theirs.body_inertia[k]) @ turn.T
        np.testing.assert_allclose(model.inertia.tensor[j], tensor, atol=1e-6)
    assert found == theirs.nbody - 2


LONE = """<mujoco><compiler {compiler}/><worldbody><body name="a" {body}>
<freejoint/>{inside}</body></worldbody></mujoco>"""


@pytest.mark.parametrize(
    "geom",
    [
        'type="capsule" fromto=".1 0 .2 -.3 .1 0" size=".05"',
        'type="cylinder" fromto=".1 0 .2 -.3 .1 0" size=".05"',
        'type="box" fromto=".1 0 .2 -.3 .1 0" size=".05"',
        'type="ellipsoid" fromto="0 0 .2 0 0 0" size=".05"',
        'type="capsule" size=".05 .2" quat="1 2 3 4" mass="3"',
        'type="box" size=".05 .2 .1" euler="10 20 30" pos="1 2 3" density="50"',
        'size=".1" group="5"',
    ],
)
@pytest.mark.parametrize("compiler", ["", 'settotalmass="7" inertiagrouprange="0 4"'])
def test_masses_of_geoms(tmp_path, geom, compiler):
    other = '<geom size=".2" pos="0 .1 0" mass="2"/>'
    text = LONE.format(compiler=compiler, body="", inside=f"<geom {geom}/>{other}")
    path = save(tmp_path, text)
    theirs = mujoco.MjModel.from_xml_path(str(path))
    ours = mjcf.read(path).inertia
    turn = np.zeros(9)
    mujoco.mju_quat2Mat(turn, theirs.body_iquat[1])
    turn = turn.reshape(3, 3)
    tensor = turn @ np.diag(theirs.body_inertia[1]) @ turn.T
    np.testing.assert_allclose(ours.mass, theirs.body_mass[1:], rtol=1e-6)
    np.testing.assert_allclose(ours.center, theirs.body_ipos[1:], atol=1e-6)
    np.testing.assert_allclose(ours.tensor[0], tensor, rtol=1e-5, atol=1e-6)


def test_masses_that_are_not_told(tmp_path):
    # A mesh would have to be read.
    text = LONE.format(compiler="", body="", inside='<geom type="mesh" mesh="m"/>')
    assert mjcf.read(save(tmp_path, text)).inertia is None
    text = LONE.format(compiler='inertiafromgeom="false"', body="", inside="<geom/>")
    assert mjcf.read(save(tmp_path, text)).inertia is None


@pytest.mark.parametrize("sequence", ["xyz", "zxy", "XYZ", "zYx", "Xyx"])
@pytest.mark.parametrize("angle", ["degree", "radian"])
def test_orientations_are_read_as_mujoco_does(tmp_path, sequence, angle):
    inner = [
        'euler=".3 -40.2 1.2"',
        'axisangle="1 2 -1 2.5"',
        'xyaxes="1 2 0 3 1 1"',
        'zaxis="0 0 -2"',
        'zaxis="1 -1 .2"',
        'quat=".1 2 3 -4"',
    ]
    bodies = "".join(
        f'<body name="b{k}" pos="{k} 0 0" {turn}><geom size=".1"/><body name="c{k}" '
        f'pos="1 2 3"><geom size=".1"/></body></body>'
        for k, turn in enumerate(inner)
    )
    compiler = f'eulerseq="{sequence}" angle="{angle}"'
    text = LONE.format(
        compiler=compiler, body='euler="1 2 3"', inside='<geom size="1"/>' + bodies
    )
    path = save(tmp_path, text)
    model = mjcf.read(path)
    table = random_qpos(mujoco.MjModel.from_xml_path(str(path)), 2)
    expected, _ = placed(path, table, model.skeleton.names)
    clip = mjcf.motion(model.skeleton, table, 1.0, layout=model.layout)
    np.testing.assert_allclose(motions.positions(clip), expected, atol=5e-6)


@pytest.mark.parametrize(
    "joints",
    [
        '<joint name="x" type="slide" axis="1 0 0" ref=".3"/><joint type="slide" '
        'axis="0 1 2" pos="1 0 0"/><joint axis="0 1 0" pos="0 .1 .2" ref="20"/>',
        '<joint axis="1 1 0" pos="0 .1 0"/><joint type="ball" pos="0 0 .4"/>',
        "",
    ],
)
def test_roots_that_slide_turn_or_stand(tmp_path, joints):
    leg = '<body name="leg" pos="0 0 -.5"><joint axis="0 1 0"/><geom size=".1"/></body>'
    text = f"""<mujoco><worldbody><frame pos="0 1 0" euler="0 0 20"><body name="torso"
    pos="0 0 1" euler="5 0 0">{joints}<geom size=".1"/>{leg}</body></frame></worldbody>
    </mujoco>"""
    path = save(tmp_path, text)
    model = mjcf.read(path)
    table = random_qpos(mujoco.MjModel.from_xml_path(str(path)), 5)
    expected, _ = placed(path, table, model.skeleton.names)
    clip = mjcf.motion(model.skeleton, table, 1.0, layout=model.layout)
    np.testing.assert_allclose(motions.positions(clip), expected, atol=1e-6)
    if joints:
        with pytest.raises(ValueError, match="give it a free joint"):
            mjcf.qpos(clip, model.layout)
    else:
        np.testing.assert_allclose(mjcf.qpos(clip, model.layout), table, atol=1e-6)
        assert mjcf.qvel(clip, model.layout).shape == (4, 1)


def test_included_files(tmp_path):
    (tmp_path / "common").mkdir()
    save(tmp_path, '<mujocoinclude><geom size=".1"/></mujocoinclude>', "common/g.xml")
    text = LONE.format(compiler="", body="", inside='<include file="./common/g.xml"/>')
    assert mjcf.read(save(tmp_path, text)).inertia.mass[0] > 1
    for name, message in (
        ("../figure.xml", "outside of the folder"),
        ("/etc/hostname", "outside of the folder"),
        ("figure.xml", "included twice"),
        ("nothing.xml", "is not there"),
    ):
        with pytest.raises(FormatError, match=rf"figure\.xml:2: .*{message}"):
            mjcf.read(save(tmp_path, text.replace("./common/g.xml", name)))


# What replaces a part of the figure, and what is said about its line, or the file.
WRONG = {
    "<tendon>": ("<equality><connect/></equality><tendon>", ":<connect> ties"),
    '"neck" type="ball"': ('"neck" type="slide"', ":a slide joint inside"),
    '"neck" type="ball" ': ('"neck" type="screw" ', ":a joint of type 'screw'"),
    'class="knee" pos': ('class="kne" pos', ":there is no default class 'kne'"),
    'axis="2 1 1"': ('axis="0 0 0"', ":the axis of this joint has no direction"),
    'pos="0 .17 .06"': ('pos="0 .17"', ":'pos' of <body> is '0 .17'"),
    'pos="0 .17 .06" ': ('pos="0 nan 1" ', ":'pos' of <body> is '0 nan 1'"),
    'range="-85 60"': ('range="60 -85"', ":joint 'left_shoulder1' ranges from"),
    '"neck" type="ball" pos="0 0 -.1" range="0 50"': (
        '"neck" type="ball"',
        ":<joint> has no 'range'",
    ),
    '<body name="crate"': ('<body name="b"><joint/></body><body', "several bodies: "),
    '<option timestep=".005"/>': (
        '<compiler coordinate="global"/>',
        ":global coordinates",
    ),
    "<mujoco model": ("<robot model", "this is no XML"),
    "<worldbody>": ("<worldbody><", ":this is no XML"),
    '<geom type="sphere" size=".04"/>': ("<replicate/>", ":<replicate> makes"),
    'name="torso" pos': ('name="torso" euler="1 2"', "this is no XML"),
    'euler="4 -3 2"': ('euler="4 -3"', ":'euler' of <body> is '4 -3'"),
    'quat="1 0 .02 0"': ('quat="0 0 0 0"', ":'quat' of <body> has no direction"),
    'size=".09 .06"': ('size=".09"', ":'size' of <geom> is '.09'"),
    'size=".08 .07 .1"': ('size=".08 .07 -1"', ":'size' of <geom> is '.08 .07 -1'"),
    'fromto="0 0 0 0 .01 -.34"': ('fromto="1 2 3 1 2 3"', ":a capsule cannot lie"),
}


@pytest.mark.parametrize("old", WRONG)
def test_what_is_wrong_is_told_with_its_line(tmp_path, old):
    new, message = WRONG[old]
    assert old in FIGURE
    line = FIGURE[: FIGURE.index(old)].count("\n") + 1
    message = f":{line}: {message[1:]}" if message[0] == ":" else message
    path = save(tmp_path, FIGURE.replace(old, new, 1))
    with pytest.raises(FormatError) as error:
        mjcf.read(path)
    said = str(error.value)
    assert said.startswith(str(path))
    assert message in said
    assert "; " in said
    assert "\n" not in said


def test_arguments_that_are_wrong(tmp_path):
    with pytest.raises(ValueError, match="forward must be one of"):
        mjcf.read(save(tmp_path, FIGURE), forward="z")
    with pytest.raises(FormatError, match="the worldbody has no body"):
        mjcf.read(save(tmp_path, "<mujoco/>"))
    with pytest.raises(FormatError, match="starts with <mujoco>, not <robot>"):
        mjcf.read(save(tmp_path, "<robot/>"))


def test_constraints_that_are_switched_off_do_not_matter(tmp_path):
    off = '<equality><weld active="false"/></equality><tendon>'
    text = FIGURE.replace("<tendon>", off)
    mjcf.read(save(tmp_path, text))


def test_entities_are_refused(tmp_path):
    bomb = "".join(f'<!ENTITY e{k + 1} "{f"&e{k};" * 10}">' for k in range(9))
    text = f'<!DOCTYPE m [<!ENTITY e0 "ha">{bomb}]><mujoco>&e9;</mujoco>'
    with pytest.raises(FormatError, match=r"figure\.xml:1: it has a DOCTYPE"):
        mjcf.read(save(tmp_path, text))
    outside = '<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/hostname">]><mujoco>&x;'
    with pytest.raises(FormatError, match="DOCTYPE"):
        mjcf.read(save(tmp_path, outside + "</mujoco>"))


def test_trees_beyond_any_body_are_refused(tmp_path):
    deep = "<body>" * 1500 + "<joint/>" + "</body>" * 1500
    text = f"<mujoco><worldbody>{deep}</worldbody></mujoco>"
    with pytest.raises(FormatError, match="more than 1024 joints"):
        mjcf.read(save(tmp_path, text))
    with pytest.raises(FormatError, match="too many elements"):
        mjcf.read(save(tmp_path, "<a>" * 3000))


def test_damaged_files_raise_format_errors_alone(tmp_path):
    rng = np.random.default_rng(0)
    words = ["", "<", '"', "nan", "-1e30", "body", "/>", "0", "joint", "\x01", "ball"]
    for _ in range(150):
        at, size = int(rng.integers(len(FIGURE))), int(rng.integers(1, 12))
        text = FIGURE[:at] + str(rng.choice(words)) + FIGURE[at + size :]
        with contextlib.suppress(FormatError):
            mjcf.read(save(tmp_path, text))


def test_encoding_and_numbers_of_xml(tmp_path):
    path = tmp_path / "a.xml"
    path.write_bytes('<?xml version="1.0" encoding="latin-1"?><a b="é 1"/>'.encode())
    assert xml_tree.parse(path).attributes == {"b": "é 1"}
    values = np.float32([1 / 3, -0.0, 1e-20, 123456.789])
    spelled = xml_tree.spell(values)
    np.testing.assert_array_equal(np.float32(spelled.split()), values)
    assert "-0" not in spelled.split()


def test_widest_turn_and_angle_ranges_hold_for_all_poses():
    rng = np.random.default_rng(0)
    for _ in range(8):
        middle, half = rng.uniform(-0.6, 0.6, 3), rng.uniform(0.05, 1.0, 3)
        lower, upper = middle - half, middle + half
        turn = rng.uniform(0, 2 * np.pi, 500)
        radius = np.sqrt(rng.uniform(0, 1, 500))
        swing = np.stack([np.cos(turn), np.sin(turn)], axis=1) * radius[:, None]
        swing = middle[:2] + half[:2] * swing
        twist = rng.uniform(lower[2], upper[2], 500)
        size = np.linalg.norm(swing, axis=1)
        axes = np.concatenate([swing / size[:, None], np.zeros((500, 1))], axis=1)
        matrices = np.stack(
            [
                robot_angles.about(axis, s) @ robot_angles.about([0, 0, 1.0], t)
                for axis, s, t in zip(axes, size, twist, strict=True)
            ]
        )
        angle = np.arccos((np.trace(matrices, axis1=1, axis2=2) - 1) / 2)
        assert angle.max() <= robot_angles.widest_turn(lower, upper) + 1e-6
        low, high = robot_angles.angle_ranges(lower, upper)
        found = robot_angles.chain_angles(np.eye(3), matrices)
        assert (found >= low).all()
        assert (found <= high).all()
        again = robot_angles.chain(np.eye(3), found)
        np.testing.assert_allclose(again, matrices, atol=1e-12)
