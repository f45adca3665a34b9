r"""Measure a trained model on the motion that was held out for the test.

    python -m experiments.evaluate --workdir=runs/mine

It reads the dataset that the run was trained from (or --data_dir) and prints, beside
trivial baselines and with 95 % intervals over sequences: the forecast error at 100, 200
and 400 ms, the calibration of samples, and whether rollouts of half a minute drift. The
sampler is chosen on validation clips. It continues the liveliest of the long test clips
as well, and writes all of it to --out: report.md, sampler.json, motion.html and BVH
files. For a first look take --windows_limit=32 --rollout_clips=2.

    python -m experiments.evaluate --protocol=cmu --pretrained=<name> \
        --data_dir=<folder of the benchmark's train and test>

prints the table of the CMU motion prediction benchmark beside published rows, and
writes it to cmu.md. Without the test files, --split=held_out judges on the training
files that the model has not seen.
"""

from pathlib import Path

from experiments import program  # first: it sets up the compilation cache

from absl import flags  # isort: skip

from experiments import pipeline, results, runs, samplers, settings
from experiments.settings import SettingError
from lmmjax import pretrained
from lmmjax.evaluation.protocols import PROTOCOLS, SubjectsStudy
from lmmjax.evaluation.protocols.cmu import WINDOWS

_WORKDIR = flags.DEFINE_multi_string(
    "workdir", ["runs/train"], "Folder of a trained run; several are judged as one."
)
_PRETRAINED = flags.DEFINE_string(
    "pretrained", None, "Name or folder of a pretrained model, in place of --workdir."
)
_PROTOCOL = flags.DEFINE_enum(
    "protocol", "subjects", list(PROTOCOLS), "What is measured."
)
_DATA = flags.DEFINE_string(
    "data_dir", None, "Folder of motion files; that of the training by default."
)
_SAMPLER = flags.DEFINE_string(
    "sampler",
    None,
    "Folder of another run, whose sampler.json is taken in place of choosing: one with "
    "data.validation_subjects chose on people who were not trained on.",
)
_OUT = flags.DEFINE_string(
    "out", None, "Folder to write to; that of the run, or runs/<pretrained> by default."
)
_SECONDS = flags.DEFINE_float("seconds", 4.0, "Length of the continuations shown.")
_SAMPLES = flags.DEFINE_integer("samples", 8, "Number of them.", 1, 64)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the sampling.")
_STEPS = flags.DEFINE_multi_integer(
    "sampler_steps", [2, 4], "Steps of the sampler to choose from.", 1, 64
)
_FUTURES = flags.DEFINE_integer(
    "futures", 100, "Samples per window for the calibration.", 100
)
_LIMIT = flags.DEFINE_integer(
    "windows_limit", 256, "Windows that are sampled, spread evenly.", 1
)
_ROLLOUT_SECONDS = flags.DEFINE_float(
    "rollout_seconds", 30.0, "Length of the rollouts that are judged.", 0.2
)
_ROLLOUT_CLIPS = flags.DEFINE_integer(
    "rollout_clips", 12, "Test clips that they go on from.", 1
)
_HEED = flags.DEFINE_float(
    "heed",
    0.0,
    "Where above 0, rollouts are told what their clips show; how much that counts.",
    0.0,
)
_WINDOWS = flags.DEFINE_enum(
    "windows", WINDOWS[0], WINDOWS, "Which windows of the CMU benchmark."
)
_SPLIT = flags.DEFINE_enum(
    "split",
    "test",
    ["test", "held_out"],
    "Clips of the CMU benchmark: its test, or those of the training files that the "
    "model's training held out.",
)


def main() -> None:
    """Evaluate and print."""
    if _PRETRAINED.value:
        model, meta = pretrained.load(_PRETRAINED.value)
        name = Path(_PRETRAINED.value).name
        out = Path(_OUT.value or Path("runs") / name)
    else:
        if len(_WORKDIR.value) > 1 and not _OUT.value:
            raise SettingError(
                "several --workdir need --out=..., a folder of their own"
            )
        model, meta = runs.load(_WORKDIR.value)
        name, out = "model", Path(_OUT.value or _WORKDIR.value[0])
    if _PROTOCOL.value == "cmu":
        if not _DATA.value:
            raise SettingError(
                "--protocol=cmu needs --data_dir=..., the folder that the benchmark's "
                "train and test are in"
            )
        held = (
            None if _SPLIT.value == "test" else pipeline.config_of(meta).data.held_out
        )
        text = results.evaluate_benchmark(
            model, name, _DATA.value, _WINDOWS.value, held, out
        )
        print(text)
        print(f"\nwrote {out / 'cmu.md'}")
        return
    if _SAMPLER.value:
        meta |= samplers.read(Path(_SAMPLER.value))
        if samplers.FUTURES not in meta:
            raise SettingError(f"--sampler={_SAMPLER.value}: has no sampler.json")
    config, trained_on = (
        (pipeline.config_of(meta), None)
        if _PRETRAINED.value
        else settings.load(_WORKDIR.value[0])
    )
    dataset = pipeline.load_data(config, _DATA.value or trained_on)
    study = SubjectsStudy(
        tuple(_STEPS.value),
        _FUTURES.value,
        _LIMIT.value,
        _ROLLOUT_SECONDS.value,
        _ROLLOUT_CLIPS.value,
        heed=_HEED.value,
        seed=_SEED.value,
    )
    text = results.evaluate(
        model,
        meta,
        dataset,
        out,
        seconds=_SECONDS.value,
        samples=_SAMPLES.value,
        seed=_SEED.value,
        study=study,
    )
    print(text)
    print(f"\nwrote {out / 'report.md'}")


if __name__ == "__main__":
    program.run(main)
