"""Takes cut into clips: what one person did, for how long, and what it is called."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from kinematics.motion import Motion, resample
from kinematics.points import Points3D
from kinematics.points import resample as resample_points
from kinematics.retarget.contact import runs
from lmmjax.capture import labels, quality
from lmmjax.capture.labels import Event
from lmmjax.capture.plan import Plan
from lmmjax.capture.reconstruct import Take
from lmmjax.capture.segment import Segment, plays, segment
from lmmjax.capture.session import Session

# Seconds of a clip: what is shorter says little, what is longer than two of the second
# number is cut where the way of moving changes. Choices: transitions from one action
# to the next are worth learning, so clips are not cut at each of them.
_SHORTEST_S, _WHOLE_S, _LONGEST_S = 1.0, 4.0, 20.0
# Fewest frames of which phases can be told.
_FEWEST = 4


@dataclasses.dataclass(frozen=True)
class Clip:
    """A part of a session in which one person does one thing.

    Attributes:
      key: session, person and first frame; unique among sessions of unlike names.
      motion: the fitted body; `action` is the label that overlaps it longest, or "".
      points: what it was fitted to, with covariances.
      events: annotations of it, their times in seconds of the clip.
      phases: of its movement.
      provenance: where it is from, JSON-ready.
      quality: figures of this clip, see `quality.of_slice`.
    """

    key: str
    motion: Motion
    points: Points3D
    events: tuple[Event, ...]
    phases: tuple[Segment, ...]
    provenance: Mapping[str, Any]
    quality: Mapping[str, float]


def read_events(session: Session) -> list[Event]:
    """The annotations of a session, in seconds of the scene.

    Raises:
      CaptureError: the file of labels cannot be understood.
    """
    if session.labels is None:
        return []
    found = labels.read(session.labels.path, session.labels.format)
    return [_moved(event, session.labels.offset_s) for event in found]


def cut(
    plan: Plan,
    take: Take,
    events: Sequence[Event],
    rate_hz: float | None = None,
    tolerance_s: float = 0.5,
) -> Iterator[Clip]:
    """The clips of a take.

    Args:
      plan: of the session.
      take: one person over a block.
      events: of the session; see `read_events`.
      rate_hz: frames per second of the clips; by default those of the take.
      tolerance_s: how far from a clip a moment may be annotated.
    """
    fps = plan.fps
    parts = _parts(take, fps)
    spans = [((take.start + p.start) / fps, (take.start + p.stop) / fps) for p in parts]
    joined = _join(spans, events, tolerance_s, take.person)
    for part, span, found in zip(parts, spans, joined, strict=True):
        rate = rate_hz or fps
        motion = resample(take.motion[part], rate).numpy()
        if len(motion) < _FEWEST:
            continue
        key = f"{plan.session.name}/{take.person}/{take.start + part.start:06d}"
        yield Clip(
            key,
            motion.replace(name=key, subject=take.person, action=_action(span, found)),
            resample_points(take.points[part], rate),
            tuple(_moved(event, -span[0]) for event in found),
            tuple(segment(motion)),
            {
                "session": plan.session.name,
                "person": take.person,
                "first_frame": take.start + part.start,
                "start_s": span[0],
                "cameras": list(plan.cameras),
                "clock_offsets_s": [float(x) for x in plan.clocks.offset_s],
            },
            quality.of_slice(take, part),
        )


def _parts(take: Take, fps: float) -> list[slice]:
    """Stretches that are known, long ones divided into plays."""
    found = []
    for start, stop in runs(take.known):
        if stop - start < max(_SHORTEST_S * fps, _FEWEST):
            continue
        if stop - start <= 2 * _WHOLE_S * fps:
            found.append(slice(start, stop))
            continue
        for part in plays(take.motion[start:stop], None, _WHOLE_S, _LONGEST_S):
            found.append(slice(start + part.start, start + part.stop))
    return found


def _join(
    spans: Sequence[tuple[float, float]],
    events: Sequence[Event],
    tolerance_s: float,
    who: str,
) -> list[list[Event]]:
    """The events of each clip: those that last for most of it, and `labels.join`."""
    theirs = [event for event in events if event.who in ("", who)]
    lasting = [
        [event for event in theirs if _shared(event, span) > (span[1] - span[0]) / 2]
        for span in spans
    ]
    given = {id(event) for some in lasting for event in some}
    rest = [event for event in theirs if id(event) not in given]
    joined = labels.join(spans, rest, tolerance_s)
    return [a + b for a, b in zip(lasting, joined, strict=True)]


def _shared(event: Event, span: tuple[float, float]) -> float:
    """Seconds that an event and a clip have in common; below 0 what is between."""
    end = event.time_s if event.end_s is None else event.end_s
    return min(end, span[1]) - max(event.time_s, span[0])


def _moved(event: Event, shift: float) -> Event:
    end = None if event.end_s is None else event.end_s + shift
    return event.replace(time_s=event.time_s + shift, end_s=end)


def _action(span: tuple[float, float], events: Sequence[Event]) -> str:
    """The label that holds for the longest part of a clip."""
    return max(events, key=lambda e: _shared(e, span)).label if events else ""


def event_to_dict(event: Event) -> dict[str, Any]:
    """An event as JSON-ready values, without what is empty."""
    values = dataclasses.asdict(event)
    return {k: v for k, v in values.items() if v not in (None, "", {}, ())}


def segment_to_dict(phase: Segment) -> dict[str, Any]:
    """A phase as JSON-ready values."""
    return {
        "start": int(phase.start),
        "stop": int(phase.stop),
        "phase": phase.phase,
        "side": phase.side,
        "confidence": float(np.round(phase.confidence, 4)),
        **{k: _plain(v) for k, v in phase.extra.items()},
    }


def _plain(value: Any) -> Any:
    """NumPy's numbers as Python's."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value
