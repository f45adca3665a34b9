"""What the cameras saw and where the fitted body is in their pictures."""

import cv2
import numpy as np

from lmmjax.capture.detections import Source
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.plan import Plan
from lmmjax.capture.reconstruct import Take
from lmmjax.capture.session import CameraFiles
from lmmjax.capture.synthetic.optics import see
from lmmjax.capture.synthetic.places import places
from lmmjax.capture.video import open_video, skeleton_links

# Largest width and height of a picture on the page, and a blank one's grey: choices.
_LARGEST = (480, 640)
_BLANK = 58
_BODY, _DETECTED, _EDGE = (255, 170, 0), (255, 255, 255), (0, 0, 0)
# OpenCV draws at fractions of a pixel, given as whole numbers of 1/16.
_FRACTION_BITS = 4


def clearest_frame(take: Take) -> int:
    """The frame, as the session counts, whose points are made by most observations.

    Frames in which the motion can be believed come first; of equal ones the middle
    one, as bodies are held least at the ends of a take.
    """
    count = np.asarray(take.agrees).sum((0, 2))
    believed = np.where(take.known, count.max(initial=0) + 1, 0)
    score = count + believed
    best = np.flatnonzero(score == score.max())
    return take.start + int(best[len(best) // 2])


def overlays(plan: Plan, take: Take, frame: int | None = None) -> dict[str, np.ndarray]:
    """Pictures of one moment by camera, with keypoints and the fitted body on them.

    Points are what a detector found, of everybody; lines are the body of the take's
    person. Where a camera has no video, the picture is grey. Why one cannot be read
    is added to the notes of the plan.

    Args:
      plan: of the session.
      take: of one of its people.
      frame: as the session counts, in the take; by default `clearest_frame`.

    Returns:
      [H, W, 3] uint8 RGB by camera, at most 480 pixels wide and 640 high. Cameras that
      did not record at that time are left out.

    Raises:
      CaptureError: the frame is not in the take.
    """
    frame = clearest_frame(take) if frame is None else frame
    at = frame - take.start
    if not 0 <= at < len(take.motion):
        raise CaptureError(
            f"frame {frame} is not in the take of {take.person}, which has frames "
            f"{take.start} to {take.start + len(take.motion) - 1}"
        )
    body, points, _ = places(take.motion[at : at + 1])
    links = [
        (body.landmarks.index(a), body.landmarks.index(b))
        for a, b in skeleton_links(body.landmarks)
    ]
    files = {camera.name: camera for camera in plan.session.cameras}
    found = {}
    for source in plan.sources:
        own = plan.clocks.frames(source.camera, np.array(frame / plan.fps))
        index = round(float(own)) - source.start
        if not 0 <= index < source.frames:
            continue
        camera = plan.session.calibration[source.camera]
        xy, shown = see(camera, points[0])
        xy = np.where(shown[:, None], xy, np.nan)
        size = _size(plan, source)
        picture = _video_frame(plan, files[source.camera], source, index, size)
        seen = _keypoints(plan, source, index)
        found[source.camera] = _draw(picture, size, xy, links, seen)
    return found


def _size(plan: Plan, source: Source) -> tuple[int, int]:
    """Width and height; where nothing tells, of a picture around the lens's axis."""
    calibration = plan.session.calibration
    known = source.size or calibration.sizes[calibration.index(source.camera)]
    if known is not None and min(known) > 0:
        return known
    width, height = 2 * np.asarray(calibration[source.camera].matrix)[:2, 2] + 1
    return max(round(width), 1), max(round(height), 1)


def _keypoints(plan: Plan, source: Source, index: int) -> np.ndarray:
    """[N, 2] pixels of what was detected in a frame, missing ones included."""
    try:
        return source.read(index, index + 1).xy[0].reshape(-1, 2)
    except (CaptureError, OSError) as error:
        plan.notes.append(f"camera {source.camera!r} has no points here: {error}")
        return np.empty((0, 2))


def _video_frame(
    plan: Plan, files: CameraFiles, source: Source, index: int, size: tuple[int, int]
) -> np.ndarray | None:
    if files.video is None:
        return None
    try:
        video = open_video(files.video)
        # Numbers of keypoints are those of the video's frames, but where both are as
        # many they may only count from another number on.
        start = 0 if video.count == source.frames else source.start
        # The shape tells a turned or cut video; a smaller one still fits.
        if abs(video.size[0] * size[1] / (video.size[1] * size[0]) - 1) > 0.01:
            plan.notes.append(
                f"camera {source.camera!r}: its video is {video.size[0]} x "
                f"{video.size[1]} pixels, its calibration is for {size[0]} x {size[1]}"
            )
        return next(video.frames(start + index, start + index + 1))
    except (CaptureError, OSError) as error:
        plan.notes.append(f"camera {source.camera!r} has no picture here: {error}")
        return None


def _draw(
    picture: np.ndarray | None,
    size: tuple[int, int],
    body: np.ndarray,
    links: list[tuple[int, int]],
    seen: np.ndarray,
) -> np.ndarray:
    """Lines between places [M, 2] of the body, points [N, 2]; pixels of `size`."""
    scale = min(_LARGEST[0] / size[0], _LARGEST[1] / size[1], 1.0)
    width, height = (max(round(scale * side), 1) for side in size)
    drawn: np.ndarray
    if picture is None:
        drawn = np.full((height, width, 3), _BLANK, np.uint8)
    else:
        drawn = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    body, seen = ((xy + 0.5) * scale - 0.5 for xy in (body, seen))
    # OpenCV's whole numbers overflow far outside of the picture.
    limit = 4 * max(width, height)
    near = np.asarray((np.abs(body) < limit).all(-1))
    lines = [link for link in links if near[list(link)].all()]
    for colour, thick in ((_EDGE, 4), (_BODY, 2)):
        for a, b in lines:
            ends = _fixed(body[a]), _fixed(body[b])
            cv2.line(drawn, *ends, colour, thick, cv2.LINE_AA, _FRACTION_BITS)
    for xy in seen[(np.abs(seen) < limit).all(-1)]:
        for colour, radius in ((_EDGE, 3.25), (_DETECTED, 2.0)):
            size_fixed = round(radius * 2**_FRACTION_BITS)
            cv2.circle(
                drawn, _fixed(xy), size_fixed, colour, -1, cv2.LINE_AA, _FRACTION_BITS
            )
    return drawn


def _fixed(xy: np.ndarray) -> tuple[int, int]:
    x, y = np.rint(xy * 2**_FRACTION_BITS).astype(int).tolist()
    return x, y
