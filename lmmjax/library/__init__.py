"""Primitives as a library: listed by name, seen as strips, and gone between.

`library` lists procedural primitives and the prompts of a pretrained model's own
making, a second each; `page` makes a picture of them; `transition` lets a model go from
one to another, and `score` says how plausible that is.
"""

from lmmjax.library.pictures import page
from lmmjax.library.prompts import LibraryError, Prompt, library
from lmmjax.library.transitions import Score, Transition, score, transition

__all__ = [
    "LibraryError",
    "Prompt",
    "Score",
    "Transition",
    "library",
    "page",
    "score",
    "transition",
]
