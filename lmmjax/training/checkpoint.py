"""Checkpoints: the training state with all that is needed to use the model.

Orbax writes each step to a folder of its own and renames it when it is whole, so
a run killed during a save resumes from the step before.
"""

import contextlib
import dataclasses
import functools
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp

from kinematics import Skeleton
from lmmjax.data import serialize
from lmmjax.model import ModelConfig, MovementModel, Statistics, initialize
from lmmjax.training.state import TrainState

_FORMAT = 2


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
        """Write the state in the background, and the model's description.

        Raises:
          CheckpointError: this one, or the one before, could not be written.
        """
        with self._writing():
            self._manager.save(
                int(state.step),
                args=ocp.args.Composite(
                    state=ocp.args.StandardSave(_stored(state)),
                    meta=ocp.args.JsonSave(
                        {
                            **_description(model),
                            **meta,
                            "practised": state.practised is not None,
                        }
                    ),
                ),
            )

    def check(self, model: MovementModel) -> dict:
        """The description beside the newest state, found to be that of ``model``.

        Raises:
          CheckpointError: the run is one of another model or of other data.
        """
        meta = self.meta()
        # A run of before there was a setting has its default.
        defaults = json.loads(json.dumps(dataclasses.asdict(ModelConfig())))
        meta["config"] = defaults | meta.get("config", {})
        for part, ours in _description(model).items():
            if not _alike(meta.get(part), json.loads(json.dumps(ours))):
                raise CheckpointError(
                    f"{self.folder.parent}: holds a run with another {part}; choose "
                    "another --workdir, or delete this one to start anew"
                )
        return meta

    def restore(self, template: TrainState) -> TrainState:
        """The newest state, exactly; ``template`` gives structure and placement.

        Where no parameters practised that could be kept, the averaged ones have.
        """
        practised = template.ema if self.meta().get("practised") else None
        shapes = jax.tree.map(
            ocp.utils.to_shape_dtype_struct,
            _stored(template.replace(practised=practised)),
        )
        found = self._read(state=ocp.args.StandardRestore(shapes))
        found["rng"] = jax.random.wrap_key_data(found["rng"])
        if template.practised is None:
            found["practised"] = None
        elif practised is None:
            found["practised"] = jax.tree.map(jnp.copy, found["ema"])
        return template.replace(**found)

    def averaged_parameters(self, shapes: dict) -> dict:
        """The averaged parameters of the newest state, on the first device.

        Args:
          shapes: parameters of such a model, or what `jax.eval_shape` makes of them.
        """
        # Without a place the arrays would go to devices like those of the training
        # run, which need not be here.
        here = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
        wanted = jax.tree.map(
            lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=here),
            {"ema": shapes},
        )
        return self._read(
            state=ocp.args.PyTreeRestore(
                wanted,
                restore_args=ocp.checkpoint_utils.construct_restore_args(wanted),
                partial_restore=True,
            )
        )["ema"]

    def meta(self) -> dict:
        """The description stored beside the newest state."""
        return self._read(meta=ocp.args.JsonRestore())

    def _read(self, **item):
        """One item of the newest checkpoint."""
        step = self.latest_step()
        try:
            (found,) = self._manager.restore(
                step, args=ocp.args.Composite(**item)
            ).values()
        except (ValueError, KeyError, TypeError, OSError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise CheckpointError(
                f"{self.folder.parent}: the newest checkpoint cannot be read; to use "
                f"the one before, delete {self.folder / str(step)} ({reason[:160]})"
            ) from error
        return found

    def close(self) -> None:
        """Wait for saves under way.

        Raises:
          CheckpointError: the last one could not be written.
        """
        if self._opened is not None:
            opened, self._opened = self._opened, None
            with self._writing():
                try:
                    opened.wait_until_finished()
                finally:
                    opened.close()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Turn what goes wrong in a write into one sentence."""
        try:
            yield
        except (OSError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise CheckpointError(
                f"{self.folder}: a checkpoint could not be written, is the disk full? "
                "Free some space and give the same command: training goes on from the "
                f"last whole one ({reason[:160]})"
            ) from error


def _description(model: MovementModel) -> dict:
    """All of a model but its parameters, as JSON values."""
    return {
        "format": _FORMAT,
        "config": dataclasses.asdict(model.config),
        "fps": model.fps,
        "body": serialize.skeleton_to_dict(model.body),
        "statistics": {
            f.name: np.asarray(getattr(model.statistics, f.name)).tolist()
            for f in dataclasses.fields(model.statistics)
        },
    }


def _alike(a, b) -> bool:
    """Whether JSON values agree; numbers may differ by rounding."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_alike(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_alike, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return bool(np.isclose(a, b, rtol=1e-3, atol=1e-5))
    return bool(a == b)


def _stored(state: TrainState) -> dict:
    """What is kept of a state: fields that it has, the key as numbers."""
    fields = {f.name: getattr(state, f.name) for f in dataclasses.fields(state)}
    fields["rng"] = jax.random.key_data(state.rng)
    return {name: value for name, value in fields.items() if value is not None}


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
        model = describe(meta, {})
        params = checkpoints.averaged_parameters(_shapes(model))
    finally:
        checkpoints.close()
    return model.replace(params=params), meta


def _shapes(model: MovementModel) -> dict:
    """Shapes of the parameters that the model has with its configuration."""
    fresh = functools.partial(
        initialize, jax.random.key(0), model.body, model.statistics, model.config
    )
    return jax.eval_shape(lambda: fresh(model.fps).params)


def describe(meta: dict, params: dict) -> MovementModel:
    """A model from its stored description and parameters."""
    body: Skeleton = serialize.skeleton_from_dict(meta["body"])
    statistics = Statistics(
        **{k: np.asarray(v, np.float32) for k, v in meta["statistics"].items()}
    )
    # JSON knows no tuples.
    fields: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in meta["config"].items()
    }
    config = ModelConfig(**fields)
    return MovementModel(params, body, statistics, config, float(meta["fps"]))


def quiet_logs() -> None:
    """Keep the information-level records of libraries out of the console."""
    for name in ("orbax", "jax", "tensorflow_datasets", "websockets"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # What goes wrong in a thread of a save is raised by the save, and told once.
    for name in ("absl", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
