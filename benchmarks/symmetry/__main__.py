r"""How much data a network saves that commutes with the mirror of the body.

    python -m benchmarks.symmetry --data_dir=<folder of the benchmark's train>

Trains the forecast of the CMU motion prediction benchmark on shares of its clips: with
a plain network, with one that sees half of all windows in the mirror, and with one
that commutes with the mirror. All have as many multiplications, steps and windows a
step, and see windows in the same order; nothing is chosen on the clips that they are
judged on.
"""

import contextlib
import dataclasses
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks import report
from benchmarks.symmetry.study import CRPS_MS, SAMPLES, Result, measure
from benchmarks.symmetry.tables import HEADER, comparisons, costs, row
from benchmarks.symmetry.variants import RECIPE, VARIANTS, variant_of
from experiments import program  # first: it sets up the compilation cache
from experiments.results import provenance
from experiments.settings import SettingError
from lmmjax.data.cmu_benchmark import fingerprint, hold_out, numbers, read_part
from lmmjax.evaluation.calibration import describe
from lmmjax.evaluation.protocols import score
from lmmjax.model.sampler import Sampler

flags = report.flags_of(__name__)
_DATA = flags.DEFINE_string(
    "data_dir", None, "Folder that the benchmark's train is in.", required=True
)
_STEPS = flags.DEFINE_integer("steps", 600, "Of each training.", 1)
_SHARES = flags.DEFINE_list(
    "shares", ["100", "50", "25", "10"], "Percent of the training clips."
)
_SEEDS = flags.DEFINE_multi_integer(
    "seeds", [0], "Of shares, parameters and order, each with a flag of its own."
)
_VARIANTS = flags.DEFINE_list("variants", list(VARIANTS), "What to train.")
_WORKDIR = flags.DEFINE_string(
    "workdir", None, "Folder of the runs; a temporary one by default."
)
_WINDOWS = flags.DEFINE_integer("windows", 100, "Windows that are sampled.", 1)


def main() -> None:
    """Train, judge and print."""
    shares = _percents(_SHARES.value)
    base = RECIPE
    for name in _VARIANTS.value:
        variant_of(base, name)
    held = numbers(base.data.held_out)
    split = hold_out(read_part(_DATA.value, "train"), held)
    results: list[Result] = []
    print("\n".join(HEADER), flush=True)
    with _folder(_WORKDIR.value) as folder:
        for seed in _SEEDS.value:
            loop = dataclasses.replace(base.loop, seed=seed, steps=_STEPS.value)
            found = measure(
                split,
                dataclasses.replace(base, loop=loop),
                _VARIANTS.value,
                shares,
                folder,
                _WINDOWS.value,
            )
            for result in found:
                # At once: a run that is stopped has not been for nothing.
                print(row(result), flush=True)
                results.append(result)
    still = score({}, split.validation, split="validation").row("zero velocity")
    report.publish(
        [
            "Errors in units of the benchmark at its labels in ms, averaged over "
            f"{still.sequences} actions; CRPS over coordinates of joints at "
            f"{', '.join(map(str, CRPS_MS))} ms, sampler: {describe(Sampler())}, "
            f"{SAMPLES} samples. Square brackets hold 95 % intervals over sequences. "
            f"Where nobody moves the mean error is {np.mean(still.errors):.1f}.",
            "",
            *HEADER,
            *map(row, results),
            "",
            "Below 1 the equivariant network is better:",
            "",
            *comparisons(results),
            "",
            f"Training of {_STEPS.value} steps, without compilation:",
            "",
            *costs(results),
            "",
            provenance(
                f"CMU benchmark, trained on {fingerprint(split.train)}, judged on "
                f"{fingerprint(split.validation)} ({', '.join(base.data.held_out)})",
                f"{_STEPS.value} steps of {base.loop.batch} windows, all "
                f"{still.windows} windows forecast and {len(results[0].crps)} sampled",
                f"seeds {', '.join(map(str, _SEEDS.value))}",
            ),
        ]
    )


def _percents(texts: Sequence[str]) -> list[int]:
    """Shares that a flag names.

    Raises:
      SettingError: one is no whole number of 1 to 100, or there is none.
    """
    if not texts or not all(x.isdecimal() and 1 <= int(x) <= 100 for x in texts):
        raise SettingError(f"--shares={','.join(texts)} must be percents of 1 to 100")
    return [int(x) for x in texts]


@contextlib.contextmanager
def _folder(name: str | None) -> Iterator[Path]:
    """The folder of this name, or a temporary one."""
    if name is not None:
        yield Path(name)
        return
    with tempfile.TemporaryDirectory() as temporary:
        yield Path(temporary)


if __name__ == "__main__":
    program.run(main)
