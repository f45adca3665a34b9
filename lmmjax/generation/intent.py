"""What a stream's model is told to do, while it does it.

    intent = Intent.label(model.config, "walk")
    stream = Stream(model, intent=intent)

It is what the model was trained to heed, where it was. Wishes (see
`lmmjax.generation.guidance`) need no training, are granted to the millimetre and look
no further than the next poses; the two go together.
"""

import dataclasses
import functools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses
from lmmjax.model import ModelConfig, MovementModel, intent, poses
from lmmjax.model.movement import Told

Array = jax.Array


class Aims(NamedTuple):
    """Where joints of B streams are to be.

    Attributes:
      places: [B, G, 3] in the world, metres.
      seconds: [B, G] from the stream's beginning until then.
      given: [B, G] 1 where there is a goal, else 0.
    """

    places: Array
    seconds: Array
    given: Array


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["said", "aims"],
    meta_fields=["fps", "scale"],
)
@dataclasses.dataclass(frozen=True)
class Intent:
    """What B streams are told.

    Attributes:
      said: [B, S] see `lmmjax.model.intent.said`; or [B, F, S], what is said in each
        of the next F frames, of which the last goes on.
      aims: where joints are to be; None where nobody has a goal.
      fps: frames per second.
      scale: see `lmmjax.model.movement.Told`.
    """

    said: Array | np.ndarray
    aims: Aims | None = None
    fps: float = 30.0
    scale: float = 1.0

    @classmethod
    def label(
        cls, config: ModelConfig, name: str, count: int = 1, **options
    ) -> "Intent":
        """Nothing but one label, to so many streams.

        Args:
          config: of the model.
          name: of the label; "" for nothing.
          count: B.
          **options: scale.

        Raises:
          ValueError: the model does not know it.
        """
        said = np.tile(intent.said(config, name), (count, 1))
        return cls(said, **options)

    def aim(
        self,
        config: ModelConfig,
        joint: str,
        place: Sequence[float] | np.ndarray,
        seconds: float | np.ndarray,
        fps: float,
        given: float | np.ndarray = 1.0,
    ) -> "Intent":
        """And that a joint is at a place at a time.

        Args:
          config: of the model.
          joint: its name.
          place: [3] or [B, 3] metres.
          seconds: from the stream's beginning, one number or [B].
          fps: frames per second.
          given: whose goal it is, [B] of 1 and 0; everybody's by default.

        Raises:
          ValueError: the model takes no goals of that joint.
        """
        if joint not in config.goals:
            known = ", ".join(config.goals) or "none"
            raise ValueError(f"no goals of {joint!r} (this model takes {known})")
        mine = np.arange(len(config.goals)) == config.goals.index(joint)
        count = len(self.said), len(mine)
        none = Aims(jnp.zeros((*count, 3)), jnp.zeros(count), jnp.zeros(count))
        before = self.aims or none
        there = np.broadcast_to(np.asarray(place, np.float32), (len(self.said), 3))
        aims = Aims(
            jnp.where(mine[:, None], there[:, None], before.places),
            jnp.where(mine, np.reshape(seconds, (-1, 1)), before.seconds),
            jnp.where(mine, np.reshape(given, (-1, 1)), before.given),
        )
        return dataclasses.replace(self, aims=aims, fps=fps)

    def told(self, model: MovementModel, last: Poses, frame: Array) -> Told:
        """What the model is told now.

        Args:
          model: the model.
          last: newest poses [B].
          frame: [B] numbers of them from the beginning.
        """
        said = jnp.asarray(self.said)
        if said.ndim == 3:
            at = jnp.clip(frame, 0, said.shape[1] - 1)[:, None, None]
            said = jnp.take_along_axis(said, at, axis=1)[:, 0]
        if self.aims is None:
            rest = intent.size(model.config) - said.shape[-1]
            return Told(jnp.pad(said, ((0, 0), (0, rest))), self.scale)
        places, seconds, given = self.aims
        joints = jnp.array(intent.goal_joints(model.body, model.config), int)
        start = last.at(slice(None), None)
        now = poses.positions(model.body, start)[:, 0, joints]
        left = seconds - frame[:, None] / self.fps
        return Told(intent.encode(said, last, now, places, left, given), self.scale)
