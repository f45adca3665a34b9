"""Tables of figures: cameras and their clocks, joints, both, and bones."""

import math

import numpy as np

from lmmjax.capture.quality import Quality
from lmmjax.capture.report.markup import (
    Cell,
    escape,
    legend,
    number,
    percent,
    table,
    who,
)
from lmmjax.capture.synchronize import Clocks

# Ends of the scale of errors in pixels, in which colours go by the logarithm; a
# variation of bones of as much is as red. Choices.
_ERROR_PX = (1.0, 32.0)
_VARIATION = 0.2
_METHODS = {
    "reference": "reference",
    "motion": "found from motion",
    "epipolar": "found from motion, refined by calibration",
    "none": "given, or taken to agree",
}


def cameras(quality: Quality, clocks: Clocks) -> str:
    """Clocks and figures of each camera."""
    error, most, average = (
        quality.error_px(0.5, "camera"),
        quality.error_px(0.95, "camera"),
        quality.mean_error_px("camera"),
    )
    counts, agree = quality.observations("camera"), quality.agreement("camera")
    covered = quality.coverage("camera")
    rows = []
    for v, name in enumerate(quality.cameras):
        cells = [
            Cell(f"{counts[v]:,}"),
            Cell(percent(covered[v])),
            Cell(number(error[v])),
            Cell(number(most[v])),
            Cell(number(average[v])),
            Cell(percent(agree[v])),
        ]
        rows.append((escape(name), [*_clock(clocks, name), *cells]))
    columns = (
        "camera",
        "clock, ms",
        "drift, ppm",
        "how the clock is known",
        "keypoints",
        "coverage, %",
        "error median, px",
        "95&nbsp;%, px",
        "mean of agreeing, px",
        "agree, %",
    )
    return table("cameras and their clocks", columns, rows)


def _clock(clocks: Clocks, name: str) -> list[Cell]:
    if name not in clocks.names:
        return [Cell(number(math.nan))] * 2 + [Cell("not known", words=True)]
    v = clocks.index(name)
    offset, deviation = 1000 * clocks.offset_s[v], 1000 * clocks.deviation_s[v]
    told = number(offset, 2)
    if clocks.method[v] in ("motion", "epipolar") and math.isfinite(deviation):
        told += f" &plusmn; {number(deviation, 2)}"
    method = _METHODS.get(clocks.method[v], clocks.method[v])
    drift = 1e6 * (clocks.rate[v] - 1)
    return [Cell(told), Cell(number(drift)), Cell(escape(method), words=True)]


def errors(quality: Quality) -> str:
    """Reprojection error by joint and camera."""
    low, high = np.log2(_ERROR_PX)
    median = _framed(quality, lambda by: quality.error_px(0.5, by))
    most = _framed(quality, lambda by: quality.error_px(0.95, by))
    average = _framed(quality, quality.mean_error_px)
    agree = _framed(quality, quality.agreement)
    count = _framed(quality, quality.observations)

    def cell(k: int, v: int) -> Cell:
        if not count[k, v]:
            return Cell(number(math.nan))
        mean = f", with a mean of {average[k, v]:.2f} px" if agree[k, v] else ""
        return Cell(
            f"{number(median[k, v])} <small>{number(most[k, v])}</small>",
            (math.log2(median[k, v]) - low) / (high - low),
            f"{_where(quality, k, v)}: median {median[k, v]:.2f} px, 95 % below "
            f"{most[k, v]:.2f} px; {100 * agree[k, v]:.1f} % of {count[k, v]:.0f} "
            f"agree{mean}",
        )

    scale = legend(
        "error",
        f"{_ERROR_PX[0]:g} px",
        f"{_ERROR_PX[1]:g} px",
        "median; small: 95&nbsp;% are below",
    )
    return _matrix("reprojection error in pixels", quality, cell, "error") + scale


def coverage(quality: Quality) -> str:
    """Share of frames in which a camera shows a joint."""
    share = _framed(quality, quality.coverage)
    found = np.append(quality.triangulated("joint"), quality.triangulated())

    def cell(k: int, v: int) -> Cell:
        hint = f"{_where(quality, k, v)}: {100 * share[k, v]:.1f} % of frames"
        return Cell(percent(share[k, v], 0), share[k, v], hint)

    def point(k: int) -> Cell:
        return Cell(percent(found[k], 0), found[k])

    text = "of the frames with a person; point: it was triangulated"
    return _matrix(
        "coverage in percent of frames", quality, cell, "coverage", ("point", point)
    ) + legend("coverage", "0 %", "100 %", text)


def joints(quality: Quality) -> str:
    """What is known of each joint in space."""
    found, spread, off = (
        quality.triangulated("joint"),
        quality.spread_mm("joint"),
        quality.residual_mm("joint"),
    )
    rows = [
        (
            escape(name),
            [Cell(percent(found[k])), Cell(number(spread[k])), Cell(number(off[k]))],
        )
        for k, name in enumerate(quality.joints)
    ]
    total = [quality.spread_mm(), quality.residual_mm()]
    cells = [Cell(percent(float(quality.triangulated())))]
    rows.append(("all", cells + [Cell(number(float(x))) for x in total]))
    columns = ("joint", "triangulated, %", "uncertainty, mm", "from the body, mm")
    return table("points in space", columns, rows, totals=1)


def bones(quality: Quality) -> str:
    """How much the length of each bone varies, by person."""
    people = list(quality.people)
    variation = {name: quality.bone_variation(name) for name in people}
    rows = []
    for b, (start, end) in enumerate(quality.bones):
        cells = []
        for name in people:
            count, total, _ = quality.people[name].bones[b]
            length = f"{100 * total / count:.1f} cm" if count else ""
            value = variation[name][b]
            cells.append(
                Cell(
                    f"{percent(value)} <small>{length}</small>",
                    value / _VARIATION,
                    f"{name}, {start} to {end}",
                )
            )
        rows.append((f"{escape(start)} &ndash; {escape(end)}", cells))
    last = [Cell(percent(quality.limb_variation(name))) for name in people]
    rows.append(("mean of arms and legs", last))
    scale = legend(
        "error", "0 %", f"{100 * _VARIATION:g} %", "standard deviation; small: mean"
    )
    columns = ["bone", *map(who, people)]
    return table("variation of bones", columns, rows, 1, "error") + scale


def _framed(quality: Quality, figure) -> np.ndarray:
    """[K + 1, V + 1] of a figure by joint and camera, with those of all at the end."""
    top = np.column_stack([figure("cell").T, figure("joint")])
    return np.vstack([top, np.append(figure("camera"), figure("all"))])


def _where(quality: Quality, k: int, v: int) -> str:
    camera, joint = (*quality.cameras, "all cameras"), (*quality.joints, "all joints")
    return f"{camera[v]}, {joint[k]}"


def _matrix(label: str, quality: Quality, cell, kind: str, extra=None) -> str:
    """A table of joints and cameras with all joints and all cameras at the end."""
    columns = ["joint", *map(escape, quality.cameras), "all"]
    rows = []
    for k, name in enumerate([*map(escape, quality.joints), "all"]):
        cells = [cell(k, v) for v in range(len(quality.cameras) + 1)]
        rows.append((name, cells + ([extra[1](k)] if extra else [])))
    return table(label, columns + ([extra[0]] if extra else []), rows, 1, kind)
