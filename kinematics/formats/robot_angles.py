"""Rotations of robots' joints: float64 NumPy, and from one kind of limit to another.

A ball joint of three hinges has a box of angles for limits, ours has an ellipse of
swings and a range of twists. Neither holds the other, so each is turned into the
smallest of the other kind that contains it, found on samples and rounded outward.
"""

import jax
import numpy as np

from kinematics import rotations
from kinematics.formats import euler

# Radians by which ranges found on samples are widened.
_MARGIN = np.deg2rad(1.0)
# Near a quarter turn of the middle angle the outer two may take any value.
_LOCK = np.deg2rad(85.0)


def about(axis: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Rotations [..., 3, 3] about a unit axis [3] by angles [...] (Rodrigues)."""
    x, y, z = np.asarray(axis, float)
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angles = np.asarray(angles, float)[..., None, None]
    return np.eye(3) + np.sin(angles) * skew + (1 - np.cos(angles)) * skew @ skew


def chain(axes: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Product [..., 3, 3] of turns by angles [..., n] about axes [n, 3], in order."""
    total = np.broadcast_to(np.eye(3), (*angles.shape[:-1], 3, 3))
    for k, axis in enumerate(axes):
        total = total @ about(axis, angles[..., k])
    return total


def chain_angles(axes: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Angles [..., 3] about three orthogonal axes whose `chain` is matrices.

    The second is within a quarter turn. Where it is a quarter turn the first and
    third are not unique; they still make up the rotation.
    """
    frame = np.array(axes, float).T
    sign = np.linalg.det(frame)
    frame[:, 2] *= sign
    angles = euler.angles(frame.T @ matrices @ frame, (0, 1, 2))
    return angles * np.array([1, 1, sign])


def matrix(quaternions: np.ndarray) -> np.ndarray:
    """Rotation matrices [..., 3, 3] of quaternions [..., 4], w first, of any length."""
    q = np.asarray(quaternions, float)
    w, x, y, z = np.moveaxis(q / np.linalg.norm(q, axis=-1, keepdims=True), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def swing_edge(lower: np.ndarray, upper: np.ndarray, count: int) -> np.ndarray:
    """Points [count, 2] on the edge of a swing ellipse of limits [2] each."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    return (lower + upper) / 2 + (upper - lower) / 2 * circle


def widest_turn(lower: np.ndarray, upper: np.ndarray) -> float:
    """Largest rotation angle of a ball joint within limits [3], at most pi.

    A swing by s and a twist by t, about perpendicular axes, are a rotation by r with
    cos(r / 2) = cos(s / 2) cos(t / 2): the real part of their quaternions' product.
    """
    edge = swing_edge(lower[:2], upper[:2], 4096)
    swing = min(float(np.linalg.norm(edge, axis=1).max()), np.pi)
    twist = min(float(max(abs(lower[2]), abs(upper[2]))), np.pi)
    return 2 * float(np.arccos(np.cos(swing / 2) * np.cos(twist / 2)))


def angle_ranges(lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ranges [3], [3] of angles about the axes of a ball joint that its limits allow.

    Args:
      lower: [3] limits of swing, swing and twist, radians.
      upper: [3] likewise.

    Returns:
      Lowest and highest angles about the columns of the joint's frame, the first
      the outermost. A range of a whole turn says that any angle may occur.
    """
    edge = swing_edge(lower[:2], upper[:2], 48)
    middle = (lower[:2] + upper[:2]) / 2
    shares = np.linspace(0, 1, 7)[:, None, None]
    swings = (middle + shares * (edge - middle)).reshape(-1, 2)
    size = np.linalg.norm(swings, axis=1)
    # No swing goes further than half a turn, whatever the limits say.
    swings *= np.minimum(1, np.pi / np.maximum(size, 1e-9))[:, None]
    twists = np.linspace(lower[2], upper[2], 9)
    half = np.linalg.norm(swings, axis=1, keepdims=True) / 2
    vector = np.sinc(half / np.pi) / 2 * swings
    quaternions = np.concatenate([np.cos(half), vector, 0 * half], axis=1)
    turned = matrix(quaternions)[:, None] @ about(np.array([0, 0, 1.0]), twists)
    angles = euler.angles(turned, (0, 1, 2)).reshape(-1, 3)
    low, high = angles.min(axis=0) - _MARGIN, angles.max(axis=0) + _MARGIN
    wide = np.maximum(-low, high)
    if wide[1] > _LOCK:
        quarter, turn = np.pi / 2, np.pi
        return np.array([-turn, -quarter, -turn]), np.array([turn, quarter, turn])
    whole = wide >= np.pi - _MARGIN
    return np.where(whole, -np.pi, low), np.where(whole, np.pi, high)


def ball_ranges(
    frame: np.ndarray, axes: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Limits [3], [3] of a ball joint that hold all that three hinges can do.

    Args:
      frame: [3, 3] of the ball joint.
      axes: [3, 3] a row for each hinge, the outermost first.
      lower: [3] lowest angles of the hinges, radians.
      upper: [3] highest.
    """
    grids = [np.linspace(a, b, 15) for a, b in zip(lower, upper, strict=True)]
    angles = np.stack(np.meshgrid(*grids, indexing="ij"), axis=-1).reshape(-1, 3)
    inner = np.asarray(frame, float).T @ chain(axes, angles) @ np.asarray(frame, float)
    swing, twist = (np.asarray(x, float) for x in _swing_twist(np.float32(inner)))
    center = (swing.min(axis=0) + swing.max(axis=0)) / 2
    half = np.maximum((swing.max(axis=0) - swing.min(axis=0)) / 2, 1e-3)
    half = half * np.linalg.norm((swing - center) / half, axis=1).max() + _MARGIN
    low = np.array([*(center - half), twist.min() - _MARGIN])
    high = np.array([*(center + half), twist.max() + _MARGIN])
    if np.linalg.norm(swing, axis=1).max() > np.pi - 0.1 or high[2] - low[2] > 6.0:
        # So close to half a turn twists jump: nothing bounds them.
        low[2], high[2] = -np.pi, np.pi
    free = (low[:2] < -np.pi) & (high[:2] > np.pi)
    low[:2], high[:2] = np.where(free, -np.pi, low[:2]), np.where(free, np.pi, high[:2])
    return low, high


@jax.jit
def _swing_twist(matrices):
    return rotations.swing_twist_log(rotations.quaternion_from_matrix(matrices))
