r"""Make a trained run into a pretrained model with its card.

    python -m experiments.publish --workdir=runs/mine --name=mine \
        --about=mine.md --hardware="one laptop, 40 minutes"

It writes lmmjax/pretrained/<name>: model.json and weights.safetensors, which
`lmmjax.load_pretrained` reads, and CARD.md. The card has the text of --about, the
figures of --report (what experiments.evaluate wrote, by default), the command that
trains the model, and its provenance. The text says what the model is, and has the
parts "## Data and acknowledgement", "## Licence" and "## Limits".
"""

import contextlib
import dataclasses
import json
import re
from pathlib import Path

from experiments import program  # first: it sets up the compilation cache

from absl import flags  # isort: skip

from experiments import card, prompts, runs, settings
from experiments.settings import SettingError
from kinematics import formats
from lmmjax import pretrained
from lmmjax.model import MovementModel
from lmmjax.pretrained.shelf import CARD, PROMPTS, SHELF
from lmmjax.pretrained.weights import PRECISIONS
from lmmjax.training.checkpoint import Checkpoints

_WORKDIR = flags.DEFINE_multi_string(
    "workdir", ["runs/train"], "Folder of a trained run; several become one model."
)
_NAME = flags.DEFINE_string(
    "name", None, "Name to load it by: a-z, 0-9 and hyphens.", required=True
)
_ABOUT = flags.DEFINE_string(
    "about", None, "Markdown that says what it is.", required=True
)
_HARDWARE = flags.DEFINE_string(
    "hardware", None, "What it was trained on, and for how long.", required=True
)
_REPORT = flags.DEFINE_multi_string(
    "report",
    [],
    "Markdown with its figures, may be repeated; <workdir>/report.md of one run by "
    "default.",
)
_COMMAND = flags.DEFINE_string(
    "command", None, "Command that trains it; that of the run's config by default."
)
_META = flags.DEFINE_string(
    "meta", None, "JSON file that is kept with it, as settings of the sampler."
)
_PRECISION = flags.DEFINE_enum(
    "precision", PRECISIONS[0], PRECISIONS, "Of the matrices in the file."
)
_PROMPTS = flags.DEFINE_multi_string(
    "prompt",
    [],
    "<name>=<motion file>@<seconds>: what the model makes of the file's first seconds "
    "once they are over, told so where it knows the name as a label, is kept as a "
    "prompt of its own; may be repeated.",
)
_OUT = flags.DEFINE_string(
    "out", None, "Folder to write <name> to; that of the package by default."
)


def main() -> None:
    """Publish and say what was written."""
    name, workdirs = _NAME.value, [Path(workdir) for workdir in _WORKDIR.value]
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise SettingError(f"--name={name}: take a-z, 0-9 and single hyphens")
    about = _text(_ABOUT.value)
    card.check_about(about, _ABOUT.value)
    extra = _json(_META.value) if _META.value else {}
    if len(workdirs) > 1 and not _REPORT.value:
        raise SettingError(
            "several --workdir need --report=..., figures of all of them as one"
        )
    model, meta = runs.load(workdirs)
    steps = [_steps(workdir) for workdir in workdirs]
    figures = _REPORT.value or [str(workdirs[0] / "report.md")]
    _, data_dir = settings.load(workdirs[0])
    reports = [card.without_folders(_text(path), data_dir) for path in figures]
    command = _COMMAND.value or _commands(name, workdirs)
    kept = run_meta(meta) | extra
    folder = Path(_OUT.value or SHELF) / name
    stored = pretrained.save(model, folder, _PRECISION.value, kept)
    facts = card.provenance(model, meta, steps, stored, _HARDWARE.value)
    text = card.write(name, about, reports, command, facts)
    (folder / CARD).write_text(text, encoding="utf-8")
    for told in _PROMPTS.value:
        _make_prompt(model, meta, folder, told)
    print(
        f"wrote {folder}: {stored['parameters']:,} parameters, "
        f"{stored['bytes'] / 1e6:.2f} MB as {stored['precision']}"
    )


def _steps(workdir: Path) -> int:
    """Training steps of a run's checkpoint."""
    with contextlib.closing(Checkpoints(workdir)) as checkpoints:
        return checkpoints.latest_step() or 0


def _commands(name: str, workdirs: list[Path]) -> str:
    """The commands that train the runs, several each in a folder of its own."""
    found = [settings.load(workdir) for workdir in workdirs]
    if len(found) == 1:
        return card.training_command(*found[0])
    return "\n".join(
        card.training_command(*run, f"runs/{name}-{run[0].loop.seed}") for run in found
    )


def _make_prompt(model: MovementModel, meta: dict, folder: Path, told: str) -> None:
    """Write a prompt of the model's own making."""
    found = re.fullmatch(r"([a-z]+(?:_[a-z]+)*)=(.+)@([0-9.]+)", told)
    if not found:
        raise SettingError(f"--prompt={told}: write it as walk=<file>@<seconds>")
    name, path, seconds = found.groups()
    past = prompts.of_file(model, meta, path, "y")[: round(float(seconds) * model.fps)]
    own = prompts.made(model, past, label=name)
    (folder / PROMPTS).mkdir(exist_ok=True)
    formats.write(folder / PROMPTS / f"{name}.npz", dataclasses.replace(own, name=name))


def run_meta(meta: dict) -> dict:
    """What a checkpoint tells beside the model itself, without local folders."""
    described = {
        "format",
        "practised",
        *(f.name for f in dataclasses.fields(MovementModel)),
    }
    kept = {k: v for k, v in meta.items() if k not in described}
    part, key = card.LOCAL
    if "experiment" in kept:
        inner = {k: v for k, v in kept["experiment"][part].items() if k != key}
        kept["experiment"] = {**kept["experiment"], part: inner}
    return kept


def _json(path: str) -> dict:
    """The object in a JSON file.

    Raises:
      SettingError: it holds something else.
    """
    try:
        found = json.loads(_text(path))
    except ValueError as error:
        raise SettingError(f"{path}: not JSON ({error})") from error
    if not isinstance(found, dict):
        raise SettingError(f"{path}: must hold one JSON object")
    return found


def _text(path: str) -> str:
    """The text of a file.

    Raises:
      SettingError: it is not text.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SettingError(f"{path}: not a text file ({error.reason})") from error


if __name__ == "__main__":
    program.run(main)
