"""The movement model, one idea a page.

`layers`, `backbone` and `head` are the network, `parity` is how it commutes with the
mirror; `poses` says what goes in and comes out, `scales` in which units; `diffusion`
noises and samples; `intent` is what somebody can be told to do; `movement` joins them
to the body, `ensemble` several networks to one model.
"""

from lmmjax.model.config import ModelConfig
from lmmjax.model.movement import (
    MovementModel,
    initialize,
    num_parameters,
    unit_statistics,
)
from lmmjax.model.scales import Statistics

__all__ = [
    "ModelConfig",
    "MovementModel",
    "Statistics",
    "initialize",
    "num_parameters",
    "unit_statistics",
]
