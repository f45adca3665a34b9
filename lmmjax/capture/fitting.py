"""Points of one person to a movement: a body with bones of its own, fitted to them."""

from typing import NamedTuple

import numpy as np

from kinematics import inverse
from kinematics.bodies.placement import placement
from kinematics.motion import Motion
from kinematics.points import Points3D
from kinematics.skeleton import Skeleton
from lmmjax.capture.errors import CaptureError

# Of the keypoints that a body has, the share that makes a frame one to believe. With
# half of a body unseen the rest is still held by limits and bones. A choice.
_ENOUGH_SEEN = 0.5
# Fewest landmarks that hold a body: three fix a frame, a limb needs more.
_FEWEST = 6


class Fitted(NamedTuple):
    """A movement and where it can be believed.

    Attributes:
      motion: T frames, on a skeleton with the person's bones.
      known: [T] whether enough of the person was seen; other frames are filled in.
      residual_m: [K] root mean square distance of each point from the body; NaN for
        points that the body does not have.
    """

    motion: Motion
    known: np.ndarray
    residual_m: np.ndarray


def fit_body(points: Points3D, body: Skeleton, *, bones: bool = True) -> Fitted:
    """Fit a body to the points of one person.

    Args:
      points: [T, K, 3] by landmark, with covariances if they are known.
      body: a body of `kinematics.bodies`, whose limits are obeyed.
      bones: whether lengths of bones are fitted, or those of the body kept.

    Raises:
      CaptureError: too few of the points are landmarks of the body, or none is seen.
    """
    places = placement(body)
    names = [name for name in points.names if name in places]
    if len(names) < _FEWEST:
        raise CaptureError(
            f"of the points {', '.join(points.names)} only {len(names)} are landmarks "
            f"of this body; {_FEWEST} are needed"
        )
    chosen = points.select(names)
    chosen_places = [(name, places[name]) for name in names]
    seen = np.asarray(~chosen.missing)
    if not seen.any():
        raise CaptureError("no point of this person is known in any frame")
    found = inverse.fit(
        chosen.positions,
        body,
        {name: (joint, where.tolist()) for name, (joint, where) in chosen_places},
        covariance=chosen.covariances,
        fps=points.fps,
        fit_bones=bones,
    )
    residual = np.full(len(points.names), np.nan)
    residual[[points.names.index(n) for n in names]] = found.report.residuals
    motion = found.motion.numpy().replace(name=points.name)
    return Fitted(motion, seen.mean(-1) >= _ENOUGH_SEEN, residual)
