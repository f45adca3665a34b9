"""Fit a body to points: poses and bone lengths from noisy keypoints."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import camera as lenses
from kinematics import motion as motions
from kinematics.camera import Camera
from kinematics.inverse import (
    bones,
    clip,
    descent,
    energy,
    geometry,
    proportions,
    signals,
    views,
)
from kinematics.inverse.rig import Keypoints, make_rig, place
from kinematics.motion import Motion, Poses
from kinematics.skeleton import Array, Skeleton

# Noise where neither the caller nor the data tell: metres, pixels.
_METRES, _PIXELS = 0.01, 4.0
# Least noise that is found in data: joints are not points to more than this.
_LEAST_METRES, _LEAST_PIXELS = 0.001, 0.3


class Report(NamedTuple):
    """What a fit found out.

    Attributes:
      residuals: [K] root mean square distance of each keypoint from its observations
        in metres (pixels for views), outliers left out; NaN where never seen.
      outliers: [K] share of its observations that were further than four standard
        deviations away.
      noise: standard deviation per axis that was given or found, metres or pixels.
      cost: [T] final cost of each frame, see `energy`.
      lengths: [J] metres, bone to each joint from its parent.
      measured: [J] whether a bone's length follows from keypoints on both its ends.
      steps: steps of descent tried.
    """

    residuals: np.ndarray
    outliers: np.ndarray
    noise: float
    cost: np.ndarray
    lengths: np.ndarray
    measured: np.ndarray
    steps: int


class Fit(NamedTuple):
    """A movement, whose skeleton has the fitted bones, and how well it fits."""

    motion: Motion
    report: Report


def fit(
    points: Array,
    body: Skeleton,
    keypoints: Keypoints | None = None,
    *,
    cameras: Camera | Sequence[Camera] | None = None,
    confidence: Array | None = None,
    covariance: Array | None = None,
    fps: float = 30.0,
    noise: float | None = None,
    bind: bool = True,
    fit_bones: bool = True,
    loss: str = "geman",
    prior: descent.Prior | descent.PosePrior | None = None,
) -> Fit:
    """Find the movement of a body, and its bone lengths, from keypoints.

    Poses minimise the squared distance to the observations in units of their noise,
    robustly, plus accelerations of the keypoints in units of what the data show, plus
    the prior. They obey the body's limits exactly; where it says half a turn either
    way a joint turns freely. Coordinates that no keypoint shows stay at rest.

    Args:
      points: [T, K, 3] metres in the world, or pixels [V, T, K, 2] of V cameras; NaN
        where missing. At least one frame must show something.
      body: the skeleton, of any size; its proportions are where bones start.
      keypoints: joint, or joint and place on it, of each keypoint, see `rig.place`;
        by default the body's joints in order.
      cameras: V calibrated cameras for pixels; from one alone, depth rests on the
        body's size as given and on its limits.
      confidence: [T, K] or [V, T, K], 0 to 1, weight of each observation.
      covariance: [T, K, 3, 3] m^2 of points in space; then ``noise`` is not used.
      fps: frames per second.
      noise: standard deviation per axis, metres or pixels; by default from the data.
      bind: whether frames are bound in time.
      fit_bones: whether bone lengths are fitted, or the body's.
      loss: ``"geman"``, ``"huber"`` or ``"square"``, see `energy.robust`.
      prior: what is known of poses, see `descent.Prior`; must be a pytree. One that
        was learned comes from `kinematics.priors.pose_residual`.

    Returns:
      The motion on the fitted body, and a report.

    Raises:
      ValueError: shapes or names do not fit, or nothing is to be seen.
    """
    data = _check(points, body, keypoints, cameras, confidence, covariance, loss)
    if data.camera is not None:
        data = data._replace(points=clip.triangulated(data))
    # Where no two cameras see a point, nothing tells the size of the body.
    alone = np.isnan(data.points).all()
    length, variance, scatter = bones.measure(
        body, data.anchors, data.places, data.points
    )
    fit_bones = fit_bones and not alone
    measured = np.isfinite(length) & fit_bones
    if fit_bones:
        ratio, precision = bones.reconcile(body, length, variance)
        body = bones.scaled(body, ratio)
    spatial = scatter or signals.noise(data.points) or _METRES
    spatial = max(spatial, _LEAST_METRES)
    if data.camera is None:
        spatial = noise or spatial
    sigma = noise or (spatial if data.camera is None else _pixel_noise(data))
    rough = signals.roughness(data.points, spatial, fps)
    rough = np.where(np.isfinite(rough), rough, np.inf)
    # Few frames say too little of how smooth the movement is.
    bind = bind and len(data.points) >= signals.ENOUGH
    stiffness = (1 / rough if bind else np.zeros_like(rough)).astype(np.float32)
    scene = clip.Scene(
        make_rig(body, data.anchors, data.places),
        data,
        *signals.clean(data.points, stiffness * spatial**2, spatial),
        float(sigma),
        float(spatial),
        stiffness,
        loss,
        prior,
    )
    if fit_bones:
        lengths = np.linalg.norm(body.offsets, axis=-1)
        free = (
            proportions.observable(scene.rig, body.parents) & ~measured & (lengths > 0)
        )
        if free.any():
            body = clip.find_bones(scene, body, precision, free)
    found = clip.solve(scene, body)
    motion = movement(body, found.pose, fps)
    return Fit(motion, _report(scene, body, found, measured))


def movement(body: Skeleton, pose: Poses, fps: float) -> Motion:
    """The motion of poses [T], within the limits exactly and continuous in time."""
    q = motions.in_blocks(_obey, body, pose.joints)
    # Only what may turn freely may turn further: a limit must not be unwrapped.
    q = np.where(geometry.free(body), motions.unwrap_twists(body, q), q)
    root = motions.continuous_quaternions(np.asarray(pose.root_rotation))
    return Motion(body, pose.root_position, root, q, float(fps))


_obey = jax.jit(geometry.obey)


def _pixel_noise(data: clip.Data) -> float:
    if data.camera is None or data.pixels is None or np.isnan(data.points).all():
        return _PIXELS
    points = jnp.asarray(np.moveaxis(data.points, 0, -1))
    found = views.pixel_noise(data.camera, data.pixels, points) or _PIXELS
    return max(found, _LEAST_PIXELS)


def _check(points, body, keypoints, views, confidence, covariance, loss) -> clip.Data:
    points = np.asarray(points, np.float32)
    if np.ndim(body.offsets) != 2:
        raise ValueError("fit takes one body, without leading axes")
    if loss not in energy.LOSSES:
        raise ValueError(f"loss must be one of {energy.LOSSES}, not {loss!r}")
    last = 3 if views is None else 2
    if points.ndim != (3 if views is None else 4) or points.shape[-1] != last:
        raise ValueError(
            f"points must be [T, K, 3], or [V, T, K, 2] together with cameras, not "
            f"{points.shape}"
        )
    frames, count = points.shape[-3:-1]
    if frames == 0:
        raise ValueError("points have no frames, so there is nothing to fit")
    names = body.names if keypoints is None else keypoints
    if len(names) != count:
        raise ValueError(
            f"{count} keypoints are observed but {len(names)} are named; give "
            "keypoints=, a joint or (joint, place) for each"
        )
    anchors, places = place(body, names)
    if confidence is None:
        weight = np.ones(points.shape[:-1], np.float32)
    else:
        weight = np.nan_to_num(np.asarray(confidence, np.float32))
        if weight.shape != points.shape[:-1] or (weight < 0).any():
            raise ValueError(
                f"confidence must be {points.shape[:-1]} and not negative, not "
                f"{weight.shape}"
            )
    seen = np.isfinite(points).all(-1) & (weight > 0)
    if not seen.any():
        raise ValueError("fit needs at least one keypoint that is not missing")
    weight = np.where(seen, weight, 0)
    points = np.where(seen[..., None], points, np.nan)
    if covariance is not None:
        covariance = np.asarray(covariance, np.float32)
        if views is not None or covariance.shape != (*points.shape, 3):
            raise ValueError("covariance must be [T, K, 3, 3] and belongs to 3D points")
    if views is None:
        return clip.Data(points, weight, None, None, covariance, anchors, places)
    camera = views if isinstance(views, Camera) else lenses.stack(tuple(views))
    if np.ndim(camera.translation) == 1:
        camera = lenses.stack([camera])
    if np.shape(camera.translation) != (len(points), 3):
        raise ValueError(
            f"{len(points)} views need as many cameras, not "
            f"{np.shape(camera.translation)[0]}"
        )
    pixels = np.moveaxis(points, 1, -1)
    nothing = np.full((frames, count, 3), np.nan, np.float32)
    return clip.Data(
        nothing, np.moveaxis(weight, 1, -1), pixels, camera, None, anchors, places
    )


def _report(scene, body, found, measured) -> Report:
    data, x = scene.data, found.points
    if data.camera is None:
        rest = np.linalg.norm(x - data.points, axis=-1)
    else:
        seen = np.asarray(_images(data.camera, x))
        rest = np.linalg.norm(np.moveaxis(data.pixels, -1, 1) - seen, axis=-1)
    rest = rest.reshape(-1, rest.shape[-1])
    usable = np.isfinite(rest)
    far = usable & (rest > 4 * scene.sigma)
    near = usable & ~far
    square = (np.where(near, rest, 0) ** 2).sum(0) / np.maximum(near.sum(0), 1)
    return Report(
        np.where(near.any(0), np.sqrt(square), np.nan),
        far.sum(0) / np.maximum(usable.sum(0), 1),
        scene.sigma,
        found.cost,
        np.linalg.norm(np.asarray(body.offsets), axis=-1),
        measured,
        clip.first_steps(body) + clip.SECOND,
    )


_images = jax.jit(lenses.project)
