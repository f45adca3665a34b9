"""What somebody intends: a label, a user's own numbers, where a joint is to be.

The head is told it beside the summary of the past, as one vector of which zeros say
nothing. What is told stands in the frame of the newest pose: above the floor as it is,
over it from the root on and as that is facing. Labels and a user's numbers are the same
in the mirror; a goal of the left hand becomes one of the right.
"""

import difflib
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses, Skeleton, rotations
from lmmjax.model import parity
from lmmjax.model.config import ModelConfig

Array = jax.Array

# Of a goal: whether there is one, how far it is from where the joint is, how fast one
# has to be to get there in time, and the seconds until then.
_OF_GOAL = parity.signs(1, 1, -1, 1, 1, -1, 1, 1)
# Metres, and metres per second, that are told as 1: a network learns to heed what is
# told as loudly as the rest. Nobody has to be faster than he who has so many seconds.
_FAR, _FAST, _LEAST = 0.3, 1.0, 0.1
# No goal is told of sooner.
SECONDS = 1.5


def said_size(config: ModelConfig) -> int:
    """S: numbers that labels and a user's own take."""
    return len(config.labels) + config.embedding


def size(config: ModelConfig) -> int:
    """E: numbers of all that can be told."""
    return said_size(config) + len(_OF_GOAL.source) * len(config.goals)


def mirror(body: Skeleton, config: ModelConfig) -> parity.Mirror:
    """How the mirror of a body changes what is told [..., E].

    Raises:
      ValueError: of the joints with goals one is not the body's, or is there without
        its twin on the other side.
    """
    joints = goal_joints(body, config)
    twins = [body.mirror[joint] for joint in joints] if body.mirror else joints
    if missing := [body.names[t] for t in twins if t not in joints]:
        raise ValueError(f"goals need {missing[0]}, the twin of a joint that has one")
    said = parity.signs(*[1] * said_size(config))
    if not joints:
        return said
    order = np.array([joints.index(t) for t in twins])
    width = len(_OF_GOAL.source)
    goals = parity.Mirror(
        (width * order[:, None] + np.arange(width)).ravel(),
        np.tile(_OF_GOAL.sign, len(joints)),
    )
    return parity.chain(said, goals) if said_size(config) else goals


def goal_joints(body: Skeleton, config: ModelConfig) -> list[int]:
    """Numbers of the joints that can be told where to be.

    Raises:
      ValueError: the body has no such joint.
    """
    for name in config.goals:
        if name not in body.names:
            raise ValueError(f"goals of {name!r}, which is no joint of this body")
    return [body.names.index(name) for name in config.goals]


def said(
    config: ModelConfig,
    label: str | Mapping[str, float] = "",
    embedding: np.ndarray | None = None,
) -> np.ndarray:
    """What is said [S], by a label, or several by weight, and a user's numbers.

    Raises:
      ValueError: the model does not know the label, or takes other numbers.
    """
    found = np.zeros(said_size(config), np.float32)
    weights = {label: 1.0} if isinstance(label, str) else label
    for name, weight in weights.items():
        if not name:
            continue
        if name not in config.labels:
            close = difflib.get_close_matches(name, config.labels, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            known = ", ".join(config.labels) or "none"
            raise ValueError(f"no label {name!r}{hint} (this model knows {known})")
        found[config.labels.index(name)] = weight
    if embedding is not None:
        embedding = np.asarray(embedding, np.float32)
        if embedding.shape != (config.embedding,) or not np.isfinite(embedding).all():
            raise ValueError(
                f"an embedding has {config.embedding} finite numbers for this model; "
                f"got shape {embedding.shape}"
            )
        found[len(config.labels) :] = embedding
    return found


def encode(
    said: Array,
    start: Poses,
    now: Array,
    places: Array,
    seconds: Array,
    given: Array,
) -> jax.Array:
    """All that is told, [..., E].

    Where a joint is to be is told as the way there: a network that is told the place
    has to learn where the joint is, and did not in as many hours.

    Args:
      said: [..., S].
      start: the newest poses [...].
      now: [..., G, 3] where joints with goals are in these, metres.
      places: [..., G, 3] where they are to be.
      seconds: [..., G] until then; those that have passed, or are more than `SECONDS`
        away, are not told.
      given: [..., G] 1 where there is a goal, else 0.
    """
    facing = rotations.about_z(-rotations.heading(start.root_rotation))
    way = rotations.quaternion_rotate(facing[..., None, :], places - now)
    given = given * ((seconds > 0) & (seconds <= SECONDS))
    seconds = seconds[..., None]
    speed = way / jnp.maximum(seconds, _LEAST)
    goals = jnp.concatenate(
        [jnp.ones_like(seconds), way / _FAR, speed / _FAST, seconds], axis=-1
    )
    # What is not given may be anything, infinitely far away too.
    goals = jnp.where(given[..., None] > 0, goals, 0.0)
    return jnp.concatenate([said, goals.reshape(*said.shape[:-1], -1)], axis=-1)
