"""Whether keypoints and a calibration belong together."""

import difflib
from collections.abc import Sequence

import numpy as np

from lmmjax.capture.calibration.values import Size
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import Keypoints2D
from lmmjax.capture.names import natural_key, plain_name

# Choices: detectors place a hidden hand a little outside; a few points may be wild.
_MARGIN, _MOST_OUTSIDE = 0.05, 0.05


def check_views(calibration: Calibration, views: Sequence[Keypoints2D]) -> list[str]:
    """Compare keypoints with the cameras they are said to come from.

    Returns:
      Warnings, a sentence each: names without partner, sizes that differ, keypoints
      outside of the picture.

    Raises:
      CaptureError: a camera has two views, or no name is in both.
    """
    seen = [view.camera for view in views]
    twice = sorted({name for name in seen if seen.count(name) > 1})
    if twice:
        raise CaptureError(f"there are two views of camera {twice[0]!r}; merge them")
    found = _names(calibration.names, seen)
    if not set(seen) & set(calibration.names):
        raise CaptureError(
            f"no camera of the calibration ({_listed(calibration.names)}) has "
            f"keypoints ({_listed(seen)})"
            + (f": {found[0]}" if found else "")
            + "; rename one or the other"
        )
    sizes = dict(zip(calibration.names, calibration.sizes, strict=True))
    found += _swapped(sizes, {view.camera: view.size for view in views})
    for view in views:
        size = sizes.get(view.camera)
        what = [_size(size, view.size), _outside(view, view.size or size)]
        found += [f"camera {view.camera!r}: {text}" for text in what if text]
    return found


def _listed(names: Sequence[str]) -> str:
    text = ", ".join(names[:8])
    return (text + ", ..." if len(names) > 8 else text) or "none"


def _names(calibrated: Sequence[str], seen: Sequence[str]) -> list[str]:
    without = [name for name in calibrated if name not in seen]
    unknown = [name for name in seen if name not in calibrated]
    found = []
    for name in unknown:
        near = _nearest(name, without)
        hint = f"; it is probably {near!r} there" if near else ""
        found.append(f"camera {name!r} has keypoints but no calibration{hint}")
    if without and len(without) < len(calibrated):
        found.append(f"no keypoints of calibrated cameras: {_listed(without)}")
    return found


def _nearest(name: str, others: Sequence[str]) -> str | None:
    """cam1 for cam_01, or else the most similar spelling."""
    same = [other for other in others if plain_name(other) == plain_name(name)]
    if same:
        return same[0]
    # Names that differ in their numbers are different cameras, however similar.
    alike = [other for other in others if _numbers(other) == _numbers(name)]
    return next(iter(difflib.get_close_matches(name, alike, 1, 0.6)), None)


def _numbers(name: str) -> list[int]:
    return [part for part in natural_key(name)[0] if isinstance(part, int)]


def _swapped(
    cameras: dict[str, Size | None], views: dict[str, Size | None]
) -> list[str]:
    """Two cameras each of which has the size of the other's video."""
    differ = [
        name
        for name, size in views.items()
        if size and cameras.get(name) and cameras[name] != size
    ]
    return [
        f"cameras {a!r} and {b!r} have each the picture size of the other; see whether "
        f"their calibrations are swapped"
        for n, a in enumerate(differ)
        for b in differ[n + 1 :]
        if cameras[a] == views[b] and cameras[b] == views[a] != views[b]
    ]


def _size(calibrated: Size | None, size: Size | None) -> str | None:
    if calibrated is None or size is None or calibrated == size:
        return None
    (a, b), (w, h) = calibrated, size
    both = f"calibrated at {a} x {b}, its video is {w} x {h}"
    if (a, b) == (h, w):
        return f"{both}; turn the video back"
    if abs(a * h - b * w) <= max(a, b):
        return f"{both}; scale its keypoints by {a / w:.4g}"
    return (
        f"{both}; if it was cropped on both sides, its keypoints are off by "
        f"{abs(a - w) / 2:g} and {abs(b - h) / 2:g} px"
    )


def _outside(view: Keypoints2D, size: Size | None) -> str | None:
    known = view.xy[~view.missing]
    if size is None or not len(known):
        return None
    if np.abs(known).max() <= 2:
        return f"its keypoints are shares of the picture; multiply them by {size}"
    share = known / np.array(size)
    out = float(((share < -_MARGIN) | (share > 1 + _MARGIN)).any(-1).mean())
    if out <= _MOST_OUTSIDE:
        return None
    return (
        f"{out:.0%} of its keypoints are outside of its picture of {size[0]} x "
        f"{size[1]}; see whether they come from a video of another size"
    )
