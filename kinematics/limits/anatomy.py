"""Ranges of the standard human body that depend on the pose, by its anatomy.

Three muscles of the leg cross two joints, so that the one joint takes from the other:

* The hamstrings keep a knee from being straight while the hip is flexed by more than
  90 degrees (Kapandji, "The physiology of the joints", volume 2: flexion of the hip
  reaches 90 degrees with the knee extended). Beyond, the knee is taken to bend a
  degree for each degree of the hip; the hamstrings' arm about the hip is the longer
  one (Visser et al. 1990), so true knees must bend more.
* The rectus femoris takes about 20 degrees from the flexion of the knee while the hip
  is straight (ibid.: 120 degrees with the hip extended, 140 with the hip flexed). It
  is taken to be slack from 90 degrees of flexion of the hip.
* The gastrocnemius takes 13 degrees from the dorsiflexion of the ankle while the knee
  is straight, and nothing from 20 degrees of its flexion (Baumbach et al. 2014,
  "The influence of knee position on ankle dorsiflexion", under load).

Kapandji's numbers were read in summaries of the book. Dancers exceed the first: widen
the limits by their motion (`widen`, `fit`).
"""

import jax
import numpy as np

from kinematics.bodies.human import coordinate
from kinematics.limits import envelope
from kinematics.limits.widening import common_limits
from kinematics.skeleton import Skeleton

_STRAIGHT_LEG_HIP = 90.0
_RECTUS_FEMORIS = 20.0
_GASTROCNEMIUS = 13.0
_GASTROCNEMIUS_SLACK = 20.0


def anatomical(body: Skeleton) -> Skeleton:
    """A `human` whose knees and ankles are limited by muscles that cross two joints.

    Args:
      body: a skeleton with the joints and coordinates of `bodies.human`.

    Returns:
      The same body with couplings, in place of any it had.

    Raises:
      KeyError: the body has no such joints.
    """
    pairs = [
        (
            coordinate(body, f"{side}_{coupled}"),
            coordinate(body, f"{side}_{controlling}"),
        )
        for side in ("left", "right")
        for coupled, controlling in (
            ("knee_flexion", "hip_flexion"),
            ("ankle_dorsiflexion", "knee_flexion"),
        )
    ]
    couplings = envelope.unbound(body, sorted(pairs))
    share = np.linspace(0, 1, envelope.KNOTS)[:, None]
    by = np.rad2deg(couplings.start + share * (couplings.stop - couplings.start)).T
    bent = np.maximum(by - _STRAIGHT_LEG_HIP, 0)
    taken = _RECTUS_FEMORIS * (1 - np.clip(by / _STRAIGHT_LEG_HIP, 0, 1))
    calf = _GASTROCNEMIUS * (1 - np.clip(by / _GASTROCNEMIUS_SLACK, 0, 1))
    knees = {coordinate(body, f"{side}_knee_flexion") for side in ("left", "right")}
    knee = np.array([d in knees for d in couplings.coordinates])[:, None]
    low = np.where(knee, bent, 0)
    high = np.where(knee, taken, calf)
    couplings = couplings.replace(
        lower=couplings.lower + np.deg2rad(low, dtype=np.float32),
        upper=couplings.upper - np.deg2rad(high, dtype=np.float32),
    )
    return common_limits(jax.tree.map(np.asarray, body.replace(couplings=couplings)))
