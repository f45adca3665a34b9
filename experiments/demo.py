"""The main job on built-in footage: cameras, dataset, training, a page to watch.

    python -m experiments.demo

It films procedural movement with virtual cameras, finds the movement again from what
they saw, makes a dataset of it, trains a small model until its forecast beats zero
velocity on validation motion by far, continues a held-out clip and writes motion.html,
motion.bvh and report.md to --workdir, and capture.html, which says how good the capture
is. Takes some minutes on a laptop. Run again, it goes on where it was.
"""

import shutil
import time
from pathlib import Path

from experiments import program  # first: it sets up the compilation cache

from absl import flags  # isort: skip

from experiments import pipeline, results, settings
from lmmjax.data import prepare
from lmmjax.data.filmed import film_library
from lmmjax.training.checkpoint import load_model

# Of a session; more get into each other's way.
_PEOPLE = 5

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
    print("1/4 filming procedural movement with four virtual cameras")
    sessions = film_library(
        workdir / "footage", max(1, config.data.clips // _PEOPLE), _PEOPLE
    )
    print("2/4 from footage to a dataset of movement")
    dataset = pipeline.load_data(config, str(sessions))
    settings.save(workdir, config, str(sessions))
    page = prepare.report_of(dataset, config.data.prepared_dir)
    shutil.copyfile(page, workdir / "capture.html")
    print("3/4 training")
    pipeline.train_model(config, dataset, workdir, enough=_far_better_than_standing)
    print("4/4 continuing a held-out clip")
    model, meta = load_model(workdir)
    text = results.evaluate(model, meta, dataset, workdir, 4.0, 8, seed=0)
    print(f"\n{text}\n\ndone in {time.monotonic() - began:.0f} s; look at")
    for name in ("motion.html", "capture.html", "motion.bvh", "report.md"):
        print(f"  {workdir / name}")
    print(
        "next, on your own mocap or footage:\n  python -m experiments.train "
        "--config=small --data_dir=<folder of motion files or of sessions> "
        "--workdir=runs/mine"
    )


if __name__ == "__main__":
    program.run(main)
