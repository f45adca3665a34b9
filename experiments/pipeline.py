"""From a configuration to data, model and training: shared by the binaries."""

import dataclasses
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from experiments.configs import Config, DataConfig
from experiments.settings import SettingError
from kinematics import Motion
from lmmjax.capture.session import is_footage
from lmmjax.data import prepare
from lmmjax.data.cmu_benchmark import is_benchmark
from lmmjax.data.mocap import common_body
from lmmjax.data.prepare import Dataset
from lmmjax.evaluation.forecast import forecast
from lmmjax.model import MovementModel
from lmmjax.training import fit

HORIZONS_MS = (100, 200, 400)
# Validation windows that training looks at: enough to choose by, quick to run.
_VALIDATION_WINDOWS = 256


def load_data(config: Config, data_dir: str | None) -> Dataset:
    """The user's motion, or the built-in one where no folder is given.

    Several folders of motion files are given with commas between them.
    """
    data = config.data
    if data_dir and is_benchmark(data_dir):
        dataset = prepare.benchmark(data_dir, data.held_out, data.validation)
    elif data_dir and is_footage(data_dir):
        dataset = prepare.triangulation(
            data_dir,
            data.prepared_dir,
            rate_hz=data.rate_hz,
            split_by=data.split_by,
            test=data.test_subjects,
            validation_share=data.validation_share,
        )
    elif data_dir:
        several = not Path(data_dir).exists() and "," in data_dir
        dataset = prepare.mocap(
            data_dir.split(",") if several else data_dir,
            data.prepared_dir,
            rate_hz=data.rate_hz,
            test_subjects=data.test_subjects,
            validation_share=data.validation_share,
            up=data.up,
            scale=data.scale,
            body=data.body,
            validation_subjects=data.validation_subjects,
        )
    else:
        dataset = prepare.procedural(
            data.prepared_dir, rate_hz=data.rate_hz, clips=data.clips
        )
    for line in dataset.summary:
        print(line)
    return dataset


def config_of(meta: dict[str, Any]) -> Config:
    """How the data of a pretrained model was divided.

    Raises:
      SettingError: the model does not tell.
    """
    try:
        values = meta["experiment"]["data"]
        data: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in values.items()
        }
        return Config(data=DataConfig(**data))
    except (KeyError, TypeError) as error:
        raise SettingError(
            "the pretrained model does not tell how its data was divided, so that no "
            "clip can be called unseen; it can be measured with --protocol=cmu"
        ) from error


def train_model(
    config: Config, dataset: Dataset, workdir: str | Path, enough=None
) -> MovementModel:
    """Train on the training split, watching the validation split."""

    def evaluate(model: MovementModel) -> dict[str, float]:
        table = forecast(
            model, dataset["validation"], HORIZONS_MS, limit=_VALIDATION_WINDOWS
        )
        return {
            f"validation_{method.replace(' ', '_')}_{ms}ms": table.error(method, ms)
            for method in ("model", "zero velocity", "constant velocity")
            for ms in HORIZONS_MS
        }

    devices = jax.device_count()
    if config.loop.batch % devices:
        raise SettingError(
            f"loop.batch={config.loop.batch} cannot be divided over {devices} devices; "
            f"take a multiple of {devices}"
        )
    return fit(
        dataset["train"],
        workdir,
        config.model,
        config.loss,
        config.optim,
        config.loop,
        config.data.context,
        config.data.stride,
        evaluate if dataset["validation"] else None,
        enough,
        meta={"dataset": dataset.name, "experiment": dataclasses.asdict(config)},
        action_weights=_weights(config.data.action_weights),
        clip_balance=config.data.clip_balance,
        practice=config.practice,
        labels=config.data.labels,
        embeddings=read_embeddings(config.data.embeddings, dataset["train"]),
    )


def read_embeddings(path: str, motions: Sequence[Motion]) -> dict[str, Any] | None:
    """A vector for each clip by its name, of an npz file; None without one.

    Raises:
      SettingError: the file cannot be read, or names none of the clips.
    """
    if not path:
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            names = [motion.name for motion in motions]
            found = {name: file[name] for name in names if name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise SettingError(f"data.embeddings: {path} cannot be read: {error}") from None
    if not found:
        raise SettingError(
            f"data.embeddings: {path} has none of the clips, such as {names[0]!r}"
        )
    return found


def on_trained_body(motion: Motion, meta: dict) -> Motion:
    """A prompt on the body that the training's files were brought to, if any.

    Args:
      motion: as it is in its file.
      meta: what is kept with the model.
    """
    body = meta.get("experiment", {}).get("data", {}).get("body", "")
    joints = common_body.joints_of(motion.skeleton) if body else None
    return motion if joints is None else common_body.bring(motion, joints)[0]


def _weights(settings: Sequence[str]) -> dict[str, float] | None:
    """Weights by name from settings such as ``walking=0.5``; None without any."""
    found = {}
    for setting in settings:
        name, _, text = setting.partition("=")
        try:
            found[name] = float(text)
        except ValueError:
            raise SettingError(
                f"data.action_weights: {setting!r} is not of the form walking=0.5"
            ) from None
    return found or None
