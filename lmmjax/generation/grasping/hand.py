"""The right arm and hand of a body: which joints, and where fingers end."""

import dataclasses
import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import forward
from kinematics.bodies.hands import DIGITS, digit_joints, places
from kinematics.bodies.joint_sets import landmark
from kinematics.motion import Motion, Poses, in_blocks
from kinematics.skeleton import Array, Skeleton, SkeletonError
from kinematics.symmetry import coordinate_mirror

# A hand at rest, radians: the thumb's three bends, its adduction and pronation, the
# bends of a finger, and how much more the outer fingers bend. Choices.
_THUMB_CURL, _OPPOSED, _CURL = (0.1, 0.6, 0.3), (0.45, -0.4), (0.45, 0.6, 0.4)
_ROUNDER = (1.0, 1.1, 1.2, 1.25)


@dataclasses.dataclass(frozen=True)
class Hand:
    """A right arm with its trunk, by numbers of joints and coordinates; static.

    Attributes:
      wrist: number of the joint.
      shoulder: number of the joint.
      clavicle: number of the joint.
      digits: numbers of the three joints of each of `hands.DIGITS`.
      trunk: coordinates of the joints between root and clavicle.
      arm: coordinates from clavicle to wrist.
      fingers: coordinates of all digits, in the order of ``digits``; three a joint.
    """

    wrist: int
    shoulder: int
    clavicle: int
    digits: tuple[tuple[int, ...], ...]
    trunk: tuple[int, ...]
    arm: tuple[int, ...]
    fingers: tuple[int, ...]

    @property
    def moved(self) -> np.ndarray:
        """All its coordinates: trunk, arm, fingers."""
        return np.array(self.trunk + self.arm + self.fingers)


@functools.lru_cache(16)
def _marks(names: tuple[str, ...]) -> dict[str, int]:
    return {landmark(name, {}): j for j, name in reversed(list(enumerate(names)))}


def right_hand(body: Skeleton) -> Hand:
    """The right hand of a body.

    Raises:
      SkeletonError: it has no right hand with five digits of three ball joints each.
    """
    marks = _marks(body.names)

    def joint(name: str) -> int:
        mark = f"right_{name}"
        if mark not in marks:
            raise SkeletonError(
                f"a grasp needs a {mark.replace('_', ' ')}, which this body does not "
                "have; bodies.smplh52() and bodies.smplx55() do"
            )
        return marks[mark]

    digits = tuple(tuple(joint(n) for n in digit_joints(d)[:3]) for d in DIGITS)
    if any(body.kinds[j] != "ball" for j in sum(digits, ())):
        raise SkeletonError("a grasp needs fingers whose joints are ball joints")
    shoulder, wrist = joint("shoulder"), joint("wrist")
    arm: list[int] = []
    trunk: list[int] = []
    j = wrist
    while body.kinds[j] != "free" and j not in (-1, shoulder):
        arm.insert(0, j)
        j = body.parents[j]
    arm = [body.parents[shoulder], shoulder, *arm]
    j = body.parents[arm[0]]
    while j > 0:
        trunk.insert(0, j)
        j = body.parents[j]
    spread = [_coordinates(body, part) for part in (trunk, arm, sum(digits, ()))]
    return Hand(wrist, shoulder, arm[0], digits, *spread)


def _coordinates(body: Skeleton, joints) -> tuple[int, ...]:
    slices = [body.coordinates(body.names[j]) for j in joints]
    return tuple(d for at in slices for d in range(at.start, at.stop))


@functools.cache
def _last_shares() -> np.ndarray:
    """Length of each digit's last segment over that of the one before."""
    at = places()
    shares = []
    for digit in DIGITS:
        points = [np.array(at[name]) for name in digit_joints(digit)[1:]]
        before, last = np.diff(points, axis=0)
        shares.append(np.linalg.norm(last) / np.linalg.norm(before))
    return np.array(shares, np.float32)


class Places(NamedTuple):
    """Where a hand is: metres, and rotation to the world.

    Attributes:
      tips: [..., 5, 3] of the digits.
      knuckles: [..., 5, 3, 3] their joints.
      wrist: [..., 3].
      turn: [..., 3, 3] the wrist's rotation.
      shoulder: [..., 3].
      clavicle: [..., 3].
    """

    tips: Array
    knuckles: Array
    wrist: Array
    turn: Array
    shoulder: Array
    clavicle: Array


def locate(
    body: Skeleton, hand: Hand, root_position: Array, root_rotation: Array, q: Array
) -> Places:
    """Where the hand is in poses [...]; the arguments are those of `forward`."""
    at = forward.forward(body, root_position, root_rotation, q)
    digits = np.array(hand.digits)
    last = digits[:, -1]
    bones = jnp.asarray(body.offsets)[..., last, :] * _last_shares()[:, None]
    turns = at.rotations[..., last, :, :]
    return Places(
        at.positions[..., last, :] + jnp.einsum("...ij,...j->...i", turns, bones),
        at.positions[..., digits, :],
        at.positions[..., hand.wrist, :],
        at.rotations[..., hand.wrist, :, :],
        at.positions[..., hand.shoulder, :],
        at.positions[..., hand.clavicle, :],
    )


def along(body: Skeleton, hand: Hand, poses: Poses) -> Places:
    """Where the hand is in poses [T], as arrays of NumPy."""
    return in_blocks(_locator(hand), body, *poses)


def relaxed(motion: Motion) -> Motion:
    """The motion with both hands a little closed, as they hang at rest.

    Motion capture without fingers comes with hands held flat and wide, from which no
    hand opens.

    Raises:
      SkeletonError: the body has no such fingers, or no mirror.
    """
    body = motion.skeleton
    curl = np.zeros((5, 3, 3), np.float32)
    curl[0, :, 0] = _THUMB_CURL
    curl[0, 0, 1:] = _OPPOSED
    curl[1:, :, 0] = np.outer(_ROUNDER, _CURL)
    there = list(right_hand(body).fingers)
    joints = np.array(motion.joints)
    joints[..., there] = curl.ravel()
    index, signs = coordinate_mirror(body)
    other = index[there]
    joints[..., other] = joints[..., there] * signs[other]
    return motion.replace(joints=joints)


@functools.lru_cache(16)
def _locator(hand: Hand):
    return jax.jit(lambda body, *pose: locate(body, hand, *pose))
