"""From a run to a model with a card."""

import dataclasses
import json

import numpy as np
import pytest

from experiments import card, runs, settings
from experiments.configs import CONFIGS
from experiments.settings import SettingError
from kinematics import formats, limits, rotations
from lmmjax import pretrained
from lmmjax.pretrained import shelf
from lmmjax.training.checkpoint import Checkpoints
from lmmjax.training.state import OptimizerConfig, create_state, optimizer
from tests.experiments import binary
from tests.lmmjax import tiny
from tests.lmmjax.pretrained import example

ABOUT = """A model of one who walks.

## Data and acknowledgement
Made up.

## Licence
Apache-2.0.

## Limits
It has seven joints.
"""
REPORT = """# Report

## Forecast

| method | 100 ms |
| --- | --- |
| model | 12.3 |

### Detail

/data/mine/05/05_06.bvh: skipped
"""
SETTINGS = ["loop.steps=70", "data.test_subjects=08,09", "data.prepared_dir=/far/away"]


def trained(workdir, seed=0, *changes):
    """The folder of a run after 0 of its steps, with its report."""
    model = example.model(seed)
    config = settings.configure("small", [*SETTINGS, f"loop.seed={seed}", *changes])
    settings.save(workdir, config, "/data/mine")
    experiment = json.loads((workdir / "config.json").read_text())["config"]
    meta = {"loop": experiment["loop"], "dataset": "m/1", "experiment": experiment}
    checkpoints = Checkpoints(workdir)
    state = create_state(model, optimizer(OptimizerConfig(), 10), 0)
    checkpoints.save(state, model, meta)
    checkpoints.close()
    (workdir / "report.md").write_text(REPORT)
    (workdir / "about.md").write_text(ABOUT)
    (workdir / "meta.json").write_text('{"sampler": {"temperature": 0.9}}')
    return workdir


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("other"), 7, "data.prepared_dir=/nearby")


def publish(run, out, *flags, name="tiny-walk"):
    return binary.run(
        "publish",
        f"--workdir={run}",
        f"--name={name}",
        f"--about={run / 'about.md'}",
        "--hardware=one laptop, 40 minutes",
        f"--out={out}",
        *flags,
    )


def test_help_says_what_the_binary_is_for():
    result = binary.run("publish", "--help")
    assert (result.code, result.err) == (0, "")
    assert "python -m experiments.publish" in result.out


def test_a_run_becomes_a_model_that_loads_by_its_name(run, tmp_path, monkeypatch):
    result = publish(run, tmp_path, f"--meta={run / 'meta.json'}")
    assert result.code == 0, result.err
    assert result.out.startswith(f"wrote {tmp_path / 'tiny-walk'}: 9,")
    assert "MB as float32" in result.out
    monkeypatch.setattr(shelf, "SHELF", tmp_path)
    assert pretrained.names() == ("tiny-walk",)
    model, meta = pretrained.load("tiny-walk")
    assert model.config == tiny.CONFIG
    assert meta["sampler"] == {"temperature": 0.9}
    assert meta["dataset"] == "m/1"
    assert meta["experiment"]["loop"]["steps"] == 70
    assert meta.keys() == {"loop", "dataset", "experiment", "sampler"}
    assert "/far/away" not in json.dumps(meta)
    text = pretrained.card("tiny-walk")
    assert text.startswith("# tiny-walk\n\nA model of one who walks.\n")
    for part in (
        "## Licence\nApache-2.0.",
        "## Figures\n\n### Forecast\n\n| method | 100 ms |",
        "| model | 12.3 |\n\n#### Detail\n\nmine/05/05_06.bvh: skipped",
        'lmmjax.load_pretrained("tiny-walk")',
        "- trained for 0 steps with seed 0: one laptop, 40 minutes",
        "- data set m/1 at 30 poses per second",
        "from commit ",
    ):
        assert part in text
    for local in ("# Report", "/far/away", "/data/mine", str(run)):
        assert local not in text


def test_half_precision_other_reports_and_another_command(run, tmp_path):
    (tmp_path / "a.md").write_text("| first |")
    (tmp_path / "b.md").write_text("# B\n| second |")
    reports = [f"--report={tmp_path / name}" for name in ("a.md", "b.md")]
    command = "--command=python -m benchmarks.mine --all"
    result = publish(run, tmp_path, "--precision=float16", command, *reports)
    assert result.code == 0, result.err
    assert "MB as float16" in result.out
    text = (tmp_path / "tiny-walk" / "CARD.md").read_text()
    assert "## Figures\n\n| first |\n\n| second |\n\n## Use" in text
    assert "```sh\npython -m benchmarks.mine --all\n```" in text
    assert "matrices kept as float16" in text


def test_several_runs_become_one_model(run, other, tmp_path):
    more = f"--workdir={other}", f"--report={run / 'report.md'}", "--precision=int8"
    result = publish(run, tmp_path, *more)
    assert result.code == 0, result.err
    model, meta = pretrained.load(tmp_path / "tiny-walk")
    assert model.config == dataclasses.replace(tiny.CONFIG, members=2)
    for n, seed in enumerate((0, 7)):
        ours = model.params["head"]["out"]["bias"][n]
        theirs = example.model(seed).params["head"]["out"]["bias"]
        np.testing.assert_array_equal(ours, theirs)
    assert meta["seeds"] == [0, 7]
    text = (tmp_path / "tiny-walk" / "CARD.md").read_text()
    told = (
        "- the mean of 2 networks, trained for 0 steps with seeds 0 and 7: one laptop"
    )
    assert told in text
    commands = text[text.index("```sh") :].replace("\\\n", " ").splitlines()[1:3]
    for command, seed in zip(commands, (0, 7), strict=True):
        words = command.split()
        assert words[:4] == ["python", "-m", "experiments.train", "--config=small"]
        assert words[-1] == f"--workdir=runs/tiny-walk-{seed}"
        assert ("--set=loop.seed=7" in command) == (seed == 7)
    assert "/nearby" not in text


def test_runs_that_cannot_be_one_are_refused(run, other, tmp_path):
    out = tmp_path / "out"
    figures = f"--report={run / 'report.md'}"
    refused(publish(run, out, f"--workdir={other}"), "several --workdir need --report")
    refused(
        publish(run, out, f"--workdir={run}", figures),
        "a seed each; theirs are 0 and 0",
    )
    longer = tmp_path / "longer"
    longer.mkdir()
    trained(longer, 3, "loop.steps=71")
    refused(
        publish(run, out, f"--workdir={longer}", figures),
        f"{longer} has another loop.steps than {run}; runs that become one",
    )
    result = binary.run("evaluate", f"--workdir={run}", f"--workdir={other}")
    refused(result, "several --workdir need --out")
    assert not out.exists()


def test_runs_on_other_data_are_refused_by_what_differs(run, other, monkeypatch):
    def load_model(workdir):
        model = example.model()
        return model.replace(fps=30.0 if workdir == run else 60.0), {}

    monkeypatch.setattr(runs, "load_model", load_model)
    with pytest.raises(
        SettingError, match="cannot become one model: model 2 has anoth"
    ):
        runs.load([run, other])


def test_seeds_are_told_in_words():
    assert runs.seeds({"loop": {"seed": 3}}) == "seed 3"
    assert runs.seeds({"loop": {"seed": 3}, "seeds": [3, 4, 5]}) == "seeds 3, 4 and 5"


@pytest.mark.parametrize("name", CONFIGS)
def test_the_command_gives_the_same_configuration(name):
    changes = [*SETTINGS[:2], "optim.learning_rate=3e-05", "data.test_subjects="]
    config = settings.configure(name, changes)
    command = card.training_command(config, "/data/mine")
    words = command.replace("\\\n", " ").split()
    assert words[:4] == ["python", "-m", "experiments.train", f"--config={name}"]
    assert words[-1] == "--data_dir=<folder>"
    given = [w.removeprefix("--set=") for w in words if w.startswith("--set=")]
    assert settings.configure(name, given) == config
    assert card.training_command(CONFIGS[name], None).split("\\")[1:] == [
        f"\n    --config={name}"
    ]


def test_prompts_are_what_the_model_makes_and_not_the_files(run, tmp_path):
    clip = tiny.motion(1, frames=60)
    formats.write(tmp_path / "clip.npz", clip)
    told = f"--prompt=walk_on={tmp_path / 'clip.npz'}@1.5"
    result = publish(run, tmp_path, told)
    assert result.code == 0, result.err
    folder = tmp_path / "tiny-walk"
    (own,) = pretrained.prompts(folder).values()
    model = pretrained.load(folder)[0]
    assert (own.name, len(own), own.fps) == ("walk_on", round(1.5 * tiny.FPS), tiny.FPS)
    assert np.max(limits.excess(model.body, own.joints)) == 0
    # It was made on from the file's 45th frame, over more than the file has.
    apart = [np.abs(own.joints[0] - pose).max() for pose in clip.joints]
    assert min(apart) > 1e-3
    end = own.root_position[-1, :2], rotations.heading(own.root_rotation[-1])
    np.testing.assert_allclose(np.hstack(end), 0, atol=1e-5)
    refused(publish(run, tmp_path, "--prompt=walk@2"), "--prompt=walk@2: write it as")


def refused(result, *parts):
    assert result.code == 1
    assert result.out == ""
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    for part in parts:
        assert part in result.err


def test_mistakes_are_one_sentence_and_nothing_is_written(run, tmp_path):
    out = tmp_path / "out"
    for name in ("Walk", "../walk", "a--b", ""):
        refused(publish(run, out, name=name), f"--name={name}: take a-z")
    gone = f"--workdir={tmp_path}", "--report=gone.md"
    refused(publish(run, out, *gone), "no checkpoint here")
    refused(publish(run, out, "--report=gone.md"), "gone.md: No such file")
    for text, told in (
        (ABOUT.replace("## Limits", "## Other"), "lacks the part '## Limits'"),
        (ABOUT[ABOUT.index("##") :], "lacks lines before all headings"),
        ("", "lacks lines before all headings"),
    ):
        (tmp_path / "about.md").write_text(text)
        refused(publish(run, out, f"--about={tmp_path / 'about.md'}"), told)
    for content, told in (
        (b"{", "meta.json: not JSON"),
        (b"[]", "meta.json: must hold one JSON object"),
        (b"\xff", "meta.json: not a text file"),
    ):
        (tmp_path / "meta.json").write_bytes(content)
        refused(publish(run, out, f"--meta={tmp_path / 'meta.json'}"), told)
    refused(binary.run("publish", "--name=x", "--about=x"), "--hardware=... is needed")
    assert not out.exists()
