"""The main job, from a folder of files to a page to watch."""

import json

import jax
import numpy as np
import pytest

from experiments import settings
from kinematics import formats
from kinematics.motion import positions
from tests.experiments import binary
from tests.lmmjax.data import folder as folders

KEYS = [f"{s:02}/{s:02}_{n:02}.bvh" for s in (1, 2, 3) for n in (1, 2)]
SMALL = {
    "model.width": 16,
    "model.layers": 1,
    "model.heads": 2,
    "model.window": 8,
    "model.head_width": 16,
    "model.head_layers": 1,
    "model.horizon": 6,
    "data.context": 8,
    "data.test_subjects": "02,03",
    "loss.places": 2,
    "loss.draws": 2,
    "loop.batch": 4,
    "loop.steps": 4,
    "practice.rollouts": 4,
    "practice.seconds": 0.4,
}
# Of a clip of 1.3 s half is observed, so that both ways of it compile but once.
SAMPLING = ("--seconds=0.5", "--samples=2")
STUDY = (
    "--sampler_steps=2",
    "--windows_limit=4",
    "--rollout_seconds=0.5",
    "--rollout_clips=1",
)


@pytest.fixture
def quick_compilation():
    """A few steps of a tiny model: compiling is all of the work."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def train(place, **loop):
    changes = SMALL | {"data.prepared_dir": place / "prepared"}
    changes |= {f"loop.{name}": value for name, value in loop.items()}
    return binary.run(
        "train",
        f"--data_dir={place / 'mocap'}",
        f"--workdir={place / 'run'}",
        *(f"--set={key}={value}" for key, value in changes.items()),
    )


def steps(place):
    lines = (place / "run" / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["step"] for line in lines]


@pytest.mark.parametrize("name", ["train", "generate", "evaluate", "demo"])
@pytest.mark.parametrize("flag", ["--help", "--helpshort"])
def test_help_is_what_the_binary_is_for_then_its_flags_and_no_failure(name, flag):
    result = binary.run(name, flag)
    assert (result.code, result.err) == (0, "")
    purpose, listed = result.out.split("flags:", 1)
    assert f"python -m experiments.{name}" in purpose
    assert purpose.split("\n")[0].endswith(".")
    assert "--workdir" in listed
    assert "USAGE" not in purpose


def training_says_what_it_reads_where_it_writes_and_what_comes_next(place):
    trained = train(place)
    assert trained.code == 0, trained.err
    lines = trained.out.splitlines()
    assert lines[0].startswith("mocap/mocap_")
    assert "parameters, " in lines[1]
    assert "cpu" in lines[1]
    assert lines[2:] == [
        f"trained: {place / 'run'}",
        f"next: python -m experiments.evaluate --workdir={place / 'run'}",
    ]
    assert "training [####################] 4/4" in trained.err
    assert "WARNING" not in trained.err


def a_run_keeps_its_configuration_and_metrics(place):
    config, data_dir = settings.load(place / "run")
    assert (config.loop.steps, config.data.test_subjects) == (4, ("02", "03"))
    assert data_dir == str(place / "mocap")
    assert max(steps(place)) == 4
    names = {path.name for path in (place / "run").iterdir()}
    assert names == {"checkpoints", "config.json", "metrics.jsonl"}


def training_a_finished_run_again_does_nothing_and_does_not_fail(place):
    before = steps(place)
    result = train(place)
    assert result.code == 0
    assert "training [" not in result.err
    assert steps(place) == before


def training_for_fewer_steps_than_were_made_does_not_fail(place):
    before = steps(place)
    assert train(place, steps=2).code == 0
    assert steps(place) == before
    assert train(place).code == 0


def evaluation_finds_data_and_split_of_the_training_by_itself(place):
    run = place / "run"
    result = binary.run("evaluate", f"--workdir={run}", *SAMPLING, *STUDY)
    assert result.code == 0, result.err
    report = (run / "report.md").read_text()
    assert report.strip() in result.out
    for part in (
        "| model |",
        "| zero velocity |",
        "| trivial Gaussian, ",
        "| share of plausible frames | ",
        "limit violations: 0",
    ):
        assert part in report
    assert report.splitlines()[-1].startswith("Provenance: data mocap/mocap_")
    chosen = json.loads((run / "sampler.json").read_text())
    assert chosen["sampler"]["steps"] == 2
    assert "test subjects: 02, 03" in report
    assert "of 4 clips" in report
    assert "<html" in (run / "motion.html").read_text()
    assert len(formats.read(run / "motion.bvh")) == 21 + 15


def generation_writes_a_page_a_report_and_a_file_per_sample(place):
    prompt = place / "mocap" / KEYS[0]
    flags = (f"--workdir={place / 'run'}", f"--prompt={prompt}", "--at=0.667")
    result = binary.run("generate", *flags, *SAMPLING)
    assert result.code == 0, result.err
    out = place / "run" / "generated" / prompt.stem
    assert result.out.split()[1:] == [str(out / "motion.html"), str(out / "report.md")]
    assert "2 sampled continuations of 0.5 s" in (out / "report.md").read_text()
    past = formats.read(prompt)
    found = [formats.read(out / name) for name in ("motion.bvh", "motion_2.bvh")]
    for motion in found:
        assert motion.skeleton.same_tree(past.skeleton)
        assert (len(motion), round(motion.fps, 3)) == (21 + 15, 30.0)
        np.testing.assert_allclose(
            positions(motion[:21]), positions(past[:21]), atol=1e-4
        )
    assert np.abs(positions(found[0])[21:] - positions(found[1])[21:]).max() > 1e-4


def times_outside_of_the_prompt_are_one_sentence(place):
    for flag, message in (
        ("--at=9", "--at must be within the prompt, which lasts 1.30 s"),
        ("--at=-1", "--at must be within the prompt"),
        ("--seconds=-1", "samples and seconds must be above 0"),
        ("--seconds=0", "samples and seconds must be above 0"),
    ):
        prompt = f"--prompt={place / 'mocap' / KEYS[0]}"
        result = binary.run("generate", f"--workdir={place / 'run'}", prompt, flag)
        assert (result.code, result.out) == (1, "")
        assert result.err.startswith(f"error: {message}")
        assert result.err.count("\n") == 1


@pytest.mark.usefixtures("quick_compilation")
def test_the_main_job_from_a_folder_of_files_to_a_page_to_watch(tmp_path):
    # One test, so that several workers do not train several times.
    folders.write(tmp_path / "mocap", KEYS)
    training_says_what_it_reads_where_it_writes_and_what_comes_next(tmp_path)
    a_run_keeps_its_configuration_and_metrics(tmp_path)
    training_a_finished_run_again_does_nothing_and_does_not_fail(tmp_path)
    training_for_fewer_steps_than_were_made_does_not_fail(tmp_path)
    evaluation_finds_data_and_split_of_the_training_by_itself(tmp_path)
    generation_writes_a_page_a_report_and_a_file_per_sample(tmp_path)
    times_outside_of_the_prompt_are_one_sentence(tmp_path)
