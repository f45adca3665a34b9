"""A match from where its players were: people who move along tracks.

    motions = match.play(model, [Player("7", places), ...], prompts)

Tracks tell points on the floor; the rest of each body is the model's. Each begins some
steps before his track, on the straight line that it begins with, so that he is in his
stride when it does. A model that heeds it is told who walks and who runs, by how fast
tracks go: otherwise people who are drawn along glide.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import jax
import numpy as np

from kinematics import Motion, Poses
from lmmjax.generation import guidance
from lmmjax.generation.continuation import fit_to_model
from lmmjax.generation.crowd import Crowd
from lmmjax.generation.intent import Intent
from lmmjax.generation.scene import SHOWN_SECONDS, placed
from lmmjax.generation.stream import Stream
from lmmjax.model import intent
from lmmjax.model import poses as poses_of
from lmmjax.model.movement import MovementModel

# Seconds before the tracks begin, and after they end.
LEAD, TRAIL = 1.5, 0.5
# Metres that roots are from each other; tracked people seldom are nearer.
APART = 0.4
# Metres that tracks may be missed by, of which a third is, and that hips go up and down
# by: those who are held more tightly float and sink when tracks turn sharply.
ASIDE, BOB = 0.15, 0.1
# Seconds from which a track's first and last velocities are told, and m/s below which
# somebody stands.
_FIRST, _STANDS = 0.2, 0.4
# Scale of the guidance by gaits; seconds over which a speed is told, and m/s from which
# somebody runs: a little sooner than people begin to, so that legs are ready for it.
HEED, _STRIDE, _RUNS = 3.0, 0.8, 1.8


@dataclasses.dataclass(frozen=True)
class Player:
    """Somebody, and where he is.

    Attributes:
      name: what his motion is called.
      places: [F, 2] metres, at the model's rate.
    """

    name: str
    places: np.ndarray


def play(
    model: MovementModel,
    players: Sequence[Player],
    prompts: Mapping[str, Motion],
    seed: int = 0,
    apart: float = APART,
    aside: float = ASIDE,
    bob: float = BOB,
    feet: bool = True,
    heed: float = HEED,
    **options,
) -> list[Motion]:
    """How players moved.

    Args:
      model: the model.
      players: at least one; all are there in F >= 2 frames.
      prompts: ways to move, of which each begins with that nearest to his speed.
      seed: of all noise.
      apart: metres that people keep from each other.
      aside: metres that tracks may be missed by.
      bob: metres that hips may go up and down by.
      feet: whether feet that stand are held, for four times the work.
      heed: how much it counts that somebody walks or runs, see
        `lmmjax.model.movement.Told`; 0 to tell nothing.
      **options: of `Stream`: commit, steps, temperature, churn, inertia.

    Returns:
      One motion [F] for each player.

    Raises:
      PromptError: a prompt is of another skeleton, or too short.
      ValueError: there are no players or prompts, or places are not as above.
    """
    if not players or not prompts:
        raise ValueError("a match needs players, and prompts to begin with")
    shapes = {np.shape(player.places) for player in players}
    shape = next(iter(shapes))
    if len(shapes) > 1 or len(shape) != 2 or shape[0] < 2 or shape[1] != 2:
        raise ValueError(f"places of all players are [F, 2], F >= 2; got {shapes}")
    places = np.stack([np.asarray(player.places, float) for player in players])
    if not np.isfinite(places).all():
        raise ValueError("places must be finite")
    led, velocity, before = _led(places, model.fps)
    past, bones = _starts(model, led[:, 0], velocity, places, prompts)
    model = model.with_offsets(bones[:, None])
    wishes: list[guidance.Wish] = [
        *guidance.along(past, led[:, 1:], model.fps, aside),
        guidance.stay_level(past, bob),
    ]
    stream = Stream(model, **options)
    if feet:
        wishes += guidance.feet_stand(model, stream.commit)
    stream = dataclasses.replace(
        stream,
        guide=guidance.Guide.to(model, *wishes),
        intent=_gaits(model, led, heed),
    )
    keys = jax.random.split(jax.random.key(seed), len(players))
    # Where they go was settled on the pitch: they need not plan.
    crowd = Crowd(stream, apart, plans=False)
    shown = slice(before - 1, before - 1 + places.shape[1])
    future, _ = crowd.sample(stream.init(past), keys, shown.stop)
    found = []
    for n, player in enumerate(players):
        poses = Poses(*(np.asarray(x[n, shown]) for x in future))
        body = model.body.replace(offsets=bones[n])
        labels = {"name": player.name, "subject": player.name}
        found.append(poses_of.to_motion(poses, body, model.fps, **labels))
    return found


def _led(places: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray, int]:
    """Places with what is before and after them.

    Args:
      places: [N, F, 2] metres.
      fps: frames per second.

    Returns:
      [N, L + F + A, 2], velocities [N, 2] at first, m/s, and L.
    """
    few = min(max(1, round(_FIRST * fps)), places.shape[1] - 1)
    first = (places[:, few] - places[:, 0]) * fps / few
    last = (places[:, -1] - places[:, -1 - few]) * fps / few
    for velocity in (first, last):
        velocity[np.linalg.norm(velocity, axis=-1) < _STANDS] = 0
    back = np.arange(-round(LEAD * fps), 0)[:, None] / fps
    on = np.arange(1, round(TRAIL * fps) + 1)[:, None] / fps
    parts = (
        places[:, :1] + back * first[:, None],
        places,
        places[:, -1:] + on * last[:, None],
    )
    return np.concatenate(parts, axis=1), first, len(back)


def _gaits(model: MovementModel, led: np.ndarray, heed: float) -> Intent | None:
    """Who walks or runs at places [N, F, 2] but the first, if the model heeds it."""
    labels = model.config.labels
    if not {"walk", "run"} <= set(labels) or not heed:
        return None
    few = round(_STRIDE * model.fps / 2)
    around = (0, 0), (few, few), (0, 0)
    # At both ends as fast as beside them.
    ends = np.pad(led, around, mode="reflect", reflect_type="odd")
    speed = np.linalg.norm(ends[:, 2 * few :] - ends[:, : -2 * few], axis=-1)
    speed *= model.fps / (2 * few)
    runs = speed > _RUNS
    said = np.zeros((*speed.shape, intent.said_size(model.config)), np.float32)
    said[..., labels.index("run")] = runs
    said[..., labels.index("walk")] = ~runs & (speed > _STANDS)
    return Intent(said[:, 1:], scale=heed)


def _starts(
    model: MovementModel,
    place: np.ndarray,
    velocity: np.ndarray,
    places: np.ndarray,
    prompts: Mapping[str, Motion],
) -> tuple[Poses, np.ndarray]:
    """Poses [N, T] that end at places [N, 2], and bones [N, J, 3]."""
    fitted = [fit_to_model(model, motion) for motion in prompts.values()]
    length = min(round(SHOWN_SECONDS * model.fps) + 1, *map(len, fitted))
    fitted = [motion[-length:] for motion in fitted]
    speeds = np.array([_speed(motion) for motion in fitted])
    middle = places[:, 0].mean(axis=0)
    motions = []
    for here, way in zip(place, velocity, strict=True):
        speed = float(np.linalg.norm(way))
        motion = fitted[int(np.abs(speeds - speed).argmin())]
        # Who stands looks to where the others are.
        ahead = way if speed > 0 else middle - here
        facing = float(np.degrees(np.arctan2(ahead[1], ahead[0])))
        x, y = map(float, here)
        motions.append(placed(motion, (x, y), facing))
    past = Poses(
        *(
            np.stack([np.asarray(x) for x in parts])
            for parts in zip(*(motion.poses for motion in motions), strict=True)
        )
    )
    return past, np.stack([np.asarray(m.skeleton.offsets) for m in motions])


def _speed(motion: Motion) -> float:
    """Metres a second over the floor."""
    place = np.asarray(motion.root_position)[:, :2]
    seconds = max(len(place) - 1, 1) / motion.fps
    return float(np.linalg.norm(place[-1] - place[0])) / seconds
