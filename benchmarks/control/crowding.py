"""Many people walk across each other's ways.

They stand on a circle, evenly, and each is to walk to the point across it, so that all
meet in its middle. Beside them are the same people who do not see each other.
"""

import dataclasses
import functools
from collections.abc import Sequence

import jax
import numpy as np

from benchmarks.control.compared import interval
from kinematics import Motion, Poses, rotations
from kinematics.skeleton import Skeleton
from lmmjax.evaluation import metrics
from lmmjax.evaluation.starts import moments
from lmmjax.generation import Crowd, Stream, guidance
from lmmjax.model import poses as poses_of

SPEED = 1.2
# Metres: between neighbours on the circle, that roots keep from each other, and that
# ways may be left by.
_BESIDE, APART, ASIDE = 2.0, 0.7, 0.4
# Of a bone's length, and at most so many metres: bodies as capsules.
_THICK, _THICKEST = 0.3, 0.09
# Pairs of people are looked at in one frame of so many.
_EVERY = 3
HEADER = [
    "| people | colliding frames, % of pairs that meet | nearest roots, m "
    "| from where they are to be, cm: median, 95 % | step of all, ms | steps/s |",
    "|---|---|---|---|---|---|",
]


def circle(past: Poses, metres: float) -> tuple[Poses, np.ndarray]:
    """People put on a circle and faced to its middle, and their ways across it.

    Args:
      past: poses [N, T].
      metres: radius.

    Returns:
      Poses [N, T], whose last ones are on the circle, and paths [N, 2, 2].
    """
    count = len(past.joints)
    angle = 2 * np.pi * np.arange(count) / count
    place = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    end = np.asarray(past.root_position)[:, -1:]
    turn = angle + np.pi - np.asarray(rotations.heading(past.root_rotation[:, -1]))
    turn = rotations.about_z(turn.astype(np.float32))[:, None]
    moved = rotations.quaternion_rotate(turn, past.root_position - end)
    goal = np.concatenate([metres * place, end[:, 0, 2:]], axis=-1)[:, None]
    there = past._replace(
        root_position=np.asarray(moved + goal, np.float32),
        root_rotation=np.asarray(
            rotations.quaternion_multiply(turn, past.root_rotation)
        ),
    )
    return there, metres * np.stack([place, -place], axis=1)


def radii(body: Skeleton) -> np.ndarray:
    """[J] metres of the capsules of bones, 0 of the root."""
    offsets = np.asarray(body.offsets).reshape(-1, body.num_joints, 3)[0]
    thick = np.minimum(_THICK * np.linalg.norm(offsets, axis=-1), _THICKEST)
    return np.where(np.arange(len(thick)) > 0, thick, 0.0)


def rows(
    clips: Sequence[Motion], stream: Stream, count: int, calls: int, seed: int
) -> list[str]:
    """Rows of the report, of people who do not see each other and who do.

    Args:
      clips: held-out clips.
      stream: how one moves where nothing is wished.
      count: of people.
      calls: timed steps; with 0 nothing is timed.
      seed: of moments and noise.
    """
    model = stream.model
    starts = moments(model, clips, count, seed)
    radius = count * _BESIDE / (2 * np.pi)
    past, path = circle(starts.past, radius)
    seconds = 2 * radius / SPEED + 1
    track, facing = guidance.follow(past, path, SPEED, seconds, model.fps, ASIDE)
    wishes: list[guidance.Wish] = [track, facing]
    guide = guidance.Guide.to(model, *wishes)
    crowd = Crowd(dataclasses.replace(stream, model=starts.model, guide=guide), APART)
    frames = round(seconds * model.fps)
    keys = jax.random.split(jax.random.key(seed), count)
    found = []
    for name, group in {
        "alone": dataclasses.replace(crowd, apart=0.0, plans=False),
        "together": crowd,
    }.items():
        state = group.stream.init(past)
        future, _ = group.sample(state, keys, frames)
        places = np.asarray(poses_of.positions(starts.model.body, future))
        late = np.linalg.norm(places[:, :, 0, :2] - track.places[:, :, 0, :2], axis=-1)
        middle, most = np.percentile(100 * late, [50, 95])
        share, nearest = meetings(starts.model.body, places[:, ::_EVERY])
        pairs = np.arange(len(share))
        step = functools.partial(group.step, state, keys)
        timed = "| - | -"
        if calls:
            median = metrics.measure_latency(step, calls).p50
            timed = f"| {1e3 * median:.1f} | {1 / median:.0f}"
        found.append(
            f"| {count}, {name} | {interval(100 * share, pairs)} "
            f"| {nearest.min():.2f} | {middle:.1f}, {most:.1f} "
            f"{timed} |"
        )
    return found


def meetings(body: Skeleton, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the pairs of people who come within a metre of each other: share and distance.

    Args:
      body: the tree of joints and its bones.
      places: [N, T, J, 3] metres.

    Returns:
      The share of frames in which the two of each pair collide, of those in which they
      are within a metre, and the least distance of their roots, metres.
    """
    offsets = np.asarray(body.offsets).reshape(-1, body.num_joints, 3)[0]
    one = body.replace(offsets=offsets)
    thick = radii(body)
    shares, nearest = [], []
    for p in range(len(places)):
        for q in range(p):
            away = np.linalg.norm(places[p, :, 0, :2] - places[q, :, 0, :2], axis=-1)
            if not (near := away < 1.0).any():
                continue
            both = np.stack([places[p, near], places[q, near]], axis=1)
            depth = metrics.penetration(one, both, thick).between
            shares.append(metrics.collision_share(depth))
            nearest.append(away.min())
    if not shares:
        return np.zeros(1), np.full(1, np.inf)
    return np.array(shares), np.array(nearest)
