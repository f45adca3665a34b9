"""A way over the floor that is walked along."""

import dataclasses
import functools

import jax
import numpy as np

from kinematics import Poses, rotations
from lmmjax.generation.guidance.facing import Facing
from lmmjax.generation.guidance.posterior import Ahead
from lmmjax.generation.guidance.schedule import Array, at_frames
from lmmjax.generation.guidance.tracks import Track, minimum_jerk

# Metres across the way, radians off its direction; people sway and turn at each step.
ASIDE, TURNED = 0.08, 0.3
# Seconds in which somebody takes up the pace that is asked for.
_PICK_UP = 1.0
# Metres a second from which on somebody faces where he goes, first a little and then
# as much as ever; seconds of the way that tell its direction.
SLOW, FAST = 0.4, 1.0
_AROUND = 0.5


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["joints", "places", "precision", "first"],
    meta_fields=["poses"],
)
@dataclasses.dataclass(frozen=True)
class Way(Track):
    """A `Track` of the root over the floor, whatever its height.

    ``joints`` is [1], the root.
    """

    def residuals(self, ahead: Ahead) -> jax.Array:
        """[B, k, 2]; see `Wish`."""
        places, weight = at_frames(self.places, self.precision, self.first, ahead)
        missed = ahead.places[:, :, 0] - places[:, :, 0]
        return (weight[:, :, 0] * missed)[..., :2]


def follow(
    past: Poses,
    path: Array,
    speed: float | Array,
    seconds: float,
    fps: float,
    aside: float = ASIDE,
) -> tuple[Way, Facing]:
    """The root goes along a path at a speed, and faces where it goes.

    It goes to the path's beginning first, straight, and stands at its end. From its
    own speed it takes up that of the path within a second.

    Args:
      past: newest poses [B, T] with T >= 2.
      path: [P, 2] points on the floor, or [B, P, 2], metres.
      speed: m/s, one or [B].
      seconds: how long.
      fps: frames per second.
      aside: metres that it may be left by; more where others are in the way.

    Returns:
      Two wishes, of the next ``seconds``.

    Raises:
      ValueError: the path has fewer than two points, or a speed or ``aside`` is not
        above 0.
    """
    place = np.asarray(past.root_position, float)[:, -2:, :2]
    path = np.asarray(path, float)
    if not aside > 0:
        raise ValueError(f"aside must be above 0 m; got {aside:g}")
    if path.shape[-2] < 2 or path.shape[-1] != 2:
        raise ValueError(f"a path is points [P, 2] with P >= 2; got {path.shape}")
    speed = np.broadcast_to(np.asarray(speed, float), len(place))
    if not (np.isfinite(path).all() and np.isfinite(speed).all() and (speed > 0).all()):
        raise ValueError("a path and speeds must be finite, and speeds above 0 m/s")
    path = np.broadcast_to(path, (len(place), *path.shape[-2:]))
    time = np.arange(1, round(seconds * fps) + 1) / fps
    begins = np.linalg.norm(place[:, 1] - place[:, 0], axis=-1) * fps
    heading = np.asarray(rotations.heading(past.root_rotation[:, -1]))
    ways, headings = [], []
    for start, points, pace, now, facing in zip(
        place[:, 1], path, speed, begins, heading, strict=True
    ):
        way = np.concatenate([start[None], points])
        gone = _gone(time, now, pace)
        ways.append(_along(way, gone))
        # Of half a second of the way: corners are not turned at in one frame.
        ends = _along(way, gone + pace / 4) - _along(way, gone - pace / 4)
        turned = np.arctan2(ends[:, 1], ends[:, 0])
        still = np.linalg.norm(ends, axis=-1) < 1e-6
        turned = _held(turned, still, facing)
        headings.append(np.unwrap(turned))
    precise = np.full((1, len(time)), 1 / TURNED, np.float32)
    facings = Facing(np.stack(headings).astype(np.float32), precise)
    return _way(np.stack(ways), aside), facings


def along(
    past: Poses,
    places: Array,
    fps: float,
    aside: float = ASIDE,
    facing: Array | None = None,
) -> tuple[Way, Facing]:
    """The root is at given places in time, as somebody was who was tracked.

    What it begins beside them it makes good within a second, with the least jerk. It
    faces where it goes where it goes faster than people step aside or back.

    Args:
      past: newest poses [B, T] with T >= 2.
      places: [B, F, 2] metres in the next frames, or [F, 2].
      fps: frames per second.
      aside: metres that they may be missed by.
      facing: [B, F] or [F] radians about the vertical from x, where it is known which
        way it faces.

    Returns:
      Two wishes, of the next F frames.

    Raises:
      ValueError: places are not as above, or ``aside`` is not above 0.
    """
    now = np.asarray(past.root_position, float)[:, -2:, :2]
    places = np.asarray(places, float)
    if not aside > 0:
        raise ValueError(f"aside must be above 0 m; got {aside:g}")
    if places.ndim < 2 or places.shape[-1] != 2 or places.shape[-2] < 2:
        raise ValueError(f"places are [F, 2] with F >= 2; got {places.shape}")
    if not np.isfinite(places).all():
        raise ValueError("places must be finite")
    places = np.broadcast_to(places, (len(now), *places.shape[-2:]))
    time = np.arange(1, places.shape[1] + 1) / fps
    speed = (places[:, 1] - places[:, 0]) * fps
    begins = places[:, 0] - speed / fps
    off = minimum_jerk(
        now[:, 1] - begins,
        (now[:, 1] - now[:, 0]) * fps - speed,
        0 * speed,
        0 * speed,
        _PICK_UP,
    )
    made_good = np.minimum(time, _PICK_UP)[:, None] ** np.arange(6)
    wished = places + np.einsum("tn,bnx->btx", made_good, off)
    way = _way(wished, aside)
    if facing is None:
        return way, _facing_ahead(past, wished, fps)
    headings = np.broadcast_to(np.asarray(facing, np.float32), wished.shape[:2])
    return way, Facing(headings, np.full((1, len(time)), 1 / TURNED, np.float32))


def _facing_ahead(past: Poses, places: np.ndarray, fps: float) -> Facing:
    """That the root faces where it goes, at places [B, F, 2], where it is fast."""
    half = max(1, round(_AROUND * fps / 2))
    ends = np.pad(places, ((0, 0), (half, half), (0, 0)), mode="edge")
    ends = ends[:, 2 * half :] - ends[:, : -2 * half]
    pace = np.linalg.norm(ends, axis=-1) * fps / (2 * half)
    begun = np.asarray(rotations.heading(past.root_rotation[:, -1]))
    turned = np.arctan2(ends[..., 1], ends[..., 0])
    headings = [_held(*one) for one in zip(turned, pace < SLOW, begun, strict=True)]
    precise = np.clip((pace - SLOW) / (FAST - SLOW), 0, 1) / TURNED
    return Facing(np.unwrap(headings).astype(np.float32), precise.astype(np.float32))


def _way(places: np.ndarray, aside: float) -> Way:
    """That the root is at places [B, F, 2]."""
    across = np.array([[1 / aside, 1 / aside, 0]], np.float32)
    return Way(
        np.array([0]),
        np.pad(places, ((0, 0), (0, 0), (0, 1)))[:, :, None].astype(np.float32),
        np.tile(across, (1, places.shape[1], 1, 1)),
    )


def _gone(time: np.ndarray, now: float, pace: float) -> np.ndarray:
    """Metres [F] after times [F], from one speed to another."""
    share = np.minimum(time / _PICK_UP, 1)
    return pace * time + (now - pace) * _PICK_UP * (share - share**2 / 2)


def _along(way: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """Places [F, 2] on a way [P, 2] after so many metres [F], at most its ends."""
    length = np.linalg.norm(np.diff(way, axis=0), axis=-1)
    at = np.concatenate([[0], np.cumsum(length)])
    return np.stack([np.interp(gone, at, way[:, i]) for i in range(2)], axis=-1)


def _held(angle: np.ndarray, unknown: np.ndarray, first: float) -> np.ndarray:
    """Angles [F] with the last known one where they are unknown."""
    known = np.where(unknown, -1, np.arange(len(angle)))
    newest = np.maximum.accumulate(known)
    return np.where(newest < 0, first, angle[newest])
