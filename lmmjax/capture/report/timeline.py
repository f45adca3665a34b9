"""When each person's motion is known, as bars along the time of the session."""

from lmmjax.capture.quality import Quality
from lmmjax.capture.report.markup import percent, span, who

# Steps across the width of a bar: a gap is never thinner, so that it is seen, and
# there are never more of them. A choice.
_STEPS = 600
# Steps of the axis in seconds, of which the first with at most so many is taken.
_TICKS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18000)
_MOST_TICKS = 8


def timeline(quality: Quality, first: int, last: int) -> str:
    """Bars of all people over frames from ``first`` to before ``last``."""
    rows = []
    for name, person in quality.people.items():
        gaps = quality.gaps(name)
        known = quality.known_s(name) * quality.fps / max(last - first, 1)
        longest = max((b - a for a, b in gaps), default=0) / quality.fps
        facts = f"{percent(known)} % of the session, " + (
            f"{len(gaps)} gap{'s' if len(gaps) > 1 else ''}, longest {span(longest)}"
            if gaps
            else "no gaps"
        )
        label = f"{who(name)}: motion known for {facts}"
        bar = _bar(person.known, gaps, first, last)
        rows.append(
            f'<div class="who"><b>{who(name)}</b><small>{facts}</small></div>'
            f'<svg viewBox="0 0 {_STEPS} 20" preserveAspectRatio="none" role="img" '
            f'aria-label="{label}">{bar}</svg>'
        )
    return f'<div class="timeline">{"".join(rows)}{_axis(quality, first, last)}</div>'


def _bar(known, gaps, first: int, last: int) -> str:
    if not known:
        return ""
    scale = _STEPS / max(last - first, 1)
    start, stop = ((frame - first) * scale for frame in (known[0][0], known[-1][1]))
    parts = [
        f'<rect class="known" x="{start:.1f}" y="2" width="{stop - start:.1f}" '
        'height="16"/>'
    ]
    for left, right in _steps(gaps, first, scale):
        parts.append(
            f'<rect class="gap" x="{left}" y="5" width="{right - left}" height="10"/>'
        )
    return "".join(parts)


def _steps(gaps, first: int, scale: float) -> list[tuple[int, int]]:
    """Gaps in whole steps, joined where they touch."""
    found: list[tuple[int, int]] = []
    for a, b in gaps:
        left = int((a - first) * scale)
        right = max(round((b - first) * scale), left + 1)
        if found and left <= found[-1][1]:
            found[-1] = (found[-1][0], max(right, found[-1][1]))
        else:
            found.append((left, right))
    return found


def _axis(quality: Quality, first: int, last: int) -> str:
    """Scene times below the bars."""
    start, stop = first / quality.fps, last / quality.fps
    fits = (s for s in _TICKS if (stop - start) / s <= _MOST_TICKS)
    step = next(fits, (stop - start) / _MOST_TICKS)
    ticks = []
    n = -(-start // step)
    while n * step <= stop:
        place = 100 * (n * step - start) / max(stop - start, 1e-9)
        # Labels at the ends stay inside of the page.
        kind = ' class="start"' if place < 4 else ' class="end"' if place > 96 else ""
        ticks.append(f'<span{kind} style="left:{place:.2f}%">{_clock(n * step)}</span>')
        n += 1
    return f'<div></div><div class="axis">{"".join(ticks)}</div>'


def _clock(seconds: float) -> str:
    sign, whole = "&minus;" if seconds < 0 else "", abs(round(seconds))
    if whole < 60:
        return f"{sign}{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{sign}{minutes}:{rest:02}"
    return f"{sign}{minutes // 60}:{minutes % 60:02}:{rest:02}"
