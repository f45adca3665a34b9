"""A scene: who is there, what each is to do, and what is in the way."""

from lmmjax.generation.scene.content import (
    Goal,
    Grasp,
    Obstacle,
    Path,
    Person,
    Push,
    Scene,
)
from lmmjax.generation.scene.placing import placed
from lmmjax.generation.scene.playing import SHOWN_SECONDS, play

__all__ = [
    "SHOWN_SECONDS",
    "Goal",
    "Grasp",
    "Obstacle",
    "Path",
    "Person",
    "Push",
    "Scene",
    "placed",
    "play",
]
