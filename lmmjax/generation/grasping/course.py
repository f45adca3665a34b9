"""The course of a grasp in time, as it was measured in people.

The wrist's way is of least jerk, with a last deceleration along the approach: Flash
and Hogan, "The coordination of arm movements" (1985), and Smeets and Brenner, "A new
view on grasping" (Motor Control 3, 1999). The time that it takes follows Fitts (1954)
with the thing's extent along the reach as width of the target: Bootsma, Marteniuk,
MacKenzie and Zaal, "The speed-accuracy trade-off in manual prehension" (Exp. Brain
Res. 98, 1994). Thumb and index finger open wider than the thing and are widest at 60
to 80 % of the movement (Jeannerod, 1981 and 1984); over many studies their widest
opening grows by about 0.8 of the thing's size (Smeets and Brenner, 1999).
"""

import math

import numpy as np
from scipy.spatial.transform import Rotation

from kinematics.skeleton import Array

# Seconds, and seconds per bit: of an unhurried reach, a choice. Fitts' tapping in haste
# was at 10 bits a second.
_BASE, _PER_BIT = 0.35, 0.12
# The thinnest target, metres.
_THINNEST = 0.01
# When the hand is widest, as a share of the movement, and how wide, metres.
PEAK = 0.7
_GROWS, _MARGIN = 0.8, 0.05
# When the hand has turned, as a share of the movement.
TURNED = 0.85
# Of the way's bend towards the approach: metres times a deceleration in movement times
# squared, over its length: the way bends by 7 % of its length.
BEND = 4.0


def seconds(distance: float, depth: float) -> float:
    """How long a hand takes over a distance to a thing of some depth, metres."""
    # What is at hand takes as long as something of one bit.
    bits = math.log2(max(2 * distance / max(depth, _THINNEST), 2.0))
    return _BASE + _PER_BIT * bits


def widest(size: float) -> float:
    """Metres between thumb and index finger at their widest, for a thing's size."""
    return _GROWS * size + _MARGIN


def progress(s: Array) -> np.ndarray:
    """Progress from 0 to 1 of a movement of least jerk, over its time 0 to 1. [...]."""
    s = np.clip(s, 0.0, 1.0)
    return s**3 * (10 + s * (6 * s - 15))


def transport(s: Array, start: Array, end: Array, approach: Array) -> np.ndarray:
    """Places [..., 3] of the wrist over its time.

    Args:
      s: [...] from 0 to 1.
      start: [3] metres.
      end: [3] metres.
      approach: [3] unit vector along which the way ends.
    """
    s = np.clip(np.asarray(s, float), 0.0, 1.0)[..., None]
    start, end = np.asarray(start, float), np.asarray(end, float)
    far = float(np.linalg.norm(end - start))
    late = 0.5 * BEND * min(far, 0.5) * (1 - s) ** 2 * s**3
    return start + progress(s) * (end - start) - late * np.asarray(approach)


def turning(s: Array, start: Array, end: Array) -> np.ndarray:
    """Quaternions [..., 4] of a hand that turns between two rotations [3, 3].

    It has the last one a little before it is there (`TURNED`), so that its fingers
    come to the thing the way that they will hold it.
    """
    first, last = (Rotation.from_matrix(np.asarray(x)) for x in (start, end))
    between = (last * first.inv()).as_rotvec()
    share = progress(np.asarray(s, float) / TURNED)[..., None]
    turns = Rotation.from_rotvec(share * between) * first
    return turns.as_quat(scalar_first=True)


def opening(s: Array) -> tuple[np.ndarray, np.ndarray]:
    """Shares [...] of the open and of the closed hand; the rest is the hand at rest."""
    s = np.asarray(s, float)
    opened, closed = progress(s / PEAK), progress((s - PEAK) / (1 - PEAK))
    return opened * (1 - closed), closed
