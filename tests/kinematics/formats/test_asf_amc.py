import json
import math

import numpy as np
import pytest

from kinematics import formats, limits
from kinematics import motion as motions
from kinematics.formats import amc_text, asf_amc, asf_text
from kinematics.formats.errors import FormatError

ASF = """# a comment
:version 1.10
:name VICON
:units
  mass 1.0
  length 0.45
  angle deg
:documentation
   lfemur in words is not read
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 0 0 0
   orientation 0 0 0
:bonedata
  begin
     id 1
     name spine
     direction 0 1 0
     length 2
     axis 0 0 0 XYZ
  end
  begin
     id 2
     name lfemur
     direction 0.3 -0.9 0.1
     length 7
     axis 10 0 20 XYZ
     dof rx ry rz
     limits (-60.0 20.0)
            (-30.0 30.0)
            (-20.0 25.0)
  end
  begin
     id 3
     name ltibia
     direction 0.3 -0.9 0
     length 6
     axis 0 0 20 XYZ
     dof rx
     limits (-10.0 170.0)
  end
  begin
     id 4
     name lfoot
     direction 0 0 1
     length 2
     axis -90 5 20 XYZ
     dof rx rz
     limits (-45.0 90.0)
            (-70.0 20.0)
  end
:hierarchy
  begin
    root spine lfemur
    lfemur ltibia
    ltibia lfoot
  end
"""
AMC = """#!OML:ASF here
:FULLY-SPECIFIED
:DEGREES
1
root 1 17 -3 10 20 30
lfemur -20 10 5
ltibia 40
lfoot 15 -8
2
root 1.5 17.5 -2.5 -15 160 25
lfemur 18 -28 24
ltibia 169
lfoot -44 19
"""


def save(folder, asf=ASF, amc=AMC, name="02_01.amc"):
    (folder / "02.asf").write_text(asf)
    (folder / name).write_text(amc)
    return folder / name


def turn(letter, degrees):
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[letter]
    m = np.eye(3)
    m[i, i], m[j, j], m[j, i], m[i, j] = c, c, s, -s
    return m


def reference(asf, amc):
    """Ends of all bones in metres and file axes, one dict a frame.

    A second reading of the format, word by word and bone by bone, for files in
    degrees whose axes are all XYZ.
    """
    bones, words = {}, asf.split(":bonedata")[1].split(":hierarchy")[0].split()
    for k, word in enumerate(words):
        if word == "name":
            bone = bones[words[k + 1]] = {"dof": []}
        elif word == "direction":
            bone["direction"] = np.array(words[k + 1 : k + 4], float)
        elif word == "length":
            bone["length"] = float(words[k + 1])
        elif word == "axis":
            x, y, z = map(float, words[k + 1 : k + 4])
            bone["c"] = turn("z", z) @ turn("y", y) @ turn("x", x)
        elif word in ("rx", "ry", "rz"):
            bone["dof"].append(word)
    unit = 0.0254 / 0.45
    tree = [row.split() for row in asf.split(":hierarchy")[1].split("\n")]
    tree = [row for row in tree if row and row[0] not in ("begin", "end")]
    frames = []
    for row in amc.split("\n"):
        row = row.split()
        if len(row) == 1 and row[0].isdigit():
            frames.append({})
        elif frames and row:
            frames[-1][row[0]] = [float(x) for x in row[1:]]
    found = []
    for frame in frames:
        px, py, pz, rx, ry, rz = frame["root"]
        turns = {"root": turn("z", rz) @ turn("y", ry) @ turn("x", rx)}
        ends = {"root": np.array([px, py, pz]) * unit}
        for parent, *children in tree:
            for name in children:
                bone, m = bones[name], np.eye(3)
                for dof, value in zip(bone["dof"], frame.get(name, []), strict=True):
                    m = turn(dof[1], value) @ m
                turns[name] = turns[parent] @ bone["c"] @ m @ bone["c"].T
                step = bone["direction"] / np.linalg.norm(bone["direction"])
                ends[name] = ends[parent] + turns[name] @ step * bone["length"] * unit
        found.append(ends)
    return found


def ends(motion):
    """Ends of all bones {name: [T, 3]}: where their children or leaves stand."""
    at, body = motions.positions(motion), motion.skeleton
    found = {body.names[body.parents[j]]: at[:, j] for j in range(1, body.num_joints)}
    return found | {"root": at[:, 0]}


def compare(motion, expected):
    found = ends(motion)
    assert set(found) == set(expected[0])
    for name, at in found.items():
        wanted = np.array([frame[name] for frame in expected])
        # y up and z forward in the file.
        np.testing.assert_allclose(at, wanted[:, [2, 0, 1]], atol=1e-5, err_msg=name)


def test_bone_ends_are_those_of_a_second_reading(tmp_path):
    motion = formats.read(save(tmp_path))
    compare(motion, reference(ASF, AMC))
    assert motion.name == "02_01"
    assert motion.fps == 120
    body = motion.skeleton
    kinds = dict(zip(body.names, body.kinds, strict=True))
    assert kinds == {
        "root": "free",
        "spine": "fixed",
        "spine_end": "fixed",
        "lfemur": "ball",
        "ltibia": "hinge",
        "lfoot": "universal",
        "lfoot_end": "fixed",
    }


def test_coordinates_of_hinges_are_the_values_of_the_file(tmp_path):
    motion = formats.read(save(tmp_path))
    body, degrees = motion.skeleton, np.rad2deg(motion.joints)
    knee, foot = body.coordinates("ltibia"), body.coordinates("lfoot")
    np.testing.assert_allclose(degrees[:, knee], [[40], [169]], atol=1e-3)
    # The rotation applied last is the outermost and comes first.
    np.testing.assert_allclose(degrees[:, foot], [[-8, 15], [19, -44]], atol=1e-3)
    np.testing.assert_allclose(np.rad2deg(body.lower[foot]), [-70, -45], atol=1e-3)
    np.testing.assert_allclose(np.rad2deg(body.upper[foot]), [20, 90], atol=1e-3)
    np.testing.assert_allclose(np.rad2deg(body.upper[knee]), [170], atol=1e-3)


def test_the_cone_holds_the_box_of_angles(tmp_path):
    rng = np.random.default_rng(0)
    low, high = np.array([-60, -30, -20.0]), np.array([20, 30, 25.0])
    angles = rng.uniform(low, high, (400, 3))
    angles[:8] = [[(low, high)[k >> d & 1][d] for d in range(3)] for k in range(8)]
    rows = "".join(
        f"{k}\nroot 0 0 0 0 0 0\nlfemur {x} {y} {z}\nltibia 0\nlfoot 0 0\n"
        for k, (x, y, z) in enumerate(angles, 1)
    )
    motion = formats.read(save(tmp_path, amc=rows))
    assert limits.share_outside(motion.skeleton, motion.joints) == 0
    at = motion.skeleton.coordinates("lfemur")
    span = np.ptp(motion.joints[:, at], axis=0)
    width = motion.skeleton.upper[at] - motion.skeleton.lower[at]
    assert np.all(width < 1.6 * span), "and is not much larger"


def test_order_of_axes_units_and_infinite_limits(tmp_path):
    asf = ASF.replace("angle deg", "angle rad").replace("length 0.45", "length 1.0")
    asf = asf.replace("axis 0 0 20 XYZ", "axis 0 0 0.2 XYZ")
    asf = asf.replace("axis -90 5 20 XYZ", "axis 0 0 0 ZXY")
    asf = asf.replace("axis 10 0 20 XYZ", "axis 0 0 0 ZYX")
    asf = asf.replace("(-60.0 20.0)", "(-inf inf)").replace("170.0", "1.7")
    amc = AMC.replace("DEGREES", "RADIANS").split("2\n")[0]
    amc = amc.replace("10 20 30", "0 0 0").replace("-20 10 5", "-0.2 0.1 0.5")
    amc = amc.replace("ltibia 40", "ltibia 0.4").replace("15 -8", "0.3 -0.2")
    motion = formats.read(save(tmp_path, asf, amc), fps=60)
    assert motion.fps == 60
    found = {name: at[0] for name, at in ends(motion).items()}
    in_degrees = {
        k: math.degrees(v) for k, v in {"a": -0.2, "b": 0.1, "c": 0.5}.items()
    }
    # Letters in the order of application: z, y, then x.
    thigh = turn("x", in_degrees["a"]) @ turn("y", in_degrees["b"])
    thigh = thigh @ turn("z", in_degrees["c"])
    step = np.array([0.3, -0.9, 0.1])
    knee = np.array([1, 17, -3]) + thigh @ step / np.linalg.norm(step) * 7
    np.testing.assert_allclose(found["lfemur"], knee[[2, 0, 1]] * 0.0254, atol=1e-5)
    own = turn("z", math.degrees(0.2))
    shank = thigh @ own @ turn("x", math.degrees(0.4)) @ own.T
    foot = shank @ turn("x", math.degrees(0.3)) @ turn("z", math.degrees(-0.2))
    ankle = knee + shank @ np.array([0.3, -0.9, 0]) / math.hypot(0.3, 0.9) * 6
    toe = ankle + foot @ [0, 0, 2]
    np.testing.assert_allclose(found["lfoot"], toe[[2, 0, 1]] * 0.0254, atol=1e-5)
    body = motion.skeleton
    np.testing.assert_allclose(body.upper[body.coordinates("ltibia")], 1.7)


def test_scale_can_be_given(tmp_path):
    path = save(tmp_path)
    motion = formats.read(path, scale=2.0)
    np.testing.assert_allclose(motion.root_position[0], [-6, 2, 34])
    with pytest.raises(ValueError, match="scale must be"):
        formats.read(path, scale=-1)
    with pytest.raises(ValueError, match="fps must be"):
        formats.read(path, fps=0)
    with pytest.raises(ValueError, match="up must be"):
        formats.read(path, up="front")


def test_the_skeleton_is_found_beside_the_motion(tmp_path):
    amc = save(tmp_path)
    assert asf_amc.find_asf(amc).name == "02.asf"
    other = tmp_path / "99_x.amc"
    other.write_text(AMC)
    assert asf_amc.find_asf(other).name == "02.asf", "the only one"
    (tmp_path / "03.asf").write_text(ASF)
    assert asf_amc.find_asf(amc).name == "02.asf"
    with pytest.raises(FormatError, match=r"99_x\.amc: of 2 \.asf .*; give asf_path"):
        asf_amc.find_asf(other)
    with pytest.raises(FileNotFoundError, match="no such file"):
        formats.read(tmp_path / "none.amc")


BAD_ASF = {
    "empty": ("", "asf: the file is empty"),
    "no root": (ASF.replace(":root", ":other"), "asf: the section :root is missing"),
    "no bones": (ASF.split(":bonedata")[0], "the section :bonedata is missing"),
    "unit": (ASF.replace("length 0.45", "length 0"), "asf:6: the unit of length is 0"),
    "angle": (ASF.replace("angle deg", "angle"), "asf:7: the unit of angle is neither"),
    "number": (ASF.replace("length 7", "length x"), "asf:27: 'x' is not 1 finite"),
    "nan": (ASF.replace("0.3 -0.9 0.1", "nan 0 0"), "asf:26: 'nan 0 0' is not 3"),
    "order": (ASF.replace("20 XYZ", "20 XYY"), "asf:28: 'XYY' is not an order"),
    "limit": (ASF.replace("(-60.0 20.0)", "(9 8)"), r"asf:30: \(9 8\) is not a range"),
    "limits": (
        ASF.replace("     limits (-10.0 170.0)", "     limits (-1 1) (-1 1)"),
        "asf:34: bone 'ltibia' has 1 degrees of freedom but 2 limits",
    ),
    "stretch": (ASF.replace("dof rx\n", "dof rx l\n"), "asf:34: .* 'l'; .* stretch"),
    "twice": (ASF.replace("name ltibia", "name lfemur"), "'lfemur' appears twice"),
    "no name": (ASF.replace("     name spine\n", ""), "asf:21: the bone has no name"),
    "outside": (ASF.replace("  begin\n     id 1", "  id 1"), "asf:16: 'id' stands out"),
    "orphan": (ASF.replace("root spine", "root"), "asf:16: bone 'spine' is not in the"),
    "unknown": (ASF.replace("root spine", "root tail"), "bone 'tail' is not in the bo"),
    "parents": (ASF.replace("root spine", "root spine lfoot"), "'lfoot' has two par"),
    "circle": (
        ASF.replace("root spine lfemur", "root spine\nlfoot lfemur"),
        "ancestor",
    ),
}


@pytest.mark.parametrize("case", BAD_ASF)
def test_errors_of_skeletons(tmp_path, case):
    text, message = BAD_ASF[case]
    with pytest.raises(FormatError, match=message) as error:
        formats.read(save(tmp_path, text))
    assert "; " in str(error.value)
    assert str(tmp_path / "02.asf") in str(error.value)


BAD_AMC = {
    "empty": ("\n", "amc: the file is empty"),
    "no frames": (":DEGREES\n", "amc: there are no frames"),
    "before": (
        AMC.replace("DEGREES\n1\n", "DEGREES\n"),
        "amc:4: 'root' before a f",
    ),
    "gap": (AMC.replace("\n2\n", "\n3\n"), "amc:9: frame 3 follows frame 1"),
    "bone": (AMC.replace("ltibia", "tail"), "amc:7: bone 'tail' is not in the skel"),
    "few": (
        AMC.replace("18 -28 24", "18 -28"),
        "amc:11: bone 'lfemur' has 2 values",
    ),
    "nan": (AMC.replace("169", "nan"), "amc:12: 'nan' is not a finite number"),
    "twice": (AMC.replace("lfoot -44", "ltibia 3\nlfoot -44"), "amc:13: .* twice in"),
    "cut off": (AMC.split("lfoot -44")[0], "amc:9: this frame lacks lfoot, .* cut off"),
}


@pytest.mark.parametrize("case", BAD_AMC)
def test_errors_of_motions(tmp_path, case):
    text, message = BAD_AMC[case]
    with pytest.raises(FormatError, match=message) as error:
        formats.read(save(tmp_path, amc=text))
    assert "; " in str(error.value)


def test_a_bone_that_is_nowhere_in_the_motion_rests(tmp_path):
    path = save(tmp_path, amc="1\nroot 0 0 0 0 0 0\n2\nroot 1 0 0 0 0 0\n")
    values, _ = amc_text.parse_amc(path, asf_text.parse_asf(tmp_path / "02.asf"))
    np.testing.assert_array_equal(values[:, 6:], np.zeros((2, 6)))


@pytest.fixture(scope="module")
def walk(shared_data):
    return formats.read(shared_data / "cmu_asfamc" / "02" / "02_01.amc")


def test_recorded_walk_by_a_second_reading(shared_data, walk):
    folder = shared_data / "cmu_asfamc" / "02"
    amc = (folder / "02_01.amc").read_text()
    frames = amc.split("\n100\n")[0]
    expected = reference((folder / "02.asf").read_text(), frames)
    compare(walk[: len(expected)], expected)


def test_recorded_walk_is_that_of_the_bvh_file(shared_data, walk):
    other = formats.read(shared_data / "cmu_bvh" / "02" / "02_01.bvh")
    # The BVH file begins with an artificial pose.
    ours, theirs = motions.positions(walk), motions.positions(other)[1:]
    assert ours.shape == theirs.shape

    def both(amc, bvh):
        return ours[:, walk.skeleton.index(amc)], theirs[:, other.skeleton.index(bvh)]

    lower = {"root": "Hips", "upperback": "Spine", "thorax": "Spine1"}
    for a, b in (("l", "Left"), ("r", "Right")):
        lower |= {f"{a}femur": f"{b}UpLeg", f"{a}tibia": f"{b}Leg"}
        lower |= {f"{a}foot": f"{b}Foot", f"{a}toes_end": f"{b}ToeBase_end"}
    for amc, bvh in lower.items():
        a, b = both(amc, bvh)
        np.testing.assert_allclose(a, b, atol=2e-5, err_msg=amc)
    # The BVH file lacks the thorax (0.117 m) and the wrist: what hangs on the
    # thorax is shifted by that bone, and by nothing else, as far as the wrist.
    a, b = both("lowerneck", "Neck")
    shift = a - b
    bone = np.linalg.norm(walk.skeleton.offsets[walk.skeleton.index("lowerneck")])
    np.testing.assert_allclose(np.linalg.norm(shift, axis=1), bone, atol=2e-5)
    upper = {"head_end": "Head_end", "lwrist": "LeftHand", "rwrist": "RightHand"}
    for amc, bvh in (upper | {"lradius": "LeftForeArm"}).items():
        a, b = both(amc, bvh)
        np.testing.assert_allclose(a - b, shift, atol=2e-5, err_msg=amc)


def test_limits_are_those_of_the_file(shared_data, walk):
    text = (shared_data / "cmu_asfamc" / "cmu02_joint_limits.json").read_text()
    body = walk.skeleton
    counts = {"fixed": 0, "hinge": 1, "universal": 2, "ball": 3}
    for name, bone in json.loads(text)["bones"].items():
        assert counts[body.kinds[body.index(name)]] == len(bone["dof"]), name
        if len(bone["dof"]) in (1, 2):
            at = body.coordinates(name)
            found = np.stack([body.lower[at], body.upper[at]], axis=1)
            expected = np.deg2rad(bone["limits_deg"][::-1])
            np.testing.assert_allclose(found, expected, atol=1e-6, err_msg=name)


def test_recorded_walk_stays_within_the_limits_of_large_joints(walk):
    body = walk.skeleton
    over = np.rad2deg(np.asarray(limits.excess(body, walk.joints)).max(axis=0))
    # The file's own limits: its wrists and thumb, and briefly the ankle, exceed
    # them, by up to 30 degrees in this walk.
    loose = ("lwrist", "rwrist", "lthumb", "rfoot")
    for name in body.names:
        bound = 31 if name in loose else 1e-3
        assert over[body.coordinates(name)].max(initial=0) < bound, name
    assert body.mirror is not None
    assert body.names[body.mirror[body.index("lfemur")]] == "rfemur"
    assert body.mirror[body.index("lowerback")] == body.index("lowerback")
