"""Procedural movement of synthetic people: data to learn from without any footage.

Each primitive is a function of a seed, a subject, a frame rate and its own
parameters, and returns a `kinematics.Motion` within the limits of the subject's body,
with planted feet that do not slide. `library` yields many of them.
"""

from lmmjax.data.primitives.samples import (
    PRIMITIVES,
    get_up,
    grasp,
    jump,
    kick,
    library,
    reach,
    run,
    sample,
    sit,
    squat,
    stand,
    throw,
    turn,
    walk,
    with_contacts,
)
from lmmjax.data.primitives.subject import Subject, average, random_subject

__all__ = [
    "PRIMITIVES",
    "Subject",
    "average",
    "get_up",
    "grasp",
    "jump",
    "kick",
    "library",
    "random_subject",
    "reach",
    "run",
    "sample",
    "sit",
    "squat",
    "stand",
    "throw",
    "turn",
    "walk",
    "with_contacts",
]
