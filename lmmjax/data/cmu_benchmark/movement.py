"""The benchmark's rows as motion of a body, in canonical axes and metres."""

import numpy as np

from kinematics import Motion
from kinematics.bodies import cmu38
from kinematics.bodies.mocap import METRE
from kinematics.formats import euler
from kinematics.motion import from_rotations
from lmmjax.data.cmu_benchmark.files import FPS, JOINTS, STEP, BenchmarkClip

# Rows: the canonical axes (x forward, y left, z up) in those of the files (x left,
# y up, z forward).
AXES = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])


def to_motion(clip: BenchmarkClip, phase: int = 0, first_row: bool = False) -> Motion:
    """A clip at 60 Hz on the body of subject 02, in canonical axes and metres.

    Args:
      clip: the clip.
      phase: 0 for the rows that the benchmark takes, 1 for those it leaves out.
      first_row: whether to keep the first row of the file, which is a T-pose and no
        movement; phase 1 never has it.

    Returns:
      The motion with the root's path kept, `subject` not known. Its joints are not
      within the limits of `cmu38`: no range of a book holds all of real capture, and
      here and there a thumb or a hand of the files turns by half a turn for a frame.
    """
    if phase not in range(STEP):
        raise ValueError(f"phase is {phase}; every second row can begin at 0 or at 1")
    start = phase if phase or first_row else STEP
    rows = clip.rows[start::STEP]
    vectors = rows[:, 3:].reshape(-1, JOINTS, 3)
    # The files' matrices turn row vectors: as those of columns they are transposed.
    matrices = np.swapaxes(exponential_map(vectors), -1, -2)
    matrices[:, 0] = _root_as_captured(matrices[:, 0])
    return from_rotations(
        cmu38(),
        METRE * rows[:, :3] @ AXES.T,
        AXES @ matrices @ AXES.T,
        FPS,
        name=clip.name,
        action=clip.action,
    )


def pinned(motion: Motion) -> Motion:
    """The motion seen from its pelvis, as the benchmark judges it: it stays at 0."""
    still = np.zeros_like(motion.root_rotation)
    still[:, 0] = 1
    return motion.replace(
        root_position=np.zeros_like(motion.root_position), root_rotation=still
    )


def exponential_map(vectors: np.ndarray) -> np.ndarray:
    """Rotation matrices [..., 3, 3] of row vectors, as the benchmark computes them.

    Its axis is r / (|r| + 1e-7) and so a little short of a unit vector, which matters
    to the seventh digit; kept, so that positions are the published ones.
    """
    angle = np.linalg.norm(vectors, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(vectors / (angle[..., 0] + 1e-7), -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1)
    cross = cross.reshape(*x.shape, 3, 3)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def _root_as_captured(matrices: np.ndarray) -> np.ndarray:
    """Root rotations [T, 3, 3] with their angles multiplied in the order of capture.

    The library's BVH files turn a root by Rz Ry Rx; whoever made the benchmark
    multiplied the same angles as Rz Rx Ry. That tilts whoever is turned away from the
    file's z: up to 25 degrees in soccer, more in directing_traffic. Clips of which the
    library's file is known agree with it to float32 rounding once this is undone. The
    protocol drops the root, so that nothing published depends on it.
    """
    z, x, y = np.moveaxis(euler.angles(matrices, (2, 0, 1)), -1, 0)
    order, turns = np.array([[2, 1, 0]]), np.stack([z, y, x], axis=-1)[:, None]
    return euler.product(order, turns)[:, 0]
