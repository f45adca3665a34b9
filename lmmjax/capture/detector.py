"""Detectors: pictures to keypoints, by a model of the user's own.

No model is part of this library, and none is fetched. A detector is anything with
``names`` that can be called with a picture; `detect` runs one over a video, and
`mediapipe_detector` makes one of a model file of MediaPipe.
"""

import os
import pathlib
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import tqdm

from lmmjax.capture.detections.blazepose import pixels
from lmmjax.capture.detections.layouts import layout
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import Keypoints2D, make_keypoints
from lmmjax.capture.video import Video

_GUIDE = "https://ai.google.dev/edge/mediapipe/solutions/vision/pose_landmarker#models"


class Detector(Protocol):
    """What finds people in pictures."""

    @property
    def names(self) -> Sequence[str]:
        """K landmark names, see `kinematics.bodies.joint_sets`."""

    def __call__(self, picture: np.ndarray) -> Sequence[np.ndarray]:
        """Find the people in a picture.

        Args:
          picture: [H, W, 3] uint8 RGB.

        Returns:
          For each person [K, 3]: x and y in pixels, the centre of the top-left pixel
          at (0, 0), and a confidence from 0, which is missing, to 1.
        """


def detect(
    video: Video,
    detector: Detector,
    progress: bool = True,
    *,
    camera: str | None = None,
    start: int = 0,
    stop: int | None = None,
) -> Keypoints2D:
    """Find the people in the frames of a video.

    Args:
      video: the video.
      detector: the detector; people come in its order, which may change from frame
        to frame.
      progress: whether to show a progress bar.
      camera: name of the camera, by default the name of the file.
      start: first frame.
      stop: the frame to stop before; by default the end.

    Returns:
      The keypoints.

    Raises:
      CaptureError: the video ends early, or the detector hands over something else
        than [K, 3]; names the frame.
    """
    names = tuple(detector.names)
    found: list[np.ndarray] = []
    total = (video.count if stop is None else stop) - start
    pictures = video.frames(start, stop)
    bar = tqdm.tqdm(pictures, video.path.name, total, disable=not progress)
    for number, picture in enumerate(bar, start):
        people = [np.asarray(person, np.float32) for person in detector(picture)]
        for person in people:
            if person.shape != (len(names), 3):
                raise CaptureError(
                    f"{video.path}: frame {number}: the detector gave "
                    f"{list(person.shape)} for a person, not [{len(names)}, 3]"
                )
        found.append(np.stack(people) if people else np.empty((0, len(names), 3)))
    if not found:
        raise CaptureError(f"{video.path}: there are no frames from {start} on")
    most = max(1, *(len(people) for people in found))
    values = np.full((len(found), most, len(names), 3), np.nan, np.float32)
    for row, frame in zip(values, found, strict=True):
        row[: len(frame)] = frame
    return make_keypoints(
        camera or video.path.stem,
        names,
        values[..., :2],
        values[..., 2],
        video.fps,
        video.size,
        start=start,
    )


class MediaPipeDetector:
    """BlazePose by MediaPipe's PoseLandmarker; see `mediapipe_detector`."""

    names: tuple[str, ...] = layout("blazepose33").landmarks

    def __init__(self, landmarker: Any, mediapipe: Any):
        self._landmarker = landmarker
        self._mediapipe = mediapipe

    def __call__(self, picture: np.ndarray) -> list[np.ndarray]:
        """People in a picture; see `Detector`."""
        image = self._mediapipe.Image(
            image_format=self._mediapipe.ImageFormat.SRGB,
            data=np.ascontiguousarray(picture),
        )
        height, width = picture.shape[:2]
        people = []
        for landmarks in self._landmarker.detect(image).pose_landmarks:
            person = np.array(
                [[mark.x, mark.y, mark.visibility or 0] for mark in landmarks],
                np.float32,
            )
            person[:, :2] = pixels(person[:, :2], (width, height))
            people.append(person)
        return people

    def close(self) -> None:
        """Free the model."""
        self._landmarker.close()


def mediapipe_detector(
    model_path: str | os.PathLike, people: int = 1, min_confidence: float = 0.5
) -> MediaPipeDetector:
    """Make a detector of 33 landmarks of a model file of MediaPipe.

    Pictures are taken one by one (running mode IMAGE), so that a detector can be used
    for several videos, and a person who was lost is found again at once.

    Args:
      model_path: the ``.task`` file. Download it yourself: ``pose_landmarker_lite``,
        ``_full`` or ``_heavy``, from Google's guide,
        https://ai.google.dev/edge/mediapipe/solutions/vision/pose_landmarker#models,
        under the terms that are stated there.
      people: how many people to look for at most.
      min_confidence: of a detection and of a pose, below which it is nobody; 0.5 is
        MediaPipe's own default.

    Raises:
      CaptureError: mediapipe is not installed, or the model cannot be loaded.
      FileNotFoundError: there is no such file; says where to get one.
    """
    path = pathlib.Path(model_path)
    if not path.is_file():
        raise FileNotFoundError(
            f"no model {path}; download a pose_landmarker .task file from {_GUIDE}"
        )
    try:
        import mediapipe
    except ImportError as error:
        raise CaptureError(
            "mediapipe is not installed; pip install mediapipe"
        ) from error
    vision = mediapipe.tasks.vision
    options = vision.PoseLandmarkerOptions(
        base_options=mediapipe.tasks.BaseOptions(model_asset_path=os.fspath(path)),
        running_mode=vision.RunningMode.IMAGE,
        num_poses=people,
        min_pose_detection_confidence=min_confidence,
        min_pose_presence_confidence=min_confidence,
    )
    try:
        landmarker = vision.PoseLandmarker.create_from_options(options)
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise CaptureError(
            f"{path}: MediaPipe cannot load this model ({reason}); get a "
            f"pose_landmarker .task file from {_GUIDE}"
        ) from error
    return MediaPipeDetector(landmarker, mediapipe)
