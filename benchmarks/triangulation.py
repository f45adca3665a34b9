"""How exact, how robust and how fast triangulation is, beside other tools.

    python -m benchmarks.triangulation --cameras=8 --joints=17

The set is the one of `lmmjax.capture.synthetic.benchmark_set`. Errors are over points
that two or more right observations show; answers missing there are counted apart. The
oracles are told which observations are right. Slow tools get the first points only,
and their speed is that over these. Ours finds the noise of every camera and joint
within the time that is measured.
"""

import functools
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import numpy as np
from absl import app
from scipy.stats import chi2

from benchmarks import report, timing
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.keypoints import Keypoints2D
from lmmjax.capture.synthetic.benchmark_set import benchmark_set
from lmmjax.capture.triangulate import Triangulated, triangulate

flags = report.flags_of(__name__)
_FRAMES = flags.DEFINE_integer("set_frames", 5000, "Frames of the set.", 2)
_JOINTS = flags.DEFINE_enum("joints", "17", ["17", "25"], "Joints of the set.")
_CAMERAS = flags.DEFINE_list("cameras", ["8", "16"], "Cameras of each set.")
_SETS = flags.DEFINE_integer("sets", 10, "Further sets, of other seeds.", 0)
_PEERS = flags.DEFINE_list(
    "tools", ["opencv", "anipose", "ransac", "pose2sim"], "Tools beside ours."
)
# Points that tools get which would take hours otherwise.
_SLOW = {"aniposelib RANSAC": 60, "Pose2Sim": 500}
# These try every subset of the cameras, which is no matter of hours with sixteen.
_MOST_CAMERAS = {"ransac": 8, "pose2sim": 8}
# Ellipsoids that should hold the truth this often.
LEVELS = (0.5, 0.9, 0.95)


class Set(NamedTuple):
    """The set, and flat copies of it for methods that take arrays.

    Attributes:
      views: of V cameras.
      calibration: of them.
      truth: [N, 3] metres.
      inlier: [V, N] which observations are right.
      pixels: [V, N, 2].
      confidence: [V, N].
    """

    views: Sequence[Keypoints2D]
    calibration: Calibration
    truth: np.ndarray
    inlier: np.ndarray
    pixels: np.ndarray
    confidence: np.ndarray


def make_set(frames: int, joints: int, cameras: int, seed: int = 0) -> Set:
    """The set of a seed; figures are of seed 0 where nothing else is said."""
    views, calibration, truth, inlier = benchmark_set(frames, joints, cameras, seed)
    return Set(
        views,
        calibration,
        truth.reshape(-1, 3),
        inlier.reshape(cameras, -1),
        np.stack([v.xy[:, 0].reshape(-1, 2) for v in views]),
        np.stack([v.confidence[:, 0].ravel() for v in views]),
    )


def contenders(given: Set, tools: Sequence[str]) -> dict[str, Callable]:
    """Functions of a number of points, to positions [n, 3]."""

    def ours(count: int) -> np.ndarray:
        del count
        found = triangulate(given.views, given.calibration)
        return np.asarray(found.points.positions).reshape(-1, 3)

    found: dict[str, Callable] = {"ours": ours}
    if not tools:
        return found
    from benchmarks.peers import triangulating

    makers = {
        "opencv": ("OpenCV, one pair", triangulating.opencv_pair),
        "anipose": ("aniposelib", lambda c: triangulating.anipose(c, False)),
        "ransac": ("aniposelib RANSAC", lambda c: triangulating.anipose(c, True)),
        "pose2sim": ("Pose2Sim", triangulating.pose2sim),
    }
    for tool in tools:
        name, make = makers[tool]
        method = make(given.calibration)

        def peer(count: int, method=method) -> np.ndarray:
            return method(given.pixels[:, :count], given.confidence[:, :count])

        found[name] = peer
    return found


def accuracy(given: Set, points: np.ndarray) -> str:
    """Cells: mean, median, 99th percentile in mm, share over 50 mm, and missing."""
    fair = given.inlier[:, : len(points)].sum(0) >= 2
    error = 1e3 * np.linalg.norm(points - given.truth[: len(points)], axis=-1)[fair]
    known = error[np.isfinite(error)]
    return (
        f"{known.mean():.2f} | {np.median(known):.2f} | {np.quantile(known, 0.99):.1f} "
        f"| {(known > 50).mean():.3%} | {1 - len(known) / len(error):.3%}"
    )


def oracles(given: Set) -> dict[str, np.ndarray]:
    """Positions [N, 3] by methods that know which observations are right."""
    from benchmarks.peers import triangulating

    told = [
        view.replace(
            confidence=right.reshape(len(view), 1, -1).astype(np.float32),
            xy=np.where(right.reshape(len(view), 1, -1, 1), view.xy, np.nan),
        )
        for view, right in zip(given.views, given.inlier, strict=True)
    ]
    best = np.asarray(triangulate(told, given.calibration).points.positions)
    direct = triangulating.linear(given.calibration)
    return {
        "DLT, told": direct(given.pixels, given.inlier.astype(float)),
        "ours, told": best.reshape(-1, 3),
    }


def mean_error(given: Set, points: np.ndarray) -> float:
    """Millimetres over points that two or more right observations show."""
    fair = given.inlier.sum(0) >= 2
    error = np.linalg.norm(points[fair] - given.truth[fair], axis=-1)
    return 1e3 * float(np.nanmean(error))


def other_sets(joints: int, cameras: int, count: int) -> str:
    """A sentence on sets with other cameras and movements, 1,000 frames each."""
    found = []
    for seed in range(1, count + 1):
        given = make_set(1000, joints, cameras, seed)
        ours = triangulate(given.views, given.calibration).points.positions
        best = mean_error(given, np.asarray(ours).reshape(-1, 3))
        told = oracles(given)
        found.append([best, *(best / mean_error(given, x) for x in told.values())])
    low, high = np.min(found, axis=0), np.max(found, axis=0)
    return (
        f"On {count} sets of other seeds the mean is {low[0]:.2f} to {high[0]:.2f} mm, "
        f"{low[1]:.3f} to {high[1]:.3f} times that of the told DLT and {low[2]:.3f} to "
        f"{high[2]:.3f} times that of ours when told."
    )


def coverage(given: Set, found: Triangulated) -> list[float]:
    """Share of truths inside the ellipsoids of `LEVELS`."""
    fair = given.inlier.sum(0) >= 2
    points = found.points
    off = np.asarray(points.positions).reshape(-1, 3)[fair] - given.truth[fair]
    spread = np.asarray(points.covariances, float).reshape(-1, 3, 3)[fair]
    known = np.isfinite(off).all(-1)
    off, spread = off[known], spread[known]
    square = (off * np.linalg.solve(spread, off[..., None])[..., 0]).sum(-1)
    return [float((square < chi2.ppf(level, 3)).mean()) for level in LEVELS]


def table(given: Set, tools: Sequence[str], rounds: int) -> list[str]:
    """Rows of the report on one set."""
    total = len(given.truth)
    found, sizes, slow = contenders(given, tools), {}, {}
    fast: dict[str, Callable[[], object]] = {}
    for name, method in found.items():
        sizes[name] = min(_SLOW.get(name, total), total)
        if name in _SLOW:
            start = time.perf_counter()
            points = method(sizes[name])
            slow[name] = time.perf_counter() - start, points
        else:
            fast[name] = functools.partial(method, total)
    times = timing.interleaved(fast, rounds)
    rows = []
    for name, method in found.items():
        if name in slow:
            seconds, points = slow[name]
            speed = f"{sizes[name] / seconds:.3g} ({sizes[name]} points once)"
            over = f"{np.median(sizes[name] / seconds * times['ours'] / total):.3g}"
        else:
            points = method(total)
            speed = str(timing.spread(total / times[name]))
            over = str(timing.spread(times["ours"] / times[name]))
        rows.append(f"| {name} | {accuracy(given, points)} | {speed} | {over} |")
    for name, points in oracles(given).items():
        rows.append(f"| {name} | {accuracy(given, points)} | | |")
    return rows


def _tools(cameras: int) -> list[str]:
    """The tools that come to an end with so many cameras."""
    return [t for t in _PEERS.value if t and _MOST_CAMERAS.get(t, cameras) >= cameras]


def main(arguments: list[str]) -> None:
    """Measure and print."""
    del arguments
    lines = [
        f"{jax.devices()[0].device_kind}, jax {jax.__version__}, {_FRAMES.value:,} "
        f"frames, {_JOINTS.value} joints, seed 0, {report.ROUNDS.value} rounds; "
        "medians [quartiles]"
    ]
    for cameras in map(int, _CAMERAS.value):
        given = make_set(_FRAMES.value, int(_JOINTS.value), cameras)
        lines += [
            "",
            f"| {cameras} cameras | mean, mm | median | p99 | > 50 mm | missing "
            "| points/s | speed, ours = 1 |",
            "|---|---|---|---|---|---|---|---|",
            *table(given, _tools(cameras), report.ROUNDS.value),
        ]
        inside = coverage(given, triangulate(given.views, given.calibration))
        shares = ", ".join(f"{x:.1%}" for x in inside)
        levels = ", ".join(f"{x:.0%}" for x in LEVELS)
        lines += ["", f"Ellipsoids of {levels} hold the truth in {shares}."]
        if _SETS.value:
            lines.append(other_sets(int(_JOINTS.value), cameras, _SETS.value))
    report.publish(lines)


if __name__ == "__main__":
    app.run(main)
