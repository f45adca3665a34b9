"""Fit a model to motions: body, scales, windows and training in one call."""

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence

import jax
import numpy as np

from kinematics import Motion, Skeleton, limits
from lmmjax.data.catalog import DataError
from lmmjax.data.windows import Windows
from lmmjax.model import ModelConfig, MovementModel, initialize, intent, num_parameters
from lmmjax.training import loop as loops
from lmmjax.training import parallel
from lmmjax.training.augment import can_mirror, frames_needed
from lmmjax.training.coach import Coach
from lmmjax.training.loop import Evaluate, LoopConfig
from lmmjax.training.loss import LossConfig
from lmmjax.training.moments import Moments
from lmmjax.training.practice import PracticeConfig
from lmmjax.training.state import OptimizerConfig
from lmmjax.training.statistics import fit_statistics


def fit(
    motions: Sequence[Motion],
    workdir: str | os.PathLike,
    model: ModelConfig | None = None,
    loss: LossConfig | None = None,
    optim: OptimizerConfig | None = None,
    loop: LoopConfig | None = None,
    context: int = 32,
    stride: int = 1,
    evaluate: Evaluate | None = None,
    enough: Callable[[dict[str, float]], bool] | None = None,
    meta: dict | None = None,
    action_weights: Mapping[str, float] | None = None,
    clip_balance: float = 0.0,
    practice: PracticeConfig | None = None,
    labels: bool = False,
    embeddings: Mapping[str, np.ndarray] | None = None,
) -> MovementModel:
    """Train a model on clips; go on where it was if the folder holds a run.

    Args:
      motions: training clips of one tree of joints, in common joint coordinates and
        at one rate, as the datasets of `lmmjax.data` hold them.
      workdir: folder of the run: checkpoints and metrics.jsonl.
      model: size of the network.
      loss: weights of the loss.
      optim: the optimiser.
      loop: length and rhythm.
      context: observed poses in a training window.
      stride: frames from one training window of a clip to the next.
      evaluate: measures a model on validation motion, from time to time.
      enough: whether what ``evaluate`` found is good enough to stop.
      meta: JSON values to keep beside the checkpoint.
      action_weights: how often windows of each action are drawn, in proportion; 1 for
        those not named. By default windows are drawn alike, whatever they show.
      clip_balance: how alike clips are drawn: 0 as often as they have windows, 1 all
        as often as each other.
      practice: how the model practises on these clips; by default it does not.
      labels: whether the model learns to heed what clips are said to show, their
        actions.
      embeddings: a user's own numbers of each clip by its name, all as many, which the
        model learns to heed; of clips that are not there it is told nothing.

    Returns:
      The trained model, with averaged parameters.

    Raises:
      DataError: every clip is too short for a window, or embeddings differ in size.
    """
    model = model or ModelConfig()
    if labels:
        actions = {m.action for m in motions if m.action}
        model = dataclasses.replace(model, labels=tuple(sorted(actions)))
    if embeddings:
        model = dataclasses.replace(model, embedding=_embedding_size(embeddings))
    loop = loop or LoopConfig()
    loss = loss or LossConfig()
    said = _said(motions, model, embeddings or {})
    windows = training_windows(motions, context, model.horizon, stride, loss.warp, said)
    body, shares = fit_body(motions)
    fps = motions[0].fps
    if model.equivariant and not can_mirror(body):
        print("this body has no mirror, so the network will not commute with one")
        model = dataclasses.replace(model, equivariant=False)
    weights = window_weights(windows, action_weights, clip_balance)
    numbers = fit_statistics(
        body,
        windows,
        model.horizon,
        fps,
        model.components,
        weights,
        model.equivariant,
    )
    # Sums round differently on other machines; all must build the same model.
    body, numbers = parallel.from_first_process((body, numbers))
    fresh = initialize(jax.random.key(loop.seed), body, numbers, model, fps)
    coach = None
    if practice is not None and practice.share:
        moments = Moments(body, motions, practice.ahead(model.horizon))
        coach = Coach(
            windows, moments, practice, context, model.horizon, weights, loop.seed
        )
    print(
        f"{num_parameters(fresh):,} parameters, {len(windows):,} windows, "
        f"{jax.device_count()} x {jax.devices()[0].device_kind}"
    )
    return loops.train(
        fresh,
        windows,
        workdir,
        loop,
        loss,
        optim or OptimizerConfig(),
        evaluate,
        enough,
        meta={**shares, **(meta or {})},
        weights=weights,
        coach=coach,
    )


def window_weights(
    windows: Windows,
    action_weights: Mapping[str, float] | None = None,
    clip_balance: float = 0.0,
) -> np.ndarray | None:
    """How often each window is drawn; None where all are drawn alike.

    Of actions that are given weights each is drawn in proportion to its own, however
    many windows it has. Balance makes the windows of long clips rarer: short clips are
    movement of their own, but hardly a window fits into them.
    """
    if action_weights is None and not clip_balance:
        return None
    counts = np.maximum(np.bincount(windows.clip, minlength=len(windows.clips)), 1)
    weights = (1.0 / counts**clip_balance)[windows.clip]
    if action_weights is not None:
        actions = [clip.action for clip in windows.clips]
        names, action = np.unique(actions, return_inverse=True)
        action = action[windows.clip]
        wanted = np.array([action_weights.get(str(name), 1.0) for name in names])
        sums = np.bincount(action, weights, minlength=len(names))
        weights *= (wanted / np.where(sums > 0, sums, 1.0))[action]
    return weights


def training_windows(
    motions: Sequence[Motion],
    context: int,
    horizon: int,
    stride: int,
    warp: float = 0.0,
    said: np.ndarray | None = None,
) -> Windows:
    """Windows of context and horizon at any speed that training plays them at.

    Half of the context is enough to be there.
    """
    length = frames_needed(context + horizon, warp)
    least = context // 2 + horizon
    windows = Windows(motions, length, stride, least, said)
    if not len(windows):
        raise DataError(
            f"every clip is shorter than the {least} frames that training needs; give "
            "longer clips, or a shorter context and horizon"
        )
    return windows


def _embedding_size(embeddings: Mapping[str, np.ndarray]) -> int:
    """How many numbers each clip has."""
    shapes = {name: np.shape(x) for name, x in embeddings.items()}
    first = next(iter(shapes))
    for name, shape in shapes.items():
        if len(shape) != 1 or shape != shapes[first]:
            raise DataError(
                f"embeddings are one vector for each clip, all as long; that of {name} "
                f"has shape {shape}, that of {first} {shapes[first]}"
            )
    return shapes[first][0]


def _said(
    motions: Sequence[Motion],
    model: ModelConfig,
    embeddings: Mapping[str, np.ndarray],
) -> np.ndarray | None:
    """What each clip is said to show, [number of clips, S]."""
    if not intent.said_size(model):
        return None
    known = set(model.labels)
    return np.stack(
        [
            intent.said(
                model,
                m.action if m.action in known else "",
                embeddings.get(m.name),
            )
            for m in motions
        ]
    )


def fit_body(motions: Sequence[Motion]) -> tuple[Skeleton, dict[str, float]]:
    """The body of some clips, with limits that hold their motion.

    Returns:
      The body, and the share of frames over a limit: with the limits of the files
      alone, and with the new ones.
    """
    body = motions[0].skeleton
    joints = np.concatenate([m.joints for m in motions])
    fitted = limits.widen(body, joints)
    return fitted, {
        "train_outside_file_limits": limits.share_outside(body, joints),
        "train_outside": limits.share_outside(fitted, joints),
    }
