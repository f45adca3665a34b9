"""Players of a match are to be where tracks say they were.

The tracks are made: players go from place to place on a court, speed up and brake as
much as ballplayers do, give way to each other, and stand in between. Rows tell whole
seconds by how fast the track goes in them.
"""

import itertools
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.control.compared import interval
from kinematics import Motion
from kinematics.bodies import segments
from kinematics.motion import positions
from lmmjax.evaluation import metrics
from lmmjax.generation import Stream, match
from lmmjax.generation.reciprocal import passing

# A basketball court, metres; the most that somebody speeds up or brakes, m/s^2, and the
# paces that he goes at, m/s.
COURT = 28.0, 15.0
QUICKEST, PACES = 3.0, (1.0, 6.0)
# Seconds in which he takes up a velocity, and stands where he came to; metres between
# players.
_TAKE_UP, _STANDS, _APART = 0.25, (0.0, 2.0), 1.0
# Prompts that players begin with, whichever is nearest to their speed.
GAITS = "stand", "walk", "run"
# Metres that roots are to stay within, and m/s between which rows are.
GOAL = 0.15
BINS = (0.0, 1.0, 2.0, 3.0, 4.0, 6.5)
HEADER = [
    "| m/s of the track | seconds | from the track, cm: median, 95 % | within 15 cm, % "
    "of frames | lowest joint over the floor, cm: 5 %, median, 95 % | foot skate, m/s "
    "| jerk over that of the slowest |",
    "|---|---|---|---|---|---|---|",
]


def tracks(players: int, seconds: float, fps: float, seed: int) -> np.ndarray:
    """Places [N, F, 2] of players over a court, metres."""
    rng = np.random.default_rng(seed)
    court = np.array(COURT)
    frames, step = round(seconds * fps) + 1, 1 / fps
    # Evenly at first, so that nobody begins in another's place.
    place = court * (np.stack(np.divmod(np.arange(players), 5), -1) + 0.5) / [2, 5]
    velocity = np.zeros((players, 2))
    goal, pace = place.copy(), np.ones(players)
    wait = rng.uniform(0, 1, players)
    apart = np.where(np.eye(players, dtype=bool), -1.0, _APART)
    found = [place]
    for _ in range(frames - 1):
        off = goal - place
        far = np.linalg.norm(off, axis=-1)
        wait = np.where(far < 0.3, wait - step, wait)
        for n in np.flatnonzero(wait < 0):
            goal[n] = rng.uniform(1, court - 1)
            pace[n] = rng.uniform(*PACES)
            wait[n] = rng.uniform(*_STANDS)
        # As fast as one can still brake, and no faster than the pace.
        speed = np.minimum(pace, np.sqrt(QUICKEST * far))
        wished = off * (speed / np.maximum(far, 1e-6))[:, None]
        wished = np.asarray(
            _passing(*map(jnp.asarray, (place, velocity, wished, apart)))
        )
        change = (wished - velocity) / _TAKE_UP
        size = np.linalg.norm(change, axis=-1, keepdims=True)
        change *= np.minimum(1, QUICKEST / np.maximum(size, 1e-6))
        velocity = velocity + step * change
        size = np.linalg.norm(velocity, axis=-1, keepdims=True)
        velocity *= np.minimum(1, PACES[1] / np.maximum(size, 1e-6))
        place = place + step * velocity
        found.append(place)
    return np.stack(found, axis=1)


@jax.jit
def _passing(place, velocity, wished, apart):
    return passing(place, velocity, wished, apart, PACES[1], ahead=2.0, now=0.5)


def rows(
    prompts: Mapping[str, Motion],
    stream: Stream,
    players: int,
    seconds: float,
    seed: int,
    feet: bool = True,
) -> list[str]:
    """Rows of the report, by how fast tracks go, and of all.

    Args:
      prompts: what players begin with.
      stream: how one moves where nothing is wished.
      players: how many.
      seconds: how long.
      seed: of tracks and noise.
      feet: see `match.play`.
    """
    model = stream.model
    places = tracks(players, seconds, model.fps, seed)
    found = match.play(
        model,
        [match.Player(f"player {n + 1}", way) for n, way in enumerate(places)],
        prompts,
        seed,
        feet=feet,
        commit=stream.commit,
        steps=stream.steps,
        churn=stream.churn,
        temperature=stream.temperature,
        inertia=stream.inertia,
    )
    joints = np.stack([positions(motion) for motion in found])
    off = np.linalg.norm(joints[:, :, 0, :2] - places, axis=-1)
    pace = np.linalg.norm(np.diff(places, axis=1), axis=-1) * model.fps
    # Whole seconds [N * S, fps].
    second = round(model.fps)
    count = pace.shape[1] // second
    cut = slice(1, 1 + count * second)
    pace = pace[:, : count * second].reshape(-1, second).mean(axis=1)
    off = off[:, cut].reshape(-1, second)
    joints = joints[:, cut].reshape(-1, second, *joints.shape[2:])
    who = np.repeat(np.arange(players), count)
    toes = list(segments.toe_joints(model.body))
    floor = _floor(prompts, toes)
    skate = metrics.foot_skate(joints, toes, model.fps, floor)
    slide = np.nan_to_num(skate.speed * skate.contacts)
    jerk = metrics.jerk(joints, model.fps)
    bins = [(pace >= a) & (pace < b) for a, b in itertools.pairwise(BINS)]
    slowest = jerk[next((x for x in bins if x.any()), slice(None))].mean()
    names = [f"{a:g} to {b:g}" for a, b in itertools.pairwise(BINS)]
    lines = []
    for name, these in [*zip(names, bins, strict=True), ("all", pace >= 0)]:
        if not these.any():
            continue
        middle, most = np.percentile(100 * off[these], [50, 95])
        within = 100 * (off[these] < GOAL).mean(axis=1)
        touch = skate.contacts[these].sum()
        low = 100 * (joints[these, ..., 2].min(axis=-1) - floor)
        height = ", ".join(f"{x:.0f}" for x in np.percentile(low, [5, 50, 95]))
        lines.append(
            f"| {name} | {these.sum()} | {middle:.1f}, {most:.1f} "
            f"| {interval(within, who[these])} | {height} "
            f"| {slide[these].sum() / max(touch, 1):.2f} "
            f"| {jerk[these].mean() / slowest:.2f} |"
        )
    return lines


def _floor(prompts: Mapping[str, Motion], toes: list[int]) -> float:
    """Metres: where the toes stand that the prompts do."""
    low = [positions(motion)[:, toes, 2].min(axis=1) for motion in prompts.values()]
    return float(np.percentile(np.concatenate(low), 5))
