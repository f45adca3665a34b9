"""A whole session in one call: a rig, people, footage, files."""

import os
from collections.abc import Sequence

import numpy as np

from kinematics.motion import Motion
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.synthetic.clocks import Clock
from lmmjax.capture.synthetic.film import Footage, film
from lmmjax.capture.synthetic.rig import ring
from lmmjax.capture.synthetic.write import Label, write_session


def make_session(
    folder: str | os.PathLike,
    motions: Sequence[Motion],
    *,
    cameras: int | Calibration = 8,
    fps: float = 60.0,
    clocks: Sequence[Clock] | None = None,
    labels: Sequence[Label] | None = None,
    gap_m: float = 1.5,
    seed: int = 0,
    name: str = "synthetic",
    **film_options,
) -> Footage:
    """Film people who move beside each other, and write the session.

    Args:
      folder: new or empty.
      motions: one clip per person; see `arrange` for where they move.
      cameras: how many around the people, or the rig itself.
      fps: of the truth and, without clocks, of the cameras.
      clocks: of each camera; see `film`.
      labels: see `write_session`; by default one per motion that has an action, from
        its first frame to its last.
      gap_m: metres between the middles of the people's paths.
      seed: equal seeds give equal sessions.
      name: what the session is called.
      **film_options: as `film` takes them: joints, noise_px, outliers, missing,
        false_people, swaps, occlusion.

    Returns:
      The footage that was written.

    Raises:
      CaptureError: see `film` and `write_session`.
    """
    placed = arrange(motions, gap_m)
    rig = cameras if isinstance(cameras, Calibration) else ring(cameras, seed=seed)
    footage = film(placed, rig, fps=fps, clocks=clocks, seed=seed, **film_options)
    if labels is None:
        labels = [
            (0.0, round(motion.duration, 6), motion.action, "", who)
            for motion, who in zip(motions, footage.people, strict=True)
            if motion.action
        ]
    write_session(folder, footage, rig, labels=labels, name=name)
    return footage


def arrange(motions: Sequence[Motion], gap_m: float = 1.5) -> list[Motion]:
    """The motions with the middles of their paths on a circle around the origin.

    Neighbours are ``gap_m`` apart; a single motion is in the middle. Nothing keeps
    people from walking through each other where their paths cross.
    """
    count = len(motions)
    radius = gap_m / (2 * np.sin(np.pi / count)) if count > 1 else 0.0
    placed = []
    for p, motion in enumerate(motions):
        path = np.asarray(motion.root_position)
        angle = 2 * np.pi * p / count
        target = radius * np.array([np.cos(angle), np.sin(angle)])
        shift = target - (path[:, :2].min(0) + path[:, :2].max(0)) / 2
        moved = path + np.append(shift, 0.0).astype(np.float32)
        placed.append(motion.replace(root_position=moved))
    return placed
