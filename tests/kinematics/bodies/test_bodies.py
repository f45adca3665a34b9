"""Laws of all ready-made bodies."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import bodies, symmetry
from kinematics.skeleton import infer_mirror
from tests.kinematics import reference

NAMES = (
    "human",
    "smpl24",
    "smplh52",
    "smplx55",
    "coco17",
    "body25",
    "halpe26",
    "blazepose33",
    "h36m17",
    "mocap31",
    "cmu38",
)
BODIES = {name: getattr(bodies, name)() for name in NAMES}
every_body = pytest.mark.parametrize("name", NAMES)
KNEES = {"mocap31": "LeftLeg", "cmu38": "LeftLeg", "blazepose33": "LEFT_KNEE"}
KNEES |= dict.fromkeys(("body25", "h36m17"), "LKnee")
UPRIGHT = np.zeros(3), np.array([1.0, 0, 0, 0])


def places(body, q):
    return reference.forward(body, *UPRIGHT, q)[0]


def swing_table(body):
    starts = [body.coordinates(n).start for n in body.names]
    balls = [s for s, k in zip(starts, body.kinds, strict=True) if k == "ball"]
    return np.array(balls)[:, None] + [0, 1]


def knee_ankle(name):
    body = BODIES[name]
    knee = body.index(KNEES.get(name, "left_knee"))
    return knee, next(j for j, p in enumerate(body.parents) if p == knee)


@every_body
def test_limits_are_ordered_and_equal_to_their_mirror(name):
    body = BODIES[name]
    mirrored = symmetry.mirror_skeleton(body)
    assert (body.lower < body.upper).all()
    np.testing.assert_array_equal(mirrored.lower, body.lower)
    np.testing.assert_array_equal(mirrored.upper, body.upper)


@every_body
def test_a_body_is_its_own_mirror(name):
    body = BODIES[name]
    mirrored = symmetry.mirror_skeleton(body)
    np.testing.assert_allclose(mirrored.frames, body.frames, atol=1e-7)
    assert body.mirror == infer_mirror(body.names, body.parents)
    if name == "cmu38":  # the only one with the bones of one person
        np.testing.assert_allclose(mirrored.offsets, body.offsets, atol=0.012)
    else:
        np.testing.assert_array_equal(mirrored.offsets, body.offsets)


@every_body
def test_twins_have_equal_coordinates(name):
    index, signs = symmetry.coordinate_mirror(BODIES[name])
    assert (signs[index != np.arange(len(index))] == 1).all()


@every_body
def test_rest_is_a_possible_pose(name):
    body = BODIES[name]
    assert ((body.lower < 0) & (body.upper > 0)).all()
    swing = swing_table(body)
    center = (body.lower + body.upper)[swing] / 2
    half = (body.upper - body.lower)[swing] / 2
    assert (np.linalg.norm(center / half, axis=1) < 1).all()


@every_body
def test_no_possible_knee_bends_forward(name):
    body = BODIES[name]
    knee, ankle = knee_ankle(name)
    hip, at = body.parents[knee], body.coordinates(body.names[knee])
    rng = np.random.default_rng(0)
    low, high = body.lower[at].astype(float), body.upper[at].astype(float)
    bent = []
    for _ in range(100):
        q = np.zeros(body.num_coordinates)
        angles = rng.uniform(low, high)
        if len(angles) == 3:  # onto the edge of the cone at the furthest
            center, half = (low + high)[:2] / 2, (high - low)[:2] / 2
            out = (angles[:2] - center) / half
            angles[:2] = center + half * out / max(1.0, np.linalg.norm(out))
        q[at] = angles
        p = places(body, q)
        thigh, shank = p[knee] - p[hip], p[ankle] - p[knee]
        # A shank that goes to the back has turned about y.
        cross = np.cross(thigh, shank)
        sine = np.copysign(np.linalg.norm(cross), cross[1])
        bent.append(np.degrees(np.arctan2(sine, thigh @ shank)))
    assert min(bent) > -6
    assert max(bent) > 120


@every_body
def test_bending_the_knee_moves_the_ankle_backward(name):
    body = BODIES[name]
    knee, ankle = knee_ankle(name)
    for joint in (knee, body.mirror[knee]):
        foot = ankle if joint == knee else body.mirror[ankle]
        q = np.zeros(body.num_coordinates)
        rest = places(body, q)[foot]
        q[body.coordinates(body.names[joint]).start] = 0.5
        assert places(body, q)[foot][0] - rest[0] < -0.15


@pytest.mark.parametrize("name", [n for n in NAMES if n != "cmu38"])
def test_bones_grow_with_stature(name):
    make, unit = getattr(bodies, name), BODIES[name].offsets / np.float32(1.75)
    statures = np.array([[1.2, 1.6], [1.75, 2.05]])
    many = make(statures)
    assert many.offsets.shape == (2, 2, *unit.shape)
    assert many.offsets.dtype == np.float32
    np.testing.assert_allclose(many.offsets[0, 1], 1.6 * unit, atol=1e-6)
    assert make(np.zeros(0) + 1).offsets.shape == (0, *unit.shape)


@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    [
        ("human", 0.0, 1.0),
        ("halpe26", 0.0, 1.0),
        ("body25", 0.0, 0.936),  # from the toes to the eyes
        ("blazepose33", 0.0, 0.936),
        ("coco17", 0.039, 0.936),  # no foot: from the ankle
        ("h36m17", 0.039, 1.0),
        ("smpl24", 0.0, 0.870),  # to where the head turns
        ("smplx55", 0.0, 0.936),
        ("mocap31", 0.0, 0.870),
    ],
)
def test_standing_height_is_stature(name, lowest, highest):
    body = getattr(bodies, name)(1.8)
    height = np.ptp(places(body, np.zeros(body.num_coordinates))[:, 2])
    assert height == pytest.approx(1.8 * (highest - lowest), rel=1e-6)


@pytest.mark.parametrize("stature", [0.0, -1.7, np.nan, np.array([1.7, 0.0])])
def test_a_body_needs_a_stature_above_zero(stature):
    with pytest.raises(ValueError, match="stature must be above 0 metres"):
        bodies.smpl24(stature)


def test_bodies_are_differentiable_by_stature():
    def reach(stature):
        return jnp.sum(bodies.coco17(stature).offsets[..., 2])

    slope = jax.grad(reach)(jnp.float32(1.7))
    assert float(slope) == pytest.approx(BODIES["coco17"].offsets[:, 2].sum() / 1.75)


def test_nobody_can_change_a_shared_body():
    with pytest.raises(ValueError, match="read-only"):
        bodies.smpl24().lower[0] = 0


def test_sizes_of_the_bodies():
    sizes = {name: (b.num_joints, b.num_coordinates) for name, b in BODIES.items()}
    assert sizes == {
        "human": (29, 47),
        "smpl24": (24, 69),
        "smplh52": (52, 153),
        "smplx55": (55, 162),
        "coco17": (20, 22),
        "body25": (26, 26),
        "halpe26": (27, 26),
        "blazepose33": (36, 32),
        "h36m17": (17, 25),
        "mocap31": (31, 56),
        "cmu38": (38, 90),
    }
