"""Forward kinematics in float64 NumPy, one joint after another, and bodies to test.

Nothing here is shared with the library: rotations come from the exponential series
of a matrix instead of from closed forms.
"""

import numpy as np

from kinematics import Skeleton, make_skeleton

DOFS = {"free": 0, "fixed": 0, "hinge": 1, "universal": 2, "ball": 3}


def turn(vector) -> np.ndarray:
    """Rotation matrix of a rotation vector: the series of exp, squared 16 times."""
    x, y, z = np.asarray(vector, np.float64) / 2**16
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    result = np.eye(3) + skew + skew @ skew / 2 + skew @ skew @ skew / 6
    for _ in range(16):
        result = result @ result
    return result


def turn_of_quaternion(q) -> np.ndarray:
    """Rotation matrix from the products q e q* for the three axes e."""
    w, x, y, z = np.asarray(q, np.float64)

    def left(w, x, y, z):
        return np.array([[w, -x, -y, -z], [x, w, -z, y], [y, z, w, -x], [z, -y, x, w]])

    conjugate = np.array([w, -x, -y, -z])
    columns = [left(w, x, y, z) @ left(0, *e) @ conjugate for e in np.eye(3)]
    return np.stack(columns, axis=1)[1:]


def joint_turn(kind, frame, values) -> np.ndarray:
    """Rotation of one joint against its parent."""
    first, second, third = np.asarray(frame, np.float64).T
    if kind == "hinge":
        return turn(values[0] * first)
    if kind == "universal":
        return turn(values[0] * first) @ turn(values[1] * second)
    if kind == "ball":
        return turn(values[0] * first + values[1] * second) @ turn(values[2] * third)
    return np.eye(3)


def forward(skeleton, root_position, root_rotation, q):
    """World positions [J, 3] and rotations [J, 3, 3] of one pose."""
    places = [np.asarray(root_position, np.float64)]
    turns = [turn_of_quaternion(root_rotation)]
    start = 0
    for j in range(1, len(skeleton.names)):
        up, kind = skeleton.parents[j], skeleton.kinds[j]
        offset = np.asarray(skeleton.offsets[j], np.float64)
        values = np.asarray(q[start : start + DOFS[kind]], np.float64)
        start += DOFS[kind]
        places.append(places[up] + turns[up] @ offset)
        turns.append(turns[up] @ joint_turn(kind, skeleton.frames[j], values))
    return np.stack(places), np.stack(turns)


def poses(skeleton, batch, seed=0, scale=1.0):
    """Random root positions, root rotations and joint coordinates, float32."""
    rng = np.random.default_rng(seed)
    quaternions = rng.normal(size=(*batch, 4))
    quaternions /= np.linalg.norm(quaternions, axis=-1, keepdims=True)
    q = scale * rng.normal(size=(*batch, skeleton.num_coordinates))
    position = rng.normal(size=(*batch, 3))
    return tuple(x.astype(np.float32) for x in (position, quaternions, q))


def single() -> Skeleton:
    """Only a root."""
    return make_skeleton(["root"], [-1], np.zeros((1, 3)))


def chain() -> Skeleton:
    """Six joints in a row, all balls but for the ends; no mirror."""
    offsets = np.random.default_rng(1).normal(size=(6, 3))
    return make_skeleton([f"link{j}" for j in range(6)], range(-1, 5), offsets)


def scattered(seed=2, count=12) -> Skeleton:
    """A random tree with joints of random kinds and random frames; no mirror."""
    rng = np.random.default_rng(seed)
    parents = [-1, *(int(rng.integers(j)) for j in range(1, count))]
    kinds = ["free", *rng.choice(["fixed", "hinge", "universal", "ball"], count - 1)]
    frames = [turn(rng.normal(size=3)) for _ in range(count)]
    names = [f"node{j}" for j in range(count)]
    offsets = rng.normal(size=(count, 3))
    return make_skeleton(names, parents, offsets, kinds, frames)


def human(asymmetric=False, **limits) -> Skeleton:
    """Trunk, head, arms and legs, with joints of every kind; 0.1 m more at left."""
    table = [
        ("Hips", -1, "free", (0, 0, 0)),
        ("Spine", 0, "ball", (-0.02, 0, 0.12)),
        ("Neck", 1, "universal", (0, 0, 0.4)),
        ("Head", 2, "fixed", (0.05, 0, 0.15)),
    ]
    for side, y in (("Left", 1.0), ("Right", -1.0)):
        extra = 0.1 if asymmetric and side == "Left" else 0.0
        at = len(table)
        table += [
            (f"{side}UpLeg", 0, "ball", (0, y * 0.1, -0.05)),
            (f"{side}Leg", at, "hinge", (0.01, y * 0.02, -0.42 - extra)),
            (f"{side}Foot", at + 1, "universal", (-0.02, 0, -0.4)),
            (f"{side}Toe", at + 2, "fixed", (0.15, y * (0.02 + extra), -0.05)),
            (f"{side}Arm", 1, "ball", (0, y * (0.18 + extra), 0.35)),
            (f"{side}ForeArm", at + 4, "hinge", (0, y * 0.28, 0.01)),
            (f"{side}Hand", at + 5, "fixed", (0, y * 0.25, 0)),
        ]
    names, parents, kinds, offsets = zip(*table, strict=True)
    return make_skeleton(names, parents, np.array(offsets), kinds, **limits)


def limited(seed=0, asymmetric=False) -> Skeleton:
    """The human with limits that are wide and narrow, at 0 and far from it."""
    rng = np.random.default_rng(seed)
    count = human().num_coordinates
    center = rng.uniform(-1.5, 1.5, count)
    half = 10 ** rng.uniform(-3, 0.3, count)
    lower, upper = np.float32(center - half), np.float32(center + half)
    return human(asymmetric, lower=lower, upper=upper)


TREES = {
    "single": single(),
    "chain": chain(),
    "scattered": scattered(),
    "human": human(asymmetric=True),
}
