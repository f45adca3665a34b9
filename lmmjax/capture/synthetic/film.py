"""From movements in space to the keypoints that every camera would have of them."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from kinematics.bodies.joint_sets import joint_set
from kinematics.camera import Camera
from kinematics.motion import Motion
from kinematics.points import Points3D, make_points
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import Keypoints2D, make_keypoints
from lmmjax.capture.synthetic.actors import Actor, make_actor, together
from lmmjax.capture.synthetic.clocks import Clock
from lmmjax.capture.synthetic.detector import Detector, detect
from lmmjax.capture.synthetic.occlusion import hidden
from lmmjax.capture.synthetic.optics import see


@dataclasses.dataclass(frozen=True)
class Footage:
    """What V cameras saw of P people, and what was really there.

    Attributes:
      views: keypoints of the V cameras, in order of the calibration: T_v frames, S_v
        slots, people in any order, empty slots last.
      truth: [P, T, K, 3] metres at session times n / fps; NaN where a person's motion
        is over.
      people: P names.
      identity: per view [T_v, S_v] index of the true person in each slot, -1 for a
        false one or an empty slot.
      inliers: per view [T_v, S_v, K] whether a keypoint is off by the ordinary noise
        alone: it is seen, and not guessed behind a body, displaced, exchanged or of a
        false person.
      clocks: when the cameras took their frames.
    """

    views: tuple[Keypoints2D, ...]
    truth: Points3D
    people: tuple[str, ...]
    identity: tuple[np.ndarray, ...]
    inliers: tuple[np.ndarray, ...]
    clocks: tuple[Clock, ...]


def film(
    motions: Sequence[Motion],
    calibration: Calibration,
    *,
    joints: str = "body25",
    fps: float = 60.0,
    noise_px: float = 1.0,
    outliers: float = 0.0,
    missing: float = 0.1,
    false_people: float = 0.02,
    swaps: float = 0.0,
    occlusion: bool = True,
    clocks: Sequence[Clock] | None = None,
    seed: int = 0,
) -> Footage:
    """Film some people.

    All motions begin at session time 0 and stay where they are in the world. The
    session is as long as the longest.

    Args:
      motions: one clip per person, of bodies of `kinematics.bodies`, at any rate.
      calibration: the cameras. A picture of unknown size is taken as twice as large
        as its principal point says.
      joints: joint set that is detected.
      fps: rate of the truth, and of the cameras where there are no clocks.
      noise_px: standard deviation per axis of an ordinary keypoint.
      outliers: share of keypoints displaced by 15 to 300 px.
      missing: share of the keypoints in view that are not found.
      false_people: share of frames of each camera with somebody who is not there.
      swaps: share of frames of each person and camera with left and right exchanged.
      occlusion: whether bodies hide keypoints behind them. Of the hidden ones half are
        missing and half are guessed, five times less exactly.
      clocks: of each camera; by default all start at 0, do not drift and have a
        shutter that is open for no time.
      seed: equal seeds give equal footage.

    Returns:
      The footage and its truth.

    Raises:
      CaptureError: there is nobody, a body is not known, or counts differ.
    """
    detector = Detector(noise_px, outliers, missing, false_people, swaps)
    if not motions:
        raise CaptureError("there is nobody to film; give at least one motion")
    if not 0 < fps < np.inf:
        raise CaptureError(f"fps must be above 0, not {fps}")
    clocks = tuple(clocks or [Clock(fps)] * len(calibration))
    if len(clocks) != len(calibration):
        raise CaptureError(f"{len(clocks)} clocks for {len(calibration)} cameras")
    wanted = joint_set(joints)
    actors = [make_actor(motion, wanted) for motion in motions]
    duration = max(actor.duration_s for actor in actors)
    views, identity, inliers = [], [], []
    for v, (name, clock) in enumerate(zip(calibration, clocks, strict=True)):
        camera, size = calibration.cameras[v], calibration.sizes[v]
        picture = size or _guessed_size(camera)
        times = clock.times(clock.frames(duration))
        xy, behind, streaks = _picture(actors, camera, times, clock, picture, occlusion)
        rng = np.random.default_rng([seed, v])
        seen = detect(rng, detector, xy, behind, streaks, wanted.mirror, picture)
        views.append(
            make_keypoints(
                name, wanted.landmarks, seen.xy, seen.confidence, clock.fps, size
            )
        )
        identity.append(seen.person)
        inliers.append(seen.inlier)
    session = Clock(fps)
    truth, _ = together(actors, session.times(session.frames(duration)))
    return Footage(
        tuple(views),
        make_points(wanted.landmarks, np.moveaxis(truth, 1, 0), fps),
        _people(motions),
        tuple(identity),
        tuple(inliers),
        clocks,
    )


def _picture(
    actors: Sequence[Actor],
    camera: Camera,
    times: np.ndarray,
    clock: Clock,
    size: tuple[int, int],
    occlusion: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a camera without a detector has.

    Returns:
      True pixels [T, P, K, 2], NaN outside of the picture; what is hidden [T, P, K];
      and how far each point moves during the exposure, [T, P, K, 2] pixels.
    """
    points, bodies = together(actors, times)
    xy, shown = see(camera, points)
    shown &= ((xy >= 0) & (xy <= np.asarray(size) - 1)).all(-1)
    xy = np.where(shown[..., None], xy, np.nan)
    streaks = np.zeros_like(xy)
    if clock.exposure_s:
        half = clock.exposure_s / 2
        ends = [see(camera, together(actors, times + s)[0])[0] for s in (-half, half)]
        # Who comes or goes during an exposure leaves no streak.
        streaks = np.nan_to_num(ends[1] - ends[0])
    behind = np.zeros(shown.shape, bool)
    if occlusion:
        center = -np.asarray(camera.rotation).T @ np.asarray(camera.translation)
        behind = hidden(center, points, *bodies)
    return xy, behind, streaks


def _guessed_size(camera: Camera) -> tuple[int, int]:
    width, height = 2 * np.asarray(camera.matrix)[:2, 2] + 1
    return round(width), round(height)


def _people(motions: Sequence[Motion]) -> tuple[str, ...]:
    """Names by subject; where these are not known or not unique, by number."""
    names = tuple(motion.subject for motion in motions)
    if all(names) and len(set(names)) == len(names):
        return names
    return tuple(f"person_{p + 1}" for p in range(len(names)))
