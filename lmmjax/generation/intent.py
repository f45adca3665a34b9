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

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses
from lmmjax.model import ModelConfig, intent
from lmmjax.model.movement import Told

Array = jax.Array


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["said", "places", "seconds", "given"],
    meta_fields=["fps", "scale"],
)
@dataclasses.dataclass(frozen=True)
class Intent:
    """What B streams are told.

    Attributes:
      said: [B, S] see `lmmjax.model.intent.said`; or [B, F, S], what is said in each
        of the next F frames, of which the last goes on.
      places: [B, G, 3] where joints are to be in the world, metres.
      seconds: [B, G] from the stream's beginning until then.
      given: [B, G] 1 where there is a goal, else 0.
      fps: frames per second.
      scale: see `lmmjax.model.movement.Told`.
    """

    said: Array | np.ndarray
    places: Array | np.ndarray
    seconds: Array | np.ndarray
    given: Array | np.ndarray
    fps: float = 30.0
    scale: float = 1.0

    @classmethod
    def to(cls, config: ModelConfig, said: Array | np.ndarray, **options) -> "Intent":
        """Nothing but what is said, [B, S] or [B, F, S].

        Args:
          config: of the model.
          said: see `lmmjax.model.intent.said`.
          **options: scale.
        """
        shape = len(said), len(config.goals)
        nowhere = np.zeros((*shape, 3), np.float32)
        none = np.zeros(shape, np.float32)
        return cls(said, nowhere, none, none, **options)

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
        return cls.to(config, said, **options)

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
        there = np.broadcast_to(np.asarray(place, np.float32), (len(self.said), 3))
        return dataclasses.replace(
            self,
            places=jnp.where(mine[:, None], there[:, None], self.places),
            seconds=jnp.where(mine, np.reshape(seconds, (-1, 1)), self.seconds),
            given=jnp.where(mine, np.reshape(given, (-1, 1)), self.given),
            fps=fps,
        )

    def told(self, last: Poses, frame: Array) -> Told:
        """What the model is told now.

        Args:
          last: newest poses [B].
          frame: [B] numbers of them from the beginning.
        """
        left = jnp.asarray(self.seconds) - frame[:, None] / self.fps
        said, places, given = map(jnp.asarray, (self.said, self.places, self.given))
        if said.ndim == 3:
            now = jnp.clip(frame, 0, said.shape[1] - 1)[:, None, None]
            said = jnp.take_along_axis(said, now, axis=1)[:, 0]
        return Told(intent.encode(said, last, places, left, given), self.scale)
