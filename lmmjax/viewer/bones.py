"""Bones as copies of one solid: where each lies, in how few bytes.

A bone is a spindle, the same seen from either end and turned about its axis. So
its rotation can always be the shortest one from the z axis to the half of its
line that points up: a quaternion with z = 0, far from the singular half turn.
"""

from typing import NamedTuple

import numpy as np

from kinematics.skeleton import Skeleton

# Steps of 2^-11: half a millimetre, a twentieth of a degree. The mantissa's tail
# is then zero, and the page shrinks by half.
_STEPS = 2048.0


class Bones(NamedTuple):
    """B bones over T frames, ready to draw.

    Attributes:
      centers: [T, B, 3] metres.
      rotations: [T, B, 4] quaternion w, x, y, z from the z axis to the bone.
      scales: [B, 3] metres: thickness, thickness, length.
    """

    centers: np.ndarray
    rotations: np.ndarray
    scales: np.ndarray


def place_bones(skeleton: Skeleton, positions: np.ndarray, thickness: float) -> Bones:
    """The bones of a body from the positions [T, J, 3] of its joints.

    Joints that sit on their parent draw no bone. A body of a single point becomes
    a small ball.
    """
    child = np.arange(1, skeleton.num_joints)
    parent = np.array(skeleton.parents[1:], int)
    lines = positions[:, child] - positions[:, parent]
    length = np.median(np.linalg.norm(lines, axis=-1), axis=0)
    drawn = length > 1e-3
    if not drawn.any():
        return Bones(
            _rounded(positions[:, :1]),
            np.tile(np.array([1, 0, 0, 0], np.float32), (len(positions), 1, 1)),
            np.full((1, 3), 0.1 * thickness, np.float32),
        )
    child, parent, length = child[drawn], parent[drawn], length[drawn]
    centers = (positions[:, child] + positions[:, parent]) / 2
    width = thickness * np.clip(0.3 * length, 0.032, 0.09)
    return Bones(
        _rounded(centers),
        _rounded(turn_from_z(lines[:, drawn])),
        np.stack([width, width, length + 0.8 * width], axis=-1).astype(np.float32),
    )


def spindle(around: int = 10, along: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Vertices [V, 3] and faces [F, 3] of a rounded rod of length and width 1."""
    z = -np.cos(np.linspace(0, np.pi, along)) / 2
    radius = (1 - np.abs(2 * z) ** 4) ** (1 / 2) / 2
    turn = np.linspace(0, 2 * np.pi, around, endpoint=False)
    rings = np.stack(
        [
            np.outer(radius[1:-1], np.cos(turn)),
            np.outer(radius[1:-1], np.sin(turn)),
            np.repeat(z[1:-1, None], around, axis=1),
        ],
        axis=-1,
    ).reshape(-1, 3)
    vertices = np.concatenate([rings, [[0, 0, z[0]], [0, 0, z[-1]]]])
    south, north = len(rings), len(rings) + 1
    a = np.arange(around)
    b = (a + 1) % around
    faces = [np.stack([np.full(around, south), b, a], axis=-1)]
    for ring in range(along - 3):
        low, high = ring * around, (ring + 1) * around
        faces.append(np.stack([a + low, b + low, b + high], axis=-1))
        faces.append(np.stack([a + low, b + high, a + high], axis=-1))
    last = (along - 3) * around
    faces.append(np.stack([a + last, b + last, np.full(around, north)], axis=-1))
    return vertices.astype(np.float32), np.concatenate(faces).astype(np.uint32)


def turn_from_z(lines: np.ndarray) -> np.ndarray:
    """Quaternions [..., 4] that lay the z axis along lines [..., 3]."""
    norm = np.linalg.norm(lines, axis=-1, keepdims=True)
    up = lines / np.maximum(norm, 1e-9) * np.where(lines[..., 2:] < 0, -1, 1)
    w = 1 + up[..., 2]
    q = np.stack([w, -up[..., 1], up[..., 0], np.zeros_like(w)], axis=-1)
    return q / np.linalg.norm(q, axis=-1, keepdims=True)


def _rounded(x: np.ndarray) -> np.ndarray:
    return (np.round(np.asarray(x) * _STEPS) / _STEPS).astype(np.float32)
