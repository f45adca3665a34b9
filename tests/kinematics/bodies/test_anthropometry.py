"""Laws of segment masses on skeletons: what sums, what mirrors, what can exist."""

import numpy as np
import pytest

from kinematics.bodies import human, smpl24, smplh52, smplx55
from kinematics.bodies.anthropometry import inertia, table
from kinematics.bodies.segment_tables import DE_LEVA
from kinematics.bodies.segments import segments
from kinematics.formats import bvh

BODIES = {"human": human, "smpl24": smpl24, "smplh52": smplh52, "smplx55": smplx55}
every_body = pytest.mark.parametrize("name", BODIES)
every_sex = pytest.mark.parametrize("sex", ["male", "female", "neutral"])


def rest(skeleton):
    places = np.array(skeleton.offsets, float)
    for j, up in enumerate(skeleton.parents[1:], 1):
        places[..., j, :] += places[..., up, :]
    return places


def together(masses, places, joints):
    """Mass, centre and tensor of several joints' parts at rest, about their centre."""
    joints = list(joints)
    mass = np.float64(masses.mass[joints])
    centers = places[joints] + masses.center[joints]
    center = mass @ centers / mass.sum()
    arm = centers - center
    square = (arm**2).sum(-1)[:, None, None] * np.eye(3)
    tensor = masses.tensor[joints] + mass[:, None, None] * (
        square - arm[:, :, None] * arm[:, None, :]
    )
    return mass.sum(), center, tensor.sum(axis=0)


@every_sex
@every_body
def test_masses_sum_to_that_of_the_body(name, sex):
    masses = inertia(BODIES[name](), 63.0, sex)
    assert np.float64(masses.mass).sum() == pytest.approx(63.0, rel=3e-7)
    assert masses.mass.dtype == np.float32


@every_sex
@every_body
def test_every_moving_part_is_a_solid_that_can_exist(name, sex):
    skeleton = BODIES[name]()
    masses = inertia(skeleton, 63.0, sex)
    inner = set(skeleton.parents)
    for j, kind in enumerate(skeleton.kinds):
        if kind == "fixed" and j not in inner and not masses.mass[j]:
            continue
        assert masses.mass[j] > 0
        moments = np.linalg.eigvalsh(np.float64(masses.tensor[j]))
        assert moments[0] > 0
        assert moments[0] + moments[1] > moments[2] * (1 - 1e-5)


@every_body
def test_left_and_right_mirror_each_other(name):
    skeleton = BODIES[name]()
    masses = inertia(skeleton)
    twins = list(skeleton.mirror)
    flip = np.array([1.0, -1.0, 1.0])
    np.testing.assert_allclose(masses.mass[twins], masses.mass, rtol=1e-6)
    np.testing.assert_allclose(masses.center[twins] * flip, masses.center, atol=2e-6)
    signs = flip[:, None] * flip
    np.testing.assert_allclose(masses.tensor[twins] * signs, masses.tensor, atol=1e-6)


@every_sex
def test_segments_have_the_mass_centre_and_moments_of_the_table(sex):
    skeleton = human()
    masses, rows, places = inertia(skeleton, 1.0, sex), table(sex), rest(skeleton)
    index = skeleton.index
    total = sum(rows[s][0].mass for s in ("head", "upper trunk", "middle trunk"))
    limbs = ("upper arm", "forearm", "hand", "thigh", "shank", "foot")
    total += rows["lower trunk"][0].mass + 2 * sum(rows[s][0].mass for s in limbs)
    for segment, start, end, axis in (
        ("upper arm", "left_shoulder", "left_elbow", 1),
        ("forearm", "left_elbow", "left_wrist", 1),
        ("thigh", "left_hip", "left_knee", 2),
        ("shank", "left_knee", "left_ankle", 2),
    ):
        row = rows[segment][0]
        mass, center, tensor = together(masses, places, [index(start)])
        bone = places[index(end)] - places[index(start)]
        length = np.linalg.norm(bone)
        assert mass == pytest.approx(row.mass / total, rel=1e-3)
        found = (center - places[index(start)]) @ bone / length**2
        assert found == pytest.approx(row.center, abs=1e-5)
        radii = np.sqrt(np.diag(tensor) / mass) / length
        # Forward stays forward; sideways is up for an arm held out.
        order = [0, 3 - axis, axis]
        np.testing.assert_allclose(radii[order], row[2:], rtol=1e-4)


@every_sex
def test_pieces_of_a_cut_segment_make_the_whole(sex):
    skeleton, rows = human(), table(sex)
    masses, places = inertia(skeleton, 1.0, sex), rest(skeleton)
    parts = {s.name: s for s in segments(skeleton)}
    head = parts["head"].joints
    mass, center, tensor = together(masses, places, head)
    shoulders = places[[skeleton.index(f"{s}_shoulder") for s in ("left", "right")]]
    hips = places[[skeleton.index(f"{s}_hip") for s in ("left", "right")]]
    scale = (shoulders - hips)[:, 2].mean() / rows["trunk"][1]
    row, length = rows["head"]
    top = places[skeleton.index("head_end")]
    # The neck's least mass, a ten thousandth of the body, is beside the table's.
    np.testing.assert_allclose(
        center, top - [0, 0, row.center * length * scale], atol=1e-3
    )
    radii = np.sqrt(np.diag(tensor) / mass) / (length * scale)
    np.testing.assert_allclose(radii, row[2:], rtol=0.03)
    trunk = parts["trunk"].joints
    mass, center, _ = together(masses, places, trunk)
    thirds = [rows[f"{part} trunk"] for part in ("upper", "middle", "lower")]
    weights = np.array([third[0].mass for third in thirds])
    spans = np.array([third[1] for third in thirds])
    ends = np.cumsum(spans) - spans.sum()
    heights = -ends + (1 - np.array([third[0].center for third in thirds])) * spans
    wanted = hips[0, 2] + scale * (weights @ heights) / weights.sum()
    assert center[2] == pytest.approx(wanted, abs=1e-4)


def test_fingers_share_the_hand_of_a_body_without_fingers():
    whole, fine = smpl24(), smplh52()
    for skeleton in (whole, fine):
        masses = inertia(skeleton, 1.0)
        hands = [s for s in segments(skeleton) if s.name == "hand"]
        mass = sum(np.float64(masses.mass[list(s.joints)]).sum() for s in hands)
        share = 2 * table("neutral")["hand"][0].mass
        # Each joint has a ten thousandth at least.
        assert share * 0.99 < mass < share + 40e-4
    fingers = [j for s in hands for j in s.joints[1:]]
    assert (masses.mass[fingers] > 0).all()


def test_bodies_of_many_sizes_are_many_bodies():
    skeleton = human()
    sizes = np.float32([0.5, 1.0, 1.3])
    many = skeleton.replace(offsets=skeleton.offsets * sizes[:, None, None])
    found = inertia(many, np.array([20.0, 70.0, 120.0]))
    assert found.tensor.shape == (3, skeleton.num_joints, 3, 3)
    for k, mass in enumerate((20.0, 70.0, 120.0)):
        size = skeleton.offsets * sizes[k]
        one = inertia(skeleton.replace(offsets=size), mass)
        np.testing.assert_allclose(found.mass[k], one.mass, rtol=1e-6)
        np.testing.assert_allclose(found.center[k], one.center, atol=1e-6)
        np.testing.assert_allclose(found.tensor[k], one.tensor, atol=1e-6)


def test_neutral_lies_between_the_sexes():
    for name, (row, length) in table("neutral").items():
        male, female = table("male")[name], table("female")[name]
        np.testing.assert_allclose(row, (np.array(male[0]) + female[0]) / 2)
        assert length == (male[1] + female[1]) / 2
    assert table("male")["thigh"][0] == DE_LEVA["male"]["thigh", "HJC", "KJC"]


def test_an_unknown_sex_is_refused():
    with pytest.raises(ValueError, match="'neutral', not 'any'"):
        inertia(human(), sex="any")


def test_captured_skeletons_weigh_alike_left_and_right(shared_data):
    skeleton = bvh.read(shared_data / "cmu_bvh" / "08" / "08_01.bvh").skeleton
    masses = inertia(skeleton, 70.0)
    assert np.float64(masses.mass).sum() == pytest.approx(70.0, rel=3e-7)
    for joint in ("UpLeg", "Leg", "Arm", "ForeArm"):
        left, right = (skeleton.index(side + joint) for side in ("Left", "Right"))
        assert masses.mass[left] == masses.mass[right] > 0
    # Hip bones and zero-length joints of this format turn something too.
    inner = set(skeleton.parents)
    assert all(masses.mass[j] > 0 for j in inner if j >= 0)
