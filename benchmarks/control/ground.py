"""People walk straight on, up and down slopes and stairs.

They all face along x, begin before the ground rises, and are led along x at a walk. The
same movement over a level floor, which is what the model makes, is put onto each floor.
"""

import dataclasses
import time
from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np

from benchmarks.control.compared import interval
from kinematics import Motion, Poses, rotations
from kinematics.bodies import segments
from kinematics.motion import positions
from lmmjax.evaluation import metrics
from lmmjax.evaluation.starts import moments
from lmmjax.generation import Stream, footing, guidance
from lmmjax.model import poses as poses_of

# Metres a second: slowly enough to take one stair of 0.3 m at a time.
SPEED = 0.6
# Metres aside that the nearest point outside of a floor is looked for.
_ASIDE = 0.1
# Metres after which ground begins to rise or fall, that feet may be off, and of its
# height at first that the pelvis is above the feet unless somebody has fallen.
BEGIN, OFF, UPRIGHT = 0.5, 0.02, 0.6
FLOORS = {
    "level": guidance.slope(0.0, BEGIN),
    "slope up, 10°": guidance.slope(10.0, BEGIN),
    "slope down, 10°": guidance.slope(-10.0, BEGIN),
    "stairs up, 15 x 30 cm": guidance.stairs(0.15, 0.3, BEGIN, 30),
    "stairs down, 15 x 30 cm": guidance.stairs(-0.15, 0.3, BEGIN, 30),
}
HEADER = [
    "| floor | climbed, m | deepest joint of a foot in it, cm: median, worst person "
    "| standing feet off it, cm: median, 95 % | within 2 cm, % | fallen, % "
    "| jerk over level | slide of standing feet over level | ms a pose |",
    "|" + "---|" * 9,
]


class Walked(NamedTuple):
    """What became of one person's walk on a floor.

    Attributes:
      climbed: metres that the root gained.
      depth: metres that a joint of a foot was inside of the floor, at most; see
        `inside`.
      off: [N] metres that what carries a standing foot is from as high above the floor
        as it is above a level one.
      slide: mean speed of standing feet, m/s.
      fallen: whether the pelvis was ever low.
      jerk: m/s^3.
    """

    climbed: float
    depth: float
    off: np.ndarray
    slide: float
    fallen: bool
    jerk: float


def inside(floor: guidance.Floor, places: np.ndarray) -> np.ndarray:
    """Metres [...] from points [..., 3] to the nearest one that is not in the floor.

    Up, aside, or both: a toe that touches a riser is not deep in the stair. It is told
    to a centimetre aside, and no farther than `_ASIDE`.
    """
    way = np.arange(-_ASIDE, _ASIDE + 0.005, 0.01)
    beside = np.stack(np.meshgrid(way, way), axis=-1).reshape(-1, 2)
    beside = beside[np.linalg.norm(beside, axis=-1) <= _ASIDE]
    deep = np.maximum(np.asarray(floor.height(places)) - places[..., 2], 0.0)
    low = places[deep > 0]
    ground = np.asarray(floor.height(low[:, None, :2] + beside))
    up = np.maximum(ground - low[:, None, 2], 0.0)
    deep[deep > 0] = np.min(np.hypot(up, np.linalg.norm(beside, axis=-1)), axis=1)
    return deep


def along_x(past: Poses) -> Poses:
    """People [B, T] who end at x = y = 0, each facing along x."""
    end = np.asarray(past.root_position)[:, -1:] * [1, 1, 0]
    heading = np.asarray(rotations.heading(past.root_rotation[:, -1]))
    turn = rotations.about_z(-heading)[:, None]
    place = rotations.quaternion_rotate(turn, past.root_position - np.float32(end))
    turned = rotations.quaternion_multiply(turn, past.root_rotation)
    return past._replace(
        root_position=np.asarray(place), root_rotation=np.asarray(turned)
    )


def walked(level: Motion, found: Motion, floor: guidance.Floor) -> Walked:
    """Measure a walk on a floor.

    Args:
      level: over the level floor that it was made for.
      found: the same on the floor.
      floor: the floor.
    """
    flat, places = positions(level), positions(found)
    depth, off, slide, carry = [], [], [], []
    for foot in segments.feet(level.skeleton):
        ground = np.asarray(floor.height(places[:, foot]))
        above = places[:, foot, 2] - ground
        stands = footing.standing(flat[:, foot].astype(float), level.fps) > 0.9
        # The sole is stiff: of a foot half over an edge a part is far above the floor.
        off.append(np.abs(np.min(above - flat[:, foot, 2], axis=1))[stands])
        depth.append(inside(floor, places[:, foot]).max())
        step = np.diff(places[:, foot[1], :2], axis=0)
        speed = np.linalg.norm(step, axis=-1) * level.fps
        slide.append(speed[stands[1:] & stands[:-1]])
        carry.append(places[:, foot, 2].min(axis=1))
    root = np.asarray(found.root_position)[:, 2]
    high = root - np.min(carry, axis=0)
    usual = np.asarray(level.root_position)[0, 2]
    return Walked(
        float(root[-1] - root[0]),
        float(max(depth)),
        np.concatenate(off),
        float(np.concatenate([*slide, [0.0]]).mean()),
        bool((high < UPRIGHT * usual).any()),
        float(metrics.jerk(places, level.fps)),
    )


def rows(
    clips: Sequence[Motion], stream: Stream, seconds: float, count: int, seed: int
) -> list[str]:
    """Rows of the report.

    Args:
      clips: held-out clips.
      stream: how one moves where nothing is wished.
      seconds: how long they walk.
      count: of people.
      seed: of moments and noise.
    """
    starts = moments(stream.model, clips, count, seed)
    past = along_x(starts.past)
    path = np.array([[0.0, 0.0], [2 * SPEED * seconds + 1, 0.0]])
    fps = stream.model.fps
    wishes = guidance.follow(past, path, SPEED, seconds, fps)
    standing = guidance.standing_feet(stream.model, stream.commit + 1)
    guide = guidance.Guide.to(stream.model, *wishes, standing)
    led = dataclasses.replace(stream, model=starts.model, guide=guide)
    frames = round(seconds * fps)
    future, _ = led.sample(led.init(past), jax.random.key(seed), frames)
    offsets = np.asarray(starts.model.body.offsets)
    level = []
    for n, bones in enumerate(offsets):
        parts = zip(past, future, strict=True)
        poses = Poses(*(np.concatenate([np.asarray(x[n]) for x in y]) for y in parts))
        body = stream.model.body.replace(offsets=bones[0])
        level.append(poses_of.to_motion(poses, body, fps))
    found = []
    base: list[Walked] = []
    for name, floor in FLOORS.items():
        footing.stand(level[0], floor)
        began = time.perf_counter()
        stood = [footing.stand(motion, floor) for motion in level]
        took = (time.perf_counter() - began) / (count * len(level[0]))
        each = [
            walked(a[-frames:], b[-frames:], floor)
            for a, b in zip(level, stood, strict=True)
        ]
        base = base or each
        off = np.concatenate([one.off for one in each])
        middle, most = np.percentile(100 * off, [50, 95])
        depth = [100 * one.depth for one in each]
        # Who only runs may not stand at all.
        some = np.array([len(one.off) > 0 for one in each])
        close = np.array([100 * np.mean(x.off <= OFF) for x in each if len(x.off)])
        jerk, slide = (
            np.mean([getattr(one, key) for one in each])
            / np.mean([getattr(one, key) for one in base])
            for key in ("jerk", "slide")
        )
        fallen = 100 * np.mean([one.fallen for one in each])
        climbed = np.mean([one.climbed for one in each])
        found.append(
            f"| {name} | {climbed:.2f} | {np.median(depth):.1f}, {np.max(depth):.1f} "
            f"| {middle:.1f}, {most:.1f} | {interval(close, starts.clip[some])} "
            f"| {fallen:.0f} | {jerk:.2f} | {slide:.2f} | {1e3 * took:.2f} |"
        )
    return found
