"""What movement begins with: motion files, and primitives by name."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments import pipeline, samplers
from kinematics import Motion, formats
from kinematics.retarget import retarget
from lmmjax.data import primitives
from lmmjax.generation.continuation import (
    PromptError,
    continue_motion,
    fit_to_model,
)
from lmmjax.generation.intent import Intent
from lmmjax.generation.scene import placed
from lmmjax.model import MovementModel

# What is played of each primitive: from when in its clip and how much, seconds. A gait
# goes on for longer the more of it the model has seen.
PRIMITIVES = {
    "stand": (0.5, 1.5),
    "walk": (1.0, 3.0),
    "run": (1.0, 3.0),
    "turn": (0.5, 2.0),
    "jump": (0.5, 1.5),
    "kick": (0.5, 1.5),
    "squat": (0.2, 2.0),
    "reach": (0.5, 1.5),
}
# Retargeting compiles once for clips of one length, seconds.
_CLIP_SECONDS = 3.0
# Of a prompt that a model makes: how long it is, and after how much of its own.
_MADE_SECONDS, _OVER_SECONDS = 1.5, 2.0
# Where prompts by name end, and which way they face then.
_HERE = (0.0, 0.0), 0.0


def of_name(model: MovementModel, own: Mapping[str, Motion], name: str) -> Motion:
    """A prompt of the model's own making, or else a primitive.

    Args:
      model: the model.
      own: see `lmmjax.pretrained.prompts`.
      name: what is done.
    """
    return own[name] if name in own else of_primitive(model, name)


def made(model: MovementModel, past: Motion, seed: int = 0, label: str = "") -> Motion:
    """What a model makes of a motion once the motion is over: a prompt of its own.

    Args:
      model: the model.
      past: a motion of its skeleton.
      seed: of the noise.
      label: what it is told meanwhile, if it knows that.
    """
    options: dict[str, Any] = dataclasses.asdict(samplers.CALM)
    options["commit"] = min(5, model.config.horizon)
    if label in model.config.labels:
        options["intent"] = Intent.label(model.config, label)
    seconds = _OVER_SECONDS + _MADE_SECONDS
    (found,) = continue_motion(model, past, seconds, seed=seed, on_feet=True, **options)
    return placed(found[-round(_MADE_SECONDS * model.fps) :], *_HERE)


def of_primitive(model: MovementModel, name: str, seed: int = 0) -> Motion:
    """A primitive on the model's body, at its rate.

    Raises:
      PromptError: there is no such primitive, or the body is not human, as primitives
        are.
    """
    if name not in PRIMITIVES:
        raise PromptError(f"no primitive {name!r}; there are {', '.join(PRIMITIVES)}")
    start, seconds = PRIMITIVES[name]
    clip = primitives.PRIMITIVES[name](seed, fps=model.fps)
    frames = round(_CLIP_SECONDS * model.fps) + 1
    first = max(0, min(round(start * model.fps), len(clip) - frames))
    try:
        found = retarget(clip[first : first + frames], model.body)
    except ValueError as error:
        raise PromptError(
            f"primitives cannot be brought to the model's body ({error}); choose a "
            "motion of its own with --prompt=<file>"
        ) from error
    return placed(found[: round(seconds * model.fps) + 1], *_HERE)


def of_file(model: MovementModel, meta: dict, path: str | Path, up: str) -> Motion:
    """A motion file on the model's body, with its own bones.

    Args:
      model: the model.
      meta: what is kept with it.
      path: of the file.
      up: the axis that points up in a BVH file, ``y`` or ``z``.
    """
    path = Path(path)
    options = {"up": up} if path.suffix.lower() == ".bvh" else {}
    motion = formats.read(path, **options)
    return fit_to_model(model, pipeline.on_trained_body(motion, meta))
