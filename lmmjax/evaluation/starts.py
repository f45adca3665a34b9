"""Moments of clips that generated movement goes on from."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from kinematics import Motion, Poses
from lmmjax.data.catalog import DataError
from lmmjax.generation.continuation import fit_to_model
from lmmjax.model import MovementModel

OBSERVED_SECONDS = 1.0


@dataclasses.dataclass(frozen=True)
class Starts:
    """Moments that movement goes on from, B of them.

    Attributes:
      model: on the bones of each.
      past: poses [B, T].
      future: poses [B, F] that truly followed.
      clip: [B] number of the clip of each.
    """

    model: MovementModel
    past: Poses
    future: Poses
    clip: np.ndarray


def moments(
    model: MovementModel,
    clips: Sequence[Motion],
    count: int,
    seed: int,
    after: int = 0,
) -> Starts:
    """Moments of clips in turn, drawn evenly within each.

    Args:
      model: the model.
      clips: held-out clips.
      count: B.
      seed: of the moments.
      after: frames F that have to follow.

    Raises:
      DataError: no clip is long enough.
    """
    before = round(OBSERVED_SECONDS * model.fps) + 1
    frames = before + after
    fitted = [fit_to_model(model, clip) for clip in clips if len(clip) > 1]
    fitted = [clip for clip in fitted if len(clip) >= frames]
    if not fitted:
        raise DataError(f"no clip has the {frames} frames that are looked at")
    rng = np.random.default_rng(seed)
    number = np.arange(count) % len(fitted)
    parts = []
    for n in number:
        start = rng.integers(len(fitted[n]) - frames + 1)
        parts.append(fitted[n][start : start + frames])
    arrays = zip(*(part.poses for part in parts), strict=True)
    poses = Poses(*(np.stack([np.asarray(x) for x in y]) for y in arrays))
    offsets = np.stack([np.asarray(part.skeleton.offsets) for part in parts])
    every = slice(None)
    return Starts(
        model.with_offsets(offsets[:, None]),
        poses.at(every, slice(before)),
        poses.at(every, slice(before, None)),
        number,
    )
