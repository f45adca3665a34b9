r"""Train a movement model.

On your own mocap, a folder of BVH files or of AMC files beside their ASF:

    python -m experiments.train --config=small --data_dir=<folder> \
        --workdir=runs/mine

Without --data_dir it trains on the built-in procedural motion. Run the same
command again to go on with a run that was stopped; nothing is lost but the steps
since the last checkpoint. Everything can be changed with --set, for instance

    --set data.test_subjects=08,09 --set loop.steps=20000 --set optim.learning_rate=3e-4

The run's folder holds checkpoints/, config.json and metrics.jsonl.
"""

from pathlib import Path

from experiments import program  # first: it sets up the compilation cache

from absl import flags  # isort: skip

from experiments import pipeline, settings
from experiments.configs import CONFIGS

_CONFIG = flags.DEFINE_string(
    "config", "small", f"Named configuration: {', '.join(CONFIGS)}."
)
_SET = flags.DEFINE_multi_string(
    "set", [], f"A change, key=value; may be repeated. Keys: {settings.KEYS}."
)
_DATA = flags.DEFINE_string(
    "data_dir", None, "Folder of motion files; built-in motion without it."
)
_WORKDIR = flags.DEFINE_string("workdir", "runs/train", "Folder of the run.")


def main() -> None:
    """Train, then say where the model is."""
    config = settings.configure(_CONFIG.value, _SET.value)
    workdir = Path(_WORKDIR.value)
    dataset = pipeline.load_data(config, _DATA.value)
    settings.save(workdir, config, _DATA.value)
    pipeline.train_model(config, dataset, workdir)
    print(f"trained: {workdir}")
    print(f"next: python -m experiments.evaluate --workdir={workdir}")


if __name__ == "__main__":
    program.run(main)
