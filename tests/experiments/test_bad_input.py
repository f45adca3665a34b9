"""A user's mistake ends in one sentence, exit code 1 and no traceback."""

import pathlib

import pytest

from kinematics.formats import bvh
from lmmjax.training.checkpoint import Checkpoints
from lmmjax.training.state import OptimizerConfig, create_state, optimizer
from tests.experiments import binary
from tests.lmmjax import tiny
from tests.lmmjax.data import folder as folders


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run whose model has not learned anything."""
    workdir = tmp_path_factory.mktemp("run")
    model = tiny.fresh_model()
    checkpoints = Checkpoints(workdir)
    checkpoints.save(
        create_state(model, optimizer(OptimizerConfig(), 10), 0), model, {}
    )
    checkpoints.close()
    return workdir


def check(result, *parts):
    """One sentence on stderr with these parts, and the exit code of a failure."""
    assert result.code == 1
    assert result.out == ""
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert "Traceback" not in result.err
    for part in parts:
        assert part in result.err


@pytest.mark.parametrize("name", ["train", "demo"])
def test_a_typo_in_a_setting(name):
    result = binary.run(name, "--set=loop.step=7")
    check(result, "no setting 'loop.step', did you mean 'loop.steps'?")
    assert not list(pathlib.Path().iterdir())


def test_an_unknown_config():
    check(binary.run("train", "--config=smal"), "did you mean 'small'?")


@pytest.mark.parametrize("name", ["train", "generate", "evaluate", "demo"])
def test_an_unknown_flag_and_a_stray_word(name):
    check(binary.run(name, "--wrokdir=x"), "wrokdir", "--help")
    check(binary.run(name, "small"), "'small' is not understood", "--help")


def test_a_flag_without_its_value_or_with_a_wrong_one():
    check(binary.run("generate"), "give one of --prompt")
    check(binary.run("generate", "--prompt=x.bvh", "--samples=0"), "--samples=0")
    check(binary.run("evaluate", "--seconds=long"), "--seconds=long")


def test_a_folder_that_is_not_there_or_has_no_motion(tmp_path):
    gone = binary.run("train", f"--data_dir={tmp_path / 'gone'}")
    check(gone, "gone: no such folder")
    empty = binary.run("train", f"--data_dir={tmp_path}")
    check(empty, f"{tmp_path}: no motion files here", ".bvh")


def test_clips_that_are_all_too_short(tmp_path):
    folders.write(tmp_path, ["a.bvh", "b.bvh"], frames=20)
    result = binary.run("train", f"--data_dir={tmp_path}")
    assert result.code == 1
    assert result.err.splitlines()[-1].startswith("error: every clip is shorter than")


@pytest.mark.parametrize(
    ("name", "flags"), [("evaluate", []), ("generate", ["--prompt=x.bvh"])]
)
def test_a_run_without_a_checkpoint(name, flags, tmp_path):
    result = binary.run(name, f"--workdir={tmp_path / 'gone'}", *flags)
    check(result, "gone: no checkpoint here", "experiments.train")


def generate(run, prompt, *flags):
    return binary.run("generate", f"--workdir={run}", f"--prompt={prompt}", *flags)


def test_a_prompt_that_is_not_there_or_of_no_known_kind(run, tmp_path):
    check(generate(run, "gone.bvh"), "gone.bvh: No such file or directory")
    check(generate(run, tmp_path / "clip.fbx"), "clip.fbx: this kind of file")
    check(generate(run, tmp_path), "kind of file is not known")


@pytest.mark.parametrize("damage", ["truncated", "nan", "empty"])
def test_a_prompt_that_is_damaged(run, tmp_path, damage):
    prompt = tmp_path / "clip.bvh"
    bvh.write(prompt, tiny.motion(0))
    text = prompt.read_text()
    text = {
        "truncated": text[: len(text) // 2],
        "nan": text.rsplit(" ", 1)[0] + " nan\n",
        "empty": "",
    }[damage]
    prompt.write_text(text)
    check(generate(run, prompt), str(prompt))


def test_a_prompt_of_another_skeleton(run, tmp_path):
    prompt = tmp_path / "clip.bvh"
    bvh.write(prompt, tiny.motion(0))
    prompt.write_text(prompt.read_text().replace("Chest", "Thorax"))
    check(generate(run, prompt), "another skeleton", "missing ['Chest']", "Thorax")


def test_a_prompt_whose_joints_turn_otherwise(run, tmp_path):
    prompt = tmp_path / "clip.bvh"
    # Hinges that lie askew in the axes of a BVH file come back as balls.
    bvh.write(prompt, tiny.motion(0))
    check(generate(run, prompt), "another skeleton", "degrees of freedom")


def test_a_run_of_which_only_the_checkpoint_is_there(run):
    check(binary.run("evaluate", f"--workdir={run}"), "config.json: not here")


def test_a_damaged_checkpoint(run, tmp_path):
    folder = tmp_path / "checkpoints" / "0"
    for path in (run / "checkpoints").rglob("*"):
        copy = tmp_path / path.relative_to(run)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            copy.write_bytes(path.read_bytes()[:40])
    assert folder.is_dir()
    check(generate(tmp_path, "x.bvh"), "the newest checkpoint cannot be read")


def test_nothing_was_written_for_any_of_these(run):
    assert [path.name for path in run.iterdir()] == ["checkpoints"]
