"""Tracks: what to draw, when, and in which colour."""

import colorsys
import dataclasses
import re
from collections.abc import Mapping, Sequence

from kinematics.motion import Motion

Color = tuple[int, int, int]

PAST = (70, 82, 104)
TRUTH = (22, 150, 84)
# Told apart by hue and by lightness, so that they survive colour blindness.
PALETTE: tuple[Color, ...] = (
    (52, 101, 194),
    (230, 126, 34),
    (22, 150, 84),
    (176, 58, 130),
    (84, 190, 210),
    (196, 164, 20),
    (120, 80, 50),
    (90, 90, 90),
)


@dataclasses.dataclass(frozen=True)
class Track:
    """One motion on the stage.

    Attributes:
      motion: one clip [T, ...], or several of one length [S, T, ...].
      label: what the legend calls it; tracks of one label share a row there.
      color: ``"#rrggbb"`` or three integers 0..255; None takes the next colour
        of the palette.
      start_seconds: when the first frame is shown. The track is seen only from
        then until its last frame has passed.
      opacity: 0 (unseen) to 1 (solid).
      thickness: factor on the thickness of the bones.
    """

    motion: Motion
    label: str = ""
    color: str | Color | None = None
    start_seconds: float = 0.0
    opacity: float = 1.0
    thickness: float = 1.0

    def __post_init__(self):
        if self.start_seconds < 0 or not 0 < self.opacity <= 1 or self.thickness <= 0:
            raise ValueError(
                f"track {self.label!r}: start_seconds must be 0 or more, opacity in "
                "(0, 1] and thickness above 0"
            )


Motions = Motion | Track | Sequence[Motion | Track] | Mapping[str, Motion | Track]


def as_tracks(motions: Motions) -> list[Track]:
    """Tracks of single clips, each with a label and a colour of its own.

    Args:
      motions: a motion, a track, a sequence of either, or a mapping from labels.

    Returns:
      At least one track; every color is three integers.

    Raises:
      ValueError: there is nothing to show, or a color cannot be read.
      TypeError: something is neither a motion nor a track.
    """
    if isinstance(motions, Motion | Track):
        motions = [motions]
    if isinstance(motions, Mapping):
        named = list(motions.items())
    else:
        named = [("", item) for item in motions]
    if not named:
        raise ValueError("nothing to view: the list of motions is empty")
    tracks = []
    for k, (name, item) in enumerate(named):
        if isinstance(item, Motion):
            item = Track(item)
        if not isinstance(item, Track):
            raise TypeError(f"view takes motions and tracks, not {type(item).__name__}")
        label = name or item.label or item.motion.name or f"motion {k + 1}"
        tracks += [
            dataclasses.replace(item, motion=clip, label=label)
            for clip in clips(item.motion)
        ]
    return _colored(tracks)


def forecast_tracks(
    past: Motion,
    truth: Motion | None = None,
    samples: Motion | Sequence[Motion] = (),
) -> list[Track]:
    """Tracks of a forecast: the observed past, then what came and what could have.

    Args:
      past: the clip [T, ...] that the model has seen.
      truth: the clip that followed, its first frame one step after the past.
      samples: forecasts that start with the truth: clips, or one motion [S, T, ...].

    Returns:
      Tracks for `view`: past grey, truth green, samples in warm colours and thin,
      so that the truth stays readable among them.
    """
    start = len(past) / past.fps
    tracks = [Track(past, "observed past", PAST)]
    if truth is not None:
        tracks.append(Track(truth, "true future", TRUTH, start))
    if isinstance(samples, Motion):
        samples = [samples]
    futures = [clip for motion in samples for clip in clips(motion)]
    for k, clip in enumerate(futures):
        share = k / max(len(futures) - 1, 1)
        label = f"sampled future {k + 1}" if len(futures) > 1 else "sampled future"
        tracks.append(Track(clip, label, _warm(share), start, 0.8, 0.7))
    return tracks


def clips(motion: Motion) -> list[Motion]:
    """The single clips [T, ...] of a motion [T, ...] or [S, T, ...]."""
    motion = motion.numpy()
    if motion.joints.ndim == 2:
        return [motion]
    if motion.joints.ndim != 3:
        raise ValueError(
            "view takes clips [T, D] or sets of clips [S, T, D]; these joint "
            f"coordinates have shape {motion.joints.shape}"
        )
    body = motion.skeleton
    per_clip = body.offsets.ndim == 3 and len(body.offsets) == len(motion.joints)
    return [
        motion.replace(
            skeleton=body.replace(offsets=body.offsets[k]) if per_clip else body,
            root_position=motion.root_position[k],
            root_rotation=motion.root_rotation[k],
            joints=motion.joints[k],
        )
        for k in range(len(motion.joints))
    ]


def _colored(tracks: list[Track]) -> list[Track]:
    """Give every label without a color the next one of the palette."""
    taken: dict[str, Color] = {}
    colored = []
    for track in tracks:
        if track.color is not None:
            color = _read_color(track)
        else:
            nth = len(taken) % len(PALETTE)
            color = taken.setdefault(track.label, PALETTE[nth])
        colored.append(dataclasses.replace(track, color=color))
    return colored


def _read_color(track: Track) -> Color:
    color = track.color
    if isinstance(color, str):
        if re.fullmatch("#[0-9a-fA-F]{6}", color):
            return (int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16))
    elif color is not None and len(color) == 3:
        red, green, blue = (int(c) for c in color)
        if all(0 <= c <= 255 for c in (red, green, blue)):
            return (red, green, blue)
    raise ValueError(
        f"track {track.label!r}: color {color!r} is neither '#rrggbb' nor three "
        "integers 0..255"
    )


def _warm(share: float) -> Color:
    """From yellow (share 0) over orange and red to magenta (share 1)."""
    hue = (0.125 - 0.27 * share) % 1.0
    red, green, blue = colorsys.hls_to_rgb(hue, 0.50 - 0.06 * share, 0.9)
    return (round(255 * red), round(255 * green), round(255 * blue))
