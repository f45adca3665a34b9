"""A hand is to be at a goal in time.

Goals are 0.3 to 0.9 m beside where it would be then, and where its arm can reach.
"""

from collections.abc import Sequence

import numpy as np

from benchmarks.control import compared
from kinematics import Motion
from lmmjax.evaluation import metrics
from lmmjax.evaluation.starts import moments
from lmmjax.generation import Stream, guidance
from lmmjax.generation.intent import Intent
from lmmjax.model import poses as poses_of

# Metres from where a joint would be.
NEAR, FAR = 0.3, 0.9
# Of the length of a limb, what is in its reach.
REACH = (0.35, 0.95)
_FLOOR = 0.05
HEADER = [
    "| | error, cm: median, 95 % | within 2 cm, % | within 5 cm, % " + compared.HEADER,
    "|" + "---|" * (4 + compared.COLUMNS),
]


def goals(
    places: np.ndarray, parents: Sequence[int], joint: int, seed: int
) -> np.ndarray:
    """Goals [B, 3] that a limb can reach, metres.

    Args:
      places: [B, J, 3] where joints would be when the goal is due.
      parents: of the joints.
      joint: what is to reach; the limb are the two bones before it.
      seed: of the goals.
    """
    rng = np.random.default_rng(seed)
    middle = parents[joint]
    root = parents[middle]
    bones = (places[:, a] - places[:, b] for a, b in ((joint, middle), (middle, root)))
    length = sum(np.linalg.norm(bone, axis=-1) for bone in bones)
    found = np.full((len(places), 3), np.nan)
    for _ in range(10_000):
        left = np.isnan(found[:, 0])
        if not left.any():
            return found
        way = rng.normal(size=(len(places), 3))
        way /= np.linalg.norm(way, axis=-1, keepdims=True)
        far = rng.uniform(NEAR, FAR, size=(len(places), 1))
        goal = places[:, joint] + far * way
        away = np.linalg.norm(goal - places[:, root], axis=-1) / length
        fits = (away > REACH[0]) & (away < REACH[1]) & (goal[:, 2] > _FLOOR)
        found = np.where((left & fits)[:, None], goal, found)
    raise ValueError("no goal is in reach; is the joint the end of a limb?")


def rows(
    clips: Sequence[Motion],
    joint: str,
    stream: Stream,
    seconds: float,
    count: int,
    calls: int,
    seed: int,
    heed: float = 1.0,
) -> list[str]:
    """Rows of the report on one joint's reaches, unguided, guided, and told of goals.

    Args:
      clips: held-out clips.
      joint: name of what reaches.
      stream: how one moves where nothing is wished.
      seconds: until a goal is due.
      count: number of goals.
      calls: timed steps of one person.
      seed: of moments, goals and noise.
      heed: scale of the guidance by what is told.
    """
    model = stream.model
    starts = moments(model, clips, count, seed)
    body, number = starts.model.body, model.body.names.index(joint)
    due = round(seconds * model.fps)
    past = np.asarray(poses_of.positions(body, starts.past))
    free = compared.Unguided.of(starts, stream, due, seed)
    goal = goals(free.moved.places[:, -1], body.parents, number, seed)
    reach = guidance.reach(model.body, past, joint, goal, seconds, model.fps)
    told = None
    if joint in model.config.goals:
        told = Intent.label(model.config, "", count, scale=heed)
        told = told.aim(model.config, joint, goal, seconds, model.fps)
    found = []
    for name, result, rest in free.guided([reach], calls, told):
        miss = metrics.goal_distance(result.places[:, :, number], goal, due - 1)
        middle, most = np.percentile(miss, [50, 95])
        within = [compared.interval(100.0 * (miss <= cm), starts.clip) for cm in (2, 5)]
        found.append(
            f"| {joint}, {name} | {middle:.1f}, {most:.1f} | {within[0]} "
            f"| {within[1]} {rest}"
        )
    return found
