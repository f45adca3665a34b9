"""Reconstructed sessions on disk: each is computed once, and a stopped one again.

A session becomes a folder with an ``.npz`` file per clip, of the features that the
dataset has, and ``session.json`` with its quality. The folder appears when it is whole.
"""

import collections
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kinematics import Skeleton
from lmmjax.capture import clips, reconstruct
from lmmjax.capture.clips import Clip
from lmmjax.capture.plan import make_plan
from lmmjax.capture.report import Collector, report_page
from lmmjax.capture.report.saved import FILE as _SUMMARY
from lmmjax.capture.report.saved import load_report, save_report
from lmmjax.capture.session import FILE, Session, find_sessions, open_session
from lmmjax.data import serialize

# Changes of the reconstruction that make former results stale.
_FORMAT = 1


def record(
    session: str | os.PathLike,
    recordings: str | os.PathLike,
    rate_hz: float | None = None,
    body: Skeleton | None = None,
    progress: bool = False,
) -> Path:
    """Reconstruct a session, unless that was done before.

    Args:
      session: its folder.
      recordings: where results are kept, in a folder for each session.
      rate_hz: frames per second of the clips; by default those of the session.
      body: see `reconstruct.takes`.
      progress: whether to show a bar.

    Returns:
      The folder of the result.

    Raises:
      CaptureError: the session cannot be used; says why.
    """
    opened = open_session(session)
    target = Path(recordings) / fingerprint(opened, rate_hz, body)
    if (target / _SUMMARY).is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    # Beside its place, so that moving it there is one step.
    temporary = Path(tempfile.mkdtemp(prefix=".unfinished_", dir=target.parent))
    try:
        _write(opened, temporary, rate_hz, body, progress)
        try:
            temporary.rename(target)
        except OSError:
            if not (target / _SUMMARY).is_file():
                raise  # else another process was first
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def _write(
    session: Session,
    folder: Path,
    rate_hz: float | None,
    body: Skeleton | None,
    progress: bool,
) -> None:
    plan = make_plan(session)
    events = clips.read_events(session)
    collected = Collector(plan)
    called: collections.Counter[str] = collections.Counter()
    for take in reconstruct.takes(plan, body, progress):
        collected.add(take)
        for clip in clips.cut(plan, take, events, rate_hz):
            name = f"clip_{called.total():06d}.npz"
            np.savez(folder / name, allow_pickle=False, **to_arrays(clip))
            called[clip.motion.action] += 1
    labels = {label: n for label, n in sorted(called.items()) if label}
    save_report(collected.report(called.total(), labels), folder)


def capture_page(
    sessions: str | os.PathLike,
    recordings: str | os.PathLike,
    rate_hz: float | None = None,
) -> str:
    """The page of quality of all sessions of a folder that were reconstructed."""
    places = [place(s, recordings, rate_hz) for s in find_sessions(sessions)]
    return report_page([load_report(p) for p in places if p.is_dir()])


def place(
    session: str | os.PathLike,
    recordings: str | os.PathLike,
    rate_hz: float | None = None,
    body: Skeleton | None = None,
) -> Path:
    """Where `record` keeps the result of a session, whether it is there or not."""
    return Path(recordings) / fingerprint(open_session(session), rate_hz, body)


def fingerprint(session: Session, rate_hz: float | None, body: Skeleton | None) -> str:
    """Folder name of a session's result: changes when its files or the body do."""
    digest = hashlib.sha256(f"{_FORMAT}/{rate_hz}".encode())
    for path in _inputs(session):
        stat = path.stat()
        digest.update(f"{path.name}/{stat.st_size}/{stat.st_mtime_ns};".encode())
    if body is not None:
        digest.update(json.dumps(serialize.skeleton_to_dict(body)).encode())
    return f"{plain(session.name)}_{digest.hexdigest()[:10]}"


def plain(name: str) -> str:
    """A name, which is free text, as folders and TFDS take names."""
    return "".join(c if c.isalnum() else "_" for c in name)


def _inputs(session: Session) -> Iterator[Path]:
    """Files that the result depends on; of folders of frames the folder stands."""
    for path in (session.folder / FILE, session.labels and session.labels.path):
        if path and path.exists():
            yield path
    for camera in session.cameras:
        yield camera.keypoints
    yield from sorted(session.folder.glob("*.toml"))


def read(folder: str | os.PathLike) -> Iterator[tuple[str, dict[str, Any]]]:
    """Key and example of each clip of a recorded session."""
    for path in sorted(Path(folder).glob("clip_*.npz")):
        with np.load(path, allow_pickle=False) as arrays:
            example = {name: arrays[name] for name in arrays.files}
        example = {
            name: value.item() if value.dtype.kind == "U" else value
            for name, value in example.items()
        }
        yield example["name"], example


def to_arrays(clip: Clip) -> dict[str, Any]:
    """A clip as the features of one example of the dataset."""
    return {
        **serialize.motion_to_example(clip.motion),
        "points": np.asarray(clip.points.positions, np.float32),
        "covariances": np.asarray(clip.points.covariances, np.float32),
        "point_names": json.dumps(clip.points.names),
        "labels": json.dumps([clips.event_to_dict(e) for e in clip.events]),
        "phases": json.dumps([clips.segment_to_dict(s) for s in clip.phases]),
        "provenance": json.dumps(clip.provenance),
        "quality": json.dumps(clip.quality),
    }
