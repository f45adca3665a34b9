"""What association did: counts by camera and person, and why there is nobody."""

import dataclasses

import numpy as np

from lmmjax.capture.associate.options import Options
from lmmjax.capture.keypoints import Keypoints2D


@dataclasses.dataclass(frozen=True)
class Report:
    """Counts over the frames of one call.

    Attributes:
      frames: number of frames.
      fast_frames: of them, those in which one person was seen alone.
      detections: by camera, detections with any keypoint.
      assigned: by camera, those that became a person's.
      sparse: by camera, those dropped with too few keypoints to compare.
      nobody: by camera, those dropped because they belong to nobody.
      mirrored: by camera, whole bodies whose sides were exchanged.
      mirrored_parts: by camera, parts of other bodies whose sides were.
      people: by person, frames with any view and with at least two.
      problem: why there is nobody, or "".
    """

    frames: int
    fast_frames: int
    detections: dict[str, int]
    assigned: dict[str, int]
    sparse: dict[str, int]
    nobody: dict[str, int]
    mirrored: dict[str, int]
    mirrored_parts: dict[str, int]
    people: dict[str, tuple[int, int]]
    problem: str

    def __str__(self) -> str:
        if self.problem:
            return self.problem
        total, mine = sum(self.detections.values()), sum(self.assigned.values())
        swaps = sum(self.mirrored.values()), sum(self.mirrored_parts.values())
        return (
            f"{len(self.people)} people in {self.frames} frames; {mine} of {total} "
            f"detections are theirs; sides exchanged in {swaps[0]} bodies and "
            f"{swaps[1]} parts"
        )


def make_report(
    views: list[Keypoints2D],
    number: np.ndarray,
    person: np.ndarray,
    mirrored: np.ndarray,
    compared: np.ndarray,
    fast: int,
    options: Options,
) -> Report:
    """Count what was done.

    Args:
      views: V views as they came.
      number: [T, V, P] track of a detection, -1 for none.
      person: [T, V, P] whose a detection is, 0 for nobody's.
      mirrored: [T, V, P, parts] which parts were exchanged.
      compared: [T, V, P] number of keypoints that could be compared.
      fast: frames in which one person was seen alone.
      options: limits.
    """
    there = np.zeros(person.shape, bool)
    for v, view in enumerate(views):
        there[:, v, : view.xy.shape[1]] = (~view.missing).any(-1)
    mine = there & (person > 0)
    sparse = there & ~mine & (compared < options.least_keypoints)
    # The body as a whole is mirrored where its head, which never is alone, is.
    whole = mine & mirrored[..., -1]
    parts = np.where(mine & ~whole, mirrored.sum(-1), 0)
    names = [view.camera for view in views]
    people = np.unique(person[person > 0]).tolist()

    def by_camera(counts: np.ndarray) -> dict[str, int]:
        return dict(zip(names, counts.sum((0, 2)).tolist(), strict=True))

    seen = {p: (person == p).any(-1).sum(-1) for p in people}
    return Report(
        frames=len(person),
        fast_frames=fast,
        detections=by_camera(there),
        assigned=by_camera(mine),
        sparse=by_camera(sparse),
        nobody=by_camera(there & ~mine & ~sparse),
        mirrored=by_camera(whole),
        mirrored_parts=by_camera(parts),
        people={
            str(p): (int((n > 0).sum()), int((n > 1).sum())) for p, n in seen.items()
        },
        problem="" if people else _problem(number, there, compared, names, options),
    )


def _problem(number, there, compared, names, options) -> str:
    usable = compared >= options.least_keypoints
    if not there.any():
        why = "no view has a single keypoint; check the detector"
    elif not usable.any():
        why = (
            f"no detection has {options.least_keypoints} keypoints that another view "
            f"has too and that are surer than {options.confidence:g}; lower "
            "least_keypoints or confidence, or check the names of the keypoints"
        )
    elif usable.any(-1).sum(-1).max() < 2:
        why = (
            "no two views see anyone in the same frame; check the synchronisation and "
            f"that {', '.join(names)} show the same place"
        )
    elif (number < 0).all():
        why = (
            "detections of different views do not meet in space; check that "
            "calibration, picture sizes and synchronisation are of these views"
        )
    else:
        why = (
            f"nobody was in two views for {options.confirm} frames; lower confirm if "
            "short glimpses count"
        )
    return f"nobody was found: {why}"
