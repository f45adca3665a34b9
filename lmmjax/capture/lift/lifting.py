"""One calibrated view to movements in space, and how probable each is."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import camera as cameras
from kinematics import motion as motions
from kinematics import priors
from kinematics.bodies import human
from kinematics.bodies.placement import placement
from kinematics.camera import Camera
from kinematics.inverse import geometry
from kinematics.inverse.rig import make_rig, place
from kinematics.motion import Motion
from kinematics.skeleton import Skeleton, free_limits
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import Keypoints2D
from lmmjax.capture.lift import search
from lmmjax.capture.lift.scene import Scene, bind
import os
BLUR=float(os.environ.get('BLUR','.1'))



@dataclasses.dataclass(frozen=True)
class Hypothesis:
    motion: Motion
    probability: float
    cost: float
    residual_px: float


def make_scene(view, camera, body, person, prior, noise_px):
    places = placement(body)
    names = tuple(n for n in view.names if n in places)
    view = view.select(names)
    anchors, offsets = place(body, {n: places[n] for n in names})
    xy, confidence = view.xy[:, person], view.confidence[:, person]
    seen = confidence > 0
    camera = jax.tree.map(lambda x: jnp.asarray(x, jnp.float32)[None], camera)
    weight = np.where(seen, confidence, 0) / noise_px**2
    k, t = len(names), len(view)
    return Scene(
        body,
        names,
        make_rig(body, anchors, offsets),
        offsets,
        camera,
        np.moveaxis(np.nan_to_num(xy), 0, -1),
        weight.T,
        prior,
        view.fps,
        np.zeros((k, 3, t)),
        np.zeros((k, 3, 3, t)),
    )


def usual(body):
    lower, upper = np.asarray(body.lower), np.asarray(body.upper)
    from kinematics.skeleton import coordinate_table, DOFS

    table = coordinate_table(body.kinds)
    spread = np.minimum((upper - lower) / 2, 1.0)
    for j, twin in enumerate(body.mirror):
        if twin == j:
            own = table[j][table[j] < len(lower)]
            spread[own] = np.minimum((upper - lower)[own] / 6, 0.2)
    mean = np.clip(0, lower, upper) * np.ones(len(lower))
    return priors.normal_postures(
        body, np.append([0, 0], mean), np.append([0.2, 0.2], spread)
    )


def lift(
    view,
    camera,
    body=None,
    *,
    person=0,
    stature_m=None,
    prior=None,
    hypotheses=3,
    noise_px=3.0,
    verbose=False,
):
    body = body or human(stature_m or 1.75)
    prior = (
        usual(body) if prior is None else priors.pose_residual(prior, body, floor=False, blur=BLUR)
    )
    scene = make_scene(view, camera, body, person, prior, noise_px)
    out = []
    stiffness = 1 / (search.ACCELERATION / scene.fps**2) ** 2
    steps=int(os.environ.get("STEPS",8))
    def add(starts, n):
        for start in starts:
            found = bind(scene, start, steps, stiffness)
            q = np.asarray(geometry.obey(body, found.poses.joints))
            m = Motion(body, found.poses.root_position, motions.continuous_quaternions(found.poses.root_rotation), q, view.fps)
            out.append((found.cost.sum(), n, m, found, start))
        out.sort(key=lambda r: r[0])
    add(search.starts(scene),'0')
    for k in range(int(os.environ.get("AGAIN",0))):
        add(search.again(scene, out[0][3]),str(k+1))
    return out
