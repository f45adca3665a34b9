"""One calibrated view to movements in space, and how probable each is."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import camera as lenses
from kinematics import priors
from kinematics.bodies import human
from kinematics.bodies.placement import placement, stature
from kinematics.camera import Camera
from kinematics.inverse.fit import movement
from kinematics.inverse.rig import make_rig
from kinematics.motion import Motion
from kinematics.priors import PosePrior, Prior
from kinematics.skeleton import Skeleton, coordinate_table
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import Keypoints2D
from lmmjax.capture.lift import floor, search
from lmmjax.capture.lift.ranking import different, probabilities, transition_cost
from lmmjax.capture.lift.scene import Found, Scene, bind

# Fewest landmarks that hold a body, as in `capture.fitting`.
_FEWEST = 6
# Noise of keypoints where it is not given, as a share of the person's size in the
# picture, and its least in pixels: choices. 1 % of a stature is 17 mm.
_NOISE, _LEAST_PX = 0.01, 1.0
# Of a learned prior, see `priors.pose_residual`. Measured on procedural clips: with a
# blur of 0.1 and 0.2 results are about alike, without one the descent gets stuck.
_BLUR = 0.2
# Where no prior is given: standard deviations, choices, of the tilt of the root, and at
# most of coordinates of the trunk and of limbs, in radians; as shares of the range.
_TILT = 0.2
_TRUNK, _LIMB = (1 / 6, 0.2), (1 / 2, 1.0)
# Steps of the descent of all frames together, and how often limbs are flipped anew.
_STEPS = 8
_ROUNDS = 2
# Beyond so many standard deviations a keypoint is an outlier, as in `inverse.Report`.
_OUTLIER = 4.0


@dataclasses.dataclass(frozen=True)
class Hypothesis:
    """A movement that looks like what the camera saw.

    Attributes:
      motion: T frames of the body.
      probability: against the other hypotheses; those of a view add up to 1.
      cost: minus the log posterior of all frames in nats, up to a constant:
        reprojection, robustly, in units of its noise, accelerations, and the prior of
        postures and, where one was given, of transitions.
      residual_px: root mean square distance of keypoints from their images, without
        outliers.
    """

    motion: Motion
    probability: float
    cost: float
    residual_px: float


def lift(
    view: Keypoints2D,
    camera: Camera,
    body: Skeleton | None = None,
    *,
    person: int = 0,
    stature_m: float | None = None,
    prior: Prior | None = None,
    hypotheses: int = 3,
    noise_px: float | None = None,
    floor_m: float | None = None,
) -> list[Hypothesis]:
    """Find the movements of a person that one camera sees.

    One camera does not show size: twice as large and twice as far away looks the same.
    So bones are those of the body, and how far away the person is follows from them
    (1 % of stature is 1 % of the distance), or from the floor, if that is known.

    Args:
      view: keypoints of the camera, by landmark.
      camera: one calibrated camera, without leading axes; gravity is along -z of its
        world.
      body: a body of `kinematics.bodies` with the person's bones; by default
        `bodies.human` of the stature.
      person: slot of the person in the view, who is one person throughout.
      stature_m: the person's stature where no body is given; by default 1.75.
      prior: how such a body moves, learned by `priors.fit`; by default postures about
        the body's rest, upright.
      hypotheses: how many to give at most.
      noise_px: standard deviation per axis of keypoints with confidence 1; by default
        1 % of the person's size in the picture. Others count by their confidence.
      floor_m: height in the world of the floor that feet which rest stand on, where
        it is known.

    Returns:
      One or more, the most probable first. Where the picture does not tell whether a
      limb is in front or behind, there are two of similar probability.

    Raises:
      CaptureError: the camera or the person is not one, or too little is seen.
      ValueError: the body is of unknown joints, or the prior is of another.
    """
    if body is not None and stature_m is not None:
        raise CaptureError("give a body or a stature, not both")
    if hypotheses < 1:
        raise CaptureError(f"hypotheses must be 1 or more, not {hypotheses}")
    body = human(stature_m or 1.75) if body is None else body
    known = (
        _usual(body)
        if prior is None
        else priors.pose_residual(prior, body, floor=False, blur=_BLUR)
    )
    scene = _make_scene(view, camera, body, person, known, noise_px, floor_m)
    stiffness = (view.fps**2 / search.ACCELERATION) ** 2
    found = [bind(scene, s, _STEPS, stiffness) for s in search.starts(scene)]
    for _ in range(_ROUNDS):
        best = min(found, key=_total)
        more = [bind(scene, s, _STEPS, stiffness) for s in search.again(scene, best)]
        found += more
        if min(map(_total, more)) >= _total(best):
            break
    cost = np.array([_total(f) for f in found])
    # More than are wanted: the prior of transitions may prefer one further down.
    kept = different([f.points for f in found], np.argsort(cost))[: 2 * hypotheses]
    motions = [movement(body, found[k].poses, view.fps).numpy() for k in kept]
    cost = cost[kept]
    if prior is not None:
        cost += [transition_cost(prior, motion) for motion in motions]
    best_first = np.argsort(cost)[:hypotheses]
    share = probabilities(cost[best_first], scene.frames, scene.fps)
    return [
        Hypothesis(
            motions[n], float(p), float(cost[n]), _residual(scene, found[kept[n]])
        )
        for n, p in zip(best_first, share, strict=True)
    ]


def _total(found: Found) -> float:
    return float(np.sum(found.cost, dtype=np.float64))


def _make_scene(
    view: Keypoints2D,
    camera: Camera,
    body: Skeleton,
    person: int,
    prior: PosePrior,
    noise_px: float | None,
    floor_m: float | None,
) -> Scene:
    where = f"camera {view.camera!r}"
    if np.shape(camera.translation) != (3,):
        raise CaptureError(
            f"{where}: lift takes one camera, not {np.shape(camera.translation)[:-1]}"
        )
    if not 0 <= person < view.xy.shape[1]:
        raise CaptureError(
            f"{where}: there is no person {person}; slots are 0 to "
            f"{view.xy.shape[1] - 1}"
        )
    places = placement(body)
    names = tuple(n for n in view.names if n in places)
    if len(names) < _FEWEST:
        raise CaptureError(
            f"{where}: of the keypoints {', '.join(view.names)} only {len(names)} are "
            f"landmarks of this body; {_FEWEST} are needed"
        )
    view = view.select(names)
    xy, confidence = view.xy[:, person], view.confidence[:, person]
    seen = confidence > 0
    if seen.sum(1).max(initial=0) < _FEWEST:
        raise CaptureError(
            f"{where}: person {person} shows fewer than {_FEWEST} keypoints in every "
            "frame; give another person or other frames"
        )
    size = _size(xy)
    if noise_px is None:
        noise_px = max(_NOISE * size, _LEAST_PX)
    if not 0 < noise_px < np.inf:
        raise CaptureError(f"{where}: noise_px must be above 0, not {noise_px}")
    if floor_m is None:
        on_floor = floor.nothing(len(names), len(view))
    else:
        height = stature(body)
        on_floor = floor.standing(
            names, xy, height / max(size, 1.0), view.fps, height, floor_m
        )
    joints, offsets = zip(*(places[n] for n in names), strict=True)
    anchors = [body.index(joint) for joint in joints]
    offsets = np.asarray(offsets, np.float32)
    return Scene(
        body,
        names,
        make_rig(body, anchors, offsets),
        offsets,
        jax.tree.map(lambda x: jnp.asarray(x, jnp.float32)[None], camera),
        np.moveaxis(np.nan_to_num(xy), 0, -1),
        (confidence / noise_px**2).T,
        prior,
        view.fps,
        *on_floor,
    )


def _size(xy: np.ndarray) -> float:
    """Pixels that a person [T, K, 2] is tall or wide, as most frames show most."""
    shown = xy[np.isfinite(xy).all(-1).sum(1) >= _FEWEST]
    return float(np.median((np.nanmax(shown, 1) - np.nanmin(shown, 1)).max(-1)))


def _usual(body: Skeleton) -> PosePrior:
    """Postures about rest: trunks bend less than limbs, and stand upright."""
    lower, upper = np.asarray(body.lower), np.asarray(body.upper)
    share, most = np.full(len(lower), _LIMB[0]), np.full(len(lower), _LIMB[1])
    table = coordinate_table(body.kinds)
    for j, twin in enumerate(body.mirror or ()):
        if twin == j:
            own = table[j][table[j] < len(lower)]
            share[own], most[own] = _TRUNK
    spread = np.minimum(share * (upper - lower), most)
    mean = np.clip(0, lower, upper)
    return priors.normal_postures(
        body, np.append([0, 0], mean), np.append([_TILT, _TILT], spread)
    )


def _residual(scene: Scene, found: Found) -> float:
    camera = jax.tree.map(lambda x: x[0], scene.camera)
    images = np.asarray(_images(camera, found.points))
    away = np.linalg.norm(np.moveaxis(scene.pixels, -1, 0) - images, axis=-1)
    sigma = 1 / np.sqrt(scene.weight.max())
    near = (scene.weight.T > 0) & (away <= _OUTLIER * sigma)
    if not near.any():
        return float("nan")
    return float(np.sqrt(np.mean(away[near] ** 2)))


_images = jax.jit(lenses.project)
