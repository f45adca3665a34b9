"""Laws of calibrating from people alone: cameras come back, upright and in metres."""

import numpy as np
import pytest

from lmmjax.capture.calibration import initial
from lmmjax.capture.calibration.checkerboard import Intrinsics
from lmmjax.capture.errors import CaptureError
from tests.lmmjax.capture.calibration import rig

TRUTH = rig.ring(4)
STATURE = 1.8
JOINTS = [f"{side}_{j}" for side in ("left", "right") for j in ("hip", "knee", "ankle")]


def person(frames=150):
    """[T, 7, 3] legs and a head of somebody of that stature, walking in a loop."""
    t = np.arange(frames) / 15
    root = np.stack([1.2 * np.sin(t), 1.5 * np.cos(0.7 * t), np.full(frames, 0.95)], -1)
    legs = []
    for side in (-1, 1):
        swing = side * 0.4 * np.sin(4 * t)
        down = np.stack([np.sin(swing), np.zeros(frames), -np.cos(swing)], -1)
        hip = root + np.array([0, 0.1 * side, 0])
        knee = hip + 0.245 * STATURE * down
        legs += [hip, knee, knee + 0.246 * STATURE * down]
    return np.stack([*legs, root + np.array([0, 0, 0.8])], 1)


def views(**options):
    names = (*JOINTS, "nose")
    seen = rig.watched(TRUTH, person(), **options)
    return [view.replace(names=names) for view in seen]


def lenses():
    return {
        name: Intrinsics(c.matrix, c.distortion[:4], rig.SIZE, False, 0.2, (), {})
        for name, c in zip(TRUTH.names, TRUTH.cameras, strict=True)
    }


def test_cameras_come_back_in_metres_and_upright():
    found = initial.initial(views(), lenses(), STATURE)
    assert (found.names, found.sizes) == (TRUTH.names, TRUTH.sizes)
    metres, degrees = rig.distances(TRUTH, found)
    assert metres.max() < 0.15
    assert degrees.max() < 2
    apart = [np.linalg.norm(c.centers[0] - c.centers[2]) for c in (found, TRUTH)]
    np.testing.assert_allclose(*apart, rtol=0.03)
    # Heights above the floor need scale, floor and upright all at once.
    np.testing.assert_allclose(found.centers[:, 2], TRUTH.centers[:, 2], atol=0.25)


def test_what_is_missing_is_told():
    seen = views()
    with pytest.raises(CaptureError, match="camera 'cam_01': its lens is not"):
        initial.initial(seen, {}, STATURE)
    legless = [view.select(["nose"]) for view in seen]
    with pytest.raises(CaptureError, match="the views have no left_hip"):
        initial.initial(legless, lenses(), STATURE)
    short = [view[:5] for view in seen]
    with pytest.raises(CaptureError, match="share 50 keypoints"):
        initial.initial(short, lenses(), STATURE)
    blind = seen[3].replace(confidence=np.zeros_like(seen[3].confidence))
    with pytest.raises(CaptureError, match="'cam_04' shares fewer than 50 good points"):
        initial.initial([*seen[:3], blind], lenses(), STATURE)
