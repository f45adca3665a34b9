"""Smooth tracks of keypoints, with the velocity by which clocks are compared."""

import dataclasses

import numpy as np

from lmmjax.capture.synchronize.linking import follow, sizes

# Half of the window over which a track is taken as a parabola, seconds; a choice: it
# leaves movement up to about 6 Hz, where nearly all of human movement lies (Winter,
# "Biomechanics and motor control of human movement": 6 Hz for gait).
_HALF_S = 0.05
# A keypoint this far, in sizes of the person, from the median of its window is an
# outlier. A choice, above what turning points of fast limbs reach.
_STRAY = 0.05


@dataclasses.dataclass(frozen=True)
class Tracks:
    """Parabolas around each frame: T frames, P lasting slots, K keypoints.

    Attributes:
      position: [T, P, K, 2] smoothed places, in the unit of the keypoints.
      velocity: [T, P, K, 2] for a frame.
      bend: [T, P, K, 2] acceleration for a frame squared.
      size: [P] median size of the person in each slot.
    """

    position: np.ndarray
    velocity: np.ndarray
    bend: np.ndarray
    size: np.ndarray

    @property
    def usual_size(self) -> float:
        """The median size over slots; NaN without people."""
        known = self.size[np.isfinite(self.size)]
        return float(np.median(known)) if len(known) else float("nan")

    def at(self, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Places and velocities [N, P, K, 2] at fractional frames [N].

        NaN beyond the first and last frame.
        """
        count = len(self.position)
        near = np.clip(np.rint(np.nan_to_num(frames)), 0, count - 1).astype(int)
        share = frames - near
        share = np.where(np.abs(share) <= 0.5, share, np.nan)[:, None, None, None]
        velocity, bend = self.velocity[near], self.bend[near]
        place = self.position[near] + share * (velocity + 0.5 * share * bend)
        return place, velocity + share * bend


def make_tracks(xy: np.ndarray, fps: float, named: bool) -> Tracks:
    """Smooth the keypoints of one camera.

    Outliers against the median of a window are dropped, then a parabola is fitted
    around every frame to what is known (Savitzky and Golay 1964, with gaps). Noise
    is then alike on and between frames; interpolated noise is least in the middle of
    two, and would draw a fit of clocks to half frames.

    Args:
      xy: [T, P, K, 2] pixels, NaN where missing.
      fps: frames per second.
      named: whether a slot is one person throughout.
    """
    xy = np.asarray(xy, np.float64)
    half = max(2, round(_HALF_S * fps))
    joined = np.ones(xy.shape[:2], bool)
    if not named:
        slots, joined = follow(xy)
        xy = np.take_along_axis(xy, slots[:, :, None, None], 1)
    size = _median(sizes(xy).T)
    xy = np.where(_stray(xy, half, _STRAY * size)[..., None], np.nan, xy)
    parts = [np.full_like(xy, np.nan) for _ in range(3)]
    for k in range(xy.shape[2]):
        for part, value in zip(parts, _parabola(xy[:, :, k], half), strict=True):
            part[:, :, k] = value
    torn = _near(~joined, half)
    for part in parts:
        part[torn] = np.nan
    return Tracks(parts[0], parts[1], parts[2], size)


def _median(values: np.ndarray) -> np.ndarray:
    """Medians [N] of what is known in rows [N, T]; NaN where nothing is."""
    ordered = np.sort(values, axis=-1)
    count = np.isfinite(ordered).sum(-1)
    middle = np.maximum(count - 1, 0)[..., None] // 2
    if not values.shape[-1]:
        return np.full(values.shape[:-1], np.nan)
    return np.take_along_axis(ordered, middle, -1)[..., 0]


def _stray(xy: np.ndarray, half: int, most: np.ndarray) -> np.ndarray:
    """[T, P, K] whether a keypoint is further than most [P] from its median."""
    padded = np.pad(xy, [(half, half)] + [(0, 0)] * 3, constant_values=np.nan)
    far = np.zeros(xy.shape[:-1], bool)
    for k in range(xy.shape[2] if len(xy) else 0):
        windows = np.lib.stride_tricks.sliding_window_view(
            padded[:, :, k], 2 * half + 1, axis=0
        )
        away = np.abs(xy[:, :, k] - _median(windows)).max(-1)
        far[:, :, k] = away > most
    return far


def _near(mark: np.ndarray, half: int) -> np.ndarray:
    """[T, P] whether a window crosses a mark, the cut between t - 1 and t."""
    mark = mark.copy()
    mark[:1] = False
    near = mark.copy()
    for k in range(1, half + 1):
        near[k:] |= mark[:-k]
        near[:-k] |= mark[k:]
    return near


def _parabola(x: np.ndarray, half: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Value, slope and bend [T, P, 2] of the parabolas around each frame of x."""
    count = len(x)
    known = np.isfinite(x[..., 0])
    weight = np.pad(known.astype(float), [(half, half), (0, 0)])
    filled = np.pad(np.where(known[..., None], x, 0), [(half, half), (0, 0), (0, 0)])
    power = np.zeros((5, *known.shape))
    right = np.zeros((3, *x.shape))
    ahead = np.zeros(known.shape)
    behind = np.zeros(known.shape)
    for k in range(-half, half + 1):
        w = weight[half + k : half + k + count]
        value = filled[half + k : half + k + count]
        for n in range(5):
            power[n] += w * float(k) ** n
        for n in range(3):
            right[n] += value * float(k) ** n
        ahead += w * (k > 0)
        behind += w * (k < 0)
    # Both sides of the frame must be known: a parabola says little beyond its data.
    enough = (power[0] >= max(4, half + 1)) & (ahead > 0) & (behind > 0)
    normal = np.stack([power[i : i + 3] for i in range(3)]).transpose(2, 3, 0, 1)
    normal = np.where(enough[..., None, None], normal, np.eye(3))
    solved = np.linalg.solve(normal, right.transpose(1, 2, 0, 3))
    solved = np.where(enough[..., None, None], solved, np.nan)
    return solved[..., 0, :], solved[..., 1, :], 2 * solved[..., 2, :]
