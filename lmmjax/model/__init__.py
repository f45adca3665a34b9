"""The movement model, one idea a page.

`layers`, `backbone` and `head` are the network; `poses` says what goes in and
comes out; `diffusion` noises and samples; `movement` joins them to the body.
"""

from lmmjax.model.movement import (
    ModelConfig,
    MovementModel,
    Statistics,
    initialize,
    num_parameters,
)

__all__ = [
    "ModelConfig",
    "MovementModel",
    "Statistics",
    "initialize",
    "num_parameters",
]
