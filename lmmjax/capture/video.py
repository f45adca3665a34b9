"""Videos: pictures and their times, read by OpenCV; skeletons drawn on pictures."""

import colorsys
import dataclasses
import itertools
import os
import pathlib
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from kinematics.bodies import joint_sets
from kinematics.bodies.joint_sets import joint_set
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import Keypoints2D

# A stream may be shorter than its header says by this much (a choice): the count of
# frames in the header of some containers is only duration times rate.
_SHORT_S = 1.0
# Frames up to here are reached by decoding; a jump to a key frame costs as much.
_NEAR = 100
_FRACTION_BITS = 4
_GOLDEN = 0.618034


@dataclasses.dataclass(frozen=True)
class Video:
    """A video file. Open one with `open_video`.

    Attributes:
      path: the file.
      fps: frames per second, on average, as the file says.
      size: width and height in pixels, after the rotation that the file asks for.
      count: how many frames the file says it has.
    """

    path: pathlib.Path
    fps: float
    size: tuple[int, int]
    count: int

    def __len__(self) -> int:
        return self.count

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """Pictures [H, W, 3] uint8 RGB from ``start`` to before ``stop``.

        Without ``stop`` all that there are.

        Raises:
          CaptureError: ``start`` is not in the video; or the video ends before
            ``stop`` or more than a second before the end that it says.
        """
        if not 0 <= start <= self.count or (stop is not None and stop < start):
            raise CaptureError(
                f"{self.path}: frames {start} to {stop} are asked of {self.count}"
            )
        with _opened(self.path) as capture:
            _go_to(capture, start, self.fps)
            at = start
            while stop is None or at < stop:
                good, picture = capture.read()
                if not good:
                    break
                yield cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
                at += 1
        enough = self.count - _SHORT_S * self.fps if stop is None else stop
        if at < enough:
            raise CaptureError(
                f"{self.path}: the video ends after {at} of {self.count} frames; the "
                "file is cut or damaged; copy it again, or stop at that frame"
            )

    def times(self) -> np.ndarray:
        """[T] seconds at which frames are shown, from 0 on, as the file has them.

        Phones vary their rate, so times are not frames over `fps`. All frames are
        decoded for this; those are counted that are there.
        """
        seconds: list[float] = []
        with _opened(self.path) as capture:
            while capture.grab():
                seconds.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        if not seconds:
            raise CaptureError(f"{self.path}: no frame of the video can be decoded")
        times = np.array(seconds)
        # Streams without time stamps come with zeros.
        if (np.diff(times) <= 0).any():
            return np.arange(len(times)) / self.fps
        return times - times[0]


def open_video(path: str | os.PathLike) -> Video:
    """Open a video of any format that OpenCV's FFmpeg decodes.

    Raises:
      CaptureError: it is no video, or has no rate or no picture.
      FileNotFoundError: there is no such file.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no video {path}")
    with _opened(path) as capture:
        fps = capture.get(cv2.CAP_PROP_FPS)
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        good, picture = capture.read()
    if not good:
        raise CaptureError(f"{path}: no frame of the video can be decoded")
    if not 0 < fps < np.inf:
        raise CaptureError(
            f"{path}: the video has no frame rate; convert it, such as with "
            "ffmpeg -i in.avi out.mp4"
        )
    # Some streams have no count in their header; it is negative or 0 then.
    if count <= 0:
        with _opened(path) as capture:
            count = sum(1 for _ in iter(capture.grab, False))
    height, width = picture.shape[:2]
    return Video(path, fps, (width, height), count)


def overlay(
    picture: np.ndarray,
    keypoints: Keypoints2D,
    frame: int = 0,
    links: Sequence[tuple[str, str]] | None = None,
) -> np.ndarray:
    """Draw the people of a frame on a picture.

    Args:
      picture: [H, W, 3] uint8 RGB, left as it is.
      keypoints: of the same camera.
      frame: index of the frame in ``keypoints``.
      links: pairs of names to draw lines between; by default `skeleton_links`.
        Lines and points that are missing are left out.

    Returns:
      [H, W, 3] uint8 RGB; each person slot has its colour.

    Raises:
      KeyError: a link has a name that is not among the keypoints.
    """
    links = skeleton_links(keypoints.names) if links is None else links
    unknown = [n for n in itertools.chain(*links) if n not in keypoints.names]
    if unknown:
        raise KeyError(f"no keypoint {unknown[0]!r} among {list(keypoints.names)}")
    pairs = [(keypoints.names.index(a), keypoints.names.index(b)) for a, b in links]
    drawn = np.ascontiguousarray(picture).copy()
    height, width = drawn.shape[:2]
    thick = max(round(min(height, width) / 300), 1)
    # OpenCV's whole numbers overflow far outside of the picture.
    far = 4 * max(height, width)
    for p, xy in enumerate(keypoints.xy[frame]):
        colour = _colour(p)
        there = (np.abs(xy) < far).all(-1)
        points = np.where(there[:, None], xy, 0) * 2**_FRACTION_BITS
        points = np.rint(points).astype(int).tolist()
        for a, b in pairs:
            if there[a] and there[b]:
                cv2.line(
                    drawn,
                    points[a],
                    points[b],
                    colour,
                    thick,
                    cv2.LINE_AA,
                    _FRACTION_BITS,
                )
        for k in np.flatnonzero(there):
            radius = (thick + 1) * 2**_FRACTION_BITS
            cv2.circle(
                drawn, points[k], radius, colour, -1, cv2.LINE_AA, _FRACTION_BITS
            )
    return drawn


def skeleton_links(names: Sequence[str]) -> list[tuple[str, str]]:
    """Links between landmarks, those of the joint set that has the most of them."""

    def found(known: str) -> list[tuple[str, str]]:
        marks = joint_set(known).landmarks
        pairs = [(marks[a], marks[b]) for a, b in joint_set(known).links]
        return [(a, b) for a, b in pairs if a in names and b in names]

    return max((found(known) for known in joint_sets.NAMES), key=len)


def _colour(person: int) -> tuple[int, int, int]:
    """A colour far from those of the people before."""
    red, green, blue = colorsys.hsv_to_rgb(person * _GOLDEN % 1, 0.8, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)


class _opened:
    """A capture that is released in any case."""

    def __init__(self, path: pathlib.Path):
        self.path = path

    def __enter__(self) -> cv2.VideoCapture:
        self.capture = cv2.VideoCapture(os.fspath(self.path))
        if not self.capture.isOpened():
            raise CaptureError(
                f"{self.path}: OpenCV cannot open this as a video; convert it, such as "
                "with ffmpeg -i in.mov out.mp4, or copy it again"
            )
        return self.capture

    def __exit__(self, *_) -> None:
        self.capture.release()


def _go_to(capture: cv2.VideoCapture, frame: int, fps: float) -> None:
    """Make ``frame`` the next one to read, by a jump only where that is exact."""
    if frame > _NEAR:
        capture.set(cv2.CAP_PROP_POS_FRAMES, frame - 1)
        if capture.grab():
            seconds = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            if abs(seconds * fps - (frame - 1)) < 0.5:
                return
        capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
    for _ in range(frame):
        if not capture.grab():
            return
