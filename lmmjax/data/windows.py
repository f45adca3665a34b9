"""Windows of motion, cut from clips held in memory."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from kinematics import Motion, Poses
from kinematics.skeleton import Array


class WindowBatch(NamedTuple):
    """Windows of T frames.

    Attributes:
      poses: root positions [B, T, 3] m, quaternions [B, T, 4] and joints [B, T, D]
        rad, moved and turned so that each window begins above the origin, facing
        along x.
      valid: [B, T] False where the clip had ended and its last pose is repeated, or
        the pose is not known to be somebody's: a context that a model made for
        itself, up to its last pose, which has a known future.
      offsets: [B, J, 3] metres.
      said: [B, S] what the clip is said to show, see `lmmjax.model.intent.said`; None
        where nothing is said.
      obeys: [B] True where that is done because it was said, and would not be done
        otherwise; None where nothing is said.
    """

    poses: Poses
    valid: Array
    offsets: Array
    said: Array | None = None
    obeys: Array | None = None


class Windows:
    """All windows of some clips, in memory, to be taken in any order."""

    def __init__(
        self,
        motions: Sequence[Motion],
        length: int,
        stride: int = 1,
        least: int | None = None,
        said: Array | None = None,
    ):
        """Index the windows.

        Args:
          motions: clips of one kind of skeleton at one rate.
          length: frames T of a window.
          stride: frames from one window of a clip to the next.
          least: frames that must really be there; shorter clips have no windows.
            By default all of them.
          said: [number of clips, S] what each clip is said to show; nothing by default.
        """
        least = length if least is None else least
        kept = [n for n, m in enumerate(motions) if len(m) >= least]
        clips = [motions[n] for n in kept]
        self.said = None if said is None else np.asarray(said, np.float32)[kept]
        self.length = length
        self._poses = Poses(
            *(
                np.concatenate(
                    [np.zeros((0, width), np.float32)]
                    + [np.asarray(getattr(m, name), np.float32) for m in clips]
                )
                for name, width in _widths(motions).items()
            )
        )
        self._offsets = (
            np.stack([np.asarray(m.skeleton.offsets, np.float32) for m in clips])
            if clips
            else np.zeros((0, 0, 3), np.float32)
        )
        starts, ends, owners, first = [], [], [], 0
        for n, clip in enumerate(clips):
            count = max(0, len(clip) - max(least, min(length, len(clip)))) // stride + 1
            starts.append(first + stride * np.arange(count))
            ends.append(np.full(count, first + len(clip)))
            owners.append(np.full(count, n))
            first += len(clip)
        self._start = np.concatenate([np.zeros(0, int), *starts])
        self._end = np.concatenate([np.zeros(0, int), *ends])
        self.clip = np.concatenate([np.zeros(0, int), *owners])
        self.clips = clips

    def __len__(self) -> int:
        return len(self._start)

    @property
    def frames(self) -> np.ndarray:
        """[number of windows] frames of each that are there, ``length`` at most."""
        return np.minimum(self._end - self._start, self.length)

    def take(self, index: np.ndarray) -> WindowBatch:
        """The windows of these numbers [B]."""
        frame = self._start[index][:, None] + np.arange(self.length)
        last = self._end[index][:, None] - 1
        valid = frame <= last
        frame = np.minimum(frame, last)
        poses = Poses(*(x.take(frame, axis=0) for x in self._poses))
        clip = self.clip[index]
        said = None if self.said is None else self.said[clip]
        obeys = None if said is None else np.zeros(len(said), bool)
        return WindowBatch(canonical(poses), valid, self._offsets[clip], said, obeys)


def _widths(motions: Sequence[Motion]) -> dict[str, int]:
    """Last axis of each array of the poses; without motions there are no joints."""
    joints = motions[0].joints.shape[-1] if motions else 0
    return {"root_position": 3, "root_rotation": 4, "joints": joints}


def canonical(poses: Poses) -> Poses:
    """Windows [B, T] moved to the origin and turned to face x in their first frame.

    Height is kept: only the place on the floor and the heading are arbitrary.
    """
    first = poses.root_rotation[:, 0]
    half = np.arctan2(first[:, 3], first[:, 0])[:, None]
    cos, sin = np.cos(half), -np.sin(half)
    w, x, y, z = np.moveaxis(np.asarray(poses.root_rotation), -1, 0)
    rotation = np.stack(
        [cos * w - sin * z, cos * x - sin * y, cos * y + sin * x, cos * z + sin * w],
        axis=-1,
    )
    place = poses.root_position.copy()
    place[..., :2] -= place[:, :1, :2]
    c, s = np.cos(2 * half), -np.sin(2 * half)
    place[..., 0], place[..., 1] = (
        c * place[..., 0] - s * place[..., 1],
        s * place[..., 0] + c * place[..., 1],
    )
    return Poses(place, rotation.astype(np.float32), poses.joints)


def batches(
    windows: Windows,
    batch: int,
    seed: int,
    start: int = 0,
    weights: np.ndarray | None = None,
    part: tuple[int, int] = (0, 1),
) -> Iterator[WindowBatch]:
    """Endless batches in an order that depends on (seed, epoch) alone.

    Args:
      windows: the data.
      batch: windows per batch, all parts together.
      seed: seed of the order.
      start: number of the first batch: a resumed run goes on where it was.
      weights: [number of windows] how often each is drawn, up to a factor, with
        replacement; ``1 / np.bincount(windows.clip)[windows.clip]`` shows all clips
        equally often. Without weights every window comes once per epoch.
      part: which part of each batch to give, (0, 2) for the first half: several
        processes share the batches that one would see.

    Yields:
      Batches; without weights every window once per epoch, but for a last part of
      a batch.

    Raises:
      ValueError: there are no windows, the weights are not one number of at least 0
        per window, or a batch cannot be divided into so many parts.
    """
    if not len(windows):
        raise ValueError("there are no windows to train on: all clips are too short")
    this, parts = part
    if batch % parts:
        raise ValueError(f"a batch of {batch} cannot be divided over {parts} processes")
    share = batch // parts
    chances = None if weights is None else _chances(weights, len(windows))
    # Small sets are repeated, so that one epoch is one batch at least.
    order_length = max(len(windows), batch)
    per_epoch = order_length // batch
    epoch = -1
    order = np.zeros(0, int)
    number = start
    while True:
        if number // per_epoch != epoch:
            epoch = number // per_epoch
            rng = np.random.default_rng([seed, epoch])
            if chances is None:
                order = np.resize(rng.permutation(len(windows)), order_length)
            else:
                order = rng.choice(len(windows), order_length, p=chances)
        first = number % per_epoch * batch + this * share
        yield windows.take(order[first : first + share])
        number += 1


def _chances(weights: np.ndarray, count: int) -> np.ndarray:
    """Probabilities [count] in proportion to weights."""
    weights = np.asarray(weights, np.float64)
    if weights.shape != (count,):
        raise ValueError(
            f"weights of shape {weights.shape} for {count} windows; give one of each"
        )
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise ValueError("weights of windows must be finite, at least 0 and not all 0")
    return weights / weights.sum()
