"""Checkpoints: the training state with all that is needed to use the model.

Orbax writes each step to a folder of its own and renames it when it is whole, so
a run killed during a save resumes from the step before.
"""

import dataclasses
import json
import logging
import os
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp

from kinematics import Skeleton
from lmmjax.data import serialize
from lmmjax.model.movement import ModelConfig, MovementModel, Statistics
from lmmjax.training.state import TrainState

_FORMAT = 1


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be used; the message says what to do."""


class Checkpoints:
    """The checkpoints of one run, in ``<workdir>/checkpoints``."""

    def __init__(self, workdir: str | os.PathLike, keep: int = 2):
        """Open the folder; it is created with the first save.

        Args:
          workdir: folder of the run.
          keep: how many of the newest checkpoints stay on disk.
        """
        self.folder = Path(workdir).absolute() / "checkpoints"
        self._keep = keep
        self._opened: ocp.CheckpointManager | None = None

    @property
    def _manager(self) -> ocp.CheckpointManager:
        if self._opened is None:
            self._opened = ocp.CheckpointManager(
                self.folder,
                options=ocp.CheckpointManagerOptions(
                    max_to_keep=self._keep, create=True
                ),
            )
        return self._opened

    def latest_step(self) -> int | None:
        """Step of the newest whole checkpoint, or None."""
        return self._manager.latest_step() if self.folder.exists() else None

    def save(self, state: TrainState, model: MovementModel, meta: dict) -> None:
        """Write the state in the background, and the model's description."""
        description = {
            "format": _FORMAT,
            "config": dataclasses.asdict(model.config),
            "fps": model.fps,
            "body": serialize.skeleton_to_dict(model.body),
            "statistics": {
                f.name: np.asarray(getattr(model.statistics, f.name)).tolist()
                for f in dataclasses.fields(model.statistics)
            },
            **meta,
        }
        self._manager.save(
            int(state.step),
            args=ocp.args.Composite(
                state=ocp.args.StandardSave(_raw_key(state)),
                meta=ocp.args.JsonSave(description),
            ),
        )

    def restore(self, template: TrainState) -> TrainState:
        """The newest state, exactly; ``template`` gives structure and placement."""
        shapes = jax.tree.map(ocp.utils.to_shape_dtype_struct, _raw_key(template))
        restored = self._manager.restore(
            self.latest_step(),
            args=ocp.args.Composite(state=ocp.args.StandardRestore(shapes)),
        )
        state = restored["state"]
        return state.replace(rng=jax.random.wrap_key_data(state.rng))

    def averaged_parameters(self) -> dict:
        """The averaged parameters of the newest state."""
        restored = self._manager.restore(
            self.latest_step(),
            args=ocp.args.Composite(state=ocp.args.StandardRestore()),
        )
        return jax.tree.map(jnp.asarray, restored["state"]["ema"])

    def meta(self) -> dict:
        """The description stored beside the newest state."""
        restored = self._manager.restore(
            self.latest_step(), args=ocp.args.Composite(meta=ocp.args.JsonRestore())
        )
        return restored["meta"]

    def close(self) -> None:
        """Wait for saves under way."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None


def _raw_key(state: TrainState) -> TrainState:
    return state.replace(rng=jax.random.key_data(state.rng))


def load_model(workdir: str | os.PathLike) -> tuple[MovementModel, dict]:
    """The trained model of a run, with averaged parameters, and its description.

    Raises:
      CheckpointError: there is no usable checkpoint in the folder.
    """
    checkpoints = Checkpoints(workdir)
    if checkpoints.latest_step() is None:
        raise CheckpointError(
            f"{workdir}: no checkpoint here; train one with "
            f"`python -m experiments.train --workdir={workdir}`"
        )
    try:
        meta = checkpoints.meta()
        if meta.get("format") != _FORMAT:
            raise CheckpointError(
                f"{workdir}: the checkpoint has format {meta.get('format')}, this "
                f"version reads {_FORMAT}; train it again or install its version"
            )
        params = checkpoints.averaged_parameters()
    except (ValueError, KeyError, OSError, json.JSONDecodeError) as error:
        raise CheckpointError(
            f"{workdir}: the newest checkpoint cannot be read ({error}); to use the "
            f"one before, delete {checkpoints.folder / str(checkpoints.latest_step())}"
        ) from error
    finally:
        checkpoints.close()
    return describe(meta, params), meta


def describe(meta: dict, params: dict) -> MovementModel:
    """A model from its stored description and parameters."""
    body: Skeleton = serialize.skeleton_from_dict(meta["body"])
    statistics = Statistics(
        **{k: np.asarray(v, np.float32) for k, v in meta["statistics"].items()}
    )
    config = ModelConfig(**meta["config"])
    return MovementModel(params, body, statistics, config, float(meta["fps"]))


def quiet_logs() -> None:
    """Keep the information-level records of libraries out of the console."""
    for name in ("orbax", "absl", "jax", "tensorflow_datasets"):
        logging.getLogger(name).setLevel(logging.WARNING)
