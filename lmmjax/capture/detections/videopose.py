"""NumPy archives of VideoPose3D, and those of its detector.

``data_2d_<dataset>_<name>.npz`` has ``positions_2d``: by subject (or video) and action
(``custom`` for videos) a list of arrays [T, 17, 2] in pixels, one for each camera, and
``metadata``. There is no confidence; every keypoint counts as 1. The detector's
``<video>.npz`` has ``boxes`` and ``keypoints``, for each frame ``[[], [n, 4, 17]]``
with rows x, y, logit and probability (inference/infer_video_d2.py and
data/prepare_data_2d_custom.py of https://github.com/facebookresearch/VideoPose3D).

Both hold Python objects, so they are read by `kinematics.formats.restricted_pickle`.
"""

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from lmmjax.capture.detections import scale
from lmmjax.capture.detections.layouts import by_count, layout
from lmmjax.capture.detections.source import Source, table_source
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.names import natural_order

_COCO, _H36M = {17: "coco17"}, {17: "h36m17"}
# Detectron's continuous coordinates have the picture's border at 0; its evaluation
# (evaluation/coco_evaluation.py of Detectron2) subtracts this for COCO's pixels.
_HALF_PIXEL = np.float32(0.5)


def from_detectron(
    path: pathlib.Path,
    arrays: Mapping[str, Any],
    camera: str,
    fps: float,
    size: tuple[int, int] | None,
    problems: list[str],
) -> Source:
    """Everyone that the detector found; arguments as of `open_keypoints`."""
    names = layout("coco17").landmarks
    numbers: list[int] = []
    people: list[np.ndarray] = []
    frames = np.atleast_1d(arrays["keypoints"])
    for t, classes in enumerate(frames):
        try:
            # Class 0 is the background.
            found = np.asarray(classes[1], np.float32)
        except (LookupError, TypeError, ValueError):
            found = np.full(1, np.nan)
        if not found.size:
            continue
        if found.ndim != 3 or found.shape[1:] != (4, len(names)):
            problems.append(
                f"{path}: frame {t}: left out, its keypoints are not "
                f"[people, 4, {len(names)}]"
            )
            continue
        people.append(np.moveaxis(found[:, (0, 1, 3)], 1, 2))
        numbers += [t] * len(found)
    if not people:
        raise CaptureError(
            f"{path}: there is nobody in any of its {len(frames)} frames"
        )
    values = np.concatenate(people)
    values[..., :2] -= _HALF_PIXEL
    if size is None and "metadata" in arrays:
        size = _size(_item(arrays["metadata"]))
    return table_source(
        camera,
        names,
        np.array(numbers),
        values,
        fps=fps,
        size=size,
        problems=problems,
        start=0,
        frames=len(frames),
    )


def from_positions(
    path: pathlib.Path,
    arrays: Mapping[str, Any],
    camera: str | None,
    name: str,
    fps: float,
    size: tuple[int, int] | None,
    problems: list[str],
) -> Source:
    """One recording of a data set.

    Args:
      path: the archive.
      arrays: its content.
      camera: which recording, where there is more than one, as
        ``subject/action/number``; ends that are the only ones may be left out.
      name: what to call the camera.
      fps: frames per second.
      size: width and height.
      problems: of reading.

    Raises:
      CaptureError: lists the recordings where ``camera`` is none of them.
    """
    metadata = _item(arrays["metadata"]) if "metadata" in arrays else {}
    try:
        recordings = {
            f"{subject}/{action}/{number}": np.asarray(values)
            for subject, actions in _item(arrays["positions_2d"]).items()
            for action, cameras in actions.items()
            for number, values in enumerate(cameras)
        }
    except (AttributeError, TypeError, ValueError) as error:
        raise CaptureError(
            f"{path}: positions_2d is not by subject, action and camera ({error})"
        ) from error
    key = _choose(path, list(recordings), camera)
    xy = recordings[key]
    if xy.ndim != 3 or xy.shape[-1] != 2 or not xy.size or xy.dtype.kind != "f":
        raise CaptureError(f"{path}: {key} is {list(xy.shape)}, not [frames, 17, 2]")
    layout_name = metadata.get("layout_name") if isinstance(metadata, dict) else None
    models = _H36M if layout_name == "h36m" else _COCO
    values = np.ones((*xy.shape[:2], 3), np.float32)
    values[..., :2] = xy
    if size is None and isinstance(metadata, dict):
        videos = metadata.get("video_metadata")
        size = _size(videos.get(key.split("/")[0]) if isinstance(videos, dict) else {})
    ends = scale.scaled_range(values)
    if ends is not None:
        raise CaptureError(
            f"{path}: {key} is normalised for the network; give the archive in pixels"
        )
    return table_source(
        name,
        by_count(xy.shape[1], models, f"{path}: {key}").landmarks,
        np.arange(len(xy)),
        values,
        fps=fps,
        size=size,
        problems=problems,
    )


def _choose(path: pathlib.Path, keys: list[str], camera: str | None) -> str:
    """The key that begins with what is asked for; the only one in any case."""
    if not keys:
        raise CaptureError(f"{path}: there are no recordings in it")
    if len(keys) == 1:
        return keys[0]
    fit = [k for k in keys if camera and (k == camera or k.startswith(f"{camera}/"))]
    if len(fit) == 1:
        return fit[0]
    some = natural_order(fit or keys)
    listed = ", ".join(some[:8]) + (", ..." if len(some) > 8 else "")
    raise CaptureError(
        f"{path}: there are {len(some)} recordings; pass one as camera: {listed}"
    )


def _item(value: Any) -> Any:
    """The object in an array without axes."""
    return value.item() if isinstance(value, np.ndarray) and not value.ndim else value


def _size(metadata: Any) -> tuple[int, int] | None:
    try:
        return int(metadata["w"]), int(metadata["h"])
    except (KeyError, TypeError, ValueError):
        return None
