"""How fast and how well a body is fitted to noisy, incomplete points.

    python -m benchmarks.fitting --frames=1000

A 24-joint body of ball joints, whose bones differ from those that the fit starts
with, moves smoothly within its limits for 1,000 frames at 60 fps. 25 points on it are
seen with noise along each axis, a tenth of them missing. The fit knows limits of
the body or none. Printed are errors against the truth, and frames per second once the
program is compiled.
"""

import itertools
import time
from typing import NamedTuple

import jax
import numpy as np
from absl import app

from benchmarks import report, timing
from kinematics import Motion, Skeleton, forward, inverse, motion
from kinematics.bodies import smpl24
from kinematics.skeleton import free_limits

flags = report.flags_of(__name__)
_FRAMES = flags.DEFINE_integer("frames", 1000, "Frames of the clip.", 2)
_NOISE = flags.DEFINE_float("noise_mm", 10.0, "Noise of a point along each axis.")
_SEEDS = flags.DEFINE_integer("seeds", 3, "Clips, each with a body of its own.", 1)

MISSING = 0.1
FPS = 60.0
# Bones of the true body, as shares of those that the fit starts with.
BONES = (0.9, 1.1)


class Problem(NamedTuple):
    """A clip and what is seen of it.

    Attributes:
      truth: the motion on its own body.
      places: [T, 25, 3] metres, true places of the points.
      seen: [T, 25, 3] the same with noise; NaN where missing.
      start: the body that the fit starts with.
      keypoints: joint, or joint and place on it, of each point by name.
    """

    truth: Motion
    places: np.ndarray
    seen: np.ndarray
    start: Skeleton
    keypoints: dict


def waves(rng: np.random.Generator, t: np.ndarray, count: int) -> np.ndarray:
    """Smooth random signals [T, count] of about unit size, up to 0.7 Hz."""
    rate = rng.uniform(0.1, 0.7, size=(4, count))
    phase = rng.uniform(0, 2 * np.pi, size=(4, count))
    size = rng.normal(size=(4, count)) / (2 * (1 + rate))
    return np.sum(size * np.sin(2 * np.pi * rate * t[:, None, None] + phase), axis=1)


def problem(frames: int, seed: int, limited: bool, noise_mm: float = 10.0) -> Problem:
    """A clip of a 24-joint body and 25 noisy points of it.

    The movement is the same with and without limits for the fit to obey.
    """
    rng = np.random.default_rng(seed)
    start = smpl24()
    twins = np.array(start.mirror)
    size = rng.uniform(*BONES, size=start.num_joints)
    size = (size + size[twins]) / 2
    body = start.replace(offsets=np.asarray(start.offsets * size[:, None], np.float32))
    t = np.arange(frames) / FPS
    middle, half = (body.lower + body.upper) / 2, (body.upper - body.lower) / 2
    # Half of the range, so that swings stay inside of their ellipses.
    q = middle + 0.5 * half * np.tanh(2 * waves(rng, t, body.num_coordinates))
    turn = np.array([1.5, 0, 0, 0]) + waves(rng, t, 4)
    turn /= np.linalg.norm(turn, axis=1, keepdims=True)
    root = np.array([0, 0, 0.95]) + waves(rng, t, 3)
    root, turn, q = (np.asarray(x, np.float32) for x in (root, turn, q))
    truth = Motion(body, root, turn, q, fps=FPS)
    crown = (0.0, 0.0, 0.15)
    places, turns = (np.asarray(x) for x in forward.forward(body, *truth.poses))
    head = body.index("head")
    top = places[:, head] + turns[:, head] @ np.array(crown, np.float32)
    places = np.concatenate([places, top[:, None]], axis=1)
    seen = places + noise_mm / 1e3 * rng.normal(size=places.shape)
    seen[rng.random(places.shape[:2]) < MISSING] = np.nan
    keypoints = {name: name for name in body.names} | {"crown": ("head", crown)}
    if not limited:
        lower, upper = free_limits(body.kinds)
        start = start.replace(lower=lower, upper=upper)
    return Problem(truth, places, seen.astype(np.float32), start, keypoints)


def errors(given: Problem, found: inverse.Fit) -> tuple[float, float, np.ndarray]:
    """Mean error, mm, of the visible joints, and of their input; that of bones."""
    joints = given.truth.skeleton.num_joints
    visible = np.isfinite(given.seen[:, :joints, 0])
    truth = given.places[:, :joints]
    fitted = np.linalg.norm(motion.positions(found.motion) - truth, axis=-1)[visible]
    noise = np.linalg.norm(given.seen[:, :joints] - truth, axis=-1)[visible]
    length, expected = (
        np.linalg.norm(body.offsets[1:], axis=-1)
        for body in (found.motion.skeleton, given.truth.skeleton)
    )
    bones = np.abs(length / expected - 1)
    return 1e3 * fitted.mean(), 1e3 * noise.mean(), bones


def table(frames: int, rounds: int, seeds: int, noise_mm: float) -> list[str]:
    """Rows of the report."""
    rows = [
        "| limits | clip | joints, mm | input, mm | bones, mean | worst | frames/s |",
        "|---|---|---|---|---|---|---|",
    ]
    for limited, seed in itertools.product((False, True), range(seeds)):
        given = problem(frames, seed, limited, noise_mm)

        def fit(given=given):
            return inverse.fit(given.seen, given.start, given.keypoints, fps=FPS)

        begin = time.perf_counter()
        found = fit()
        first = time.perf_counter() - begin
        times = timing.interleaved({"fit": fit}, rounds)["fit"]
        fitted, noise, bones = errors(given, found)
        speed = timing.spread(frames / times)
        errors_of = f"{fitted:.2f} | {noise:.2f} | {100 * bones.mean():.2f} %"
        rows.append(
            f"| {limited} | {seed} (first fit {first:.1f} s) | {errors_of} | "
            f"{100 * bones.max():.2f} % | {speed} |"
        )
    return rows


def main(arguments: list[str]) -> None:
    """Measure and print."""
    del arguments
    lines = [
        f"{jax.devices()[0].device_kind}, jax {jax.__version__}, {_FRAMES.value:,} "
        f"frames, {_NOISE.value:g} mm, {report.ROUNDS.value} rounds; "
        "medians [quartiles]",
        "",
        *table(_FRAMES.value, report.ROUNDS.value, _SEEDS.value, _NOISE.value),
    ]
    report.publish(lines)


if __name__ == "__main__":
    app.run(main)
