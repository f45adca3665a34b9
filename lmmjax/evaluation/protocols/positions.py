"""The CMU benchmark's own positions and joints, as its published code computes them.

All is in float64 NumPy and in the benchmark's units and axes: x left, y up and z
forward of a pelvis that neither moves nor turns, since the code drops the root's path.
It is the truth that every method is measured against.
"""

import numpy as np

from kinematics.bodies import cmu38
from kinematics.bodies.mocap import METRE
from lmmjax.data.cmu_benchmark.files import JOINTS
from lmmjax.data.cmu_benchmark.movement import AXES, exponential_map

# Units per unit of the ASF files. The papers call the result millimetres.
SCALE = 70.0
# True millimetres per unit of the benchmark: 0.806.
TRUE_MM = 1e3 * METRE / SCALE
# Joints that methods do not predict: those that do not move against the pelvis, and
# those that lie where another joint lies, from which they are copied.
STILL = (0, 1, 2, 7, 8, 13)
COPIED = {16: 15, 20: 15, 29: 15, 24: 23, 27: 23, 33: 32, 36: 32}
PREDICTED_JOINTS = tuple(j for j in range(JOINTS) if j not in {*STILL, *COPIED})
# How often each joint's error counts in the mean, with the copies of it.
JOINT_WEIGHTS = tuple(
    float((j in PREDICTED_JOINTS) + list(COPIED.values()).count(j))
    for j in range(JOINTS)
)


def positions(rows: np.ndarray) -> np.ndarray:
    """Joint positions [..., 38, 3] in units of the benchmark from rows [..., 117]."""
    parents = cmu38().parents
    # The files of the library give five decimals, which float32 metres still hold.
    offsets = SCALE * np.round(cmu38().offsets.astype(float) @ AXES / METRE, 5)
    turns = exponential_map(rows[..., 3:].reshape(*rows.shape[:-1], JOINTS, 3))
    places = np.zeros((*rows.shape[:-1], JOINTS, 3))
    for j in range(1, JOINTS):
        up = parents[j]
        if up == 0:
            places[..., j, :] = offsets[j]
        else:
            turns[..., j, :, :] = turns[..., j, :, :] @ turns[..., up, :, :]
            places[..., j, :] = offsets[j] @ turns[..., up, :, :] + places[..., up, :]
    return places


def from_metres(places: np.ndarray) -> np.ndarray:
    """Positions [..., 3] m in canonical axes in the benchmark's units and axes."""
    return np.asarray(places, float) @ AXES * (SCALE / METRE)


def judged(predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """What the benchmark measures of a prediction, positions [..., 38, 3] each.

    The 25 predicted joints are taken from the prediction, copies from the joint that
    lies where they lie, and the joints that cannot move from the truth.
    """
    full = np.array(true, float)
    full[..., PREDICTED_JOINTS, :] = predicted[..., PREDICTED_JOINTS, :]
    full[..., list(COPIED), :] = full[..., list(COPIED.values()), :]
    return full
