import contextlib
import errno
import itertools
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinematics import formats
from kinematics import motion as motions
from kinematics.formats import axes, bvh, bvh_text, euler
from kinematics.formats.errors import FormatError
from kinematics.motion import Motion
from kinematics.skeleton import DOFS, make_skeleton

ARM = """HIERARCHY
ROOT Hips
{
  OFFSET 1 2 3
  CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
  JOINT LeftArm
  {
    OFFSET 10 0 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 5 1 0
    }
  }
  JOINT RightArm
  {
    OFFSET -10 0 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET -5 1 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.008333
1 2 3 4 5 6 7 8 9 10 11 12
-1 2.5 3e1 40 -50 60 70 80 -90 100 110 120
"""


def save(folder, text, name="clip.bvh"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def turn(axis, angle):
    """Rotation matrices [..., 3, 3] about a unit axis, by Rodrigues' formula."""
    x, y, z = axis
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.asarray(angle)[..., None, None]
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k


def places(motion):
    """World positions {name: [T, 3]}, by NumPy in float64."""
    body = motion.skeleton
    w, x, y, z = np.asarray(motion.root_rotation, float).T
    n = np.linalg.norm([x, y, z], axis=0)
    axis = np.stack([x, y, z]) / np.where(n > 0, n, 1)
    angle = 2 * np.arctan2(n, w)
    turns = [np.stack([turn(a, t) for a, t in zip(axis.T, angle, strict=True)])]
    found = [np.asarray(motion.root_position, float)]
    for j in range(1, body.num_joints):
        q = np.asarray(motion.joints, float)[:, body.coordinates(body.names[j])]
        f = np.asarray(body.frames[j], float)
        local = np.tile(np.eye(3), (len(q), 1, 1))
        if body.kinds[j] == "ball":
            size = np.linalg.norm(q[:, :2], axis=1)
            swing = (q[:, :2] / np.where(size > 0, size, 1)[:, None]) @ f[:, :2].T
            local = np.stack([turn(a, t) for a, t in zip(swing, size, strict=True)])
            local = local @ turn(f[:, 2], q[:, 2])
        else:
            for k in range(DOFS[body.kinds[j]]):
                local = local @ turn(f[:, k], q[:, k])
        up = body.parents[j]
        found.append(found[up] + turns[up] @ np.asarray(body.offsets[j], float))
        turns.append(turns[up] @ local)
    return dict(zip(body.names, found, strict=True))


def distance(a, b):
    a, b = places(a), places(b)
    assert set(a) == set(b)
    return max(np.abs(a[name] - b[name]).max() for name in a)


# Bodies whose names have no side, so that nothing but their kinds is inferred.
AXES = np.eye(3)[[1, 2, 0]].T
TILTED = turn([0.6, 0.8, 0.0], 0.7)
BODIES = {
    "chain with an end site": ("a b b_end", [-1, 0, 1], "free ball fixed", AXES),
    "hinge and leaf ball": ("a b c", [-1, 0, 1], "free hinge ball", AXES),
    "universal, mirrored axes": (
        "a b c d",
        [-1, 0, 0, 2],
        "free universal hinge fixed",
        AXES @ np.diag([-1.0, -1.0, 1.0]),
    ),
    "tilted axes, not depth first": (
        "a b c d d_end",
        [-1, 0, 0, 1, 3],
        "free hinge universal universal fixed",
        TILTED,
    ),
    "root alone": ("a", [-1], "free", AXES),
}


@pytest.mark.parametrize("body", BODIES)
@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 2**20),
    units=st.sampled_from([1.0, 100.0, 1000.0]),
    up=st.sampled_from("yz"),
)
def test_what_is_written_is_read(tmp_path_factory, body, seed, units, up):
    names, parents, kinds, frame = BODIES[body]
    offsets = np.linspace(-0.4, 0.7, 3 * len(parents)).reshape(-1, 3)
    skeleton = make_skeleton(
        names.split(), parents, offsets, kinds.split(), [frame] * len(parents)
    )
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 4))
    root = rng.normal(size=(count, 4))
    joints = rng.uniform(-1.5, 1.5, (count, skeleton.num_coordinates))
    motion = Motion(
        skeleton,
        rng.uniform(-5, 5, (count, 3)).astype(np.float32),
        (root / np.linalg.norm(root, axis=1, keepdims=True)).astype(np.float32),
        joints.astype(np.float32),
        float(rng.choice([25.0, 29.97, 120.0])),
    )
    path = tmp_path_factory.getbasetemp() / "round.bvh"
    bvh.write(path, motion, units_per_metre=units, up=up)
    back = bvh.read(path, scale=1 / units, up=up)
    assert distance(motion, back) < 1e-5
    assert back.fps == pytest.approx(motion.fps, rel=1e-5)
    kept = [back.skeleton.kinds[back.skeleton.index(n)] for n in skeleton.names]
    if frame is not TILTED:
        assert kept == list(skeleton.kinds)


@pytest.mark.parametrize("order", itertools.permutations("XYZ"))
@pytest.mark.parametrize("arm", [(10, 0, 0), (0, 0, 40)])
def test_channels_multiply_in_the_order_listed(tmp_path, order, arm):
    # With arms along z the joints' frames differ from the axes of the world.
    listed = " ".join(f"{letter}rotation" for letter in order)
    text = ARM.replace("3 Zrotation Xrotation Yrotation", f"3 {listed}")
    for sign in (1, -1):
        spelled = " ".join(str(sign * x) for x in arm)
        text = text.replace(f"OFFSET {sign * 10} 0 0", f"OFFSET {spelled}")
    motion = bvh.read(save(tmp_path, text), scale=0.01)
    side = [0, max(arm) / 100, 0]
    np.testing.assert_allclose(motion.skeleton.offsets[1], side, atol=1e-7)
    values = np.deg2rad([[4, 5, 6, 7, 8, 9], [40, -50, 60, 70, 80, -90]])
    for t in range(2):
        z, y, x = (np.eye(3)[k] for k in (2, 1, 0))
        root = turn(z, values[t, 0]) @ turn(y, values[t, 1]) @ turn(x, values[t, 2])
        a, b, c = ("XYZ".index(letter) for letter in order)
        upper = turn(np.eye(3)[a], values[t, 3]) @ turn(np.eye(3)[b], values[t, 4])
        upper = upper @ turn(np.eye(3)[c], values[t, 5])
        place = np.array([[1, 2, 3], [-1, 2.5, 30]])[t]
        shoulder = place + root @ arm
        hand = shoulder + root @ upper @ [5, 1, 0]
        # The file's y is up and z forward; ours are z and x.
        for name, expected in (("LeftArm", shoulder), ("LeftArm_end", hand)):
            expected = expected[[2, 0, 1]] / 100
            np.testing.assert_allclose(places(motion)[name][t], expected, atol=1e-6)


def test_fewer_channels_make_simpler_joints(tmp_path):
    text = ARM.replace("3 Zrotation Xrotation Yrotation", "2 Yrotation Zrotation", 1)
    text = text.replace("3 Zrotation Xrotation Yrotation", "1 Xrotation")
    text = text.split("Frames")[0] + "Frames: 1\nFrame Time: .04\n0 0 0 0 0 0 10 20 30"
    body = bvh.read(save(tmp_path, text), scale=1).skeleton
    assert body.kinds == ("free", "universal", "fixed", "hinge", "fixed")
    assert body.mirror is None, "the arms differ in their degrees of freedom"
    motion = bvh.read(save(tmp_path, text), scale=1)
    # y, z and x of the file are z, x and y here.
    np.testing.assert_allclose(body.frames[1][:, :2].T, np.eye(3)[[2, 0]])
    np.testing.assert_allclose(body.frames[3][:, 0], np.eye(3)[1])
    np.testing.assert_allclose(np.rad2deg(motion.joints), [[10, 20, 30]], rtol=1e-5)


def test_motion_carries_the_name_of_the_file(tmp_path):
    motion = formats.read(save(tmp_path, ARM, "07_03.BVH"))
    assert (motion.name, motion.subject, motion.action) == ("07_03", "", "")
    assert motion.fps == 120
    assert len(motion) == 2


def rows_of(text):
    head, tail = text.split("0.008333\n")
    return head + "0.008333\n", tail


ODD = {
    "CRLF": lambda t: t.replace("\n", "\r\n"),
    "CR": lambda t: t.replace("\n", "\r"),
    "tabs": lambda t: t.replace("  ", "\t"),
    "blanks": lambda t: t.replace(" ", "   ").replace("\n", "  \n\n"),
    "lower case": lambda t: (
        t.replace("HIERARCHY", "hierarchy")
        .replace("JOINT", "joint")
        .replace("ROOT", "Root")
        .replace("OFFSET", "Offset")
        .replace("CHANNELS", "Channels")
        .replace("MOTION", "Motion")
        .replace("rotation", "ROTATION")
        .replace("End Site", "end site")
    ),
    "byte order mark": lambda t: "\ufeff" + t,
    "brace on the line": lambda t: t.replace("\n  {", " {"),
    "one line": lambda t: " ".join(t.split("\n")),
    "no last newline": lambda t: t.rstrip(),
    "end of file mark": lambda t: t + "\x1a",
    "timing": lambda t: t.replace("Frames: ", "FRAMES:").replace("Time: ", "Time:\t"),
    "wrapped rows": lambda t: rows_of(t)[0] + rows_of(t)[1].replace(" ", "\n"),
    "all in one row": lambda t: rows_of(t)[0] + rows_of(t)[1].replace("\n", " "),
}


@pytest.mark.parametrize("change", ODD)
def test_layout_does_not_matter(tmp_path, change):
    plain = bvh_text.parse(save(tmp_path, ARM))
    odd = bvh_text.parse(save(tmp_path, ODD[change](ARM)))
    np.testing.assert_array_equal(odd.values, plain.values)
    assert odd.fps == plain.fps == 120
    for a, b in zip(odd.nodes, plain.nodes, strict=True):
        assert (a.name, a.parent, a.offset, a.channels) == (
            (b.name, b.parent, b.offset, b.channels)
        )


@pytest.mark.parametrize("name", ["Left Arm", "mixamorig:LeftArm", "左腕", "End"])
def test_any_name(tmp_path, name):
    text = ARM.replace("JOINT LeftArm", f"JOINT {name}")
    nodes = bvh_text.parse(save(tmp_path, text)).nodes
    assert nodes[1].name == name
    assert nodes[2].name == f"{name}_end"


def test_names_of_an_old_code_page(tmp_path):
    text = ARM.replace("LeftArm", "Hüfte").encode("latin-1")
    assert bvh_text.parse(save(tmp_path, text)).nodes[1].name == "Hüfte"


def edit(old, new, count=1):
    assert old in ARM
    return ARM.replace(old, new, count)


LAST = "100 110 120\n"
BAD = {
    "empty": ("", r"bvh: the file is empty"),
    "blank": (" \n \n", r"bvh: the file is empty"),
    "binary": (b"\x89PNG\0\1\2", r"not plain text"),
    "garbage": (bytes(range(1, 256)), r"bvh:1: a BVH file starts with HIERARCHY"),
    "no hierarchy": (ARM[10:], r"bvh:1: a BVH file starts with HIERARCHY"),
    "no motion": (ARM.split("MOTION")[0], r"MOTION section is missing"),
    "cut off in tree": (ARM[:150], r"MOTION section is missing, .* cut off"),
    "open brace": (edit("}\nMOTION", "MOTION"), r"1 braces are never closed"),
    "surplus brace": (edit("}\nMOTION", "}\n}\nMOTION"), r"bvh:25: a } closes nothing"),
    "no brace": (edit("LeftArm\n  {", "LeftArm\n"), r"bvh:6: no { follows JOINT"),
    "two roots": (
        edit("}\nMOTION", "}\nROOT B\n{\nOFFSET 0 0 0\n}\nMOTION"),
        r"bvh:25: a second ROOT, 'B'; split",
    ),
    "no root": ("HIERARCHY\nMOTION\n", r"no ROOT"),
    "joint first": (edit("ROOT", "JOINT"), r"bvh:2: JOINT Hips is outside"),
    "no name": (edit("JOINT LeftArm", "JOINT"), r"bvh:6: a JOINT without a name"),
    "twice": (edit("RightArm", "LeftArm"), r"bvh:15: joint 'LeftArm' .* line 6; ren"),
    "no offset": (edit("    OFFSET 10 0 0\n", ""), r"bvh:6: 'LeftArm' has no OFFSET"),
    "short offset": (edit("OFFSET 10 0 0", "OFFSET 10 0"), r"bvh:8: the OFFSET"),
    "nan offset": (edit("OFFSET 10 0 0", "OFFSET nan 0 0"), r"bvh:8: the OFFSET"),
    "huge offset": (edit("OFFSET 10 0 0", "OFFSET 1e300 0 0"), r"bvh:8: the OFFSET"),
    "channel": (edit("Zrotation X", "Wrotation X"), r"bvh:9: .* 'LeftArm' are 'Wrot"),
    "same channel": (edit("Zrotation Xr", "Xrotation Xr"), r"bvh:9: .* different ones"),
    "channel count": (edit("CHANNELS 3", "CHANNELS 900"), r"bvh:9: .* '900' CHANNELS"),
    "fewer channels": (edit("CHANNELS 3", "CHANNELS 2"), r"bvh:9: 'Yrotation' is not"),
    "word": (edit("OFFSET 10", "SCALE 10"), r"bvh:8: 'SCALE' is not expected here"),
    "no channels": (
        "HIERARCHY\nROOT A\n{\nOFFSET 0 0 0\n}\nMOTION\nFrames: 9\nFrame Time: 1\n",
        r"bvh:6: no joint has a channel",
    ),
    "no timing": (edit("Frame Time", "Time"), r"bvh:25: no 'Frames:' and"),
    "no frames": (edit("Frames: 2", "Frames: 0"), r"bvh:26: Frames is '0'"),
    "negative": (edit("Frames: 2", "Frames: -2"), r"bvh:26: Frames is '-2'"),
    "frames text": (edit("Frames: 2", "Frames: two"), r"bvh:26: Frames is 'two'"),
    "absurd": (edit("Frames: 2", f"Frames: {10**12}"), r"1000000000000, but 2 whole"),
    "more absurd": (edit("Frames: 2", "Frames: " + "9" * 9999), r"Frames is '9999"),
    "time 0": (edit("0.008333", "0"), r"bvh:27: Frame Time is '0'; give seconds"),
    "time < 0": (edit("0.008333", "-0.1"), r"bvh:27: Frame Time is '-0.1'"),
    "time nan": (edit("0.008333", "nan"), r"bvh:27: Frame Time is 'nan'"),
    "nan": (edit("110", "nan"), r"bvh:29: 'nan' is not a finite number"),
    "inf": (edit("4 5 6", "4 -inf 6"), r"bvh:28: '-inf' is not a finite number"),
    "huge": (edit("110", "1e30"), r"bvh:29: '1e30' is not a finite number"),
    "not a number": (edit("7 8 9", "7 8,5 9"), r"bvh:28: '8,5' is not a finite"),
    "cut off in a row": (
        edit(LAST, ""),
        r"bvh:29: Frames says 2, but 1 whole frames and 9 numbers of 12 channels are "
        r"there, and this line has 9; get the whole file again, or set Frames to 1",
    ),
    "a frame less": (edit("Frames: 2", "Frames: 3"), r"bvh:29: .* 3, but 2 whole"),
    "no numbers": (rows_of(ARM)[0], r"says 2, but 0 whole frames of 12"),
    "a frame more": (edit("Frames: 2", "Frames: 1"), r"1, but 2 whole .*; correct Fra"),
    "many joints": (
        "HIERARCHY\n" + "ROOT A {\nOFFSET 0 0 0\n" + "MOTION\n",
        r"1 braces are never closed",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_errors_say_where_what_and_what_to_do(tmp_path, case):
    text, message = BAD[case]
    path = save(tmp_path, text)
    with pytest.raises(FormatError, match=message) as error:
        bvh.read(path)
    said = str(error.value)
    assert said.startswith(str(path))
    assert "; " in said
    assert "\n" not in said


def test_deep_nesting_ends(tmp_path):
    depth = 100_000
    joints = "".join(f"JOINT j{k} {{ OFFSET 0 1 0\n" for k in range(depth))
    text = f"HIERARCHY\nROOT r {{ OFFSET 0 0 0\n{joints}{'}' * (depth + 1)}\nMOTION\n"
    with pytest.raises(FormatError, match=r"bvh:1026: more than 1024 joints"):
        bvh.read(save(tmp_path, text))


@settings(max_examples=150, deadline=None)
@given(
    start=st.integers(0, len(ARM)),
    length=st.integers(0, 30),
    other=st.text("{}0.-eNaJOINT\n \0é", max_size=4),
)
def test_damage_is_a_format_error_or_harmless(tmp_path_factory, start, length, other):
    text = ARM[:start] + other + ARM[start + length :]
    with contextlib.suppress(FormatError):
        bvh_text.parse(save(tmp_path_factory.getbasetemp(), text))


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        (".0083333", 120),
        ("0.008333", 120),
        ("0.0333", 30),
        ("0.033333", 30),
        ("0.0333667", 30 / 1.001),
        ("0.04170833", 24 / 1.001),
        ("0.0417", 24),
        ("0.0166834", 60 / 1.001),
        ("1.6666667E-02", 60),
        ("0.04", 25),
        ("0.03", 1 / 0.03),
        ("2.5", 0.4),
        ("1", 1),
    ],
)
def test_frame_rate(text, rate):
    assert bvh_text.frame_rate(float(text), text) == pytest.approx(rate, abs=1e-12)


def moving(positions):
    text = ARM.replace(
        "3 Zrotation Xrotation Yrotation", "3 Xposition Yposition Zposition", 1
    )
    text = text.replace("3 Zrotation Xrotation Yrotation", "0")
    rows = "\n".join(f"0 0 0 0 0 0 {p}" for p in positions)
    head = text.split("Frames")[0]
    return f"{head}Frames: {len(positions)}\nFrame Time: .04\n{rows}\n"


@pytest.mark.parametrize(
    ("positions", "offset"),
    [
        (["10 0 0", "10 0 0"], [0, 0.10, 0]),
        (["10.5 0 0", "10 0.3 0"], [0, 0.10, 0]),
        (["14 1 2", "14 1 2"], [0.02, 0.14, 0.01]),
        (["0 0 0", "0 0 0"], [0, 0.10, 0]),
    ],
)
def test_positions_of_inner_joints(tmp_path, positions, offset):
    body = bvh.read(save(tmp_path, moving(positions)), scale=0.01).skeleton
    np.testing.assert_allclose(body.offsets[1], offset, atol=1e-7)


def test_bones_that_stretch(tmp_path):
    path = save(tmp_path, moving(["10 0 0", "13 0 0"]))
    with pytest.raises(FormatError, match=r"bvh:6: .*'LeftArm' stretch .* by 3\.0 cm"):
        bvh.read(path, scale=0.01)


def test_a_resting_reference_above_the_hips(tmp_path):
    text = ARM.replace("ROOT Hips", "ROOT Reference\n{\nOFFSET 7 0 0\nJOINT Hips")
    text = text.replace("MOTION", "}\nMOTION")
    plain = bvh.read(save(tmp_path, ARM, "plain.bvh"), scale=0.01)
    moved = bvh.read(save(tmp_path, text), scale=0.01)
    assert moved.skeleton.names == plain.skeleton.names
    shift = moved.root_position - plain.root_position
    np.testing.assert_allclose(shift, [[0, 0.07, 0]] * 2, atol=1e-7)
    np.testing.assert_array_equal(moved.joints, plain.joints)


PERSON = {
    "Hips": ("", 0, 0, 0),
    "Spine": ("Hips", 0, 0.25, -0.02),
    "Head": ("Spine", 0, 0.4, 0.03),
    "Head_end": ("Head", 0, 0.15, 0),
    **{
        f"{side}{part}": (above and above.replace("*", side), sign * x, y, z)
        for side, sign in (("Left", 1), ("Right", -1))
        for part, above, x, y, z in (
            ("UpLeg", "Hips", 0.1, -0.05, 0),
            ("Leg", "*UpLeg", 0, -0.42, 0),
            ("Foot", "*Leg", 0, -0.42, 0),
            ("Foot_end", "*Foot", 0, -0.03, 0.15),
            ("Arm", "Spine", 0.18, 0.2, 0),
            ("ForeArm", "*Arm", 0.3, 0, 0),
            ("Hand", "*ForeArm", 0.25, 0, 0),
        )
    },
}
NAMES = list(PERSON)
PARENTS = [NAMES.index(row[0]) if row[0] else -1 for row in PERSON.values()]
OFFSETS = np.array([row[1:] for row in PERSON.values()])


SIDES = {"": "", "l": "Left", "r": "Right"}


def renamed(scheme):
    for name in NAMES:
        side = "l" if "Left" in name else "r" if "Right" in name else ""
        bare = name.replace("Left", "").replace("Right", "")
        yield scheme(side, bare)


@pytest.mark.parametrize(
    "scheme",
    [
        lambda side, bare: f"mixamorig:{SIDES[side]}{bare}",
        lambda side, bare: f"{side}{bare.lower()}",
        lambda side, bare: f"{side.upper()}{bare}",
        lambda side, bare: f"{bare}.{side.upper()}" if side else bare,
        lambda side, bare: f"{side}_{bare.lower()}" if side else f"Lower{bare}",
    ],
)
def test_sides_by_any_naming(scheme):
    found = axes.canonical(list(renamed(scheme)), PARENTS, OFFSETS, "y")
    assert found.mirror is not None
    pairs = [(NAMES[j], NAMES[m]) for j, m in enumerate(found.mirror) if j < m]
    assert all(b == a.replace("Left", "Right") for a, b in pairs)
    assert len(pairs) == 7
    np.testing.assert_array_equal(found.body, axes.WORLD["y"])


@pytest.mark.parametrize("permutation", itertools.permutations(range(3)))
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, 1), (1, -1, -1)])
def test_axes_are_those_of_the_skeleton(permutation, signs):
    change = np.eye(3)[list(permutation)] * np.array(signs)[:, None]
    change *= np.linalg.det(change)
    found = axes.canonical(NAMES, PARENTS, OFFSETS @ change.T, "y")
    expected = OFFSETS @ axes.WORLD["y"].T
    np.testing.assert_allclose(OFFSETS @ change.T @ found.body.T, expected, atol=1e-12)
    assert np.linalg.det(found.body) == pytest.approx(1)


def test_axes_of_a_figure_with_z_up():
    # It faces -y, its left is x.
    offsets = OFFSETS[:, [0, 2, 1]] * np.array([1, -1, 1])
    found = axes.canonical(NAMES, PARENTS, offsets, "z")
    np.testing.assert_array_equal(found.body, axes.WORLD["z"])
    np.testing.assert_array_equal(offsets @ found.body.T, OFFSETS[:, [2, 0, 1]])


def test_zero_pose_with_all_bones_along_one_axis():
    # As in files where every joint's x axis runs along its bone, z to the side.
    offsets = np.zeros_like(OFFSETS)
    offsets[:, 0] = np.linalg.norm(OFFSETS, axis=1)
    for name, side in (("Left", 1), ("Right", -1)):
        offsets[NAMES.index(f"{name}UpLeg")] = 0.01, 0.02, 0.1 * side
        offsets[NAMES.index(f"{name}Arm")] = 0.1, -0.01, 0.15 * side
    found = axes.canonical(NAMES, PARENTS, offsets, "y")
    assert found.mirror is not None
    np.testing.assert_array_equal(found.body, np.eye(3)[[1, 2, 0]])
    size = axes.metres_per_unit("auto", NAMES, PARENTS, offsets * 100, "y")
    assert size == 0.01


def test_no_mirror_where_geometry_contradicts_names():
    offsets = OFFSETS.copy()
    for j, name in enumerate(NAMES):
        if name.startswith("Right"):
            offsets[j] = np.roll(offsets[j], 1) * 2
    assert axes.canonical(NAMES, PARENTS, offsets, "y").mirror is None


@pytest.mark.parametrize("unit", axes.UNITS)
@pytest.mark.parametrize("height", [0.75, 1.0, 1.3])
def test_unit_is_told_from_size(unit, height):
    offsets = OFFSETS * height / unit
    assert axes.metres_per_unit("auto", NAMES, PARENTS, offsets, "y") == unit
    sideless = [f"n{j}" for j in range(len(NAMES))]
    assert axes.metres_per_unit("auto", sideless, PARENTS, offsets, "y") == unit


@pytest.mark.parametrize("scale", [0, -1, np.nan, np.inf, "cm"])
def test_bad_scale(tmp_path, scale):
    with pytest.raises(ValueError, match="scale must be"):
        bvh.read(save(tmp_path, ARM), scale=scale)
    with pytest.raises(ValueError, match="up must be"):
        bvh.read(save(tmp_path, ARM), up="x")


@pytest.mark.parametrize("order", itertools.permutations(range(3)))
def test_euler_angles_lose_nothing_at_gimbal_lock(order):
    rng = np.random.default_rng(0)
    angles = rng.uniform(-np.pi, np.pi, (500, 3))
    angles[:200, 1] = np.pi / 2 + rng.normal(size=200) * np.logspace(-9, -1, 200)
    matrices = euler.product(np.array([order]), angles[:, None])[:, 0]
    blurred = matrices + rng.normal(size=matrices.shape) * 1e-7
    back = euler.angles(blurred, order)
    again = euler.product(np.array([order]), back[:, None])[:, 0]
    assert np.abs(again - matrices).max() < 1e-6


def still(names=("a", "b"), **changes):
    body = make_skeleton(names, [-1, 0], np.ones((2, 3)))
    root = np.array([[1.0, 0, 0, 0]], np.float32)
    return Motion(
        body, np.zeros((1, 3), np.float32), root, np.zeros((1, 0), np.float32), 30.0
    ).replace(**changes)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failed_write_changes_nothing(tmp_path, monkeypatch, step):
    path = save(tmp_path, "old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match=r"cannot write .*clip\.bvh: No space") as error:
        bvh.write(path, still())
    assert error.value.errno == errno.ENOSPC
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["clip.bvh"]


def test_write_into_no_folder(tmp_path):
    with pytest.raises(OSError, match=r"cannot write .*nowhere"):
        bvh.write(tmp_path / "nowhere" / "a.bvh", still())


def test_motions_that_cannot_be_written(tmp_path):
    path = tmp_path / "a.bvh"
    with pytest.raises(ValueError, match="one clip"):
        bvh.write(path, still(joints=np.zeros((2, 1, 0))))
    with pytest.raises(ValueError, match="cannot be named"):
        bvh.write(path, still(("a", "b{")))
    with pytest.raises(ValueError, match="units_per_metre"):
        bvh.write(path, still(), units_per_metre=0)
    assert not path.exists()


@pytest.mark.parametrize("subject", ["01", "02", "05", "06", "07", "08", "09"])
def test_unit_of_the_cmu_files(shared_data, subject):
    nodes = bvh_text.parse(
        shared_data / "cmu_bvh" / subject / f"{subject}_01.bvh"
    ).nodes
    names, parents = [n.name for n in nodes], [n.parent for n in nodes]
    offsets = np.array([n.offset for n in nodes])
    unit = axes.metres_per_unit("auto", names, parents, offsets, "y")
    assert unit == 0.0254 / 0.45
    assert 1.5 < unit * axes.size(names, parents, offsets, "y") < 2.0


def test_a_person_who_walks(shared_data, tmp_path):
    motion = bvh.read(shared_data / "cmu_bvh" / "02" / "02_01.bvh")
    body, at = motion.skeleton, motions.positions(motion)[1:]
    assert motion.fps == 120
    assert len(motion) == 344
    assert np.isfinite(at).all()
    assert body.mirror is not None
    assert body.names[body.mirror[body.index("LThumb_end")]] == "RThumb_end"
    rest = np.zeros((body.num_joints, 3))
    for j in range(1, body.num_joints):
        rest[j] = rest[body.parents[j]] + body.offsets[j]
    left, right = rest[body.index("LeftFoot")], rest[body.index("RightFoot")]
    assert left[1] > 0.05
    assert right[1] < -0.05
    assert rest[body.index("LeftToeBase"), 0] > left[0] + 0.05, "toes point forward"
    lowest = at[:, :, 2].min(axis=1)
    assert np.abs(lowest).max() < 0.08, "one foot is always near the floor"
    # This mirror of the files lacks the chest bone, 0.12 m.
    assert 1.35 < np.median(at[:, body.index("Head_end"), 2]) < 1.6
    assert at[-1, 0, 0] - at[0, 0, 0] > 3, "she walks along x"
    hip, knee, foot = (
        at[:, body.index(n)] for n in ("LeftUpLeg", "LeftLeg", "LeftFoot")
    )
    ahead = knee - (hip + foot) / 2
    assert ahead[:, 0].max() > 0.1, "the knee bends"
    assert ahead[:, 0].min() > -0.03, "and never backward"
    # Positions by independent NumPy, and through a file in centimetres.
    short = motion[1:60:12]
    apart = [at[:59:12, j] - p for j, p in enumerate(places(short).values())]
    assert np.abs(apart).max() < 1e-5
    bvh.write(tmp_path / "out.bvh", short)
    assert distance(short, bvh.read(tmp_path / "out.bvh")) < 1e-5
