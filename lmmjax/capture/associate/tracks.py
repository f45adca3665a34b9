"""What is known of the people so far: carried from frame to frame and call to call."""

import dataclasses

import numpy as np

from lmmjax.capture.associate.geometry import Rig, project, triangulate
from lmmjax.capture.associate.landmarks import PARTS, Landmarks

# Share of an innovation that goes into the velocity: the gain of an alpha-beta filter
# (Kalata 1984) with alpha near 1, for places are measured well. A choice, as are the
# other numbers of this file.
_VELOCITY_GAIN = 0.4
# Share of its velocity that someone unseen keeps per frame.
_COASTING = 0.95
# Weight of the prediction against a ray: a ray is good to some 2 cm, a prediction
# to some 15 cm.
STIFFNESS = 0.02
# Metres from which a ray is taken for a wrong one.
ROBUST = 0.1
# Frames over which the mean length of bones is taken.
_BONE_MEMORY = 500


@dataclasses.dataclass(frozen=True)
class Tracks:
    """N people, confirmed or not, present or not, after the last frame seen.

    Attributes:
      landmarks: the K keypoints that are compared.
      cameras: names of the V views.
      fps: frames per second.
      numbered: number of tracks there ever were.
      named: number of people there ever were.
      number: [N] number of each track.
      person: [N] whose track it is, counted from 1; 0 as long as it is unconfirmed.
      active: [N] whether it is followed; others wait to be entered again.
      hits: [N] frames with at least two views.
      missed: [N] frames since any view saw it.
      alone: [N] frames since two views saw it.
      places: [N, K, 3] metres.
      known: [N, K] whether a point was ever found.
      velocity: [N, K, 3] metres per frame.
      residual: [N, V, K, 2] how far a view's keypoint was from its point at last, on
        the plane z = 1: detectors err alike from frame to frame.
      near: [N, V, K] whether there is such a residual, from the last frames.
      bones: [N, B] mean of the logarithm of bone lengths.
      measured: [N, B] number of frames in that mean.
      contrary: [N, parts] frames in a row in which most views had a part mirrored.
    """

    landmarks: Landmarks
    cameras: tuple[str, ...]
    fps: float
    numbered: int
    named: int
    number: np.ndarray
    person: np.ndarray
    active: np.ndarray
    hits: np.ndarray
    missed: np.ndarray
    alone: np.ndarray
    places: np.ndarray
    known: np.ndarray
    velocity: np.ndarray
    residual: np.ndarray
    near: np.ndarray
    bones: np.ndarray
    measured: np.ndarray
    contrary: np.ndarray

    def __len__(self) -> int:
        return len(self.number)

    def replace(self, **changes) -> "Tracks":
        """The same tracks with some fields changed."""
        return dataclasses.replace(self, **changes)

    def take(self, at: np.ndarray) -> "Tracks":
        """Some of the tracks, by mask or indices."""
        return self.replace(**{name: getattr(self, name)[at] for name in _ROWS})

    def put(self, at: np.ndarray, some: "Tracks") -> "Tracks":
        """The tracks with those at some indices replaced; scalars are kept."""
        changes = {}
        for name in _ROWS:
            changes[name] = getattr(self, name).copy()
            changes[name][at] = getattr(some, name)
        return self.replace(**changes)

    def join(self, more: "Tracks") -> "Tracks":
        """These tracks and others after them, with the counters of the others."""
        return more.replace(
            **{
                name: np.concatenate([getattr(self, name), getattr(more, name)])
                for name in _ROWS
            }
        )


_ROWS = tuple(
    f.name for f in dataclasses.fields(Tracks) if f.type in (np.ndarray, "np.ndarray")
)


def no_tracks(landmarks: Landmarks, cameras: tuple[str, ...], fps: float) -> Tracks:
    """Nobody yet."""
    return _fresh(landmarks, cameras, fps, 0, 0, 0)


def _fresh(landmarks, cameras, fps, numbered, named, count) -> Tracks:
    k, v, b = len(landmarks.names), len(cameras), len(landmarks.bones)
    whole, real = (lambda *s: np.zeros(s, int)), (lambda *s: np.zeros(s))
    return Tracks(
        landmarks,
        cameras,
        fps,
        numbered + count,
        named,
        number=numbered + np.arange(count),
        person=whole(count),
        active=np.ones(count, bool),
        hits=whole(count) + 1,
        missed=whole(count),
        alone=whole(count),
        places=real(count, k, 3),
        known=np.zeros((count, k), bool),
        velocity=real(count, k, 3),
        residual=real(count, v, k, 2),
        near=np.zeros((count, v, k), bool),
        bones=real(count, b),
        measured=whole(count, b),
        contrary=whole(count, len(PARTS)),
    )


def begin(tracks: Tracks, rig: Rig, points: np.ndarray, weights: np.ndarray) -> Tracks:
    """New tracks of N groups of detections, to be joined to `tracks`.

    Args:
      tracks: where they will go; gives them their numbers.
      rig: V cameras.
      points: [N, V, K, 2] ideal image points.
      weights: [N, V, K], 0 where a view saw nothing.
    """
    new = _fresh(
        tracks.landmarks,
        tracks.cameras,
        tracks.fps,
        tracks.numbered,
        tracks.named,
        len(points),
    )
    places = triangulate(rig, points, weights, scale=ROBUST)
    known = (weights > 0).sum(-2) > 1
    new = new.replace(places=places, known=known)
    return _remember(new, rig, points, weights, known)


def predict(tracks: Tracks) -> np.ndarray:
    """[N, K, 3] where everything would be in the next frame at constant velocity.

    Points never found yet are in the middle of the body.
    """
    known = tracks.known[..., None]
    middle = (tracks.places * known).sum(-2, keepdims=True)
    middle /= np.maximum(known.sum(-2, keepdims=True), 1)
    return np.where(known, tracks.places, middle) + tracks.velocity


def update(tracks: Tracks, rig: Rig, points: np.ndarray, weights: np.ndarray) -> Tracks:
    """Tracks one frame on, with what the views saw of each.

    Points that no view saw move with the rest of the body.

    Args:
      tracks: N tracks after the last frame.
      rig: V cameras.
      points: [N, V, K, 2] ideal image points.
      weights: [N, V, K], 0 where a view saw nothing.
    """
    expected = predict(tracks)
    views = (weights > 0).any(-1).sum(-1)
    count = (weights > 0).sum(-2)
    held = (tracks.known & (count > 0)) | (count > 1)
    stiffness = STIFFNESS * tracks.known[..., None]
    places = triangulate(rig, points, weights, expected, stiffness, scale=ROBUST)
    moved = held & tracks.known
    innovation = np.where(moved[..., None], places - expected, 0)
    common = innovation.sum(-2) / np.maximum(moved.sum(-1), 1)[:, None]
    innovation = np.where(held[..., None], innovation, common[:, None])
    velocity = tracks.velocity + _VELOCITY_GAIN * innovation
    fresh = held & ~tracks.known
    mean = (velocity * moved[..., None]).sum(-2) / np.maximum(moved.sum(-1), 1)[:, None]
    velocity = np.where((fresh | ~held)[..., None], mean[:, None], velocity)
    velocity = np.where((views > 0)[:, None, None], velocity, _COASTING * velocity)
    after = tracks.replace(
        places=np.where(held[..., None], places, expected + innovation),
        known=tracks.known | held,
        velocity=velocity,
        hits=tracks.hits + (views > 1),
        missed=np.where(views > 0, 0, tracks.missed + 1),
        alone=np.where(views > 1, 0, tracks.alone + 1),
    )
    return _remember(after, rig, points, weights, count > 1)


def _remember(tracks, rig, points, weights, found) -> Tracks:
    """Tracks with residuals of the views and with the bones of points just found."""
    there, _ = project(rig, tracks.places)
    seen = weights > 0
    residual = np.where(seen[..., None], points - there, tracks.residual)
    # A view that did not see someone in this frame does not know how it errs.
    tracks = tracks.replace(residual=residual, near=seen)
    return measure(tracks, tracks.places[:, None], found[:, None])


def measure(tracks: Tracks, places: np.ndarray, found: np.ndarray) -> Tracks:
    """Tracks with bones of places [N, T, K, 3] where found [N, T, K] in the mean."""
    lengths, both = bone_lengths(tracks.landmarks, places, found)
    count = tracks.measured + both.sum(1)
    total = tracks.bones * tracks.measured + (lengths * both).sum(1)
    return tracks.replace(
        bones=total / np.maximum(count, 1), measured=np.minimum(count, _BONE_MEMORY)
    )


def bone_lengths(
    landmarks: Landmarks, places: np.ndarray, known: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of bone lengths [..., B] of places [..., K, 3], and which exist."""
    start, end = landmarks.bones.T
    length = np.linalg.norm(places[..., start, :] - places[..., end, :], axis=-1)
    # 1 cm: shorter than any bone; keeps the logarithm finite.
    return np.log(np.maximum(length, 0.01)), known[..., start] & known[..., end]


def bone_difference(a: Tracks, b: Tracks) -> np.ndarray:
    """[N, M] mean relative difference of bones; infinite without bones in common."""
    both = (a.measured > 0)[:, None] & (b.measured > 0)[None]
    apart = np.abs(a.bones[:, None] - b.bones[None])
    mean = (apart * both).sum(-1) / np.maximum(both.sum(-1), 1)
    return np.where(both.any(-1), mean, np.inf)
