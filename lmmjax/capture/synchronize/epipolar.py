"""Epipolar geometry of calibrated cameras over points that move.

A point seen by two cameras at one moment satisfies ``x_b^T F x_a = 0``; at a wrong
delay it does not. The error is Sampson's first-order distance (Hartley and Zisserman,
"Multiple View Geometry", 2nd edition, section 11.4.3), in pixels.
"""

import functools
from collections.abc import Sequence

import jax
import numpy as np

from kinematics import camera as cameras
from kinematics.camera import Camera
from lmmjax.capture.synchronize.tracks import Tracks

# Pixels are undistorted in blocks of this many, which share one compiled program.
_BLOCK = 1 << 14
_undistort = jax.jit(cameras.undistort)
# Cameras nearer than this, metres, see the same picture: no parallax, no epipoles.
_BASELINE = 1e-3
# A distance above this share of a person's size is to someone else. A choice.
FAR = 0.15
# Delays of a scan are this far apart, seconds, and a scan of two cameras takes this
# many distances. Choices.
SCAN_S = 1 / 30
_SCAN = 1_000_000


def focal(camera: Camera) -> float:
    """The mean focal length of a camera, pixels."""
    return 0.5 * float(camera.matrix[0, 0] + camera.matrix[1, 1])


def ideal(camera: Camera, xy: np.ndarray) -> np.ndarray:
    """Points [..., 2] of a lens-free picture, of pixels xy [..., 2].

    In pixels from the principal point, by one focal length.
    """
    flat = np.asarray(xy, np.float32).reshape(-1, 2)
    count = len(flat)
    flat = np.pad(flat, [(0, -count % _BLOCK), (0, 0)])
    parts = [
        np.asarray(_undistort(camera, flat[at : at + _BLOCK]))
        for at in range(0, len(flat), _BLOCK)
    ]
    joined = np.concatenate([np.empty((0, 2), np.float32), *parts])[:count]
    return joined.reshape(xy.shape).astype(np.float64) * focal(camera)


def fundamental(a: Camera, b: Camera) -> np.ndarray | None:
    """F [3, 3] of two cameras for their `ideal` points; None at one place."""
    turn = np.asarray(b.rotation, float) @ np.asarray(a.rotation, float).T
    x, y, z = np.asarray(b.translation, float) - turn @ np.asarray(a.translation, float)
    if np.hypot(np.hypot(x, y), z) < _BASELINE:
        return None
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    to_a = np.diag([1 / focal(a), 1 / focal(a), 1])
    to_b = np.diag([1 / focal(b), 1 / focal(b), 1])
    return to_b @ cross @ turn @ to_a


def sampson(
    matrix: np.ndarray, a: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Signed distances [...] of points a, b [..., 2], and gradients [..., 2] in both.

    Gradients are those of the distance at fixed scale.
    """
    x, y = a[..., 0], a[..., 1]
    z, w = b[..., 0], b[..., 1]
    f = matrix
    # By element: products of matrices with pairs of numbers are slow.
    line_x = f[0, 0] * x + f[0, 1] * y + f[0, 2]
    line_y = f[1, 0] * x + f[1, 1] * y + f[1, 2]
    back_x = f[0, 0] * z + f[1, 0] * w + f[2, 0]
    back_y = f[0, 1] * z + f[1, 1] * w + f[2, 1]
    square = line_x * line_x + line_y * line_y + back_x * back_x + back_y * back_y
    inverse = 1 / np.sqrt(np.maximum(square, 1e-24))
    error = line_x * z + line_y * w + f[2, 0] * x + f[2, 1] * y + f[2, 2]
    by_a = np.stack([back_x * inverse, back_y * inverse], -1)
    by_b = np.stack([line_x * inverse, line_y * inverse], -1)
    return error * inverse, by_a, by_b


def match(
    matrix: np.ndarray,
    a: np.ndarray,
    b: np.ndarray,
    most: float,
    people: tuple[Sequence[str], Sequence[str]],
) -> np.ndarray:
    """The person of b for each person of a: by name, or the nearest both ways.

    Args:
      matrix: F.
      a: [N, P, K, 2] points at N moments.
      b: [N, Q, K, 2].
      most: distances are clipped here.
      people: names of those of a and of b, or ().

    Returns:
      [N, P] indices; -1 for nobody.
    """
    if people[0] and people[1]:
        index = [people[1].index(p) if p in people[1] else -1 for p in people[0]]
        return np.tile(np.array(index, int), (len(a), 1))
    count = b.shape[1]
    if a.shape[1] == count == 1:
        return np.zeros(a.shape[:2], int)
    distance = np.stack(
        [_clipped(matrix, a, b[:, q : q + 1], most) for q in range(count)], axis=-1
    )
    distance = np.where(np.isfinite(distance), distance, np.inf)
    there, back = distance.argmin(2), distance.argmin(1)
    mutual = np.take_along_axis(back, there, 1) == np.arange(a.shape[1])
    near = np.take_along_axis(distance, there[..., None], 2)[..., 0] < most
    return np.where(mutual & near, there, -1)


def scan(
    matrix: np.ndarray,
    a: Tracks,
    b: Tracks,
    clocks: tuple[tuple[int, float], tuple[int, float]],
    delays: np.ndarray,
    people: tuple[Sequence[str], Sequence[str]],
) -> np.ndarray:
    """Log-likelihood of each delay for a sample, from the spread of distances.

    Args:
      matrix: F.
      a: tracks of one camera, `ideal`.
      b: tracks of the other.
      clocks: first frame and fps of each.
      delays: [L] seconds; clock t of a is t + d of b.
      people: names of those of a and of b, or ().

    Returns:
      [L] twice the logarithm of how much smaller the typical distance is than over
      all delays, times the share of a's frames that b has; 0 where there are none.
    """
    (start_a, fps_a), (start_b, fps_b) = clocks
    pairs = a.position.shape[1] * b.position.shape[1] * a.position.shape[2]
    count = int(np.clip(_SCAN / max(pairs * len(delays), 1), 20, len(a.position)))
    rows = np.unique(np.linspace(0, len(a.position) - 1, count).astype(int))
    point = a.position[rows]
    most = FAR * max(a.usual_size, b.usual_size)
    typical = np.full(len(delays), np.nan)
    shared = np.zeros(len(delays))
    for n, delay in enumerate(delays):
        frames = ((start_a + rows) / fps_a + delay) * fps_b - start_b
        other, _ = b.at(frames)
        who = range(other.shape[1])
        if people[0] and people[1]:
            index = match(matrix, point, other, most, people)
            picked = np.take_along_axis(other, np.maximum(index, 0)[..., None, None], 1)
            picked = np.where((index < 0)[..., None, None], np.nan, picked)
            distance = _clipped(matrix, point, picked, most)
        else:
            each = [_clipped(matrix, point, other[:, q : q + 1], most) for q in who]
            distance = functools.reduce(np.fmin, each)
        known = distance[np.isfinite(distance)]
        shared[n] = len(known)
        if len(known):
            typical[n] = known.mean()
    # A delay at which little is shared can fit by chance.
    enough = shared >= max(0.1 * shared.max(initial=0), 10)
    if not enough.any():
        return np.zeros(len(delays))
    usual = float(np.median(typical[enough]))
    gain = 2 * np.log(max(usual, 1e-9) / np.maximum(typical, 1e-9))
    return np.where(enough, np.maximum(gain, 0) * shared / shared.max(), 0)


def _clipped(matrix, a, b, most) -> np.ndarray:
    """[N, P] mean distances over keypoints, clipped; NaN where few are known."""
    error = np.abs(sampson(matrix, a, b)[0])
    known = np.isfinite(error)
    total = np.where(known, np.minimum(error, most), 0).sum(-1)
    count = known.sum(-1)
    return np.where(count > 2, total / np.maximum(count, 1), np.nan)
