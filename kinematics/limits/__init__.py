"""Joint limits as a smooth bijection from all real numbers, and where they come from.

A network, an optimiser or a sampler works on unconstrained coordinates; `apply`
turns them into joint coordinates that obey the limits, exactly, and `invert`
goes back. Well inside the limits both are the identity; the bend begins about
`SOFTNESS` before a bound, so that a straight knee still learns.

Limits come from books (`bodies`), from muscles that cross two joints (`anatomical`),
from observed motion (`fit`, `widen`) and from a person's own skeleton (`own_limits`).
"""

from kinematics.limits.anatomy import anatomical
from kinematics.limits.bijection import apply, excess, invert, share_outside
from kinematics.limits.fitting import Fit, fit
from kinematics.limits.narrow import own_limits
from kinematics.limits.softclip import SOFTNESS, softclip, softclip_inverse
from kinematics.limits.widening import MARGIN, widen

__all__ = [
    "MARGIN",
    "SOFTNESS",
    "Fit",
    "anatomical",
    "apply",
    "excess",
    "fit",
    "invert",
    "own_limits",
    "share_outside",
    "softclip",
    "softclip_inverse",
    "widen",
]
