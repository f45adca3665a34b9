"""The same way in the same time, in another style: a clip whose label is swapped.

    run = restyle(model, walk, "run")

The content of a clip is where its root is and which way it faces at any time; its style
is what a model makes of a label on that way.
"""

import dataclasses

from kinematics import Motion
from lmmjax.generation import scene
from lmmjax.generation.continuation import fit_to_model
from lmmjax.model.movement import MovementModel


def restyle(
    model: MovementModel,
    motion: Motion,
    label: str,
    heed: float = 4.5,
    seed: int = 0,
    **options,
) -> Motion:
    """A clip as somebody moves who does something else on its way.

    The first second stays as it is, and gives way to what follows. One that nobody can
    keep up with in that style comes out in another, as a dance does at the speed of a
    run.

    Args:
      model: a model that heeds the label.
      motion: a clip of its skeleton, longer than `scene.SHOWN_SECONDS`.
      label: what to do.
      heed: how much the label counts against the way, see
        `lmmjax.model.movement.Told`.
      seed: of the noise.
      **options: of `lmmjax.generation.Stream`: commit, steps, temperature, churn,
        inertia.

    Returns:
      As many frames as the clip has, at the model's rate, on its bones.

    Raises:
      PromptError: the clip is of another skeleton.
      ValueError: the model does not know the label, or the clip is too short.
    """
    motion = fit_to_model(model, motion)
    first = round(scene.SHOWN_SECONDS * model.fps) + 1
    left = len(motion) - first
    if left < 2:
        raise ValueError(
            f"{motion.name or 'the clip'} lasts {motion.duration:.2f} s; it needs more "
            f"than {scene.SHOWN_SECONDS:g}, which stay as they are"
        )
    person = scene.Person(
        motion.name or "restyled",
        motion[:first],
        along=motion[first - 1 :],
        label=label,
    )
    play = scene.Scene((person,), left / model.fps, heed=heed)
    (found,) = scene.play(model, play, seed, **options)
    return dataclasses.replace(found, subject=motion.subject, action=label)
