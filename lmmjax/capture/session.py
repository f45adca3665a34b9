"""A session: a folder with what several cameras recorded at one time and place.

``session.toml`` says what is where; all but the keypoints can be left out::

    [session]
    name = "training 3"
    subject = "S7"                   # or people = ["S7", "S8"]
    fps = 60.0                       # of the result
    calibration = "calibration.toml"
    [cameras.cam_01]
    keypoints = "pose/cam_01_json"
    video = "videos/cam_01.mp4"      # for the pictures of the report
    fps = 60.0
    offset_s = 0.0                   # of its clock, where known
    [[sightings]]                    # who of several people is who
    name = "S7"
    time_s = 1.0
    at_m = [0.5, -1.2]
    [labels]
    path = "labels.csv"
    format = "table"
    offset_s = 0.0                   # of their clock against the first camera's

Without the file, a folder laid out as a project of Pose2Sim is one, too: keypoints in
``pose``, a calibration in ``calibration`` or beside it, videos in ``videos``.
"""

import dataclasses
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lmmjax.capture import calibration as calibrations
from lmmjax.capture import detections
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.names import natural_order, plain_name
from lmmjax.capture.naming import Sighting

FILE = "session.toml"
_VIDEOS = (".mp4", ".avi", ".mov", ".mkv", ".m4v")
# Names that calibrations go by where nothing says which file it is.
_CALIBRATIONS = ("calibration*", "Calib*", "calib*", "*.qca.txt", "*.xcp", "intri.yml")


@dataclasses.dataclass(frozen=True)
class CameraFiles:
    """What one camera left.

    Attributes:
      name: of the camera, as in the calibration.
      keypoints: file or folder.
      video: file, or None.
      fps: frames per second, or None where only the files may tell.
      size: width and height, or None.
      offset_s: seconds of the scene at its frame 0, or None where not known.
      rate: seconds of the scene in one of its own.
    """

    name: str
    keypoints: Path
    video: Path | None = None
    fps: float | None = None
    size: tuple[int, int] | None = None
    offset_s: float | None = None
    rate: float = 1.0


@dataclasses.dataclass(frozen=True)
class LabelFile:
    """Annotations: path, format (None to find out) and the offset of their clock."""

    path: Path
    format: str | None = None
    offset_s: float = 0.0


@dataclasses.dataclass(frozen=True)
class Session:
    """A session on disk. Open one with `open_session`.

    Attributes:
      folder: where it is.
      name: what it is called.
      people: who was recorded, where known.
      fps: frames per second of the result, or None for that of the cameras.
      calibration: of all cameras that have keypoints, by their names.
      cameras: in natural order of their names.
      labels: annotations, or None.
      sightings: by which people are told apart; those without are named in the order
        in which they appear.
      notes: sentences about what was assumed or looks wrong.
    """

    folder: Path
    name: str
    people: tuple[str, ...]
    fps: float | None
    calibration: Calibration
    cameras: tuple[CameraFiles, ...]
    labels: LabelFile | None
    sightings: tuple[Sighting, ...] = ()
    notes: tuple[str, ...] = ()


def is_footage(folder: str | os.PathLike) -> bool:
    """Whether a folder is a session, or has one below it."""
    base = Path(folder)
    return _is_session(base) or next(base.rglob(FILE), None) is not None


def find_sessions(folder: str | os.PathLike) -> list[Path]:
    """The sessions of a folder, which may be one itself, in natural order.

    Raises:
      CaptureError: there are none.
    """
    base = Path(folder)
    if not base.is_dir():
        raise CaptureError(
            f"{base}: no such folder; give a session or a folder of some"
        )
    if _is_session(base):
        return [base]
    found = {p.relative_to(base).as_posix(): p for p in base.rglob(FILE)}
    found = {key: path.parent for key, path in found.items()}
    for path in sorted(base.iterdir()):
        if path.is_dir() and path not in found.values() and _is_session(path):
            found[path.name] = path
    if not found:
        raise CaptureError(
            f"{base}: no session here or below; one has a {FILE}, or keypoints in "
            "'pose' and a calibration beside them"
        )
    return [found[key] for key in natural_order(found)]


def _is_session(folder: Path) -> bool:
    return (folder / FILE).is_file() or (folder / "pose").is_dir()


def open_session(folder: str | os.PathLike) -> Session:
    """Read what a session says of itself; keypoints are not read yet.

    Raises:
      CaptureError: says what is missing or does not fit, and where.
      OSError: a file cannot be read.
    """
    folder = Path(folder)
    text = _read_toml(folder / FILE)
    about, labels = (_table(text, key, folder) for key in ("session", "labels"))
    path = _calibration_path(folder, about.get("calibration"))
    calibration = calibrations.read(path, scale=about.get("calibration_scale"))
    notes = calibrations.check(calibration)
    cameras = _cameras(folder, _table(text, "cameras", folder))
    matched = _match(tuple(cameras), calibration.names)
    for name in cameras:
        if name not in matched:
            notes.append(
                f"camera {name!r} is left out: {path.name} has no calibration for it "
                f"(it has {', '.join(calibration.names)})"
            )
    if not matched:
        raise CaptureError(
            f"{folder}: no camera has both keypoints and a calibration; keypoints are "
            f"of {', '.join(cameras)}, {path.name} has {', '.join(calibration.names)}"
        )
    if len(matched) == 1:
        notes.append(
            f"only camera {next(iter(matched))!r} can be used: depth is a guess"
        )
    people = about.get("people") or ([about["subject"]] if about.get("subject") else [])
    return Session(
        folder,
        str(about.get("name") or folder.resolve().name),
        tuple(str(person) for person in people),
        float(about["fps"]) if "fps" in about else None,
        # Cameras are called as their keypoints are.
        dataclasses.replace(
            calibration.select(list(matched.values())), names=tuple(matched)
        ),
        tuple(cameras[name] for name in matched),
        _labels(folder, labels),
        _sightings(folder, text.get("sightings", [])),
        tuple(notes),
    )


def _read_toml(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CaptureError(f"{path}: this is not TOML: {error}") from error


def _table(text: Mapping[str, Any], key: str, folder: Path) -> Mapping[str, Any]:
    found = text.get(key, {})
    if not isinstance(found, Mapping):
        raise CaptureError(f"{folder / FILE}: {key!r} must be a table, [{key}]")
    return found


def _existing(folder: Path, path: str, what: str) -> Path:
    found = folder / path
    if not found.exists():
        raise CaptureError(f"{folder / FILE}: {what} {path!r} is not there")
    return found


def _calibration_path(folder: Path, given: str | None) -> Path:
    if given is not None:
        return _existing(folder, given, "calibration")
    # Pose2Sim keeps it in the session or, for many trials, one or two folders up.
    for place in (folder, *folder.resolve().parents[:2]):
        for base in (place / "calibration", place / "Calibration", place):
            for pattern in _CALIBRATIONS if base.is_dir() else ():
                # TOML first: others may lie beside it as its source.
                files = [p for p in base.glob(pattern) if p.is_file()]
                files.sort(key=lambda p: (p.suffix != ".toml", p.name))
                if files:
                    return files[0]
    raise CaptureError(
        f"{folder}: no calibration found; put calibration.toml there, or name the file "
        f"in {FILE}"
    )


def _cameras(folder: Path, given: Mapping[str, Any]) -> dict[str, CameraFiles]:
    """The cameras that are named, or those whose keypoints are found."""
    if not given:
        return {
            name: CameraFiles(name, path, _video(folder, name))
            for name, path in detections.camera_folders(folder).items()
        }
    found = {}
    for name in natural_order(given):
        entry = _table(given, name, folder)
        if "keypoints" not in entry:
            raise CaptureError(
                f"{folder / FILE}: camera {name!r} has no keypoints; run a detector on "
                "its video first, see lmmjax.capture.detector"
            )
        video = entry.get("video")
        size = entry.get("size")
        found[name] = CameraFiles(
            name,
            _existing(folder, entry["keypoints"], f"camera {name!r}, keypoints"),
            _existing(folder, video, f"camera {name!r}, video")
            if video
            else _video(folder, name),
            float(entry["fps"]) if "fps" in entry else None,
            (int(size[0]), int(size[1])) if size else None,
            float(entry["offset_s"]) if "offset_s" in entry else None,
            float(entry.get("rate", 1.0)),
        )
    return found


def _video(folder: Path, name: str) -> Path | None:
    for base in (folder / "videos", folder):
        for ending in _VIDEOS:
            if (base / f"{name}{ending}").is_file():
                return base / f"{name}{ending}"
    return None


def _match(names: tuple[str, ...], calibrated: tuple[str, ...]) -> dict[str, str]:
    """Calibrated name of each camera: the same, or the same but for its spelling."""
    plain = {plain_name(name): name for name in calibrated}
    found = {}
    for name in names:
        alike = plain.get(plain_name(name))
        if name in calibrated:
            found[name] = name
        elif alike is not None and alike not in names:
            found[name] = alike
    return found


def _sightings(folder: Path, given: Any) -> tuple[Sighting, ...]:
    found = []
    for entry in given if isinstance(given, list) else [given]:
        try:
            x, y = entry["at_m"]
            sighting = Sighting(
                entry["name"], float(entry["time_s"]), (float(x), float(y))
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CaptureError(
                f"{folder / FILE}: a sighting needs name, time_s and at_m = [x, y], "
                f"not {entry}"
            ) from error
        found.append(sighting)
    return tuple(found)


def _labels(folder: Path, given: Mapping[str, Any]) -> LabelFile | None:
    if "path" not in given:
        return None
    return LabelFile(
        _existing(folder, given["path"], "labels"),
        given.get("format"),
        float(given.get("offset_s", 0.0)),
    )
