"""Measure a trained model on the motion that was held out for the test.

    python -m experiments.evaluate --workdir=runs/mine

It reads the dataset that the run was trained from (or --data_dir), prints the
forecast error at 100, 200 and 400 ms beside zero and constant velocity with 95 %
intervals over sequences, continues the liveliest of the long test clips, and writes
all of it to <workdir>: report.md, motion.html and BVH files.
"""

from pathlib import Path

from experiments import program  # first: it sets up the compilation cache

from absl import flags  # isort: skip

from experiments import pipeline, results, settings
from lmmjax.training.checkpoint import load_model

_WORKDIR = flags.DEFINE_string("workdir", "runs/train", "Folder of a trained run.")
_DATA = flags.DEFINE_string(
    "data_dir", None, "Folder of motion files; that of the training by default."
)
_SECONDS = flags.DEFINE_float("seconds", 4.0, "Length of the continuations.")
_SAMPLES = flags.DEFINE_integer("samples", 8, "Number of continuations.", 1, 64)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the sampling.")


def main() -> None:
    """Evaluate and print."""
    workdir = Path(_WORKDIR.value)
    model, meta = load_model(workdir)
    config, trained_on = settings.load(workdir)
    dataset = pipeline.load_data(config, _DATA.value or trained_on)
    text = results.evaluate(
        model,
        meta,
        dataset,
        workdir,
        seconds=_SECONDS.value,
        samples=_SAMPLES.value,
        seed=_SEED.value,
    )
    print(text)
    print(f"\nwrote {workdir / 'report.md'}")


if __name__ == "__main__":
    program.run(main)
