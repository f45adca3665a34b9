"""Where the parts of a body are over a clip, as the rules of segmentation need it."""

from typing import NamedTuple

import jax
import numpy as np

from kinematics import forward
from kinematics.bodies import anthropometry
from kinematics.bodies.segments import feet, segments
from kinematics.motion import Motion, in_blocks
from kinematics.skeleton import Skeleton, rest_places
from lmmjax.capture.clean.butterworth import filter_series
from lmmjax.capture.errors import CaptureError

SIDES = ("left", "right")


class Parts(NamedTuple):
    """A body in motion.

    Attributes:
      joints: [T, J, 3] metres.
      centers: [T, J, 3] metres, the centre of mass of what moves with each joint.
      mass: [J] its share of the body's mass.
      feet: joints of the left and of the right foot.
      hands: joints of the left and of the right hand.
      fps: frames per second.
    """

    joints: np.ndarray
    centers: np.ndarray
    mass: np.ndarray
    feet: tuple[tuple[int, ...], tuple[int, ...]]
    hands: tuple[tuple[int, ...], tuple[int, ...]]
    fps: float

    @property
    def center(self) -> np.ndarray:
        """Centre of mass [T, 3] of the whole body."""
        return np.einsum("j,tjc->tc", self.mass, self.centers)

    def part(self, joints: tuple[int, ...]) -> np.ndarray:
        """Centre of mass [T, 3] of what moves with some joints."""
        mass = self.mass[list(joints)]
        places = self.centers[:, list(joints)]
        return np.einsum("j,tjc->tc", mass / mass.sum(), places)


def parts(motion: Motion) -> Parts:
    """The parts of a human body in one clip.

    Raises:
      CaptureError: the body's joints are not those of a human, the clip is shorter
        than four frames or it holds numbers that are not finite.
    """
    if np.ndim(motion.joints) != 2:
        raise CaptureError("one clip at a time can be segmented, not a batch")
    if len(motion) < 4:
        raise CaptureError(f"{len(motion)} frames are too few to segment; give 4")
    for poses in motion.poses:
        bad = ~np.isfinite(np.asarray(poses)).all(axis=-1)
        if bad.any():
            raise CaptureError(
                f"frame {int(np.argmax(bad))} of {motion.name or 'the motion'} is not "
                f"finite; segment the parts between such frames"
            )
    body = motion.skeleton
    try:
        masses = anthropometry.inertia(body, 1.0)
        both = feet(body)
        hands = _hands(body)
    except ValueError as error:
        raise CaptureError(f"only human bodies can be segmented: {error}") from error
    joints, rotations = in_blocks(_forward, body, *motion.poses)
    joints = joints.astype(float)
    arms = np.asarray(masses.center, float)
    centers = joints + np.einsum("tjab,jb->tja", rotations, arms)
    return Parts(
        joints, centers, np.asarray(masses.mass, float), both, hands, motion.fps
    )


def smoothed(places: np.ndarray, fps: float, cutoff_hz: float) -> np.ndarray:
    """Places [T, ..., 3] without what is faster than a cutoff, if frames can be."""
    if 2 * cutoff_hz >= fps:
        return places
    return filter_series(places, fps, cutoff_hz)


def velocity(places: np.ndarray, fps: float) -> np.ndarray:
    """Velocities of places [T, ..., 3], central, one-sided at the ends."""
    return fps * np.gradient(places, axis=0)


def _hands(body: Skeleton) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Joints of the left and of the right hand; left is farther to the left at rest."""
    rest = np.asarray(rest_places(body), float).reshape(-1, body.num_joints, 3)[0]
    found = [s.joints for s in segments(body) if s.name == "hand"]
    left, right = sorted(found, key=lambda joints: -rest[joints[0], 1])
    return left, right


@jax.jit
def _forward(skeleton, root_position, root_rotation, joints):
    pose = forward.forward(skeleton, root_position, root_rotation, joints)
    return pose.positions, pose.rotations
