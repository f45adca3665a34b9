"""What a method sees in a protocol and what it answers, and models in that role."""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses, Skeleton
from lmmjax.data.cmu_benchmark import FPS, PREDICTED
from lmmjax.data.windows import canonical
from lmmjax.evaluation.protocols.positions import from_metres
from lmmjax.model import MovementModel, movement, poses

# Windows of one call, so that all calls share one compiled program.
_BLOCK = 256


@dataclasses.dataclass(frozen=True, eq=False)
class Observed:
    """The observed frames of N windows, in two forms.

    Attributes:
      positions: [N, 10, 38, 3] joints in the frame of the pelvis, in units and axes of
        the benchmark: all that its published methods see.
      poses: the same frames [N, 10] as postures of ``body``, with the root's path.
      body: the body of all windows.
    """

    positions: np.ndarray
    poses: Poses
    body: Skeleton


# Returns [N, 25, 38, 3] like the positions observed. What it says of joints that the
# benchmark does not judge is not read.
Forecaster = Callable[[Observed], np.ndarray]


def model_forecaster(model: MovementModel) -> Forecaster:
    """The one-shot forecast of a movement model, as a forecaster.

    The model is shown a pelvis that stays where it is, as the published methods are.

    Args:
      model: a model of 60 Hz and at least 25 frames, of the body `cmu38` with any
        limits.

    Raises:
      ValueError: the model is of another rate, horizon or (when called) body.
    """
    if model.fps != FPS or model.config.horizon < PREDICTED:
        raise ValueError(
            f"the model forecasts {model.config.horizon} frames at {model.fps:g} Hz; "
            f"the benchmark asks for {PREDICTED} at {FPS:g} Hz"
        )

    def predict(observed: Observed) -> np.ndarray:
        body = observed.body
        if not model.body.same_tree(body) or not np.allclose(
            model.body.frames, body.frames, atol=1e-6
        ):
            raise ValueError(
                "the model is of another body than the benchmark's, which is cmu38; "
                "its limits and bones may differ, its joints and frames may not"
            )
        posed = model.with_offsets(body.offsets)
        start = canonical(Poses(*(np.asarray(x) for x in observed.poses)))
        count = len(start.joints)
        blocks = [np.zeros((0, PREDICTED, body.num_joints, 3))]
        for first in range(0, count, _BLOCK):
            index = np.minimum(np.arange(first, first + _BLOCK), count - 1)
            places = from_metres(_forecast(posed, start.at(index)))
            blocks.append(places[: count - first])
        return np.concatenate(blocks)

    return predict


@jax.jit
def _forecast(model: MovementModel, observed: Poses) -> jax.Array:
    """Joint positions [B, 25, J, 3] m in the frame of the pelvis after poses [B, T]."""
    observed = _pinned(Poses(*(jnp.asarray(x) for x in observed)))
    z = movement.read(model, observed)[:, -1]
    future = movement.forecast(model, observed.at(slice(None), -1), z)
    return poses.positions(
        model.body, _pinned(future.at(slice(None), slice(PREDICTED)))
    )


def _pinned(seen: Poses) -> Poses:
    """Poses whose root neither moves nor turns: what the benchmark shows and judges."""
    still = jnp.broadcast_to(jnp.array([1.0, 0, 0, 0]), seen.root_rotation.shape)
    return Poses(jnp.zeros_like(seen.root_position), still, seen.joints)
