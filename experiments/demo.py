"""The main job on built-in motion: data, training, generation, a page to watch.

    python -m experiments.demo

It makes a dataset of procedural movement, trains a small model until its forecast
beats zero velocity on validation motion by far, continues a held-out clip and writes
motion.html, motion.bvh and report.md to --workdir. Takes a few minutes on a
laptop. Run again, it starts from the checkpoint.
"""

import time
from pathlib import Path

from experiments import program  # first: it sets up the compilation cache

from absl import flags  # isort: skip

from experiments import pipeline, results, settings
from lmmjax.training.checkpoint import load_model

_WORKDIR = flags.DEFINE_string("workdir", "runs/demo", "Folder of the run.")
_SET = flags.DEFINE_multi_string(
    "set", [], f"A change, key=value; may be repeated. Keys: {settings.KEYS}."
)


def _far_better_than_standing(found: dict[str, float]) -> bool:
    """Whether the forecast has a third of zero velocity's error, at all times."""
    return all(
        found[f"validation_model_{ms}ms"]
        < found[f"validation_zero_velocity_{ms}ms"] / 3
        for ms in pipeline.HORIZONS_MS
    )


def main() -> None:
    """Run the main job."""
    began = time.monotonic()
    config = settings.configure("demo", _SET.value)
    workdir = Path(_WORKDIR.value)
    print("1/3 building the dataset of procedural movement")
    dataset = pipeline.load_data(config, None)
    settings.save(workdir, config, None)
    print("2/3 training")
    pipeline.train_model(config, dataset, workdir, enough=_far_better_than_standing)
    print("3/3 continuing a held-out clip")
    model, meta = load_model(workdir)
    text = results.evaluate(model, meta, dataset, workdir, 4.0, 8, seed=0)
    print(f"\n{text}\n\ndone in {time.monotonic() - began:.0f} s; look at")
    for name in ("motion.html", "motion.bvh", "report.md"):
        print(f"  {workdir / name}")
    print(
        "next, on your own mocap:\n  python -m experiments.train --config=small "
        "--data_dir=<folder of BVH or AMC files> --workdir=runs/mine"
    )


if __name__ == "__main__":
    program.run(main)
