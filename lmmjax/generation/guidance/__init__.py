"""What is wished of a movement, granted without training.

wish = guidance.reach(model.body, past, "LeftHand", (0.4, 0.3, 1.1), 0.8, model.fps)
guide = Guide.to(model, wish, guidance.standing_feet(model))
poses, state = Stream(model, guide=guide, inertia=0.5).sample(state, key, 45)
"""

from lmmjax.generation.guidance.effort import (
    Bound,
    Effort,
    balanced,
    cheaper,
    within_torque,
)
from lmmjax.generation.guidance.exertion import Physique
from lmmjax.generation.guidance.facing import Facing, Look, face, look_at
from lmmjax.generation.guidance.ground import Floor, field, raised, slope, stairs
from lmmjax.generation.guidance.guide import Guide
from lmmjax.generation.guidance.keys import keyframe
from lmmjax.generation.guidance.level import Level, stay_level
from lmmjax.generation.guidance.obstacles import Obstacles, keep_out
from lmmjax.generation.guidance.paths import Way, along, follow
from lmmjax.generation.guidance.posterior import Ahead, Wish
from lmmjax.generation.guidance.standing import Standing, feet_stand, standing_feet
from lmmjax.generation.guidance.tracks import Track, minimum_jerk, reach

__all__ = [
    "Ahead",
    "Bound",
    "Effort",
    "Facing",
    "Floor",
    "Guide",
    "Level",
    "Look",
    "Obstacles",
    "Physique",
    "Standing",
    "Track",
    "Way",
    "Wish",
    "along",
    "balanced",
    "cheaper",
    "face",
    "feet_stand",
    "field",
    "follow",
    "keep_out",
    "keyframe",
    "look_at",
    "minimum_jerk",
    "raised",
    "reach",
    "slope",
    "stairs",
    "standing_feet",
    "stay_level",
    "within_torque",
]
