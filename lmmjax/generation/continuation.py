"""Continue a motion: the observed past in, several sampled futures out."""

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Motion, Poses
from kinematics.motion import resample
from lmmjax.generation.stream import Stream
from lmmjax.model import poses
from lmmjax.model.movement import MovementModel

# The past beyond this many windows of the backbone no longer changes a forecast.
_CONTEXT_WINDOWS = 2


class PromptError(ValueError):
    """A motion that the model cannot continue; the message says why."""


def continue_motion(
    model: MovementModel,
    prompt: Motion,
    seconds: float,
    samples: int = 1,
    seed: int = 0,
    on_feet: bool = False,
    **options,
) -> list[Motion]:
    """Sample how a motion goes on.

    Args:
      model: a trained model.
      prompt: the observed past; taken to the model's frame rate.
      seconds: length of each continuation.
      samples: number of continuations.
      seed: seed of the sampling.
      on_feet: whether feet are led down to level ground at height 0, and stand there,
        see `Stream.on_feet`.
      **options: of `Stream`: commit, steps, temperature, churn.

    Returns:
      Motions that begin one frame after the end of the prompt, on its bones.

    Raises:
      PromptError: the prompt is of another skeleton, or too short.
    """
    prompt = fit_to_model(model, prompt)
    if samples < 1 or seconds <= 0:
        raise PromptError("samples and seconds must be above 0")
    stream = Stream(model.with_offsets(prompt.skeleton.offsets), **options)
    if on_feet:
        stream = stream.on_feet()
    recent = prompt[-_CONTEXT_WINDOWS * model.config.window :]
    context = jax.tree.map(
        lambda x: jnp.broadcast_to(x, (samples, *x.shape)), recent.poses
    )
    frames = max(1, round(seconds * model.fps))
    future, _ = stream.sample(stream.init(context), jax.random.key(seed), frames)
    body = stream.model.body
    return [
        poses.to_motion(
            Poses(*(np.asarray(x[n]) for x in future)),
            body,
            model.fps,
            name=f"{prompt.name} sample {n + 1}".strip(),
            subject=prompt.subject,
            action=prompt.action,
        )
        for n in range(samples)
    ]


def fit_to_model(model: MovementModel, motion: Motion) -> Motion:
    """The motion at the model's frame rate, in its joint coordinates and limits.

    Raises:
      PromptError: the motion's skeleton is not the model's.
    """
    ours, theirs = model.body, motion.skeleton
    if not ours.same_tree(theirs):
        missing = [n for n in ours.names if n not in theirs.names]
        extra = [n for n in theirs.names if n not in ours.names]
        detail = "the joints have other parents or degrees of freedom"
        if missing or extra:
            detail = f"missing {missing[:4]}, unknown {extra[:4]}"
        raise PromptError(
            f"{motion.name or 'the motion'} has another skeleton than the model was "
            f"trained on ({theirs.num_joints} joints, the model has "
            f"{ours.num_joints}: {detail}); train a model on motion of this skeleton"
        )
    if len(motion) < 2:
        raise PromptError(f"{motion.name or 'the motion'} needs two frames at least")
    motion = motion.recoordinate(ours)
    # Frames are taken from the end backwards: what comes next follows the last one.
    step = max(1, round(motion.fps / model.fps))
    return resample(motion[(len(motion) - 1) % step :], model.fps)
