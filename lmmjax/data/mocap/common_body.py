"""One body for files of CMU's library in all their forms.

The library's skeleton has 30 bones. Acclaim files (ASF/AMC) say which way each joint
turns; in the BVH conversion every joint is a ball joint with three angles, though the
motion in it has no more degrees of freedom than before. Here both come to one tree,
that of `kinematics.bodies.cmu38`, whose joints turn in the ways that ASF gives them
and within anatomical ranges. Everybody keeps their own bones.
"""

import functools

import jax
import numpy as np

from kinematics import Motion, Skeleton, forward, make_skeleton, rotations
from kinematics import motion as motions
from kinematics.bodies import cmu38

# Which axes of the ball joints of `cmu38` remain, outermost first; other joints keep
# all three. Clavicles never turn in the library, fingers are always bent by 7 degrees,
# and thumbs turn over from frame to frame, so that they are fixed here.
_AXES: dict[str, tuple[int, ...]] = {
    "LHipJoint": (),
    "RHipJoint": (),
    "LThumb": (),
    "RThumb": (),
} | {
    side + base: axes
    for side in ("Left", "Right")
    for base, axes in (
        ("Leg", (0,)),
        ("Foot", (2, 0)),
        ("ToeBase", (0,)),
        ("Shoulder", ()),
        ("ForeArm", (0,)),
        ("Hand", (2,)),
        ("FingerBase", (1, 0)),
        ("HandIndex1", ()),
    )
}
_KINDS = ("fixed", "hinge", "universal")
# The joints of ASF/AMC files by those of `cmu38`.
_ACCLAIM = {
    "Hips": "root",
    "LHipJoint": "lhipjoint",
    "RHipJoint": "rhipjoint",
    "LowerBack": "lowerback",
    "Spine": "upperback",
    "Spine1": "thorax",
    "Neck": "lowerneck",
    "Neck1": "upperneck",
    "Head": "head",
    "Head_end": "head_end",
} | {
    side + ours: side[0].lower() + theirs
    for side in ("Left", "Right")
    for ours, theirs in (
        ("UpLeg", "femur"),
        ("Leg", "tibia"),
        ("Foot", "foot"),
        ("ToeBase", "toes"),
        ("ToeBase_end", "toes_end"),
        ("Shoulder", "clavicle"),
        ("Arm", "humerus"),
        ("ForeArm", "radius"),
        ("Hand", "wrist"),
        ("FingerBase", "hand"),
        ("HandIndex1", "fingers"),
        ("HandIndex1_end", "fingers_end"),
    )
}
_ACCLAIM |= {
    side + ours: side.lower() + theirs
    for side in "LR"
    for ours, theirs in (("Thumb", "thumb"), ("Thumb_end", "thumb_end"))
}
# The conversion to BVH lost the bones after which the tree branches. In the ASF files
# of subjects 01, 02 and 03 the thorax is 0.1 to 0.9 mm longer than the bone below it,
# and within 2 degrees of upright; the bone after the wrist is half the forearm.
_HAND_SHARE = 0.5
_LOST_M = 1e-6


@functools.cache
def common_body() -> Skeleton:
    """The body: 38 joints, 46 coordinates, bones of subject 02.

    Two each: hips 3, knees 1, ankles 2, toes 1, shoulders 3, elbows 1, forearms 1 and
    wrists 2; three joints of the spine and three of the neck have 3 each. Limits are
    those of `cmu38`.
    """
    full = cmu38()
    kinds, frames = list(full.kinds), np.array(full.frames)
    kept: list[int] = []
    for j, name in enumerate(full.names):
        at = range(full.num_coordinates)[full.coordinates(name)]
        axes = _AXES.get(name, range(len(at)))
        kept += [at[k] for k in axes]
        if name in _AXES:
            kinds[j] = _KINDS[len(axes)]
        if name in _AXES and axes:
            frames[j] = _leading(frames[j], *axes)
    return make_skeleton(
        full.names,
        full.parents,
        full.offsets,
        kinds,
        frames,
        np.asarray(full.lower)[kept],
        np.asarray(full.upper)[kept],
        full.mirror,
    )


def _leading(frame: np.ndarray, first: int, second: int | None = None) -> np.ndarray:
    """A frame [3, 3] that begins with one or two columns of another."""
    a = frame[:, first]
    b = frame[:, (first + 1) % 3 if second is None else second]
    return np.stack([a, b, np.cross(a, b)], axis=1)


def joints_of(skeleton: Skeleton) -> list[int] | None:
    """Where each joint of the common body is in a file's, None for other skeletons."""
    body = common_body()
    for names in (body.names, tuple(_ACCLAIM[name] for name in body.names)):
        if set(names) == set(skeleton.names):
            found = [skeleton.index(name) for name in names]
            parents = [-1, *(found[up] for up in body.parents[1:])]
            if [skeleton.parents[j] for j in found] == parents:
                return found
    return None


def bring(motion: Motion, joints: list[int]) -> tuple[Motion, float]:
    """A motion on the common body, with the bones of its own.

    Bones that a file has lost (of length 0) are put back: the thorax, upright and as
    long as the bone below it, and the bones after the wrists, half as long as the
    forearms.

    Args:
      motion: of a file.
      joints: see `joints_of`.

    Returns:
      The motion, its angles within half a turn of the middle of their ranges, and how
      far at most a joint, tips of fingers and thumbs left out, is from where the
      file's rotations take it, in metres.
    """
    body = common_body()
    body = body.replace(offsets=_whole(np.asarray(motion.skeleton.offsets)[joints]))
    turns = motions.in_blocks(
        _turns, motion.skeleton, motion.root_rotation, motion.joints
    )[:, joints]
    found = motions.from_rotations(
        body,
        motion.root_position,
        turns,
        motion.fps,
        name=motion.name,
        subject=motion.subject,
        action=motion.action,
    )
    middle = (np.asarray(body.lower) + np.asarray(body.upper)) / 2
    wrapped = middle + (found.joints - middle + np.pi) % (2 * np.pi) - np.pi
    found = found.replace(joints=wrapped.astype(np.float32))
    free = _places(body, np.asarray(motion.root_position), turns)
    off = np.linalg.norm(free - motions.positions(found), axis=-1)
    return found, float(np.delete(off, _tips(), axis=1).max())


@functools.cache
def _tips() -> list[int]:
    """The ends of thumbs and fingers."""
    names = common_body().names
    ends = ("Thumb_end", "HandIndex1_end")
    return [j for j, name in enumerate(names) if name.endswith(ends)]


def _whole(offsets: np.ndarray) -> np.ndarray:
    """Offsets [J, 3] with lost bones put back."""
    body, whole = common_body(), np.array(offsets, np.float32)

    def put(names, bone):
        for j in map(body.index, names):
            if np.linalg.norm(whole[j]) < _LOST_M:
                whole[j] = bone

    thorax = np.linalg.norm(whole[body.index("Spine1")])
    put(("Neck", "LeftShoulder", "RightShoulder"), (0, 0, thorax))
    for side in ("Left", "Right"):
        forearm = whole[body.index(f"{side}Hand")]
        put((f"{side}FingerBase", f"{side[0]}Thumb"), _HAND_SHARE * forearm)
    return whole


@jax.jit
def _turns(skeleton, root_rotation, joints):
    """Rotations [T, J, 3, 3] against the parent, of the root against the world."""
    turns = forward.joint_rotations(skeleton, joints)
    return turns.at[:, 0].set(rotations.matrix_from_quaternion(root_rotation))


def _places(skeleton: Skeleton, root: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """World places [T, J, 3] of joints that may turn in any way, [T, J, 3, 3]."""
    world, places = np.array(turns), np.repeat(root[:, None], turns.shape[1], axis=1)
    for j, up in enumerate(skeleton.parents[1:], start=1):
        world[:, j] = world[:, up] @ turns[:, j]
        places[:, j] = places[:, up] + world[:, up] @ np.asarray(skeleton.offsets[j])
    return places
