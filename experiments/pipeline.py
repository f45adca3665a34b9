"""From a configuration to data, model and training: shared by the binaries."""

import dataclasses
from pathlib import Path

import jax
import numpy as np

from experiments.configs import Config
from kinematics import Skeleton, limits
from lmmjax.data import prepare
from lmmjax.data.catalog import DataError
from lmmjax.data.prepare import Dataset
from lmmjax.data.windows import Windows
from lmmjax.evaluation.forecast import forecast
from lmmjax.model import MovementModel, initialize, num_parameters
from lmmjax.training import loop, statistics

HORIZONS_MS = (100, 200, 400)
# Validation windows that training looks at: enough to choose by, quick to run.
_VALIDATION_WINDOWS = 256


def load_data(config: Config, data_dir: str | None) -> Dataset:
    """The user's motion, or the built-in one where no folder is given."""
    data = config.data
    shard = (jax.process_index(), jax.process_count())
    if data_dir:
        dataset = prepare.mocap(
            data_dir,
            data.prepared_dir,
            rate_hz=data.rate_hz,
            test_subjects=data.test_subjects,
            validation_share=data.validation_share,
            up=data.up,
            scale=data.scale,
            shard=shard,
        )
    else:
        dataset = prepare.procedural(
            data.prepared_dir, rate_hz=data.rate_hz, clips=data.clips, shard=shard
        )
    for line in dataset.summary:
        print(line)
    return dataset


def train_windows(config: Config, dataset: Dataset) -> Windows:
    """Training windows; a clip counts from half a context and one horizon on."""
    horizon = config.model.horizon
    length = config.data.context + horizon
    windows = Windows(
        dataset["train"],
        length,
        config.data.stride,
        least=min(length, config.data.context // 2 + horizon),
    )
    if not len(windows):
        raise DataError(
            f"every clip is shorter than the {config.data.context // 2 + horizon} "
            f"frames at {config.data.rate_hz:g} Hz that training needs; give longer "
            "clips, or set data.context and model.horizon lower"
        )
    return windows


def fit_body(dataset: Dataset) -> tuple[Skeleton, dict[str, float]]:
    """The body with limits that hold the training motion, and what that cost.

    Returns:
      The body, and the share of frames over a limit: of training motion under the
      limits of the files alone, and of training and test motion under the final
      ones.
    """
    body = dataset["train"][0].skeleton
    train = np.concatenate([m.joints for m in dataset["train"]])
    fitted = limits.widen(body, train)
    shares = {
        "train_outside_file_limits": limits.share_outside(body, train),
        "train_outside": limits.share_outside(fitted, train),
    }
    if dataset["test"]:
        test = np.concatenate([m.joints for m in dataset["test"]])
        shares["test_outside"] = limits.share_outside(fitted, test)
    return fitted, shares


def train_model(
    config: Config, dataset: Dataset, workdir: str | Path, enough=None
) -> MovementModel:
    """Train on the training split, watching the validation split."""
    windows = train_windows(config, dataset)
    body, shares = fit_body(dataset)
    rate = config.data.rate_hz
    horizon = config.model.horizon
    numbers = statistics.fit_statistics(body, windows, horizon, rate)
    key = jax.random.key(config.loop.seed)
    model = initialize(key, body, numbers, config.model, rate)
    print(
        f"{num_parameters(model):,} parameters, {len(windows):,} windows, "
        f"{jax.device_count()} {jax.devices()[0].platform} devices"
    )

    def evaluate(model: MovementModel) -> dict[str, float]:
        table = forecast(
            model, dataset["validation"], HORIZONS_MS, limit=_VALIDATION_WINDOWS
        )
        return {
            f"validation_{method.replace(' ', '_')}_{ms}ms": table.error(method, ms)
            for method in ("model", "zero velocity", "constant velocity")
            for ms in HORIZONS_MS
        }

    return loop.train(
        model,
        windows,
        workdir,
        config.loop,
        config.loss,
        config.optim,
        evaluate if dataset["validation"] else None,
        enough,
        meta={
            "dataset": dataset.name,
            "experiment": dataclasses.asdict(config),
            **shares,
        },
    )
