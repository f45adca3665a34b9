"""Motion: a body and what it does over time."""

import dataclasses
import functools
from typing import NamedTuple

import jax
import numpy as np

from kinematics import forward, rotations, symmetry
from kinematics.skeleton import Array, Skeleton

# Frames are converted in blocks of this many, so that clips of any length share
# one compiled program.
_BLOCK = 512


class Poses(NamedTuple):
    """Postures without their body, with any leading axes.

    Attributes:
      root_position: [..., 3] metres.
      root_rotation: [..., 4] unit quaternion w, x, y, z.
      joints: [..., D] joint coordinates, radians.
    """

    root_position: Array
    root_rotation: Array
    joints: Array

    def at(self, *index) -> "Poses":
        """The same leading axes of all three arrays, indexed."""
        return Poses(*(x[index] for x in self))


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["skeleton", "root_position", "root_rotation", "joints"],
    meta_fields=["fps", "name", "subject", "action"],
)
@dataclasses.dataclass(frozen=True)
class Motion:
    """T frames of a body's movement, as one frozen pytree.

    Attributes:
      skeleton: the body.
      root_position: [..., T, 3] metres, world with z up.
      root_rotation: [..., T, 4] unit quaternion w, x, y, z: body to world.
      joints: [..., T, D] joint coordinates, radians.
      fps: frames per second.
      name: what the clip is called, or "".
      subject: who moves, or "" where not known.
      action: what they do, or "".
    """

    skeleton: Skeleton
    root_position: Array
    root_rotation: Array
    joints: Array
    fps: float
    name: str = ""
    subject: str = ""
    action: str = ""

    def __len__(self) -> int:
        return self.joints.shape[-2]

    @property
    def poses(self) -> Poses:
        """The postures [..., T] without the body."""
        return Poses(self.root_position, self.root_rotation, self.joints)

    @property
    def duration(self) -> float:
        """Seconds from the first to the last frame."""
        return (len(self) - 1) / self.fps

    def __getitem__(self, frames: slice) -> "Motion":
        """The motion over a slice of its frames."""
        return self.replace(
            root_position=self.root_position[..., frames, :],
            root_rotation=self.root_rotation[..., frames, :],
            joints=self.joints[..., frames, :],
        )

    def replace(self, **changes) -> "Motion":
        """The same motion with some fields changed."""
        return dataclasses.replace(self, **changes)

    def recoordinate(self, skeleton: Skeleton) -> "Motion":
        """The same movement on the same bones in another skeleton's coordinates.

        Frames and limits of the joints become those of ``skeleton``, a body of the
        same tree; the bones, and with them every position, stay.
        """
        ours, theirs = self.skeleton, skeleton
        if not ours.same_tree(theirs):
            raise ValueError("the skeletons have different joints")
        body = theirs.replace(offsets=ours.offsets)
        if np.array_equal(ours.frames, theirs.frames):
            return self.replace(skeleton=body)
        joints = in_blocks(_change_frames, (ours, theirs), self.joints)
        return self.replace(skeleton=body, joints=unwrap_twists(body, joints))

    def numpy(self) -> "Motion":
        """The same motion with its arrays on the host."""
        return jax.tree.map(np.asarray, self)


def positions(motion: Motion) -> np.ndarray:
    """World positions [T, J, 3] metres of every joint of one clip."""
    return in_blocks(
        _positions,
        motion.skeleton,
        motion.root_position,
        motion.root_rotation,
        motion.joints,
    )


def from_rotations(
    skeleton: Skeleton,
    root_position: Array,
    matrices: Array,
    fps: float,
    **labels: str,
) -> Motion:
    """Motion from the rotation of every joint against its parent.

    Args:
      skeleton: the body whose joint coordinates are wanted.
      root_position: [T, 3] metres.
      matrices: [T, J, 3, 3]; the root's rotation is against the world.
      fps: frames per second.
      **labels: name, subject, action.

    Returns:
      The motion, its twists unwrapped so that they are continuous in time.
    """
    root, joints = in_blocks(_coordinates, skeleton, np.asarray(matrices, np.float32))
    return Motion(
        skeleton,
        np.asarray(root_position, np.float32),
        continuous_quaternions(root),
        unwrap_twists(skeleton, joints),
        float(fps),
        **labels,
    )


def mirror(motion: Motion) -> Motion:
    """The same movement with left and right exchanged, of the mirrored body."""
    body = motion.skeleton
    return motion.replace(
        skeleton=symmetry.mirror_skeleton(body),
        root_position=symmetry.mirror_vector(motion.root_position),
        root_rotation=symmetry.mirror_rotation(motion.root_rotation),
        joints=symmetry.mirror_coordinates(body, motion.joints),
    )


def concatenate(first: Motion, second: Motion) -> Motion:
    """One motion after the other; body, rate and labels are those of the first."""
    if not first.skeleton.same_tree(second.skeleton) or first.fps != second.fps:
        raise ValueError("motions to join must have the same joints and rate")
    joined = [
        np.concatenate([np.asarray(a), np.asarray(b)], axis=-2)
        for a, b in zip(first.poses, second.poses, strict=True)
    ]
    return first.replace(
        root_position=joined[0], root_rotation=joined[1], joints=joined[2]
    )


def resample(motion: Motion, fps: float) -> Motion:
    """The motion at another rate.

    Where the new rate divides the old one, frames are taken as they are; other
    rates interpolate linearly (the root's rotation on the sphere). Before going
    to a lower rate nothing is filtered: human movement has little power above
    half of 25 Hz, and a filter would smear foot contacts.
    """
    ratio = motion.fps / fps
    step = round(ratio)
    if step >= 1 and abs(ratio - step) < 1e-3 * ratio:
        return motion[::step].replace(fps=float(fps))
    left, right, share = between_frames(len(motion), ratio)
    share = share[:, None]

    def mix(x):
        return x[left] * (1 - share) + x[right] * share

    quaternions = mix(continuous_quaternions(np.asarray(motion.root_rotation)))
    return motion.replace(
        root_position=mix(np.asarray(motion.root_position)),
        root_rotation=quaternions / np.linalg.norm(quaternions, axis=-1, keepdims=True),
        joints=mix(np.asarray(motion.joints)),
        fps=float(fps),
    )


def between_frames(frames: int, ratio: float) -> tuple[np.ndarray, ...]:
    """Every ``ratio``-th of some frames: the frame before, the one after, its share."""
    count = int(np.floor((frames - 1) / ratio + 1e-6)) + 1
    at = np.arange(count) * ratio
    left = np.minimum(at.astype(int), max(frames - 2, 0))
    right = np.minimum(left + 1, frames - 1)
    return left, right, (at - left).astype(np.float32)


def continuous_quaternions(q: np.ndarray) -> np.ndarray:
    """The same rotations [T, 4] with signs chosen so that they vary smoothly."""
    flips = np.where(np.sum(q[1:] * q[:-1], axis=-1) < 0, -1.0, 1.0)
    signs = np.concatenate([[1.0], np.cumprod(flips)]) if len(q) else np.ones(0)
    return (q * signs[:, None]).astype(np.float32)


def unwrap_twists(skeleton: Skeleton, joints: np.ndarray) -> np.ndarray:
    """Joint coordinates [T, D] without jumps by a whole turn in single angles.

    Missing (NaN) values stay missing.
    """
    joints = np.array(joints, np.float32)
    for name, kind in zip(skeleton.names, skeleton.kinds, strict=True):
        at = skeleton.coordinates(name)
        first = at.start + 2 if kind == "ball" else at.start
        for d in range(first, at.stop):
            known = np.isfinite(joints[:, d])
            angle = np.unwrap(joints[known, d])
            turns = np.round(np.median(angle) / (2 * np.pi)) if len(angle) else 0.0
            joints[known, d] = angle - 2 * np.pi * turns
    return joints


def in_blocks(function, skeleton, *arrays: Array):
    """Run a jitted function over frames in blocks of one fixed size.

    Args:
      function: takes the skeleton and arrays [_BLOCK, ...], returns arrays alike.
      skeleton: passed on as it is: the body, or bodies.
      *arrays: [T, ...] each; the last block is padded with its last frame.

    Returns:
      NumPy arrays [T, ...] of what the function returns.
    """
    count = len(arrays[0])
    blocks = []
    for start in range(0, max(count, 1), _BLOCK):
        block = [np.asarray(a[start : start + _BLOCK]) for a in arrays]
        missing = _BLOCK - len(block[0])
        block = [
            np.concatenate([b, np.repeat(b[-1:], missing, axis=0)]) if missing else b
            for b in block
        ]
        blocks.append(jax.tree.map(np.asarray, function(skeleton, *block)))
    return jax.tree.map(lambda *parts: np.concatenate(parts)[:count], *blocks)


@jax.jit
def _positions(skeleton, root_position, root_rotation, joints):
    return forward.positions(skeleton, root_position, root_rotation, joints)


@jax.jit
def _coordinates(skeleton, matrices):
    root = rotations.quaternion_from_matrix(matrices[..., 0, :, :])
    return root, forward.joint_coordinates(skeleton, matrices)


@jax.jit
def _change_frames(skeletons, joints):
    ours, theirs = skeletons
    return forward.joint_coordinates(theirs, forward.joint_rotations(ours, joints))
