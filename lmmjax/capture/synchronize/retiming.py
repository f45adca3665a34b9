"""Keypoints of all cameras at common times."""

import math
from collections.abc import Sequence

import numpy as np

from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import Keypoints2D
from lmmjax.capture.synchronize.clocks import Clocks
from lmmjax.capture.synchronize.linking import link

# Times this near to a frame, in frames, are that frame: rounding of seconds. A choice.
_SAME = 1e-4


def retime(
    views: Sequence[Keypoints2D],
    clocks: Clocks,
    fps: float,
    start: float | None = None,
    stop: float | None = None,
) -> list[Keypoints2D]:
    """Keypoints of every camera at the scene times ``n / fps``.

    A time between two frames gets the line between them, with the lower confidence
    of the two, where both have the keypoint; a time on a frame gets that frame
    unchanged. Where people have no names, those of neighbouring frames are linked by
    place and the result is in the order of the earlier frame.

    Args:
      views: some or all cameras of the clocks; of long recordings the frames around
        the span are enough.
      clocks: of the cameras.
      fps: frames per second of the result.
      start: scene time of the first frame, seconds; by default the first that two
        cameras saw (or the only one).
      stop: scene time before which the last frame lies; by default after the last
        that two cameras saw.

    Returns:
      The views with equal `fps`, `start` and number of frames; frame n was at the
      scene time ``n / fps``, and n is below 0 before the first frame of the reference.

    Raises:
      CaptureError: a camera has no clock, or no time is common to two cameras.
    """
    if not 0 < fps < math.inf:
        raise CaptureError(f"fps must be above 0, not {fps}")
    for view in views:
        if view.camera not in clocks.names:
            raise CaptureError(
                f"camera {view.camera!r} has no clock; there are {list(clocks.names)}"
            )
        v = clocks.index(view.camera)
        if not (math.isfinite(clocks.offset_s[v]) and math.isfinite(clocks.rate[v])):
            why = clocks.refused or "its offset is not finite"
            raise CaptureError(
                f"camera {view.camera!r} has no clock ({why}); leave the camera out "
                "or give its offset by hand"
            )
    if not views:
        return []
    first, last = _span(views, clocks, fps)
    if start is not None:
        first = math.ceil(start * fps - _SAME)
    if stop is not None:
        last = math.ceil(stop * fps - _SAME) - 1
    if last < first:
        if start is None and stop is None:
            raise CaptureError("no two cameras share any time; check their clocks")
        raise CaptureError(
            f"no frame lies from {first / fps:.3f} s to before {(last + 1) / fps:.3f} s"
        )
    times = np.arange(first, last + 1) / fps
    return [
        _at(view, clocks.frames(view.camera, times)).replace(fps=fps, start=first)
        for view in views
    ]


def _span(views: Sequence[Keypoints2D], clocks: Clocks, fps: float) -> tuple[int, int]:
    """First and last frame of the result that two cameras (or the only one) saw."""
    seen = [view for view in views if len(view)]
    enough = min(2, len(views))
    if len(seen) < enough:
        return 0, -1
    begins, ends = zip(
        *(
            clocks.seconds(v.camera, np.array([v.start, v.start + len(v) - 1]))
            for v in seen
        ),
        strict=True,
    )
    # Between the second start and the second last end at least one pair overlaps,
    # unless all pairs are apart; then nothing is left.
    first = math.ceil(sorted(begins)[enough - 1] * fps - _SAME)
    last = math.floor(sorted(ends)[-enough] * fps + _SAME)
    return first, last


def _at(view: Keypoints2D, frames: np.ndarray) -> Keypoints2D:
    """The view at fractional frames [N] of its recording."""
    place = frames - view.start
    whole = np.rint(place)
    place = np.where(np.abs(place - whole) < _SAME, whole, place)
    lower = np.floor(place).astype(np.int64)
    share = (place - lower).astype(np.float32)
    inside = (place >= 0) & (place <= len(view) - 1)
    xy = np.full((len(frames), *view.xy.shape[1:]), np.nan, np.float32)
    confidence = np.zeros(xy.shape[:-1], np.float32)

    exact = np.flatnonzero(inside & (share == 0))
    xy[exact], confidence[exact] = view.xy[lower[exact]], view.confidence[lower[exact]]

    between = np.flatnonzero(inside & (share > 0))
    if len(between):
        at, part = lower[between], share[between][:, None, None]
        after, likely = _next(view, at)
        before = view.xy[at]
        line = before + part[..., None] * (after - before)
        sure = np.minimum(view.confidence[at], likely)
        known = (sure > 0) & np.isfinite(line[..., 0])
        xy[between] = np.where(known[..., None], line, np.nan)
        confidence[between] = np.where(known, sure, 0)
    return view.replace(xy=xy, confidence=confidence)


def _next(view: Keypoints2D, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints and confidence one frame after frames `at`, of the same people."""
    if view.people or view.xy.shape[1] < 1:
        return view.xy[at + 1], view.confidence[at + 1]
    low = int(at.min())
    links = link(view.xy[low : int(at.max()) + 2])[at - low]
    slot = np.maximum(links, 0)
    rows = (at + 1)[:, None]
    xy, confidence = view.xy[rows, slot], view.confidence[rows, slot]
    lost = links < 0
    xy[lost], confidence[lost] = np.nan, 0
    return xy, confidence
