"""VIBE and PARE: SMPL bodies that were estimated from one moving picture.

Kocabas et al., "VIBE: video inference for human body pose and shape estimation"
(CVPR 2020) and "PARE: part attention regressor for 3D human body estimation" (ICCV
2021). Their demos write with joblib: of a video, a dictionary by track; of a folder
of pictures, PARE writes one file per picture.

What one camera cannot tell is left plain:

- The camera is taken to be level; see `world`.
- It is a weak perspective: a scale instead of a distance. Sideways and upwards the
  body is where the picture shows it, in metres at the size of the body; how far away
  it is follows from the scale and the focal length where that is given, and is 0
  throughout otherwise.
- Height is measured from the lowest joint of the person's track.

The bones are those of the standard body `kinematics.bodies.smpl24`; the estimated
``betas`` would need the model's licensed file.
"""

import os
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from kinematics.bodies import joint_set
from kinematics.motion import Motion
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.monocular import joblib_file, smpl_motion, world
from lmmjax.capture.monocular.documents import frame_files, problem
from lmmjax.capture.monocular.people import required_rate
from lmmjax.capture.names import natural_key

# SMPL's own pelvis among the 49 joints, named "OP MidHip" by SPIN's constants.py.
_PELVIS = joint_set("vibe49").index("OP MidHip")
_JOINTS = 24


def read_video(
    path: str | os.PathLike, *, fps: float | None = None, focal_px: float | None = None
) -> dict[str, Motion]:
    """Read ``vibe_output.pkl`` or ``pare_output.pkl`` of a video.

    Args:
      path: the file.
      fps: frames per second of the video; the file does not have it.
      focal_px: focal length of the camera in pixels of the video, for the distance.

    Returns:
      Motions by track; see `smpl_motion.runs` for tracks with gaps.

    Raises:
      CaptureError: the file is none of VIBE or PARE, or has nobody in it.
      OSError: it cannot be read.
    """
    raw = joblib_file.load(path)
    if not is_video(raw):
        raise problem(
            path, "it is no dictionary of tracks with a pose each", "give VIBE's output"
        )
    rate = required_rate(path, fps)
    stem = pathlib.Path(path).stem
    found: dict[str, Motion] = {}
    for track in sorted(raw, key=natural_key):
        try:
            found |= _track(raw[track], rate, focal_px, str(track), stem)
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(path, f"track {track}", error) from error
    if not found:
        raise problem(path, "no track has a frame", "run the detector on another clip")
    return found


def read_pictures(
    path: str | os.PathLike, *, fps: float | None = None, focal_px: float | None = None
) -> dict[str, Motion]:
    """Read what PARE wrote of pictures: one file, or the folder of all.

    Args:
      path: a .pkl of one picture, or the folder of them.
      fps: frames per second that the pictures were taken at.
      focal_px: focal length of the camera in pixels, for the distance.

    Returns:
      Where no picture has more than one person, the pictures are the frames of
      person ``0``. Otherwise nothing tells who is who: single frames by
      ``<picture>-<number in it>``.

    Raises:
      CaptureError: a file is none of PARE, or no picture has anybody in it.
      OSError: a file cannot be read.
    """
    rate = required_rate(path, fps)
    folder = pathlib.Path(path).is_dir()
    files = frame_files(path, ".pkl") if folder else [(0, os.fspath(path))]
    pictures = [(frame, _picture(file, focal_px)) for frame, file in files]
    most = max(len(turns) for _, (turns, _) in pictures)
    if most == 0:
        raise problem(path, "no picture has anybody in it", "give other pictures")
    stem = pathlib.Path(path).stem
    if most == 1:
        seen = [(frame, *picture) for frame, picture in pictures if len(picture[0])]
        numbers = [frame for frame, _, _ in seen]
        turns = np.concatenate([turns for _, turns, _ in seen])
        places = np.concatenate([places for _, _, places in seen])
        return smpl_motion.runs(numbers, turns, places, rate, "0", stem, True)
    found: dict[str, Motion] = {}
    for frame, (turns, places) in pictures:
        for k in range(len(turns)):
            one = slice(k, k + 1)
            who = f"{frame}-{k}"
            found |= smpl_motion.runs(
                [frame], turns[one], places[one], rate, who, stem, True
            )
    return found


def is_video(raw: Any) -> bool:
    """Whether a pickle is the output of VIBE or PARE for a video."""
    return (
        isinstance(raw, dict)
        and len(raw) > 0
        and all(isinstance(track, dict) and "pose" in track for track in raw.values())
    )


def is_picture(raw: Any) -> bool:
    """Whether a pickle is the output of PARE for a picture."""
    return isinstance(raw, dict) and "pred_pose" in raw


def _track(
    raw: Mapping[str, Any], fps: float, focal_px: float | None, track: str, stem: str
) -> dict[str, Motion]:
    pose = _numbers(raw["pose"], (-1, 3 * _JOINTS))
    if not len(pose):
        return {}
    frames = np.asarray(raw.get("frame_ids", np.arange(len(pose))))
    if frames.shape != (len(pose),) or frames.dtype.kind not in "iu":
        raise ValueError(f"frame_ids of shape {frames.shape} for {len(pose)} poses")
    turns = smpl_motion.matrices(pose)
    turns[:, 0] = smpl_motion.in_world(turns[:, 0], world.CAMERA)
    places = _places(raw, raw.get("joints3d"), len(pose), focal_px)
    numbers = [int(frame) for frame in frames]
    return smpl_motion.runs(numbers, turns, places, fps, track, stem, True)


def _picture(
    path: str | os.PathLike, focal_px: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """Rotations [P, 24, 3, 3] and root positions [P, 3] of the people of a picture."""
    raw = joblib_file.load(path)
    if not is_picture(raw):
        raise problem(path, "it has no pred_pose", "give PARE's output of a picture")
    try:
        pose = _numbers(raw["pred_pose"], (-1, _JOINTS, 3, 3))
        turns = smpl_motion.canonical(pose)
        turns[:, 0] = smpl_motion.in_world(turns[:, 0], world.CAMERA)
        return turns, _places(raw, raw.get("smpl_joints3d"), len(pose), focal_px)
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, "the picture", error) from error


def _places(
    raw: Mapping[str, Any], joints: Any, count: int, focal_px: float | None
) -> np.ndarray:
    """Where the pelvis is [T, 3] in the world, height from the camera.

    ``orig_cam`` has scales and a shift (sx, sy, tx, ty): a point X of the body is
    seen at s (X + t) of half the picture, y down, as VIBE's renderer.py has it. The
    scale s of ``pred_cam`` is of half the box with ``bboxes`` (cx, cy, w, h), so
    that s h / 2 are pixels per metre. Without ``orig_cam`` the body stays in place.
    """
    places = np.zeros((count, 3))
    if raw.get("orig_cam") is not None:
        places[:, :2] = _numbers(raw["orig_cam"], (count, 4))[:, 2:]
    if focal_px is not None:
        scale = _numbers(raw["pred_cam"], (count, 3))[:, 0]
        box = _numbers(raw["bboxes"], (count, 4))[:, 3]
        pixels_per_metre = scale * box / 2
        ahead = pixels_per_metre > 0
        places[:, 2] = focal_px / np.where(ahead, pixels_per_metre, np.nan)
    if joints is not None:
        # The model does not stand on its pelvis: its origin is near the chest.
        points = np.asarray(joints)
        places += _numbers(joints, (count, *points.shape[1:]))[:, _PELVIS]
    return world.turn(places, world.CAMERA)


def _numbers(value: Any, shape: tuple[int, ...]) -> np.ndarray:
    """An array of a shape, -1 any length, float64; ValueError says what it is."""
    array = np.asarray(value)
    fits = array.ndim == len(shape) and all(
        want in (-1, has) for want, has in zip(shape, array.shape, strict=True)
    )
    if not fits or array.dtype.kind not in "fiu":
        raise ValueError(f"{array.dtype} of shape {array.shape} instead of {shape}")
    return array.astype(float)


def _damaged(path, where: str, error: Exception) -> CaptureError:
    reason = f"no {error}" if isinstance(error, KeyError) else str(error)
    return problem(path, f"{where} has {reason}", "run the detector again")
