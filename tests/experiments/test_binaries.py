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


SCENE = """
seconds = 0.3

[[people]]
name = "anna"
prompt = "{prompt}"
from = 0.8
place = [0, 0]
goals = [{{ joint = "Head", place = [0.5, 0, 1.3], at = 0.3 }}]

[[people]]
name = "bert"
prompt = "{prompt}"
place = [3, 0]

[[obstacles]]
ends = [[1, 0, 0], [1, 0, 2]]
radius = 0.2
"""


def places_in(path):
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["positions"]


def a_scene_is_the_same_from_a_file_and_from_flags(place):
    run, prompt = f"--workdir={place / 'run'}", KEYS[0]
    (place / "mocap" / "meeting.toml").write_text(SCENE.format(prompt=prompt))
    told = f"--scene={place / 'mocap' / 'meeting.toml'}"
    result = binary.run("generate", run, told)
    assert result.code == 0, result.err
    out = place / "run" / "generated" / "meeting"
    names = ["motion.html", "anna.bvh", "anna.npz", "bert.bvh", "bert.npz"]
    assert result.out.split()[1:] == [str(out / name) for name in names]
    found = {name: formats.read(out / f"{name}.bvh") for name in ("anna", "bert")}
    # 0.8 s of the prompt, and the last second of one of 1.3 s.
    assert {name: len(x) for name, x in found.items()} == {"anna": 34, "bert": 40}
    places = places_in(out / "bert.npz")
    np.testing.assert_allclose(places, positions(found["bert"]), atol=1e-4)
    words = SCENE.format(prompt=place / "mocap" / prompt).split("\n[[")
    *people, thing = [", ".join(part.split("\n")[1:-1]) for part in words[1:]]
    flags = [*(f"--person={x}" for x in people), f"--obstacle={thing}"]
    result = binary.run("generate", run, *flags, "--seconds=0.3", f"--out={place}")
    assert result.code == 0, result.err
    np.testing.assert_array_equal(places_in(place / "bert.npz"), places)


def what_cannot_be_played_is_one_sentence(place):
    run = f"--workdir={place / 'run'}"
    for flag, message in (
        (("--person=prompt='walk'",), "primitives cannot be brought to the model's"),
        (("--person=prompt='gone.bvh'",), "gone.bvh: No such file or directory"),
        (("--person=prompt='walk",), "--person=prompt='walk: "),
        (("--scene=gone.toml",), "gone.toml: No such file or directory"),
        (("--scene=a.toml", "--prompt=b.bvh"), "give one of --prompt"),
        (("--scene=a.toml", "--match=b.json"), "give one of --prompt"),
        (("--match=gone.json",), "gone.json: No such file or directory"),
    ):
        result = binary.run("generate", run, *flag)
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
    a_scene_is_the_same_from_a_file_and_from_flags(tmp_path)
    what_cannot_be_played_is_one_sentence(tmp_path)
