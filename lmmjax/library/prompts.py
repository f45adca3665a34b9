"""Every primitive by its name: a second of movement to go on from, and its label."""

import os
from typing import NamedTuple

from kinematics import Motion
from kinematics.retarget import retarget
from kinematics.skeleton import Skeleton
from lmmjax import pretrained
from lmmjax.data import primitives
from lmmjax.generation.continuation import fit_to_model
from lmmjax.generation.scene import placed
from lmmjax.model import MovementModel

PROCEDURAL = "procedural"
# From when in its clip each primitive is shown: the second that tells it, seconds.
_STARTS = {
    "walk": 1.5,
    "run": 1.0,
    "reach": 0.6,
    "jump": 1.0,
    "squat": 0.6,
    "turn": 0.9,
    "kick": 1.3,
    "stand": 1.0,
    "grasp": 0.7,
    "throw": 1.0,
    "sit": 0.9,
    "get_up": 1.9,
}


class LibraryError(ValueError):
    """A library that cannot be made so; one sentence says why."""


class Prompt(NamedTuple):
    """A primitive.

    Attributes:
      motion: it ends at the origin, facing along x.
      label: what is done, in words.
      source: ``procedural``, or the name of the model that made it.
    """

    motion: Motion
    label: str
    source: str


def library(
    name_or_folder: str | os.PathLike | None = None,
    body: Skeleton | None = None,
    fps: float = 30.0,
    seconds: float = 1.0,
    seed: int = 0,
) -> dict[str, Prompt]:
    """All primitives by name: a model's own prompts, then procedural ones.

    A procedural primitive of the same name as a prompt is ``procedural_<name>``.

    Args:
      name_or_folder: of a pretrained model, whose prompts are listed, and on whose
        body and at whose rate all are; without one, only what is procedural.
      body: of procedural primitives where there is no model; a `human` by default.
      fps: frames per second, where there is no model.
      seconds: length of each.
      seed: of what is procedural.

    Raises:
      LibraryError: the length is not above 0, or primitives, which are a human's,
        cannot be brought to the body.
      PretrainedError: there is no such model.
    """
    if not 0 < seconds < 60:
        raise LibraryError(f"prompts are 0 to 60 seconds long, not {seconds:g}")
    found: dict[str, Prompt] = {}
    if name_or_folder is not None:
        model = pretrained.load(name_or_folder)[0]
        body, fps = model.body, model.fps
        for name, motion in pretrained.prompts(name_or_folder).items():
            own = _own(model, motion, seconds)
            found[name] = Prompt(own, _words(name), str(name_or_folder))
    for name in primitives.PRIMITIVES:
        made = _procedural(name, body, fps, seconds, seed)
        key = f"{PROCEDURAL}_{name}" if name in found else name
        found[key] = Prompt(made, _words(name), PROCEDURAL)
    return found


def _words(name: str) -> str:
    return name.replace("_", " ")


def _own(model: MovementModel, motion: Motion, seconds: float) -> Motion:
    """The last seconds of a prompt of a model's own making, on the model's bones."""
    motion = fit_to_model(model, motion)
    motion = motion.replace(skeleton=model.body)
    return _ended(motion[-(round(seconds * model.fps) + 1) :])


def _procedural(
    name: str, body: Skeleton | None, fps: float, seconds: float, seed: int
) -> Motion:
    clip = primitives.PRIMITIVES[name](seed, fps=fps)
    frames = round(seconds * fps) + 1
    first = max(min(round(_STARTS[name] * fps), len(clip) - frames), 0)
    some = clip[first : first + frames]
    if body is None:
        return _ended(some)
    try:
        return _ended(retarget(some, body).replace(action=name))
    except ValueError as error:
        raise LibraryError(
            f"primitives cannot be brought to this body: {error}"
        ) from error


def _ended(motion: Motion) -> Motion:
    return placed(motion, (0.0, 0.0), 0.0).numpy()
