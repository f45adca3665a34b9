"""Feet on the floor: what a picture says of depth where the floor is known.

A foot whose picture rests stands on the floor, and there alone its ray meets the floor.
"""

from typing import NamedTuple

import numpy as np

from kinematics.bodies.figure import PLACES

# Keypoints of feet, and how exactly their height is known, in metres; choices. Ankles
# rise with the heel.
_HEIGHTS = {"heel": 0.02, "big_toe": 0.02, "small_toe": 0.02, "ankle": 0.04}
# A foot rests where its keypoints move by less than this, in m/s at its distance, for
# so many seconds: choices. In the highest point of a jump feet are slower for 0.06 s.
_SPEED = 0.3
_LASTING_S = 0.15
# Seconds on either side over which a speed is measured.
_AROUND_S = 0.1


class Known(NamedTuple):
    """Where keypoints are known to be: [K, 3, T] metres, [K, 3, 3, T] 1/m^2."""

    target: np.ndarray
    precision: np.ndarray


def nothing(count: int, frames: int) -> Known:
    """Nothing known of keypoints."""
    return Known(np.zeros((count, 3, frames)), np.zeros((count, 3, 3, frames)))


def standing(
    names: tuple[str, ...],
    xy: np.ndarray,
    metres_per_px: float,
    fps: float,
    stature_m: float,
    floor_m: float,
) -> Known:
    """The heights of the keypoints of feet that rest.

    Args:
      names: of the K keypoints.
      xy: [T, K, 2] pixels, NaN where missing.
      metres_per_px: size of a pixel at the distance of the person.
      fps: frames per second.
      stature_m: of the person, for the height of ankles.
      floor_m: height of the floor in the world.
    """
    known = nothing(len(names), len(xy))
    for k, name in enumerate(names):
        spread = _HEIGHTS.get(name.partition("_")[2])
        if spread is None:
            continue
        rests = _lasting(_speed(xy[:, k], fps) * metres_per_px < _SPEED, fps)
        known.target[k, 2] = floor_m + PLACES[name][2] * stature_m
        known.precision[k, 2, 2] = rests / spread**2
    return known


def _speed(xy: np.ndarray, fps: float) -> np.ndarray:
    """Pixels per second [T] of a point [T, 2], by a line through nearby frames.

    Infinite where fewer than half of them are known.
    """
    reach = max(1, round(_AROUND_S * fps))
    offsets = np.arange(-reach, reach + 1)
    found = np.full(len(xy), np.inf)
    padded = np.pad(xy, ((reach, reach), (0, 0)), constant_values=np.nan)
    near = np.lib.stride_tricks.sliding_window_view(padded, len(offsets), axis=0)
    seen = np.isfinite(near).all(1)
    count = seen.sum(1)
    usable = (count > len(offsets) / 2) & (count > 1)
    time = np.where(seen, offsets, 0.0)
    middle = time.sum(1) / np.maximum(count, 1)
    away = np.where(seen, offsets - middle[:, None], 0.0)
    slope = np.einsum("tn,tcn->tc", away, np.nan_to_num(near))
    slope /= np.maximum((away**2).sum(1), 1e-9)[:, None]
    found[usable] = np.linalg.norm(slope[usable], axis=-1) * fps
    return found


def _lasting(rests: np.ndarray, fps: float) -> np.ndarray:
    """Rests [T] without those that are short."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], rests, [False]])))
    found = np.zeros_like(rests)
    for start, stop in edges.reshape(-1, 2):
        if stop - start >= _LASTING_S * fps:
            found[start:stop] = True
    return found
