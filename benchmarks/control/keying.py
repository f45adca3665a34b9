"""A body is to be in a given posture, at a given place and time: in-betweening.

The posture is the one in which the clip truly is then. Between, nothing is wished but
the way of the root.
"""

from collections.abc import Sequence

import numpy as np

from benchmarks.control import compared
from kinematics import Motion
from lmmjax.evaluation.starts import moments
from lmmjax.generation import Stream, guidance
from lmmjax.model import poses as poses_of

HEADER = [
    "| | joints from the key pose, cm: mean, 95 % of people | joints from the truth "
    "half way " + compared.HEADER,
    "|" + "---|" * (3 + compared.COLUMNS),
]


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
      seconds: until the key pose.
      count: of moments.
      calls: timed steps of one person.
      seed: of moments and noise.
    """
    model = stream.model
    due = round(seconds * model.fps)
    starts = moments(model, clips, count, seed, due)
    body = starts.model.body
    pair = starts.future.at(slice(None), slice(-2, None))
    wishes = guidance.keyframe(starts.model, starts.past, pair, seconds)
    free = compared.Unguided.of(starts, stream, due, seed)
    truth = np.asarray(poses_of.positions(body, starts.future))
    found = []
    for name, result, rest in free.guided(wishes, calls):
        off = 100 * np.linalg.norm(result.places - truth, axis=-1).mean(axis=-1)
        most = np.percentile(off[:, -1], 95)
        found.append(
            f"| {name} | {compared.interval(off[:, -1], starts.clip)}, {most:.1f} "
            f"| {compared.interval(off[:, due // 2], starts.clip)} {rest}"
        )
    return found
