"""Motion to learn from, and motion to judge by."""

from collections.abc import Sequence

from kinematics import Motion
from lmmjax.data.windows import Windows

# Windows that must be held back.
_LEAST = 3


def hold_back(
    clips: Sequence[Motion], context: int, horizon: int, share: float
) -> tuple[list[Motion], list[Motion]]:
    """Motion to learn from, and motion to judge by.

    Args:
      clips: of one person.
      context: observed poses of a window.
      horizon: poses that follow.
      share: of the frames to hold back.

    Returns:
      Two lists of clips. Whole clips of all lengths are held back where that leaves
      enough of both; else the end of the longest clip, after a gap of a context. The
      second list is empty where all is too little.
    """
    least = context // 2 + horizon
    order = sorted((c for c in clips if len(c) >= least), key=len, reverse=True)
    if not order:
        return list(clips), []
    learned, held, frames, seen = [], [], 0, 0
    for clip in order:
        seen += len(clip)
        if frames + len(clip) <= share * seen:
            held.append(clip)
            frames += len(clip)
        else:
            learned.append(clip)
    while (
        not _enough(held, context, horizon) and 2 * (frames + len(learned[-1])) <= seen
    ):
        held.append(learned.pop())
        frames += len(held[-1])
    if _enough(held, context, horizon):
        return learned, held
    longest, *others = order
    tail = context + horizon + (_LEAST - 1) * (context - context // 2)
    tail = max(tail, round(share * seen))
    start = len(longest) - tail
    if start - context < least:
        return list(clips), []
    return [longest[: start - context], *others], [longest[start:]]


def windows(clips: Sequence[Motion], context: int, horizon: int) -> Windows:
    """Windows whose later halves of contexts do not overlap."""
    stride, least = context - context // 2, context // 2 + horizon
    return Windows(clips, context + horizon, stride, least)


def _enough(held: Sequence[Motion], context: int, horizon: int) -> bool:
    """Whether so much can be judged by."""
    return bool(held) and len(windows(held, context, horizon)) >= _LEAST
