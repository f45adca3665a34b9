"""Forward kinematics of other libraries, each used as its documentation says.

A contender takes nothing, runs one batch that was prepared beforehand and returns when
the result is there. ``forward`` gives positions of all joints, ``gradient`` the value
and gradient of the sum of their squares.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Peer(NamedTuple):
    """One library on one batch.

    Attributes:
      forward: runs forward kinematics.
      gradient: runs value and gradient, or None where there is no gradient.
      positions: [B, J, 3] what `forward` found, joints in the skeleton's order.
    """

    forward: Callable[[], object]
    gradient: Callable[[], object] | None
    positions: np.ndarray
