"""The page: totals of a dataset, and each of its sessions."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from lmmjax.capture.report import tables
from lmmjax.capture.report.facts import SessionReport
from lmmjax.capture.report.markup import (
    Cell,
    escape,
    measure,
    number,
    percent,
    picture,
    span,
    table,
)
from lmmjax.capture.report.style import STYLE
from lmmjax.capture.report.timeline import timeline

# Names come from strangers, so that the page may load and run nothing at all.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def report_page(
    entries: Sequence[SessionReport], title: str = "Quality of the capture"
) -> str:
    """A self-contained HTML document on some sessions.

    Args:
      entries: the sessions, in the order in which they are shown.
      title: of the page.
    """
    sections = [_session(entry, n) for n, entry in enumerate(entries, 1)]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1>{_dataset(entries)}{''.join(sections)}"
        "</body></html>\n"
    )


def _dataset(entries: Sequence[SessionReport]) -> str:
    """Totals, the sessions with links to them, and labels."""
    if not entries:
        return '<p class="soft">There are no sessions to report on.</p>'
    labels: Counter[str] = Counter()
    for entry in entries:
        labels.update(entry.labels)
    known = sum(entry.quality.known_s() for entry in entries)
    clips = sum(entry.clips for entry in entries)
    people = sum(len(entry.quality.people) for entry in entries)
    tiles = [
        ("sessions", str(len(entries)), ""),
        ("people", str(people), "counted anew in each session"),
        ("movement", span(known), "of all people together"),
    ]
    if clips or labels:
        tiles.append(("clips", f"{clips:,}", ""))
        given = labels.total() - labels[""]
        tiles.append(("labels", _kinds(labels), f"{given:,} times given"))
    parts = [_tiles(tiles)] if len(entries) > 1 or clips or labels else []
    if len(entries) > 1:
        parts.append(_sessions(entries))
    if labels:
        rows = [
            (escape(name) or '<span class="soft">none</span>', [Cell(f"{n:,}")])
            for name, n in labels.most_common()
        ]
        parts.append("<h3>Labels</h3>" + table("labels", ("label", "clips"), rows))
    return "".join(parts)


def _kinds(labels: Mapping[str, int]) -> str:
    """How many labels there are; clips without one have that of no letters."""
    return f"{sum(map(bool, labels)):,}"


def _sessions(entries: Sequence[SessionReport]) -> str:
    rows, clips = [], any(entry.clips for entry in entries)
    for n, entry in enumerate(entries, 1):
        figures = entry.quality.summary()
        cells = [
            Cell(f"{len(entry.quality.cameras)}"),
            Cell(f"{len(entry.quality.people)}"),
            Cell(span(figures["known_s"])),
            *([Cell(f"{entry.clips:,}")] if clips else []),
            Cell(number(figures["reprojection_median_px"])),
            Cell(percent(figures["agreement"])),
            Cell(percent(figures["triangulated"])),
            Cell(percent(figures["limb_variation"])),
            Cell(number(figures["body_residual_mm"])),
            Cell(f"{len(entry.notes)}"),
        ]
        rows.append((f'<a href="#session-{n}">{escape(entry.name)}</a>', cells))
    columns = (
        "session",
        "cameras",
        "people",
        "movement",
        *(["clips"] if clips else []),
        "error median, px",
        "agree, %",
        "triangulated, %",
        "bones vary by, %",
        "from the body, mm",
        "notes",
    )
    return "<h3>Sessions</h3>" + table("sessions", columns, rows)


def _session(entry: SessionReport, n: int) -> str:
    quality = entry.quality
    length = (entry.last - entry.first) / entry.fps
    about = (
        f"{len(quality.cameras)} cameras, {span(length)} at {entry.fps:g} frames per "
        f"second (frames {entry.first} to {entry.last - 1})"
    )
    parts = [
        f'<section id="session-{n}"><h2>{escape(entry.name)}</h2>',
        f'<p class="soft">{about}</p>',
        _notes(entry.notes),
    ]
    cameras = f"<h3>Cameras</h3>{tables.cameras(quality, entry.clocks)}"
    if quality.people:
        parts += [
            _headline(entry),
            "<h3>When the motion of each person is known</h3>",
            timeline(quality, entry.first, entry.last),
            _pictures(entry),
            cameras,
            '<div class="side">',
            f"<div><h3>Reprojection error, px</h3>{tables.errors(quality)}</div>",
            f"<div><h3>Coverage, %</h3>{tables.coverage(quality)}</div>",
            f"<div><h3>Points in space</h3>{tables.joints(quality)}</div>",
        ]
        if quality.bones:
            variation = tables.bones(quality)
            parts.append(f"<div><h3>Variation of bones, %</h3>{variation}</div>")
        parts.append("</div>")
    else:
        parts += ["<p>Nobody was found in this session.</p>", _pictures(entry), cameras]
    return "".join([*parts, "</section>"])


def _headline(entry: SessionReport) -> str:
    quality, figures = entry.quality, entry.quality.summary()
    tiles = [
        (
            "reprojection error",
            measure(figures["reprojection_median_px"], "px"),
            f"median; 95&nbsp;% below {measure(figures['reprojection_95_px'], 'px')}",
        ),
        (
            "keypoints that agree",
            measure(100 * figures["agreement"], "%"),
            f"mean error {measure(figures['reprojection_mean_px'], 'px')}",
        ),
        (
            "points triangulated",
            measure(100 * figures["triangulated"], "%"),
            f"a camera shows {measure(100 * figures['coverage'], '%')}",
        ),
        (
            "bones vary by",
            measure(100 * figures["limb_variation"], "%"),
            "arms and legs, standard deviation",
        ),
        (
            "from the fitted body",
            measure(figures["body_residual_mm"], "mm"),
            "points, root mean square",
        ),
        (
            "uncertainty of points",
            measure(figures["spread_mm"], "mm"),
            "standard deviation along an axis",
        ),
        (
            "movement",
            span(figures["known_s"]),
            f"of {len(quality.people)} "
            + ("person" if len(quality.people) == 1 else "people"),
        ),
    ]
    if entry.clips:
        tiles.append(("clips", f"{entry.clips:,}", f"{_kinds(entry.labels)} labels"))
    return _tiles(tiles)


def _tiles(tiles: Sequence[tuple[str, str, str]]) -> str:
    body = "".join(
        f"<div><dt>{name}</dt><dd><b>{value}</b><small>{more}</small></dd></div>"
        for name, value, more in tiles
    )
    return f'<dl class="tiles">{body}</dl>'


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<div class="notes"><ul>{items}</ul></div>'


def _pictures(entry: SessionReport) -> str:
    if not entry.pictures:
        return ""
    figures = []
    for camera, pixels in entry.pictures.items():
        text = f"Keypoints and fitted body in the picture of camera {camera}"
        figures.append(
            f"<figure>{picture(np.asarray(pixels), text)}"
            f"<figcaption>{escape(camera)}</figcaption></figure>"
        )
    when = ""
    if entry.pictured is not None:
        seconds = entry.pictured / entry.fps
        when = f" at {number(seconds, 2)} s (frame {entry.pictured})"
    return (
        f"<h3>What the cameras saw{when}</h3>"
        '<p class="soft">White points: detected keypoints. Orange lines: the fitted '
        f'body of one person.</p><div class="pictures">{"".join(figures)}</div>'
    )
