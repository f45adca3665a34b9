"""What is done before a session is reconstructed: its keypoints opened, clocks set."""

import dataclasses

import numpy as np

from lmmjax.capture import calibration as calibrations
from lmmjax.capture.detections import Source, open_keypoints
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import Keypoints2D
from lmmjax.capture.session import CameraFiles, Session
from lmmjax.capture.synchronize import Clocks, synchronize
from lmmjax.capture.video import open_video

# Seconds of the recording from which the clocks are found.
_CLOCK_S = 60.0


@dataclasses.dataclass(frozen=True)
class Plan:
    """A session whose keypoints are open and whose clocks are set.

    Attributes:
      session: on disk.
      sources: keypoints of its cameras.
      clocks: of these cameras.
      fps: frames per second of the result.
      first: number of the first frame.
      last: number of the frame after the last.
      notes: what was assumed or looks wrong; more may come while blocks are read.
    """

    session: Session
    sources: tuple[Source, ...]
    clocks: Clocks
    fps: float
    first: int
    last: int
    notes: list[str]

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names of the cameras."""
        return tuple(source.camera for source in self.sources)


def make_plan(session: Session) -> Plan:
    """Open a session's keypoints and find the clocks of its cameras.

    Raises:
      CaptureError: fewer than two cameras can be used; says why.
    """
    notes = list(session.notes)
    sources = []
    for camera in session.cameras:
        size = (
            camera.size
            or session.calibration.sizes[session.calibration.index(camera.name)]
        )
        sources.append(
            open_keypoints(
                camera.keypoints,
                camera=camera.name,
                fps=camera.fps or session.fps or _rate_of(camera),
                size=size,
            )
        )
    sample = [s.read(0, min(s.frames, int(_CLOCK_S * s.fps))) for s in sources]
    notes += calibrations.check_views(session.calibration, sample)
    clocks, sources = _set_clocks(session, sources, sample, notes)
    fps = session.fps or sources[0].fps
    ends = np.array(
        [clocks.seconds(s.camera, s.start + np.array([0, s.frames])) for s in sources]
    )
    common = _common(ends)
    if common is None:
        raise CaptureError(
            f"{session.folder}: no two cameras recorded at the same time; see the "
            "offsets of their clocks"
        )
    first, last = (int(np.ceil(seconds * fps - 1e-6)) for seconds in common)
    return Plan(session, tuple(sources), clocks, fps, first, last, notes)


def _common(ends: np.ndarray) -> tuple[float, float] | None:
    """From when to when two cameras [V, 2] record together, pauses included."""
    start, stop = ends.T
    begins = [s for s in start if ((start <= s) & (s < stop)).sum() > 1]
    closes = [s for s in stop if ((start < s) & (s <= stop)).sum() > 1]
    return (min(begins), max(closes)) if begins else None


def _rate_of(camera: CameraFiles) -> float | None:
    """Frames per second of a camera's video, if there is one that can be read."""
    try:
        return open_video(camera.video).fps if camera.video else None
    except CaptureError:
        return None


def _set_clocks(
    session: Session, sources: list[Source], sample: list[Keypoints2D], notes: list[str]
) -> tuple[Clocks, list[Source]]:
    """The clocks that the session gives, or else those that the motion tells."""
    if len(sources) < 2:
        raise CaptureError(
            f"{session.folder}: only camera {sources[0].camera!r} can be used, and two "
            "are needed; use lmmjax.capture.lift for one. " + " ".join(session.notes)
        )
    given = [camera.offset_s for camera in session.cameras]
    names, fps = (tuple(getattr(s, key) for s in sources) for key in ("camera", "fps"))
    count = len(sources)
    together = Clocks(
        names, fps, np.zeros(count), np.ones(count), np.zeros(count), ("none",) * count
    )
    if all(offset is not None for offset in given):
        rates = np.array([camera.rate for camera in session.cameras])
        offsets = np.array(given, float)
        return dataclasses.replace(together, offset_s=offsets, rate=rates), sources
    found = synchronize(sample, session.calibration)
    told = np.isfinite(found.offset_s)
    if told.sum() < 2:
        notes.append(f"clocks are taken to agree: {found.refused}")
        return together, sources
    for source, offset in zip(sources, found.offset_s, strict=True):
        if not np.isfinite(offset):
            notes.append(f"camera {source.camera!r} is left out: {found.refused}")
    at = np.flatnonzero(told)
    # What cannot be told from 0 is 0, and frames are then taken as they are.
    small = np.abs(found.offset_s) < np.maximum(3 * found.deviation_s, 0.1 / fps[0])
    steady = np.abs(found.rate - 1) * _CLOCK_S * fps[0] < 0.1
    offset = np.where(small & steady, 0.0, found.offset_s)
    rate = np.where(small & steady, 1.0, found.rate)
    return dataclasses.replace(
        found,
        names=tuple(names[v] for v in at),
        fps=tuple(fps[v] for v in at),
        offset_s=offset[at],
        rate=rate[at],
        deviation_s=found.deviation_s[at],
        method=tuple(found.method[v] for v in at),
    ), [sources[v] for v in at]
