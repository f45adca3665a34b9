"""Laws of detectors: what they see is kept in order, and MediaPipe's in pixels."""

import dataclasses
import pathlib
import sys
import types

import numpy as np
import pytest

from lmmjax.capture.detector import detect, mediapipe_detector
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.video import Video


class Film(Video):
    """Frames that hold their number, without a file."""

    def frames(self, start=0, stop=None):
        for t in range(start, self.count if stop is None else stop):
            yield np.full((4, 6, 3), t, np.uint8)


FILM = Film(pathlib.Path("left.mp4"), 50.0, (6, 4), 5)


class Counter:
    """Sees as many people as the frame's number, beside each other."""

    names = ("nose", "left_hip")

    def __call__(self, picture):
        t = int(picture[0, 0, 0])
        return [[[p + 1, t + 1, 0.5], [0, 0, 0]] for p in range(t)]


def test_people_are_kept_frame_by_frame():
    found = detect(FILM, Counter(), progress=False)
    assert (found.camera, found.fps, found.size) == ("left", 50.0, (6, 4))
    assert found.names == Counter.names
    assert found.xy.shape == (5, 4, 2, 2)
    assert (~found.missing).sum((1, 2)).tolist() == [0, 1, 2, 3, 4]
    assert found.xy[3, 2, 0].tolist() == [3, 4]
    assert found.missing[..., 1].all()


def test_a_part_of_a_video_keeps_its_place(capsys):
    found = detect(FILM, Counter(), camera="a", start=2, stop=4)
    assert (found.camera, found.start, len(found)) == ("a", 2, 2)
    assert found.xy.shape[1] == 3
    assert "2/2" in capsys.readouterr().err


def test_frames_without_anybody_have_a_place(capsys):
    found = detect(FILM, Counter(), False, stop=1)
    assert found.xy.shape == (1, 1, 2, 2)
    assert found.missing.all()
    assert not capsys.readouterr().err
    with pytest.raises(CaptureError, match="there are no frames from 5 on"):
        detect(FILM, Counter(), False, start=5)


def test_a_detector_of_another_shape_is_an_error():
    def wrong(picture):
        return [np.zeros((3, 3))]

    wrong.names = ("nose",)
    with pytest.raises(CaptureError, match=r"frame 0: the detector gave \[3, 3\] for"):
        detect(FILM, wrong, False)


@dataclasses.dataclass
class Landmark:
    """As mediapipe.tasks.components.containers.NormalizedLandmark of 1.2."""

    x: float | None = None
    y: float | None = None
    z: float | None = None
    visibility: float | None = None
    presence: float | None = None
    name: str | None = None


@dataclasses.dataclass
class Options:
    """As mediapipe.tasks.vision.PoseLandmarkerOptions of 1.2."""

    base_options: object
    running_mode: str = "IMAGE"
    num_poses: int = 1
    min_pose_detection_confidence: float = 0.5
    min_pose_presence_confidence: float = 0.5
    min_tracking_confidence: float = 0.5
    output_segmentation_masks: bool = False
    result_callback: object = None


@dataclasses.dataclass
class BaseOptions:
    """As mediapipe.tasks.BaseOptions of 1.2."""

    model_asset_path: str | None = None
    model_asset_buffer: bytes | None = None
    delegate: object = None


class Landmarker:
    """As mediapipe.tasks.vision.PoseLandmarker, seeing people down the diagonal."""

    def __init__(self, options):
        self.options = options
        self.closed = False

    @classmethod
    def create_from_options(cls, options):
        if "bad" in options.base_options.model_asset_path:
            raise RuntimeError("Unable to open zip archive.")
        return cls(options)

    def detect(self, image, image_processing_options=None):
        assert image.image_format == "SRGB"
        assert image.data.flags.c_contiguous
        assert image.data.dtype == np.uint8
        people = [
            [
                Landmark((k + p) / 40, k / 40, -0.1, 0.9 if k else None)
                for k in range(33)
            ]
            for p in range(self.options.num_poses)
        ]
        return types.SimpleNamespace(pose_landmarks=people, pose_world_landmarks=[])

    def close(self):
        self.closed = True


@pytest.fixture
def mediapipe(monkeypatch):
    module = types.ModuleType("mediapipe")
    module.Image = types.SimpleNamespace
    module.ImageFormat = types.SimpleNamespace(SRGB="SRGB")
    module.tasks = types.SimpleNamespace(
        BaseOptions=BaseOptions,
        vision=types.SimpleNamespace(
            PoseLandmarkerOptions=Options,
            PoseLandmarker=Landmarker,
            RunningMode=types.SimpleNamespace(IMAGE="IMAGE"),
        ),
    )
    monkeypatch.setitem(sys.modules, "mediapipe", module)


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "pose_landmarker_lite.task"
    path.write_bytes(b"model")
    return path


def test_mediapipe_is_asked_as_it_wants(mediapipe, model):
    detector = mediapipe_detector(model, people=2, min_confidence=0.3)
    options = detector._landmarker.options
    assert options.base_options.model_asset_path == str(model)
    assert options.running_mode == "IMAGE"
    assert (options.num_poses, options.min_pose_presence_confidence) == (2, 0.3)
    # A picture that is not contiguous, such as a mirrored one.
    people = detector(np.zeros((400, 800, 3), np.uint8)[:, ::-1])
    assert [person.shape for person in people] == [(33, 3)] * 2
    np.testing.assert_allclose(people[1][4], [99.5, 39.5, 0.9], rtol=1e-6)
    assert people[0][0, 2] == 0
    detector.close()
    assert detector._landmarker.closed


def test_mediapipe_runs_over_a_video(mediapipe, model):
    found = detect(FILM, mediapipe_detector(model), False)
    assert found.names[0] == "nose"
    assert found.xy.shape == (5, 1, 33, 2)
    assert (~found.missing).sum() == 5 * 32


def test_what_is_lacking_is_said(mediapipe, model, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"download a pose_landmarker \.task"):
        mediapipe_detector(model.with_name("none.task"))
    bad = model.rename(model.with_name("bad.task"))
    with pytest.raises(CaptureError, match=r"cannot load this model \(Unable to open"):
        mediapipe_detector(bad)
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(CaptureError, match="not installed; pip install mediapipe"):
        mediapipe_detector(bad)
