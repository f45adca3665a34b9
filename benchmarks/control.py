r"""Whether a model does what is wished, and what that costs.

    python -m benchmarks.control --data_dir=<folders of motion>

Reaching: from moments of held-out clips a hand is to be at a goal in time, some 0.3 to
0.9 m beside where it would be then, and where its arm can reach. Guided movement stands
beside the same movement without a wish: the same noise, sampler and inertia. Nothing is
chosen on these clips.
"""

import dataclasses
from collections.abc import Callable, Sequence

import jax
import numpy as np

from benchmarks import report
from experiments import pipeline, program  # program sets up the cache
from experiments.results import provenance
from kinematics import Motion, Poses, limits
from kinematics.bodies import segments
from lmmjax import pretrained
from lmmjax.evaluation import metrics
from lmmjax.generation import Stream, guidance
from lmmjax.generation.continuation import fit_to_model
from lmmjax.model import MovementModel
from lmmjax.model import poses as poses_of

flags = report.flags_of(__name__)
_PRETRAINED = flags.DEFINE_string("pretrained", "human-mocap", "Name or folder.")
_DATA = flags.DEFINE_string("data_dir", None, "Folders of motion.", required=True)
_JOINTS = flags.DEFINE_list("joints", ["LeftHand", "RightHand"], "That reach.")
_GOALS = flags.DEFINE_integer("goals", 128, "Of each joint.", 1)
_SECONDS = flags.DEFINE_float("seconds", 0.8, "Until a goal is due.")
_CALLS = flags.DEFINE_integer("calls", 200, "Timed steps of one person.", 1)
_SEED = flags.DEFINE_integer("seed", 0, "Of moments, goals and noise.")

OBSERVED_SECONDS = 1.0
# Metres from where a joint would be.
NEAR, FAR = 0.3, 0.9
# Of the length of a limb, what is in its reach.
REACH = (0.35, 0.95)
_FLOOR = 0.05
HEADER = [
    "| | error, cm: median, 95 % | within 2 cm, % | within 5 cm, % "
    "| jerk over unguided | foot skate over unguided | over a limit | longest bone off "
    "| step, ms |",
    "|" + "---|" * 9,
]


@dataclasses.dataclass(frozen=True)
class Starts:
    """Moments that movement goes on from, B of them.

    Attributes:
      model: on the bones of each.
      past: poses [B, T].
      clip: [B] number of the clip of each.
    """

    model: MovementModel
    past: Poses
    clip: np.ndarray


def moments(
    model: MovementModel, clips: Sequence[Motion], count: int, seed: int
) -> Starts:
    """Moments of clips in turn, drawn evenly within each.

    Raises:
      ValueError: no clip is long enough.
    """
    frames = round(OBSERVED_SECONDS * model.fps) + 1
    fitted = [fit_to_model(model, clip) for clip in clips]
    fitted = [clip for clip in fitted if len(clip) >= frames]
    if not fitted:
        raise ValueError(f"no clip has the {frames} frames that are observed")
    rng = np.random.default_rng(seed)
    number = np.arange(count) % len(fitted)
    parts = []
    for n in number:
        start = rng.integers(len(fitted[n]) - frames + 1)
        parts.append(fitted[n][start : start + frames])
    arrays = zip(*(part.poses for part in parts), strict=True)
    past = Poses(*(np.stack([np.asarray(x) for x in y]) for y in arrays))
    offsets = np.stack([np.asarray(part.skeleton.offsets) for part in parts])
    return Starts(model.with_offsets(offsets[:, None]), past, number)


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


def reach_rows(
    model: MovementModel,
    clips: Sequence[Motion],
    joint: str,
    stream: Stream,
    seconds: float,
    count: int,
    calls: int,
    seed: int,
) -> list[str]:
    """Rows of the report on one joint's reaches, unguided and guided.

    Args:
      model: the model.
      clips: held-out clips.
      joint: name of what reaches.
      stream: of the model, how it moves where nothing is wished.
      seconds: until a goal is due.
      count: number of goals.
      calls: timed steps of one person.
      seed: of moments, goals and noise.
    """
    starts = moments(model, clips, count, seed)
    body, number = starts.model.body, model.body.names.index(joint)
    due = round(seconds * model.fps)
    free = dataclasses.replace(stream, model=starts.model)
    state, key = free.init(starts.past), jax.random.key(seed)
    past = np.asarray(poses_of.positions(body, starts.past))
    would, _ = free.sample(state, key, due)
    goal = goals(
        np.asarray(poses_of.positions(body, would))[:, -1], body.parents, number, seed
    )
    reach = guidance.reach(model.body, past, joint, goal, seconds, model.fps)
    also: list[guidance.Wish] = []
    toes: tuple[int, ...] = ()
    try:
        toes = segments.toe_joints(model.body)
        # Those that are handed out, and one more.
        also.append(guidance.standing_feet(model, min(stream.commit + 1, due)))
    except ValueError:
        pass
    guide = guidance.Guide.to(model, reach, *also)
    guided = dataclasses.replace(free, guide=guide)
    alone = guide.wish(dataclasses.replace(reach, places=reach.places[:1]), *also)
    found, _ = guided.sample(state, key, due)
    parents = np.array(body.parents[1:])
    lengths = np.linalg.norm(np.asarray(body.offsets)[..., 1:, :], axis=-1)

    def measured(future: Poses) -> dict[str, np.ndarray]:
        places = np.asarray(poses_of.positions(body, future))
        bones = np.linalg.norm(places[:, :, 1:] - places[:, :, parents], axis=-1)
        floor = past[:, :, list(toes), 2].min((1, 2)) if toes else 0.0
        skate = metrics.foot_skate(places, toes, model.fps, floor) if toes else None
        return {
            "miss": metrics.goal_distance(places[:, :, number], goal, due - 1),
            "jerk": metrics.jerk(np.concatenate([past, places], axis=1), model.fps),
            "slide": np.nan_to_num(skate.speed * skate.contacts) if skate else None,
            "touch": skate.contacts if skate else None,
            "over": limits.share_outside(model.body, np.asarray(future.joints)),
            "stretch": np.abs(bones - lengths).max(),
        }

    both = {
        "unguided": (free, measured(would)),
        "guided": (dataclasses.replace(free, guide=alone), measured(found)),
    }
    base = both["unguided"][1]
    rows = []
    for name, (moving, result) in both.items():
        misses = np.percentile(result["miss"], [50, 95])
        within = [100.0 * (result["miss"] <= cm) for cm in (2, 5)]
        jerk = metrics.bootstrap_ratio_interval(
            result["jerk"], base["jerk"], starts.clip
        )
        skate = "-"
        if toes:
            means = [x["slide"].sum() / x["touch"].sum() for x in (result, base)]
            skate = f"{means[0] / means[1]:.2f}"
        one = _of_one(moving, starts.past)
        rows.append(
            f"| {joint}, {name} | {misses[0]:.1f}, {misses[1]:.1f} "
            + "".join(f"| {_interval(x, starts.clip)} " for x in within)
            + f"| {np.mean(result['jerk']) / np.mean(base['jerk']):.2f} "
            f"[{jerk[0]:.2f}, {jerk[1]:.2f}] | {skate} | {result['over']:g} "
            f"| {1e3 * result['stretch']:.3f} mm "
            f"| {1e3 * metrics.measure_latency(one, calls).p50:.2f} |"
        )
    return rows


def _interval(values: np.ndarray, clip: np.ndarray) -> str:
    low, high = metrics.bootstrap_interval(values, clip)
    return f"{np.mean(values):.1f} [{low:.1f}, {high:.1f}]"


def _of_one(stream: Stream, past: Poses) -> Callable[[], object]:
    """A step of the first person alone."""
    model = stream.model
    alone = dataclasses.replace(
        stream, model=model.with_offsets(model.body.offsets[:1])
    )
    state, key = alone.init(past.at(slice(0, 1))), jax.random.key(0)
    return lambda: alone.step(state, key)


def main() -> None:
    """Measure and print."""
    model, meta = pretrained.load(_PRETRAINED.value)
    config = pipeline.config_of(meta)
    dataset = pipeline.load_data(config, _DATA.value)
    stream = Stream(model, commit=5, steps=4, churn=0.0, temperature=0.5, inertia=0.5)
    rows = list(HEADER)
    for joint in _JOINTS.value:
        rows += reach_rows(
            model,
            dataset["test"],
            joint,
            stream,
            _SECONDS.value,
            _GOALS.value,
            _CALLS.value,
            _SEED.value,
        )
    told = f"{_GOALS.value} goals of each joint, due in {_SECONDS.value:g} s"
    rows += ["", provenance(dataset.name, told, f"seed {_SEED.value}")]
    report.publish(rows)


if __name__ == "__main__":
    program.run(main)
