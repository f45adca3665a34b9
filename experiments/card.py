"""The card of a pretrained model: what it is, how well it does, where it comes from.

What differs by model comes from files of its maker; the command, the figures and the
provenance come from the run.
"""

import dataclasses
import datetime
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from experiments import results, runs, settings
from experiments.configs import CONFIGS, Config
from experiments.settings import SettingError
from lmmjax.model import MovementModel

# Parts that the text about a model must have, beside lines that say what it is.
PARTS = ("Data and acknowledgement", "Licence", "Limits")
# Where a dataset was kept says nothing of the model.
LOCAL = ("data", "prepared_dir")


def check_about(about: str, path: str) -> None:
    """Check the text about one model.

    Raises:
      SettingError: it lacks a part that every card has.
    """
    headings = {h.strip().lower() for h in re.findall(r"^## (.*)$", about, re.M)}
    missing = [f"the part '## {h}'" for h in PARTS if h.lower() not in headings]
    if about.lstrip().startswith("#") or not about.strip():
        missing.insert(0, "lines before all headings that say what the model is")
    if missing:
        raise SettingError(f"{path}: lacks {', '.join(missing)}")


def without_folders(report: str, data_dir: str | None) -> str:
    """A report that tells of files by their names within the folders of the data.

    Args:
      report: markdown.
      data_dir: folders, commas between them, if motion was read from any.
    """
    for folder in filter(None, (data_dir or "").split(",")):
        report = report.replace(f"{folder.rstrip('/')}/", f"{Path(folder).name}/")
    return report


def write(
    name: str, about: str, reports: list[str], command: str, facts: list[str]
) -> str:
    """The card as markdown.

    Args:
      name: of the model.
      about: markdown that says what it is, with the parts `PARTS`.
      reports: markdown with figures; their titles are left out.
      command: that trains the model.
      facts: where it comes from, a line each.
    """
    parts = [
        f"# {name}",
        about.strip(),
        "## Figures",
        *map(_as_part, reports),
        "## Use",
        f'```python\nimport lmmjax\n\nmodel = lmmjax.load_pretrained("{name}")\n```',
        "## Train it anew",
        f"```sh\n{command}\n```",
        "## Provenance",
        "\n".join(f"- {fact}" for fact in facts),
    ]
    return "\n\n".join(parts) + "\n"


def provenance(
    model: MovementModel,
    meta: dict,
    steps: Sequence[int],
    stored: dict,
    hardware: str,
) -> list[str]:
    """Where a model comes from, a fact a line.

    Args:
      model: the model.
      meta: what its checkpoint tells.
      steps: training steps of the checkpoint of each of its networks.
      stored: what `lmmjax.pretrained.save` tells of the weights.
      hardware: what it was trained on, and for how long.
    """
    network = dataclasses.asdict(model.config)
    times = ", ".join(map(str, steps[:1] if len(set(steps)) == 1 else steps))
    members = f"the mean of {len(steps)} networks, " if len(steps) > 1 else ""
    return [
        f"{members}trained for {times} steps with {runs.seeds(meta)}: {hardware}",
        f"data set {meta.get('dataset', 'unnamed')} at {model.fps:g} poses per second",
        "network: " + ", ".join(f"{k} {v}" for k, v in network.items()),
        f"{stored['parameters']:,} parameters, matrices kept as {stored['precision']}: "
        f"{stored['bytes'] / 1e6:.2f} MB, sha256 `{stored['sha256']}`",
        f"published on {datetime.date.today().isoformat()} from commit "
        f"{results.commit()}; `meta` in model.json has all settings",
    ]


def training_command(
    config: Config, data_dir: str | None, workdir: str | None = None
) -> str:
    """The command that trains with a configuration, in a folder if one is given.

    It starts from the named configuration that needs the fewest changes.
    """
    wanted = settings.keys(config)

    def changes(name: str) -> list[str]:
        known = settings.keys(CONFIGS[name])
        return [
            f"--set={key}={_written(value)}"
            for key, value in wanted.items()
            if value != known[key] and key != ".".join(LOCAL)
        ]

    name = min(CONFIGS, key=lambda name: len(changes(name)))
    parts = [f"--config={name}", *map(shlex.quote, changes(name))]
    if data_dir is not None:
        parts.append("--data_dir=<folder>")
    if workdir is not None:
        parts.append(f"--workdir={workdir}")
    return " \\\n    ".join(["python -m experiments.train", *parts])


def _written(value: object) -> str:
    """A setting's value as `settings` reads it."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _as_part(report: str) -> str:
    """A report without its title, its headings one level down."""
    untitled = re.sub(r"\A\s*# .*\n", "", report)
    return re.sub(r"^#(?=#+ )", "##", untitled, flags=re.MULTILINE).strip()
