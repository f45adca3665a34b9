"""A session to movement: all rooms in turn, block by block.

A recording may be hours long; what is in memory at a time are three blocks of half a
minute. People keep their names and bones from block to block, and blocks overlap where
points are smoothed and bodies fitted, so that movement goes on across their borders.
"""

import functools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import tqdm

from kinematics import bodies
from kinematics.bodies.joint_sets import joint_set
from kinematics.motion import Motion
from kinematics.points import Points3D
from kinematics.skeleton import Skeleton
from lmmjax.capture.associate import associate
from lmmjax.capture.clean import drop_outliers, smooth
from lmmjax.capture.fitting import fit_body
from lmmjax.capture.keypoints import Keypoints2D
from lmmjax.capture.naming import Names
from lmmjax.capture.plan import Plan
from lmmjax.capture.synchronize import retime
from lmmjax.capture.triangulate import Triangulated, triangulate

_BLOCK_S = 30.0
_OVERLAP_S = 1.0
# A camera whose noise is so many times that of the others is worth a note.
_POOR = 2.5
# Windows are whole multiples of so many frames.
_ROUND = 64
# A person seen for less than this in a block is no movement to learn from.
_SHORTEST_S = 0.5


class Take(NamedTuple):
    """One person over a block.

    Attributes:
      person: who.
      start: first frame; its scene time is ``start / fps`` seconds.
      raw: [T, K, 3] points as triangulated.
      points: [T, K, 3] cleaned, small gaps filled, with covariances.
      motion: T frames of the fitted body.
      known: [T] where the motion can be believed.
      error_px: [V, T, K] reprojection error of each observation, or NaN.
      agrees: [V, T, K] which observations made the points.
      residual_m: [K] distance of points from the body.
    """

    person: str
    start: int
    raw: Points3D
    points: Points3D
    motion: Motion
    known: np.ndarray
    error_px: np.ndarray
    agrees: np.ndarray
    residual_m: np.ndarray


class _Block(NamedTuple):
    """Everybody over some frames."""

    start: int
    stop: int
    people: tuple[str, ...]
    found: Triangulated | None


def takes(
    plan: Plan, body: Skeleton | None = None, progress: bool = False
) -> Iterator[Take]:
    """Everybody in turn, block by block.

    Args:
      plan: see `make_plan`.
      body: of `kinematics.bodies`; people get its limits and bones of their own.
      progress: whether to show a bar.
    """
    body = bodies.human() if body is None else body
    overlap = round(_OVERLAP_S * plan.fps)
    grown: dict[str, Skeleton] = {}
    names = Names(plan.session.people, plan.session.sightings)
    before: _Block | None = None
    stream = _blocks(plan)
    now = next(stream, None)
    shown = tqdm.tqdm(
        total=plan.last - plan.first,
        desc=plan.session.name,
        unit="frame",
        disable=not progress,
    )
    with shown:
        while now is not None:
            after = next(stream, None)
            around = [b for b in (before, now, after) if b is not None]
            # Windows of one length: programs are compiled for it.
            margin = overlap if plan.last - plan.first > now.stop - now.start else 0
            if now.found is not None:
                names.learn(now.people, now.found.points, now.start)
            for person in now.people:
                take = _take(plan, around, now, person, margin, body, grown)
                if take is not None:
                    called = names[person]
                    name = f"{plan.session.name}/{called}"
                    motion = take.motion.replace(name=name, subject=called)
                    yield take._replace(person=called, motion=motion)
            shown.update(now.stop - now.start)
            before, now = now, after


def _blocks(plan: Plan) -> Iterator[_Block]:
    """Points of everybody, in blocks of one length (the last may be shorter)."""
    size = _block_size(plan)
    tracks = None
    noise: dict[str, np.ndarray] = {}
    nobody = ""
    for start in range(plan.first, plan.last, size):
        stop = min(start + size, plan.last)
        views = _views(plan, start, stop)
        who = associate(views, plan.session.calibration, tracks=tracks)
        tracks, nobody = who.tracks, who.report.problem
        people = who.views[0].people
        found = None
        if people:
            shape = len(views), len(who.views[0].names)
            former = [noise.get(p, np.full(shape, np.nan)) for p in people]
            found = triangulate(who.views, plan.session.calibration, np.stack(former))
            if not noise:
                plan.notes.extend(_poor_cameras(plan.cameras, found.noise_px))
            noise.update(zip(people, found.noise_px, strict=True))
        yield _Block(start, stop, people, found)
    if not noise:
        plan.notes.append(nobody)


def _block_size(plan: Plan) -> int:
    """Frames of a block, so that all are of about `_BLOCK_S`."""
    total = plan.last - plan.first
    count = max(1, round(total / (_BLOCK_S * plan.fps)))
    return -(-total // count)


def _poor_cameras(cameras: Sequence[str], noise_px: np.ndarray) -> Iterator[str]:
    """Sentences on cameras whose keypoints [P, V, K] fit the others' badly."""
    each = np.median(noise_px, axis=(0, 2))
    for name, own, rest in zip(cameras, each, _others(each), strict=True):
        if own > _POOR * rest:
            yield (
                f"camera {name!r} is {own:.0f} px off and the others {rest:.0f}: its "
                "clock or calibration may be wrong, or be that of another camera"
            )


def _others(values: np.ndarray) -> list[float]:
    """The median of all values but one, for each of them."""
    return [float(np.median(np.delete(values, n))) for n in range(len(values))]


def _views(plan: Plan, start: int, stop: int) -> list[Keypoints2D]:
    """All cameras at the scene times of some frames."""
    views = []
    for source in plan.sources:
        ends = plan.clocks.frames(
            source.camera, np.array([start - 2, stop + 2]) / plan.fps
        )
        low, high = np.clip(
            [np.floor(ends[0]) - source.start, np.ceil(ends[1]) - source.start],
            0,
            source.frames,
        ).astype(int)
        views.append(source.read(low, max(low, high)))
    return retime(views, plan.clocks, plan.fps, start / plan.fps, stop / plan.fps)


def _take(
    plan: Plan,
    around: Sequence[_Block],
    now: _Block,
    person: str,
    margin: int,
    body: Skeleton,
    grown: dict[str, Skeleton],
) -> Take | None:
    start, stop = now.start - margin, now.start - margin + _length(now, margin, plan)
    window = _window(around, person, start, stop, plan)
    core = slice(margin, margin + now.stop - now.start)
    shortest = round(_SHORTEST_S * plan.fps)
    seen = np.isfinite(np.asarray(window.positions)[core, :, 0]).any(-1)
    if seen.sum() < min(shortest, len(seen)):
        return None
    cleaned = drop_outliers(window, _links(window.names))
    smoothed = smooth(cleaned)
    fresh = person not in grown
    fitted = fit_body(cleaned, grown.get(person, body), bones=fresh)
    grown[person] = fitted.motion.skeleton
    known = fitted.known & np.asarray(~smoothed.missing, bool).any(-1)
    assert now.found is not None
    p = now.people.index(person)
    return Take(
        person,
        now.start,
        window[core],
        smoothed[core],
        fitted.motion[core],
        known[core],
        now.found.error_px[:, p],
        now.found.agrees[:, p],
        fitted.residual_m,
    )


def _length(now: _Block, margin: int, plan: Plan) -> int:
    """Frames of a window: of few different numbers, as each has a program compiled."""
    frames = now.stop - now.start
    if margin:
        frames = _block_size(plan) + 2 * margin
    return -(-frames // _ROUND) * _ROUND


def _window(
    around: Sequence[_Block], person: str, start: int, stop: int, plan: Plan
) -> Points3D:
    """A person's points over frames that may reach into neighbouring blocks."""
    names = next(b.found.points.names for b in around if b.found is not None)
    positions = np.full((stop - start, len(names), 3), np.nan, np.float32)
    spread = np.full((*positions.shape, 3), np.nan, np.float32)
    for block in around:
        if person not in block.people or block.found is None:
            continue
        p = block.people.index(person)
        low, high = max(start, block.start), min(stop, block.stop)
        theirs = slice(low - block.start, high - block.start)
        mine = slice(low - start, high - start)
        points = block.found.points
        positions[mine] = points.positions[p, theirs]
        spread[mine] = np.asarray(points.covariances)[p, theirs]
    return Points3D(names, positions, spread, plan.fps, plan.session.name)


@functools.cache
def _links(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Pairs of landmarks that are joined by a bone."""
    body = joint_set("halpe26")
    marks = body.landmarks
    limbs = [(marks[a], marks[b]) for a, b in body.links]
    return tuple((a, b) for a, b in limbs if a in names and b in names)
