"""Keypoints in the picture of one camera: the noun that detectors hand over."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from lmmjax.capture.errors import CaptureError


@dataclasses.dataclass(frozen=True)
class Keypoints2D:
    """What a detector saw in one camera: T frames, up to P people, K keypoints.

    Joints go by the landmark names of `kinematics.bodies.joint_sets`, whatever the
    detector, so that views of different detectors meet by name.

    Attributes:
      camera: name of the camera.
      names: K unique landmark names, such as ``left_knee``.
      xy: [T, P, K, 2] float32 pixels, the centre of the top-left pixel at (0, 0);
        NaN where a keypoint is missing.
      confidence: [T, P, K] float32 from 0 to 1; 0 where missing.
      fps: frames per second.
      size: width and height of the picture in pixels, or None where not known.
      people: P names where a slot is one person throughout; () where the people of
        a frame come in any order.
      start: number of the first frame of these in the recording of the camera.
    """

    camera: str
    names: tuple[str, ...]
    xy: np.ndarray
    confidence: np.ndarray
    fps: float
    size: tuple[int, int] | None = None
    people: tuple[str, ...] = ()
    start: int = 0

    def __len__(self) -> int:
        return self.xy.shape[0]

    @property
    def missing(self) -> np.ndarray:
        """[T, P, K] whether a keypoint is not known."""
        return ~(self.confidence > 0)

    def __getitem__(self, frames: slice) -> "Keypoints2D":
        """The keypoints over a slice of the frames, without gaps."""
        start, _, step = frames.indices(len(self))
        if step != 1:
            raise ValueError("keypoints can be cut, not thinned")
        return self.replace(
            xy=self.xy[frames],
            confidence=self.confidence[frames],
            start=self.start + start,
        )

    def select(self, names: Sequence[str]) -> "Keypoints2D":
        """Some keypoints, by name and in that order; one not here is missing."""
        xy = np.full((*self.xy.shape[:2], len(names), 2), np.nan, np.float32)
        confidence = np.zeros(xy.shape[:-1], np.float32)
        for k, name in enumerate(names):
            if name in self.names:
                j = self.names.index(name)
                xy[:, :, k], confidence[:, :, k] = (
                    self.xy[:, :, j],
                    self.confidence[:, :, j],
                )
        return self.replace(names=tuple(names), xy=xy, confidence=confidence)

    def replace(self, **changes) -> "Keypoints2D":
        """The same keypoints with some fields changed."""
        return dataclasses.replace(self, **changes)


def make_keypoints(
    camera: str,
    names: Sequence[str],
    xy: np.ndarray,
    confidence: np.ndarray | None = None,
    fps: float = 30.0,
    size: tuple[int, int] | None = None,
    people: Sequence[str] = (),
    start: int = 0,
) -> Keypoints2D:
    """Build and check keypoints.

    Args:
      camera: name of the camera.
      names: K unique names.
      xy: [T, P, K, 2] pixels. A keypoint is missing, and becomes NaN as a whole,
        where a number is not finite, where both are 0, or without confidence.
      confidence: [T, P, K], clipped to 0 to 1; None for 1 everywhere.
      fps: frames per second, above 0.
      size: width and height in pixels.
      people: P names, or ().
      start: number of the first frame.

    Raises:
      CaptureError: says what is wrong, and in which camera.
    """
    names, people = tuple(names), tuple(people)
    xy = np.array(xy, np.float32)
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise CaptureError(f"camera {camera!r}: keypoint {twice[0]!r} appears twice")
    if xy.ndim != 4 or xy.shape[2:] != (len(names), 2):
        raise CaptureError(
            f"camera {camera!r}: keypoints must be [frames, people, {len(names)}, 2], "
            f"not {list(xy.shape)}"
        )
    if people and len(people) != xy.shape[1]:
        raise CaptureError(
            f"camera {camera!r}: {len(people)} names for {xy.shape[1]} people"
        )
    if not 0 < fps < np.inf:
        raise CaptureError(f"camera {camera!r}: fps must be above 0, not {fps}")
    if confidence is None:
        confidence = np.ones(xy.shape[:-1], np.float32)
    confidence = np.array(confidence, np.float32)
    if confidence.shape != xy.shape[:-1]:
        raise CaptureError(
            f"camera {camera!r}: confidence must be {list(xy.shape[:-1])}, not "
            f"{list(confidence.shape)}"
        )
    # Detectors write 0, 0 for what they did not find.
    known = np.isfinite(xy).all(-1) & (xy != 0).any(-1) & (confidence > 0)
    xy[~known] = np.nan
    confidence = np.where(known, np.minimum(confidence, 1), 0).astype(np.float32)
    return Keypoints2D(camera, names, xy, confidence, float(fps), size, people, start)
