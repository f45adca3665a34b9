"""The pelvis is to follow a curved path at a given pace.

The path begins where somebody stands or walks, and the way he faces; it bends to both
sides by up to one over 1.3 m.
"""

from collections.abc import Sequence

import numpy as np

from benchmarks.control import compared
from kinematics import Motion, rotations
from lmmjax.evaluation.starts import Starts, moments
from lmmjax.generation import Stream, guidance

# Metres a second, and the sharpest bends, one over metres.
SLOW, FAST = 0.8, 1.6
BEND = 0.75
_STEP = 0.05
# Metres that the pelvis is to stay within.
GOAL = 0.15
HEADER = [
    "| | off the path, cm: median, 95 % | from where it is to be | within 15 cm, % "
    "of frames | of people, always " + compared.HEADER,
    "|" + "---|" * (5 + compared.COLUMNS),
]


def curves(starts: Starts, metres: float, seed: int) -> np.ndarray:
    """Paths [B, P, 2] that begin at the starts, metres."""
    rng = np.random.default_rng(seed)
    place = np.asarray(starts.past.root_position)[:, -1, :2]
    heading = np.asarray(rotations.heading(starts.past.root_rotation[:, -1]))
    gone = np.arange(0, metres, _STEP)
    swing, lean = rng.uniform(-1, 1, size=(2, len(place), 1))
    bend = BEND * (2 * swing * np.sin(gone / 2) + lean) / 3
    # The first metre is straight: nobody turns on the spot.
    bend *= np.clip(gone - 1, 0, 1)
    way = heading[:, None] + np.cumsum(bend * _STEP, axis=1)
    steps = _STEP * np.stack([np.cos(way), np.sin(way)], axis=-1)
    return place[:, None] + np.cumsum(steps, axis=1)


def rows(
    clips: Sequence[Motion],
    stream: Stream,
    seconds: float,
    count: int,
    calls: int,
    seed: int,
) -> list[str]:
    """Rows of the report, unguided and guided.

    Args:
      clips: held-out clips.
      stream: how one moves where nothing is wished.
      seconds: how long a path is followed.
      count: number of paths.
      calls: timed steps of one person.
      seed: of moments, paths and noise.
    """
    model = stream.model
    starts = moments(model, clips, count, seed)
    path = curves(starts, FAST * seconds + 2, seed)
    speed = np.random.default_rng(seed + 1).uniform(SLOW, FAST, size=count)
    frames = round(seconds * model.fps)
    track, facing = guidance.follow(starts.past, path, speed, seconds, model.fps)
    free = compared.Unguided.of(starts, stream, frames, seed)
    found = []
    for name, result, rest in free.guided([track, facing], calls):
        pelvis = result.places[:, :, 0, :2]
        off = _distance(pelvis, path)
        late = np.linalg.norm(pelvis - track.places[:, :, 0, :2], axis=-1)
        near = off <= GOAL
        shares = np.mean(100.0 * near, axis=1)
        always = np.min(100.0 * near, axis=1)
        told = [np.percentile(100 * x, [50, 95]) for x in (off, late)]
        found.append(
            f"| {name} | {told[0][0]:.1f}, {told[0][1]:.1f} "
            f"| {told[1][0]:.1f}, {told[1][1]:.1f} "
            f"| {compared.interval(shares, starts.clip)} "
            f"| {compared.interval(always, starts.clip)} {rest}"
        )
    return found


def _distance(points: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Metres [B, T] from points [B, T, 2] to the nearest of paths [B, P, 2]."""
    return np.stack(
        [
            np.linalg.norm(mine[:, None] - way[None], axis=-1).min(axis=1)
            for mine, way in zip(points, path, strict=True)
        ]
    )
