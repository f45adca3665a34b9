"""SoccerNet's game states: who is where on the pitch, from one broadcast camera.

Somers et al., "SoccerNet Game State Reconstruction" (CVSports 2024):
``Labels-GameState.json`` of version 1.3 has ``info``, ``images`` and ``annotations``;
those of supercategory ``object`` have a box in the picture and, where the camera is
calibrated, the place of its lower edge on the pitch.
"""

import os
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from lmmjax.capture.labels.tracks import Tracks, blank, make_tracks
from lmmjax.capture.monocular.documents import problem, read_json
from lmmjax.capture.names import natural_key

_MIDDLE = ("x_bottom_middle", "y_bottom_middle")


def read(path: str | os.PathLike) -> Tracks:
    """Read a clip.

    The pitch of the files has its origin in the middle, x along the touch line to
    the right of the main camera and y *towards* that camera (sn-calibration's
    SoccerPitch: the near touch line is at +34 m, and goals rise to z = -2.44 m). Here
    z is up, so y is turned: +y is away from the main camera.

    Returns:
      Tracks by ``track_id``; NaN where nobody is annotated or the place on the pitch
      is null. The ball is that of role ``ball``, on the ground. Times are seconds
      from the first picture of the clip.

    Raises:
      CaptureError: the file holds something else.
      OSError: it cannot be read.
    """
    raw = read_json(path)
    if not is_game_state(raw):
        raise problem(path, "it has no info, images and annotations", "give a clip")
    try:
        rate = float(raw["info"]["frame_rate"])
        order = {str(image["image_id"]): t for t, image in enumerate(raw["images"])}
        objects = [a for a in raw["annotations"] if a.get("supercategory") == "object"]
        seen = [_seen(annotation, order) for annotation in objects]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise problem(
            path, f"an annotation is not whole ({error!r})", "download it again"
        ) from error
    if not (rate > 0 and order):
        raise problem(path, "it has no pictures or frame_rate", "download it again")
    who: dict[str, Counter] = {}
    for _, track, label, _ in seen:
        who.setdefault(track, Counter())[label] += 1
    labels = {track: counts.most_common(1)[0][0] for track, counts in who.items()}
    names = sorted((t for t in labels if labels[t][0] != "ball"), key=natural_key)
    at = {track: k for k, track in enumerate(names)}
    positions = blank(path, len(order), len(names), 2)
    ball = np.full((len(order), 2), np.nan)
    for t, track, _, place in seen:
        if track in at:
            positions[t, at[track]] = place
        else:
            ball[t] = place
    return make_tracks(
        names,
        np.arange(len(order)) / rate,
        positions,
        teams=[labels[track][1] for track in names],
        roles=[labels[track][0] for track in names],
        numbers=[labels[track][2] for track in names],
        ball=ball if len(names) < len(labels) else None,
        name=str(raw["info"].get("name", "")),
    )


def is_game_state(raw: Any) -> bool:
    """Whether JSON is a clip of game states."""
    return (
        isinstance(raw, dict)
        and isinstance(raw.get("info"), dict)
        and isinstance(raw.get("images"), list)
        and isinstance(raw.get("annotations"), list)
    )


def _seen(
    annotation: Mapping[str, Any], order: Mapping[str, int]
) -> tuple[int, str, tuple[str, str, str], tuple[float, float]]:
    """Frame, track, (role, team, number) and place of one annotation."""
    attributes = annotation.get("attributes") or {}
    role, team, number = (
        str(attributes.get(key) or "") for key in ("role", "team", "jersey")
    )
    pitch = annotation.get("bbox_pitch") or {}
    x, y = (float(pitch.get(key, np.nan)) for key in _MIDDLE)
    frame = order[str(annotation["image_id"])]
    return frame, str(annotation["track_id"]), (role, team, number), (x, -y)
