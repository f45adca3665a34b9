"""How networks on positions learn, with or without our handling of the data.

The paper of siMLPe takes all windows alike and turns some around in time. Ours takes
both halves of the rows, draws every action as often, mirrors the body (in joint
coordinates, for its left and right bones differ), averages forecasts with those of the
mirrored past, and minimises what the benchmark judges.
"""

import dataclasses
import functools
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks.peers.simlpe import LENGTH, Typical, measure
from kinematics import Motion, motion
from kinematics.bodies import cmu38
from kinematics.symmetry import coordinate_mirror
from lmmjax.data.cmu_benchmark import (
    FPS,
    OBSERVED,
    PREDICTED,
    BenchmarkClip,
    BenchmarkSplit,
    pinned,
)
from lmmjax.evaluation.protocols import Forecaster, Observed
from lmmjax.evaluation.protocols.positions import (
    JOINT_WEIGHTS,
    PREDICTED_JOINTS,
    from_metres,
)

# Units of the benchmark in one of the networks.
UNIT = 1000.0
# How often windows of actions that hardly move are drawn, where another has 1.
STILL = {"basketball_signal": 0.3, "directing_traffic": 0.3}
_AVERAGING = 0.998
# Steps of one call.
_STEPS = 50
_MEASURED = 2048
# Where the twins of the predicted joints are among them.
TWINS = np.searchsorted(
    PREDICTED_JOINTS, np.array(cmu38().mirror)[list(PREDICTED_JOINTS)]
)
# The files' x is to the left.
_REFLECTION = np.array([-1.0, 1, 1], np.float32)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A network and how it is trained.

    Attributes:
      network: what answers with displacements, see `simlpe`.
      steps: of AdamW, its rate rising for a tenth of them or 200 and then falling as a
        cosine.
      batch: windows of a step.
      rate: highest rate of learning.
      decay: of the weights.
      ours: our handling of the data, or the paper's.
    """

    network: nn.Module
    steps: int
    batch: int
    rate: float
    decay: float
    ours: bool


class Fitted(NamedTuple):
    """A trained network.

    Attributes:
      forecaster: it, in the role of a method of the protocol.
      recipe: how it was trained.
      parameters: number of trained parameters.
      seconds: of training, compilation included.
    """

    forecaster: Forecaster
    recipe: Recipe
    parameters: int
    seconds: float


class Frames(NamedTuple):
    """What windows are drawn from.

    Attributes:
      places: [2, F, 25, 3] positions of all clips, and of their mirror images.
      first: [N] first frames of the windows.
      upto: [N] chance of a window or one before it.
    """

    places: jax.Array
    first: jax.Array
    upto: jax.Array


def gather(clips: Sequence[BenchmarkClip], ours: bool) -> Frames:
    """The frames and windows of clips, without their T-poses.

    Raises:
      ValueError: no clip is long enough for a window.
    """
    motions = BenchmarkSplit(tuple(clips)).motions((0, 1) if ours else (0,))["train"]
    counts = np.array([max(len(m) - LENGTH + 1, 0) for m in motions])
    if not counts.sum():
        raise ValueError("no training clip is long enough for a window")
    ends = np.cumsum([len(m) for m in motions])
    first = [end - len(m) for end, m in zip(ends, motions, strict=True)]
    starts = [a + np.arange(n) for a, n in zip(first, counts, strict=True)]
    actions = np.repeat([m.action for m in motions], counts)
    chance = np.ones(len(actions))
    if ours:
        for action in set(actions):
            here = actions == action
            chance[here] = STILL.get(action, 1.0) / here.sum()
    places = [np.stack([_places(m), _places(_mirrored(m))]) for m in motions]
    return Frames(
        jnp.asarray(np.concatenate(places, axis=1)),
        jnp.asarray(np.concatenate(starts)),
        jnp.asarray(np.cumsum(chance) / chance.sum(), jnp.float32),
    )


@functools.partial(jax.jit, static_argnames=("count", "ours"))
def draw(frames: Frames, key: jax.Array, count: int, ours: bool) -> jax.Array:
    """Random windows [count, 35, 25, 3]: half are mirrored, or else turned around."""
    which, changed = jax.random.split(key)
    at = jnp.searchsorted(frames.upto, jax.random.uniform(which, (count,)))
    first = frames.first[jnp.minimum(at, len(frames.first) - 1), None]
    index = first + jnp.arange(LENGTH)
    half = jax.random.bernoulli(changed, shape=(count, 1))
    if ours:
        return frames.places[half.astype(int), index]
    return frames.places[0, jnp.where(half, index[:, ::-1], index)]


def fit(clips: Sequence[BenchmarkClip], recipe: Recipe, seed: int) -> Fitted:
    """Train a network on clips.

    Args:
      clips: what to train on, and nothing else.
      recipe: how.
      seed: of the weights and of the windows.

    Raises:
      ValueError: no clip is long enough for a window.
    """
    begin = time.perf_counter()
    frames = gather(clips, recipe.ours)
    made, drawn, measured = jax.random.split(jax.random.key(seed), 3)
    weights = _weights(recipe.ours)
    sample = draw(frames, measured, _MEASURED, recipe.ours)
    typical = measure(np.asarray(sample), weights)
    forecast: Callable[..., jax.Array] = recipe.network.apply  # type: ignore
    params = jax.jit(recipe.network.init)(made, sample[:1, :OBSERVED], typical)
    rate = optax.warmup_cosine_decay_schedule(
        0.0, recipe.rate, min(200, recipe.steps // 10), recipe.steps
    )
    optimizer = optax.chain(
        optax.clip_by_global_norm(1.0), optax.adamw(rate, weight_decay=recipe.decay)
    )

    def step(frames, count, state):
        def judge(params):
            moved = forecast(params, windows[:, :OBSERVED], typical)
            return loss(moved, windows, weights, typical.error if recipe.ours else 1.0)

        key = jax.random.fold_in(drawn, count)
        windows = draw(frames, key, recipe.batch, recipe.ours)
        params, average, rest = state
        update, rest = optimizer.update(jax.grad(judge)(params), rest, params)
        params = optax.apply_updates(params, update)
        share = 1 - jnp.minimum(_AVERAGING, (1 + count) / (10 + count))
        return params, optax.incremental_update(params, average, share), rest

    @jax.jit
    def several(state, frames, first, end):
        return jax.lax.fori_loop(first, end, functools.partial(step, frames), state)

    state = (params, params, jax.jit(optimizer.init)(params))
    # A call allocates what its steps take but once.
    for first in range(0, recipe.steps, _STEPS):
        state = several(state, frames, first, min(first + _STEPS, recipe.steps))
    average = jax.block_until_ready(state[1])
    parameters = sum(x.size for x in jax.tree.leaves(average))
    return Fitted(
        _forecaster(forecast, average, typical, recipe.ours),
        recipe,
        parameters,
        time.perf_counter() - begin,
    )


def loss(
    moved: jax.Array, windows: jax.Array, weights: np.ndarray, error: np.ndarray | float
) -> jax.Array:
    """Mean error of joints' places and of their steps from frame to frame.

    Args:
      moved: [B, 25, 25, 3] forecast displacements from the last pose.
      windows: [B, 35, 25, 3] true positions.
      weights: [25] of the joints.
      error: [25] what the error of each frame is divided by, or one for all; the first
        is that of steps.
    """
    last = windows[:, OBSERVED - 1 : OBSERVED]
    apart = moved - (windows[:, OBSERVED:] - last)
    steps = jnp.diff(apart, axis=1, prepend=0.0)
    typical = jnp.broadcast_to(error, (PREDICTED,))
    places, rates = (_length(x) @ weights for x in (apart, steps))
    return jnp.mean(places / typical) + jnp.mean(rates) / typical[0]


def _length(x: jax.Array) -> jax.Array:
    """Lengths of [..., 3] whose gradient at nothing is nothing."""
    return jnp.sqrt(jnp.sum(x * x, axis=-1) + 1e-12)


def _weights(ours: bool) -> np.ndarray:
    """Weights [25] of the joints: as often as the benchmark counts each, or alike."""
    counts = np.array(JOINT_WEIGHTS, np.float32)[list(PREDICTED_JOINTS)]
    counts = counts if ours else np.ones_like(counts)
    return counts / counts.sum()


def _places(clip: Motion) -> np.ndarray:
    """Predicted joints [T, 25, 3] of a clip, seen from its pelvis."""
    seen = from_metres(motion.positions(pinned(clip)))[:, PREDICTED_JOINTS]
    return (seen / UNIT).astype(np.float32)


def _mirrored(clip: Motion) -> Motion:
    """The clip with left and right exchanged, on the same bones."""
    index, signs = coordinate_mirror(clip.skeleton)
    return clip.replace(joints=clip.joints[:, index] * signs)


def _forecaster(
    forecast: Callable[..., jax.Array], params: Any, typical: Typical, both: bool
) -> Forecaster:
    """A trained network as a method; of both sides, the mean with its mirror image."""

    @jax.jit
    def ahead(_, seen, image):
        moved = forecast(params, seen, typical)
        if not both:
            return moved
        other = forecast(params, image, typical)
        return (moved + other[:, :, TWINS] * _REFLECTION) / 2

    def predict(observed: Observed) -> np.ndarray:
        root, turn, joints = (
            np.asarray(x).reshape(-1, x.shape[-1]) for x in observed.poses
        )
        clip = Motion(observed.body, root, turn, joints, fps=FPS)
        shape = (-1, OBSERVED, len(PREDICTED_JOINTS), 3)
        seen, image = (_places(m).reshape(shape) for m in (clip, _mirrored(clip)))
        future = np.repeat(observed.positions[:, -1:], PREDICTED, axis=1)
        moved = motion.in_blocks(ahead, None, seen, image)
        future[:, :, PREDICTED_JOINTS] += UNIT * moved
        return future

    return predict
