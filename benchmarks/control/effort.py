"""Walkers are to spend less power, to spare their knees, to stay over their feet.

All that are led go the same way at the same speed: straight on, as fast as they went.
Otherwise whoever is to spend less just goes more slowly. What a movement takes is told
by inverse dynamics of windows of a second, filtered at 6 Hz, of the truth as of what is
generated.
"""

import dataclasses
import time
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.control import compared
from kinematics import Motion, Poses, Skeleton, dynamics, rotations
from kinematics.bodies import segments
from lmmjax.evaluation import metrics
from lmmjax.evaluation.starts import OBSERVED_SECONDS, Starts, moments
from lmmjax.generation import Stream, guidance
from lmmjax.generation.guidance.effort import Balance, Power, Torque, stability
from lmmjax.generation.guidance.exertion import Physique, exert
from lmmjax.model import MovementModel
from lmmjax.model import poses as poses_of

# Chosen on subject 07: of the usual power, and N m.
SHARE, KNEE = 0.6, 80.0
# Frames at both ends of a window, whose rates are rough.
_ROUGH = 2
# Metres: soles are told by few joints, and the centre of pressure of captures is off
# them by a little most of the time.
OFF = 0.05
HEADER = [
    "| | cost of transport, J/kg/m | over the truth's | speed, m/s "
    "| from where it is to be, cm: median, 95 % "
    f"| knees over {KNEE:g} N m, % of frames | centre of pressure "
    f"{100 * OFF:g} cm or more off the soles, % | Fréchet distance to the truth: "
    "places, velocities | jerk over unguided | foot skate over unguided | over a limit "
    "| longest bone off | step of all, CPU ms |",
    "|" + "---|" * 13,
]


class Taken(NamedTuple):
    """What N windows of movement take.

    Attributes:
      cost: [N] J/kg/m, positive work of the joints.
      speed: [N] m/s of the root over the floor.
      knees: [N] share of frames of knees whose net moment is over `KNEE`.
      off: [N] share of the frames with a ground reaction in which it would have to act
        `OFF` or more beyond the soles.
    """

    cost: np.ndarray
    speed: np.ndarray
    knees: np.ndarray
    off: np.ndarray


def taken(model: MovementModel, who: Physique, windows: Poses) -> Taken:
    """What windows [N, T] take of people with these masses."""
    knees = np.array(_knees(model.body))
    power, root, torque, inside = _exerted(model.body, who, windows, knees)
    speed = np.linalg.norm(np.diff(root, axis=1), axis=-1).mean(axis=1) * model.fps
    return Taken(
        np.mean(power, axis=1) / np.asarray(who.mass) / speed,
        speed,
        np.mean(np.asarray(torque) > KNEE, axis=(1, 2)),
        np.sum(np.asarray(inside) < -OFF, axis=1) / np.sum(np.isfinite(inside), axis=1),
    )


@jax.jit
def _exerted(body, who, windows, knees):
    smooth = dynamics.smooth(Motion(body, *(*windows, who.fps)))
    found = exert(who, body, smooth.poses)
    knee = rotations.norm(found.moments[:, :, knees])
    root = smooth.root_position[..., :2]
    every = found.power(body), root, knee, stability(found)
    return jax.tree.map(lambda x: x[:, _ROUGH:-_ROUGH], every)


def windows(poses: Poses, frames: int) -> Poses:
    """Poses [B, W * (frames - 1) + 1] as windows [W * B, frames] that share ends."""
    count = (poses.joints.shape[1] - 1) // (frames - 1)
    starts = [n * (frames - 1) for n in range(count)]
    return Poses(
        *(
            np.concatenate([np.asarray(x)[:, n : n + frames] for n in starts])
            for x in poses
        )
    )


def straight(past: Poses, fps: float, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Paths [B, 2, 2] straight on from poses [B, T], and speeds [B], m/s."""
    place = np.asarray(past.root_position, float)[..., :2]
    frames = min(place.shape[1] - 1, round(fps / 2))
    velocity = (place[:, -1] - place[:, -1 - frames]) * fps / frames
    speed = np.maximum(np.linalg.norm(velocity, axis=-1), 1e-3)
    ahead = velocity / speed[:, None] * (speed.max() * seconds + 2)
    return np.stack([place[:, -1], place[:, -1] + ahead], axis=1), speed


def _features(body, poses: Poses, fps: float) -> metrics.MotionFeatures:
    """Of windows, each seen from where it begins."""
    places = np.asarray(poses_of.positions(body, poses))
    back = rotations.about_z(-rotations.heading(poses.root_rotation[:, 0]))
    seen = places - places[:, :1, :1] * [1, 1, 0]
    turned = rotations.quaternion_rotate(np.asarray(back)[:, None, None], seen)
    return metrics.motion_features(np.asarray(turned), fps)


def rows(
    name: str,
    clips: Sequence[Motion],
    stream: Stream,
    seconds: int,
    count: int,
    seed: int,
) -> list[str]:
    """Rows of the report: the truth, unguided, led, and led with each bound.

    Args:
      name: of the rows, such as the subject.
      clips: held-out clips.
      stream: how one moves where nothing is wished.
      seconds: of each movement.
      count: number of movements.
      seed: of moments and noise.
    """
    fps = stream.model.fps
    frames = round(OBSERVED_SECONDS * fps) + 1
    truth = moments(stream.model, clips, seconds * count, seed)
    starts = moments(stream.model, clips, count, seed)
    who = Physique.of(starts.model, starts.past)
    every = jax.tree.map(lambda x: jnp.concatenate([x] * seconds), who)
    offsets = np.tile(np.asarray(starts.model.body.offsets), (seconds, 1, 1, 1))
    model = starts.model.with_offsets(offsets)
    clip = np.tile(starts.clip, seconds)
    true = _features(truth.model.body, truth.past, fps)
    true_who = Physique.of(truth.model, truth.past)
    spent = taken(truth.model, true_who, truth.past)
    first, second = _cells(spent, spent, truth.clip)
    found = [f"| {name}, truth {first} | - {second}" + " | -" * 6 + " |"]
    free = dataclasses.replace(stream, model=starts.model)
    base = None
    for kind, wishes in _kinds(free, starts.past, who, seconds).items():
        guide = guidance.Guide.to(stream.model, *wishes) if wishes else None
        guided = dataclasses.replace(free, guide=guide)
        future, wait = _moved(guided, starts.past, seconds, seed)
        result = compared.measure(starts, future)
        base = base or result
        newest = starts.past.at(slice(None), slice(-1, None))
        both = zip(newest, future, strict=True)
        parts = windows(Poses(*(np.concatenate(x, axis=1) for x in both)), frames)
        first, second = _cells(taken(model, every, parts), spent, clip)
        ours = _features(model.body, parts, fps)
        far = [
            metrics.frechet_distance(getattr(ours, x), getattr(true, x))
            for x in ("positions", "velocities")
        ]
        found.append(
            f"| {name}, {kind} {first} | {_late(result, wishes)} {second} "
            f"| {far[0]:.3f}, {far[1]:.2f} {_cost(result, base, starts)} "
            f"| {1e3 * wait:.0f} |"
        )
    return found


def _moved(stream: Stream, past: Poses, seconds: int, seed: int) -> tuple[Poses, float]:
    """Poses [B, T] after those of the past, and seconds of a step's computing."""
    state, key = stream.init(past), jax.random.key(seed)
    parts, waits = [], []
    for number in range(-(-round(seconds * stream.model.fps) // stream.commit)):
        begun = time.process_time()
        step = stream.step(state, jax.random.fold_in(key, number))
        poses, state = jax.block_until_ready(step)
        waits.append(time.process_time() - begun)
        parts.append(poses)
    whole = jax.tree.map(lambda *x: np.concatenate(x, axis=1), *parts)
    frames = slice(round(seconds * stream.model.fps))
    # The first step is compiled.
    return whole.at(slice(None), frames), float(np.median(waits[1:]))


def _kinds(
    stream: Stream, past: Poses, who: Physique, seconds: int
) -> dict[str, list[guidance.Wish]]:
    """What is wished, by name."""
    path, speed = straight(past, stream.model.fps, seconds)
    led: list[guidance.Wish] = [
        *guidance.follow(past, path, speed, seconds, stream.model.fps),
        guidance.standing_feet(stream.model, stream.commit + 1),
    ]
    body = stream.model.body
    knees = [body.names[joint] for joint in _knees(body)]
    bounds: dict[str, Power | Torque | Balance] = {
        "cheaper": guidance.cheaper(SHARE),
        "knees spared": guidance.within_torque(body, knees, KNEE),
        "balanced": guidance.balanced(),
    }

    def only(name: str) -> guidance.Effort:
        """All bounds share a compiled step; those that are not asked for count 0."""
        asked = [
            dataclasses.replace(bound, precision=(key == name) * bound.precision)
            for key, bound in bounds.items()
        ]
        return guidance.Effort(who, tuple(asked))

    return {
        "unguided": [],
        "led": led,
        **{f"led, {name}": [*led, only(name)] for name in bounds},
    }


def _knees(body: Skeleton) -> list[int]:
    return [s.joints[0] for s in segments.segments(body) if s.name == "shank"]


def _cells(found: Taken, true: Taken, clip: np.ndarray) -> tuple[str, str]:
    """Cells before and after that of where somebody is to be."""

    def cell(values: np.ndarray, digits: int) -> str:
        low, high = metrics.bootstrap_interval(values, clip)
        return f"{np.mean(values):.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"

    return (
        f"| {cell(found.cost, 2)} | {np.mean(found.cost) / np.mean(true.cost):.3f} "
        f"| {cell(found.speed, 2)}",
        f"| {cell(100 * found.knees, 1)} | {cell(100 * found.off, 1)}",
    )


def _late(result: compared.Moved, wishes: Sequence[guidance.Wish]) -> str:
    """How far roots are from where they are to be."""
    if not wishes:
        return "-"
    track = wishes[0]
    assert isinstance(track, guidance.Track)
    off = result.places[:, :, 0, :2] - track.places[:, :, 0, :2]
    middle, most = np.percentile(100 * np.linalg.norm(off, axis=-1), [50, 95])
    return f"{middle:.1f}, {most:.1f}"


def _cost(result: compared.Moved, base: compared.Moved, starts: Starts) -> str:
    """Cells of jerk, skate, limits and bones."""
    low, high = metrics.bootstrap_ratio_interval(result.jerk, base.jerk, starts.clip)
    jerk = np.mean(result.jerk) / np.mean(base.jerk)
    speeds = [
        np.sum(moved.slide) / np.sum(moved.touch)
        for moved in (result, base)
        if moved.slide is not None and moved.touch is not None
    ]
    skate = f"{speeds[0] / speeds[1]:.2f}" if len(speeds) == 2 else "-"
    return (
        f"| {jerk:.2f} [{low:.2f}, {high:.2f}] | {skate} | {result.over:g} "
        f"| {1e3 * result.stretch:.3f} mm"
    )
