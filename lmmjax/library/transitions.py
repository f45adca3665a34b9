"""Transitions: a model goes from the end of one primitive to the start of another."""

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

import jax
import numpy as np

from kinematics import Motion, Poses, rotations
from kinematics.motion import concatenate, positions
from kinematics.priors import Prior
from lmmjax.evaluation.metrics.plausibility import plausibility
from lmmjax.generation import Stream, guidance
from lmmjax.library.prompts import LibraryError, Prompt


class Transition(NamedTuple):
    """From one primitive to another.

    Attributes:
      motion: the first, what was sampled, and the second, which begins where that ends.
      begins: number of the first frame that was sampled.
      ends: number of the first frame of the second primitive.
    """

    motion: Motion
    begins: int
    ends: int

    @property
    def between(self) -> Motion:
        """What was sampled."""
        return self.motion[self.begins : self.ends]


class Score(NamedTuple):
    """How plausible a transition is.

    Attributes:
      mean: of `plausibility` over the frames between, both seams included.
      worst: of these frames.
      seam: metres that joints jump at the second primitive beyond how they moved before
        it, the mean over joints.
    """

    mean: float
    worst: float
    seam: float


def transition(
    stream: Stream,
    prompts: Mapping[str, Prompt],
    first: str,
    second: str,
    seconds: float = 1.0,
    seed: int = 0,
) -> Transition:
    """Sample a way from one primitive to another.

    The second's first pose is wished as a key pose, as far ahead as the mean of both
    primitives' speeds goes in the time between, with the heading that the first ends
    with. Where the model does not quite get there, the second begins where it is.

    Args:
      stream: how the model moves; its guide is not heeded.
      prompts: of `library`, on the model's body and at its rate.
      first: name of a prompt.
      second: name of a prompt.
      seconds: between them.
      seed: of the noise.

    Raises:
      LibraryError: no such prompt, or not one on the model's body.
    """
    model = stream.model
    one, two = (_of(stream, prompts, name) for name in (first, second))
    frames = round(seconds * model.fps)
    if frames < 1:
        raise LibraryError(f"a transition takes a frame or more, not {seconds:g} s")
    turn = float(rotations.heading(np.asarray(one.root_rotation)[-1]))
    here = np.asarray(one.root_position)[-1, :2]
    goal = _begun(two, here, turn)
    way = 0.5 * (_speed(one[-3:]) + _speed(goal[:3])) * seconds
    goal = _begun(two, here + way, turn)
    past = Poses(*(np.asarray(x)[None, -2:] for x in one.poses))
    key = Poses(*(np.asarray(x)[None, :2] for x in goal.poses))
    # How it moves in the key pose is how the second moves from there.
    key = _earlier(key)
    wishes = guidance.keyframe(model, past, key, seconds)
    guide = guidance.Guide.to(model, *wishes)
    stream = dataclasses.replace(stream, guide=guide)
    context = jax.tree.map(lambda x: np.asarray(x)[None], one.poses)
    made, _ = stream.sample(stream.init(context), jax.random.key(seed), frames)
    made = Poses(*(np.asarray(x[0]) for x in made))
    between = one.replace(
        root_position=made.root_position,
        root_rotation=made.root_rotation,
        joints=made.joints,
    )
    last = np.asarray(made.root_position)[-1]
    turn = float(rotations.heading(made.root_rotation[-1]))
    after = _begun(two, last[:2], turn)
    whole = concatenate(concatenate(one, between), after[1:])
    name = f"{first} to {second}"
    return Transition(
        whole.replace(name=name, action=name), len(one), len(one) + frames
    )


def score(prior: Prior, found: Transition) -> Score:
    """How plausible a transition is; lower is more.

    Args:
      prior: fitted on motion such as the model was trained on, at its rate; see
        `lmmjax.evaluation.drift.fit_plausibility`.
      found: the transition.

    Raises:
      ValueError: the prior is of another rate or of other joints.
    """
    some = found.motion[max(found.begins - 1, 0) : found.ends + 1]
    distances = plausibility(prior, some)
    where = positions(found.motion[found.ends - 2 : found.ends + 1])
    jump = np.linalg.norm(np.diff(where, 2, axis=0), axis=-1)
    return Score(float(distances.mean()), float(distances.max()), float(jump.mean()))


def _of(stream: Stream, prompts: Mapping[str, Prompt], name: str) -> Motion:
    if name not in prompts:
        raise LibraryError(f"no primitive {name!r}; there are {', '.join(prompts)}")
    motion, model = prompts[name].motion, stream.model
    if not motion.skeleton.same_tree(model.body) or motion.fps != model.fps:
        raise LibraryError(
            f"{name!r} is not on the model's body and at its rate; give library() the "
            "model's name"
        )
    if len(motion) < 3:
        raise LibraryError(f"{name!r} needs three frames at least")
    return motion.numpy()


def _speed(motion: Motion) -> np.ndarray:
    """Velocity [2] over the ground, m/s."""
    place = np.asarray(motion.root_position, float)[:, :2]
    return np.diff(place, axis=0).mean(axis=0) * motion.fps


def _begun(motion: Motion, place: np.ndarray, facing: float) -> Motion:
    """The motion from a place [2] on, facing a way in radians there."""
    position = np.asarray(motion.root_position)
    rotation = np.asarray(motion.root_rotation)
    turn = rotations.about_z(facing - rotations.heading(rotation[0]))
    start = position[0] * np.array([1, 1, 0], np.float32)
    there = np.array([*place, 0.0], np.float32)
    moved = there + np.asarray(rotations.quaternion_rotate(turn, position - start))
    turned = np.asarray(rotations.quaternion_multiply(turn, rotation))
    return motion.replace(root_position=moved, root_rotation=turned)


def _earlier(pair: Poses) -> Poses:
    """Two poses [1, 2], one frame sooner: what went before and the first of them."""
    before = 2 * pair.root_position[:, :1] - pair.root_position[:, 1:]
    return Poses(
        np.concatenate([before, pair.root_position[:, :1]], axis=1),
        np.repeat(pair.root_rotation[:, :1], 2, axis=1),
        np.repeat(pair.joints[:, :1], 2, axis=1),
    )
