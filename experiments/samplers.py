"""Samplers that were chosen for a model, as they are kept with it."""

import dataclasses
import json
from pathlib import Path

from experiments.settings import SettingError
from lmmjax.evaluation.protocols import SubjectsReport
from lmmjax.model.sampler import Sampler

# What each is for: futures that are spread as the truth, and long movement.
FUTURES, ROLLOUTS = "sampler", "rollout_sampler"
_FILE = "sampler.json"
# Long movement where nothing was chosen: at the full spread of futures, drawn anew at
# every step, bodies shake and lose the floor.
CALM = Sampler(4, churn=0.0, temperature=0.5)


def of(meta: dict, use: str) -> Sampler | None:
    """The sampler that was chosen when a model was published, if any.

    Args:
      meta: what is kept with the model.
      use: `FUTURES` or `ROLLOUTS`.

    Raises:
      SettingError: what is kept with the model is no sampler.
    """
    if use not in meta:
        return None
    try:
        return Sampler(**meta[use])
    except (TypeError, ValueError) as error:
        raise SettingError(
            f"the model's {use!r} cannot be used ({error}); it holds steps, "
            "churn, temperature and tail"
        ) from error


def read(workdir: Path) -> dict:
    """What was chosen for a run, as it is kept with a pretrained model.

    Raises:
      SettingError: the file holds something else.
    """
    path = workdir / _FILE
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text()))
    except (TypeError, ValueError) as error:
        raise SettingError(f"{path}: cannot be used ({error}); delete it") from error


def write(workdir: Path, report: SubjectsReport) -> None:
    """Keep what was chosen for a run, for `read`."""
    workdir.mkdir(parents=True, exist_ok=True)
    chosen = {
        FUTURES: dataclasses.asdict(report.calibration.sampler),
        ROLLOUTS: dataclasses.asdict(report.drift.sampler),
    }
    (workdir / _FILE).write_text(json.dumps(chosen, indent=2) + "\n")
