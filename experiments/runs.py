"""The model of a run, or of several runs that differ in nothing but their seed."""

from collections.abc import Sequence
from pathlib import Path

from experiments import settings
from experiments.configs import Config
from experiments.settings import SettingError
from lmmjax.model import MovementModel
from lmmjax.model.ensemble import gather
from lmmjax.training.checkpoint import load_model

# What may differ: the seed, and where a dataset was kept.
_OWN = ("loop.seed", "data.prepared_dir")
SEEDS = "seeds"


def load(workdirs: Sequence[str | Path]) -> tuple[MovementModel, dict]:
    """The model of a run, or of several as one, and what its checkpoint tells.

    Of several the checkpoint's is that of the first, with the seeds of all.

    Raises:
      SettingError: the runs were trained differently, or two with the same seed.
      CheckpointError: one has no usable checkpoint.
    """
    models, metas = zip(*map(load_model, workdirs), strict=True)
    if len(models) == 1:
        return models[0], metas[0]
    configs = [settings.load(workdir)[0] for workdir in workdirs]
    for workdir, config in zip(workdirs[1:], configs[1:], strict=True):
        if found := _difference(configs[0], config):
            raise SettingError(
                f"{workdir} has another {found} than {workdirs[0]}; runs that become "
                "one may differ in nothing but loop.seed"
            )
    seeds = [config.loop.seed for config in configs]
    if len(set(seeds)) < len(seeds):
        raise SettingError(
            f"runs that become one need a seed each; theirs are {_listed(seeds)}"
        )
    try:
        return gather(models), {**metas[0], SEEDS: seeds}
    except ValueError as error:
        raise SettingError(
            f"{_listed(workdirs)} cannot become one model: {error}"
        ) from error


def seeds(meta: dict) -> str:
    """What a model was trained with, as words: ``seed 0``, or ``seeds 0, 1 and 2``."""
    several = meta.get(SEEDS)
    return f"seeds {_listed(several)}" if several else f"seed {meta['loop']['seed']}"


def _difference(a: Config, b: Config) -> str:
    """The first setting that differs where it may not; "" for none."""
    ours, theirs = settings.keys(a), settings.keys(b)
    differ = (key for key in ours if ours[key] != theirs[key] and key not in _OWN)
    return next(differ, "")


def _listed(things: Sequence) -> str:
    *most, last = map(str, things)
    return f"{', '.join(most)} and {last}" if most else last
