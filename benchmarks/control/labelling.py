"""People are told to go on with what they do, or to do something else.

What they then do is told by a classifier of real clips, which saw the first three
quarters of each clip of the training; how well it tells their last quarters is what it
can do. Who goes on with an action begins at moments of training clips that show it, as
there are no others of most actions; who does something else begins walking or running,
as nobody in the training does. Who holds still in a pose of an action is taken for it,
so that how fast joints are beside those of its clips stands there too. Who walks when
told to is also played in the style of each label, on the way that he went.
"""

import dataclasses
from collections.abc import Sequence

import jax
import numpy as np

from kinematics import Motion
from kinematics.motion import positions
from lmmjax.evaluation import metrics
from lmmjax.evaluation.recognition import Recognizer, fit_recognizer
from lmmjax.evaluation.starts import moments
from lmmjax.generation import Stream
from lmmjax.generation.intent import Intent
from lmmjax.generation.restyle import restyle
from lmmjax.model import poses as poses_of

# Share of a clip that the classifier sees, and seconds of the generated that it judges.
_SEEN, _JUDGED = 0.75, 2.0
# Whose style is changed.
_RESTYLED = "walk"
HEADER = [
    "| told | real, recognized, % | who began with it, % | the same, not told, % "
    "| who walked or ran, % | the same, not told, % | speed of who began with it, % "
    "of its clips' | walks in its style, % | who walked or ran most often taken for |",
    "|" + "---|" * 9,
]


def rows(
    train: Sequence[Motion],
    held: Sequence[Motion],
    stream: Stream,
    seconds: float,
    count: int,
    scale: float,
    seed: int,
) -> list[str]:
    """Rows of the report, one for each label and one of their mean.

    Args:
      train: training clips.
      held: clips that movement goes on from.
      stream: how one moves.
      seconds: of movement.
      count: people who are told each label.
      scale: of the guidance by labels.
      seed: of moments and noise.
    """
    model = stream.model
    clips = [clip.recoordinate(model.body) for clip in train if clip.action]
    recognizer = fit_recognizer([c[: round(_SEEN * len(c))] for c in clips])
    rest = [c[round(_SEEN * len(c)) :] for c in clips]
    table: list[tuple[float, ...]] = []

    def moved(clips: Sequence[Motion], told: Intent | None) -> list[Motion]:
        return _moved(clips, stream, told, seconds, count, seed)

    def shown(clips: Sequence[Motion], told: Intent | None) -> list[Motion]:
        return _judged(moved(clips, told))

    walks = []
    if _RESTYLED in model.config.labels:
        walking = Intent.label(model.config, _RESTYLED, count, scale=scale)
        walks = moved(held, walking)
    free = _windows(recognizer, shown(held, None))
    lines = []
    for label in recognizer.labels:
        real = [
            _share(recognizer.recognized(c), label)
            for c in rest
            if c.action == label and len(c) >= recognizer.frames
        ]
        told = Intent.label(model.config, label, count, scale=scale)
        own = [clip for clip in train if clip.action == label]
        going_on, left_alone = shown(own, told), shown(own, None)
        found = _windows(recognizer, shown(held, told))
        values = (
            # A clip may be too short for a window in its last quarter.
            float(np.mean(real)) if real else np.nan,
            *(_share(_windows(recognizer, x), label) for x in (going_on, left_alone)),
            _share(found, label),
            _share(free, label),
            _speed(going_on) / _speed(own),
            _share(_windows(recognizer, _restyled(walks, stream, label)), label),
        )
        table.append(values)
        others = [x for x in found if x != label]
        most = max(set(others), key=others.count) if others else "-"
        lines.append(_row(label, values, most))
    # Of those labels that real clips tell how well they can be told.
    told_too = np.array(table)
    told_too = told_too[np.isfinite(told_too[:, 0])]
    mean = [float(x) for x in told_too.mean(axis=0)]
    ratios = f"{mean[1] / mean[0]:.0%} and {mean[3] / mean[0]:.0%} of real"
    return [*lines, _row("**mean**", mean, ratios)]


def _judged(motions: Sequence[Motion]) -> list[Motion]:
    """Their last seconds."""
    return [motion[-round(_JUDGED * motion.fps) :] for motion in motions]


def _moved(
    clips: Sequence[Motion],
    stream: Stream,
    told: Intent | None,
    seconds: float,
    count: int,
    seed: int,
) -> list[Motion]:
    """How people go on from clips."""
    starts = moments(stream.model, clips, count, seed)
    stream = dataclasses.replace(stream, model=starts.model, intent=told)
    frames = round(seconds * stream.model.fps)
    state = stream.init(starts.past)
    future, _ = stream.sample(state, jax.random.key(seed), frames)
    future = jax.tree.map(np.asarray, future)
    return [
        poses_of.to_motion(
            future.at(n),
            stream.model.body.replace(offsets=offsets),
            stream.model.fps,
        )
        for n, offsets in enumerate(np.asarray(starts.model.body.offsets)[:, 0])
    ]


def _restyled(motions: Sequence[Motion], stream: Stream, label: str) -> list[Motion]:
    """The last seconds of motions in the style of a label."""
    names = "commit", "steps", "temperature", "churn", "inertia"
    options = {name: getattr(stream, name) for name in names}
    return _judged(
        [
            restyle(stream.model, motion, label, seed=seed, **options)
            for seed, motion in enumerate(motions)
        ]
    )


def _windows(recognizer: Recognizer, motions: Sequence[Motion]) -> list[str]:
    """What they show, window by window."""
    return [label for motion in motions for label in recognizer.recognized(motion)]


def _speed(motions: Sequence[Motion]) -> float:
    """Mean speed of joints, m/s."""
    speeds = [metrics.joint_speed(positions(m), m.fps).ravel() for m in motions]
    return float(np.concatenate(speeds).mean())


def _share(found: Sequence[str], label: str) -> float:
    return float(np.mean([x == label for x in found])) if found else np.nan


def _row(name: str, values: Sequence[float], last: str) -> str:
    cells = ["-" if np.isnan(v) else f"{100 * v:.0f}" for v in values]
    return f"| {' | '.join([name, *cells, last])} |"
