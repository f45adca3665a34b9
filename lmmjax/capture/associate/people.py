"""Views in, views out with the same people in all of them."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lmmjax.capture.associate import landmarks as marks
from lmmjax.capture.associate import steady as steadily
from lmmjax.capture.associate.follow import Labels, follow
from lmmjax.capture.associate.geometry import Rig, ideal_points, make_rig
from lmmjax.capture.associate.landmarks import Landmarks
from lmmjax.capture.associate.options import Options
from lmmjax.capture.associate.report import Report, make_report
from lmmjax.capture.associate.sides import exchange
from lmmjax.capture.associate.tracks import Tracks, no_tracks
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import Keypoints2D, make_keypoints

# Frames worked on at once; bounds the memory whatever the length of a session.
_BLOCK = 512


class Associated(NamedTuple):
    """Views of known people.

    Attributes:
      views: V views with the same P people in the same slots, by name.
      tracks: everybody after the last frame, for the frames that follow.
      report: what was done.
    """

    views: list[Keypoints2D]
    tracks: Tracks
    report: Report


def associate(
    views: Sequence[Keypoints2D],
    calibration: Calibration,
    *,
    options: Options = Options(),  # noqa: B008 - frozen
    tracks: Tracks | None = None,
) -> Associated:
    """Tell who is who across views and over time.

    People are followed by the places of their keypoints, the measures of their bodies
    and continuity in each view; nothing is known of how they look. A detection that is
    nobody's is dropped, left and right exchanged by a detector are put back. Someone is
    a person after being seen by two views in `Options.confirm` frames, and from the
    first of them on; one who leaves and comes back is the same person if place and
    measures allow.

    A long session can be done in pieces: give the `tracks` of one to the next. Who
    appears in the last frames of a piece is then named from the next piece on.

    Args:
      views: synchronised views of V cameras, with the people of a frame in any order.
      calibration: has a camera of each name; it may have more.
      options: limits.
      tracks: everybody after the frames before these, or None at the beginning.

    Returns:
      Views with the people seen in these frames, named "1", "2", ... in order of their
      appearance in the session. With nobody they have no slots, and
      ``report.problem`` says why.

    Raises:
      CaptureError: the views do not fit each other, the calibration or the tracks.
    """
    views = list(views)
    _check(views, calibration, tracks)
    cameras = tuple(view.camera for view in views)
    if tracks is None:
        shared = marks.choose([view.names for view in views])
        tracks = no_tracks(shared, cameras, views[0].fps)
        # Of a recording shorter than that, all frames must do.
        confirm = max(min(options.confirm, len(views[0])), 1)
        options = dataclasses.replace(options, confirm=confirm)
    rig = make_rig(calibration, cameras)
    slots = max(view.xy.shape[1] for view in views)
    shape = (len(views[0]), len(views), slots)
    number = np.full(shape, -1)
    mirrored = np.zeros((*shape, len(marks.PARTS)), bool)
    compared = np.zeros(shape, int)
    who: dict[int, int] = {}
    fast = 0
    for start in range(0, len(views[0]), _BLOCK):
        block = slice(start, min(start + _BLOCK, len(views[0])))
        points, weights = _observe(views, calibration, tracks.landmarks, block, options)
        compared[block] = (weights > 0).sum(-1)
        weights[compared[block] < options.least_keypoints] = 0
        tracks, labels, quick = _block(tracks, rig, points, weights, options, who)
        number[block], mirrored[block] = labels
        fast += quick
    named = np.zeros(tracks.numbered + 1, int)
    named[list(who)] = list(who.values())
    # Numbers of -1 look at the last entry, which nobody has.
    person = named[number]
    people = np.unique(person[person > 0]).tolist()
    result = [
        _view(view, person[:, v], mirrored[:, v], people)
        for v, view in enumerate(views)
    ]
    report = make_report(views, number, person, mirrored, compared, fast, options)
    return Associated(result, tracks, report)


def _check(views, calibration, tracks) -> None:
    if not views:
        raise CaptureError("there are no views to associate; give one per camera")
    first = views[0]
    seen: set[str] = set()
    for view in views:
        if view.camera not in calibration.names:
            raise CaptureError(
                f"camera {view.camera!r} is not in the calibration, which has "
                f"{list(calibration.names)}; rename it or calibrate it"
            )
        if view.camera in seen:
            raise CaptureError(f"camera {view.camera!r} is given twice; drop one")
        seen.add(view.camera)
        ours, theirs = (f"{len(v)} frames at {v.fps:g} fps" for v in (view, first))
        if ours != theirs:
            raise CaptureError(
                f"camera {view.camera!r} has {ours} and {first.camera!r} {theirs}; "
                "synchronise them first"
            )
    names = tuple(view.camera for view in views)
    if tracks is not None and (tracks.cameras, tracks.fps) != (names, first.fps):
        raise CaptureError(
            f"the tracks are of {list(tracks.cameras)} at {tracks.fps:g} fps and the "
            f"views of {list(names)} at {first.fps:g}; start without tracks"
        )


def _observe(
    views: list[Keypoints2D],
    calibration: Calibration,
    landmarks: Landmarks,
    block: slice,
    options: Options,
) -> tuple[np.ndarray, np.ndarray]:
    """Ideal points [T, V, P, K, 2] of some frames and their weights [T, V, P, K]."""
    slots = max(view.xy.shape[1] for view in views)
    frames, keypoints = block.stop - block.start, len(landmarks.names)
    points = np.zeros((frames, len(views), slots, keypoints, 2))
    weights = np.zeros(points.shape[:-1])
    for v, view in enumerate(views):
        some = view[block].select(landmarks.names)
        people = some.xy.shape[1]
        enough = np.isfinite(some.xy).all(-1) & (some.confidence >= options.confidence)
        weights[:, v, :people] = np.where(enough, some.confidence, 0)
        points[:, v, :people] = ideal_points(calibration[view.camera], some.xy)
    return points, weights


def _block(
    tracks: Tracks,
    rig: Rig,
    points: np.ndarray,
    weights: np.ndarray,
    options: Options,
    who: dict[int, int],
) -> tuple[Tracks, Labels, int]:
    """Follow everybody through some frames; adds to ``who`` the person of a track."""
    number = np.full(weights.shape[:-1], -1)
    mirrored = np.zeros((*number.shape, len(marks.PARTS)), bool)
    steady = steadily.survey(tracks, rig, points, weights)
    t = fast = 0
    while t < len(points):
        run = steadily.run_length(tracks, steady, t, options.gate_m)
        if run >= steadily.SHORTEST:
            frames = slice(t, t + run)
            tracks = steadily.skip(tracks, rig, steady, frames, points, weights)
            chosen = steady.match[frames]
            at, v = np.nonzero(chosen >= 0)
            number[t + at, v, chosen[at, v]] = tracks.number[tracks.active][0]
            t, fast = t + run, fast + run
        else:
            tracks, (number[t], mirrored[t]) = follow(
                tracks, rig, points[t], weights[t], options
            )
            t += 1
        named = tracks.person > 0
        who.update(
            zip(
                tracks.number[named].tolist(),
                tracks.person[named].tolist(),
                strict=True,
            )
        )
    return tracks, Labels(number, mirrored), fast


def _view(
    view: Keypoints2D, person: np.ndarray, mirrored: np.ndarray, people: list[int]
) -> Keypoints2D:
    """A view with a slot for each person, sides put right."""
    frames, _, keypoints, _ = view.xy.shape
    xy = np.full((frames, len(people), keypoints, 2), np.nan, np.float32)
    confidence = np.zeros(xy.shape[:-1], np.float32)
    twins, parts = marks.twins(view.names), marks.parts(view.names)
    for p, name in enumerate(people):
        t, slot = np.nonzero(person == name)
        which = mirrored[t, slot]
        xy[t, p] = exchange(view.xy[t, slot], twins, parts, which)
        confidence[t, p] = exchange(view.confidence[t, slot], twins, parts, which)
    return make_keypoints(
        view.camera,
        view.names,
        xy,
        confidence,
        view.fps,
        view.size,
        tuple(map(str, people)),
        view.start,
    )
