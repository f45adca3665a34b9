"""Reports of sessions kept in a folder, for the page of a dataset made later."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lmmjax.capture.quality import Quality
from lmmjax.capture.report.facts import SessionReport
from lmmjax.capture.synchronize import Clocks

FILE = "session.json"
_PLAIN = ("name", "fps", "first", "last", "pictured", "clips")


def save_report(report: SessionReport, folder: Path) -> None:
    """Write ``session.json``, last of all, and a picture per camera beside it."""
    for n, picture in enumerate(report.pictures.values()):
        good, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        if good:
            (folder / f"picture_{n:02d}.jpg").write_bytes(data.tobytes())
    clocks = {
        field.name: getattr(report.clocks, field.name)
        for field in dataclasses.fields(Clocks)
    }
    values = {
        **{key: getattr(report, key) for key in _PLAIN},
        "notes": list(report.notes),
        "labels": dict(report.labels),
        "cameras": list(report.pictures),
        "clocks": {key: _plain(value) for key, value in clocks.items()},
        "quality": report.quality.to_dict(),
    }
    (folder / FILE).write_text(json.dumps(values, allow_nan=False), encoding="utf-8")


def _plain(value: Any) -> Any:
    """Arrays as lists; what is not finite is not known, and JSON has no word for it."""
    if not isinstance(value, np.ndarray):
        return value
    return [x if np.isfinite(x) else None for x in value.tolist()]


def load_report(folder: Path) -> SessionReport:
    """The report that `save_report` wrote."""
    values = json.loads((folder / FILE).read_text(encoding="utf-8"))
    pictures = {}
    for n, camera in enumerate(values["cameras"]):
        picture = cv2.imread(str(folder / f"picture_{n:02d}.jpg"))
        if picture is not None:
            pictures[camera] = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    clocks = values["clocks"]
    for key in ("offset_s", "rate", "deviation_s"):
        known = [np.nan if x is None else x for x in clocks[key]]
        clocks[key] = np.array(known, float)
    for key in ("names", "fps", "method"):
        clocks[key] = tuple(clocks[key])
    return SessionReport(
        **{key: values[key] for key in _PLAIN},
        clocks=Clocks(**clocks),
        notes=tuple(values["notes"]),
        labels=values["labels"],
        quality=Quality.from_dict(values["quality"]),
        pictures=pictures,
    )
