"""What was found, as tables with intervals."""

import math
from collections.abc import Sequence

import numpy as np

from benchmarks.symmetry.study import Result
from lmmjax.evaluation import metrics
from lmmjax.evaluation.calibration import Interval
from lmmjax.evaluation.protocols.table import LABELS_MS

HEADER = [
    "| mirror | clips, % | clips | s | seed | "
    + " | ".join(f"{label}" for label in LABELS_MS)
    + " | mean | CRPS, mm |",
    "|---" * (len(LABELS_MS) + 7) + "|",
]


def row(result: Result) -> str:
    """A row of the table under `HEADER`."""
    errors = result.errors.mean(axis=1)
    cells = [
        *(result.variant, str(result.percent), str(result.clips)),
        *(f"{result.lasting:.0f}", str(result.seed)),
        *(f"{x:.1f}" for x in result.errors.mean(axis=0)),
        _mean(errors, np.arange(len(errors))).text(1),
        _mean(result.crps, result.sequence).text(2),
    ]
    return f"| {' | '.join(cells)} |"


def costs(results: Sequence[Result]) -> list[str]:
    """Rows of what each variant's training cost, the median of all runs."""
    rows = [
        "| mirror | width, of the head | parameters | products a window | s |",
        "|---|---|---|---|---|",
    ]
    for variant in dict.fromkeys(result.variant for result in results):
        own = [result for result in results if result.variant == variant]
        cost, timed = own[0].cost, [r.seconds for r in own if math.isfinite(r.seconds)]
        seconds = f"{np.median(timed):.0f}" if timed else "-"
        rows.append(
            f"| {variant} | {cost.width}, {cost.head_width} | {cost.parameters:,} "
            f"| {cost.products:,} | {seconds} |"
        )
    return rows


def ratios(
    ours: Sequence[Result], theirs: Sequence[Result]
) -> tuple[Interval, Interval]:
    """Mean error, and CRPS, of results over those of others with the same seeds.

    Args:
      ours: one result per seed.
      theirs: the same seeds in the same order, judged on the same windows.
    """
    count = len(ours[0].errors)
    own, other = (np.concatenate([r.errors.mean(1) for r in x]) for x in (ours, theirs))
    error = _ratio(own, other, np.tile(np.arange(count), len(ours)))
    own, other = (np.concatenate([r.crps for r in x]) for x in (ours, theirs))
    return error, _ratio(own, other, np.concatenate([r.sequence for r in ours]))


def comparisons(results: Sequence[Result]) -> list[str]:
    """Rows of how the equivariant network compares with each other variant.

    On the same clips, and on half of them where there is such a share.
    """
    cells: dict[tuple[str, int], list[Result]] = {}
    for result in results:
        cells.setdefault((result.variant, result.percent), []).append(result)
    rows = [
        "| equivariant, clips, % | against, clips, % | error, times | CRPS, times |",
        "|---|---|---|---|",
    ]
    for (variant, percent), theirs in cells.items():
        for share in (percent, percent / 2):
            ours = cells.get(("equivariant", int(share)))
            if variant == "equivariant" or ours is None or share % 1:
                continue
            error, crps = ratios(ours, theirs)
            rows.append(
                f"| {share:g} | {variant}, {percent} | {error.text(3)} "
                f"| {crps.text(3)} |"
            )
    return rows


def _mean(values: np.ndarray, groups: np.ndarray) -> Interval:
    """Mean of values [N] with its interval over groups [N]."""
    return Interval(float(values.mean()), *metrics.bootstrap_interval(values, groups))


def _ratio(over: np.ndarray, under: np.ndarray, groups: np.ndarray) -> Interval:
    """Ratio of the means of values [N] with its interval over groups [N]."""
    interval = metrics.bootstrap_ratio_interval(over, under, groups)
    return Interval(float(over.sum() / under.sum()), *interval)
