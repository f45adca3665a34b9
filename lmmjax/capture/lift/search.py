"""Movements that would all look like what the camera saw.

Some frames of a clip are searched each by itself: from several directions the body may
face, and with every arm and leg flipped. What goes together in time is told by the way
of least cost through the candidates, for the body as a whole first, then for each limb.
Where another way leads elsewhere, it starts another hypothesis.
"""

import jax
import numpy as np

from kinematics import motion as motions
from kinematics.motion import Poses
from kinematics.skeleton import coordinate_table
from kinematics.tree import descent
from lmmjax.capture.lift.flips import WAYS, Limb, flipped, limbs
from lmmjax.capture.lift.paths import best_path
from lmmjax.capture.lift.scene import Found, Scene, facing, improve

# Searched frames per second, directions to face, and how many of them are kept.
KEY_RATE = 15.0
_FACES = 8
_KEPT = 3
# First the noise of keypoints is taken as a share of the distance, then as so many
# times what it is.
_FAR, _NEAR = 0.03, 4.0
_STEPS = (10, 8, 6)
# Standard deviations in metres: of a keypoint about its place in a flipped limb, of
# the depth of a keypoint found in one frame alone, and of the acceleration, m/s^2.
_FLIP = 0.03
_ALONE = 0.06
ACCELERATION = 10.0
# Metres between solutions that are different.
APART = 0.1
# Nats beyond which the second way of a limb is given up: a choice.
_UNLIKELY = 150.0
# Nats that no candidate can be worse by, and that keep the second way off the first.
_WORST = 1e4
# Share of the keypoints that most frames show, for a frame to be searched.
_ENOUGH = 0.5


def starts(scene: Scene) -> list[Poses]:
    """Movements [T] to start from, all to be improved, the likeliest first."""
    keys, spread = key_frames(scene), _spread(scene)
    faced = _faced(scene, keys)
    everything = list(range(len(scene.names)))
    found: list[Poses] = []
    for way, _ in _two_ways(faced, everything, spread):
        base = faced.at((np.arange(len(keys)), way))
        found += _with_limbs(scene, keys, base, spread)
    return [_between(scene, keys, poses) for poses in found]


def again(scene: Scene, found: Found) -> list[Poses]:
    """Movements to start from that differ from one [T] by an arm or a leg."""
    keys = key_frames(scene)
    near = _with_limbs(scene, keys, found.at(keys), _spread(scene))
    return [_between(scene, keys, poses) for poses in near]


def key_frames(scene: Scene) -> np.ndarray:
    """Frames to search, of those that show enough of the person."""
    count = (scene.weight > 0).sum(0)
    usable = np.flatnonzero(count >= _ENOUGH * count.max())
    step = scene.fps / KEY_RATE
    wanted = np.arange(0, scene.frames - 1 + step / 2, max(step, 1))
    near = np.abs(usable - np.round(wanted)[:, None]).argmin(1)
    return np.unique(usable[near])


def _spread(scene: Scene) -> float:
    """Standard deviation of second differences of keypoints between key frames."""
    seconds = max(1 / KEY_RATE, 1 / scene.fps)
    return float(np.hypot(ACCELERATION * seconds**2, np.sqrt(6) * _ALONE))


def _faced(scene: Scene, keys: np.ndarray) -> Found:
    """Candidates [T, S] of key frames that face different ways."""
    sigma = 1 / np.sqrt(scene.weight.max())
    far = max(_NEAR, _FAR * float(scene.camera.matrix[0, 0, 0]) / sigma)
    turns = 2 * np.pi * np.arange(_FACES) / _FACES
    faced = [facing(scene, keys, float(turn)) for turn in turns]
    poses = jax.tree.map(lambda *x: np.concatenate(x), *faced)
    frames = np.tile(keys, _FACES)
    found = improve(scene, poses, frames, _STEPS[0], far)
    found = improve(scene, found.poses, frames, _STEPS[1], _NEAR)
    found = improve(scene, found.poses, frames, _STEPS[2])
    return _distinct(_by_frame(found, _FACES), _KEPT)


def _by_frame(found: Found, count: int) -> Found:
    """Of [count T], candidate by candidate, [T, count]."""
    return jax.tree.map(
        lambda x: np.swapaxes(x.reshape(count, -1, *x.shape[1:]), 0, 1), found
    )


def _distinct(found: Found, count: int) -> Found:
    """The cheapest [T, count] of candidates [T, S] that are apart."""
    cost = np.where(np.isfinite(found.cost), found.cost, np.inf).copy()
    frames = np.arange(len(cost))
    chosen, costs = [], []
    for _ in range(count):
        best = cost.argmin(1)
        chosen.append(best)
        costs.append(cost[frames, best])
        away = found.points - found.points[frames, best][:, None]
        near = np.linalg.norm(away, axis=-1).mean(-1) < APART / 2
        cost = np.where(near, np.inf, cost)
    index = np.stack(chosen, 1)
    kept = found.at((frames[:, None], index))
    return kept._replace(cost=np.stack(costs, 1))


def _two_ways(
    found: Found, points: list[int], spread: float
) -> list[tuple[np.ndarray, float]]:
    """The best way [T] through candidates [T, S] and another, and their costs.

    The other, of which there is none where candidates hardly differ, goes by other
    candidates wherever these are far away.
    """
    x = found.points[:, :, points]
    cost = np.minimum(found.cost, _WORST)
    first = best_path(cost, x, spread)
    on_first = x[np.arange(len(x)), first[0]][:, None]
    away = np.linalg.norm(x - on_first, axis=-1).mean(-1)
    away = np.where(np.isfinite(found.cost), away, 0)
    far = away.max(1, keepdims=True)
    if not (far > APART).any():
        return [first]
    on = (away < far / 2) & (far > APART)
    return [first, best_path(cost + _WORST * on, x, spread)]


def _with_limbs(
    scene: Scene, keys: np.ndarray, base: Found, spread: float
) -> list[Poses]:
    """Poses [keys] with each limb at its best, and with one at its second best."""
    at = np.arange(len(keys))
    best, others = base.poses.joints.copy(), []
    for limb in limbs(scene.names):
        states = _flips(scene, keys, base, limb)
        # About the limb's start, for the trunk will be that of the base.
        about = states.points - states.points[:, :, [limb.start]]
        own = _own_coordinates(scene, limb)
        (first, least), *second = _two_ways(
            states._replace(points=about), list(limb.moving), spread
        )
        best[:, own] = states.poses.joints[at, first][:, own]
        others += [
            (own, states.poses.joints[at, way][:, own])
            for way, cost in second
            if cost - least < _UNLIKELY
        ]
    found = [best]
    for own, q in others:
        changed = best.copy()
        changed[:, own] = q
        found.append(changed)
    return [base.poses._replace(joints=q) for q in found]


def _flips(scene: Scene, keys: np.ndarray, base: Found, limb: Limb) -> Found:
    """Candidates [T, 4] of a limb."""
    camera = jax.tree.map(lambda x: x[0], scene.camera)
    center = np.asarray(camera.center)
    frames = np.tile(keys, len(WAYS))
    goal = np.concatenate([flipped(base.points, center, limb, way) for way in WAYS])
    weight = np.zeros(goal.shape[:2])
    weight[:, list(limb.moving)] = 1 / _FLIP**2
    start = Poses(*(np.concatenate([x] * len(WAYS)) for x in base.poses))
    found = improve(scene, start, frames, _STEPS[0], _NEAR, (goal, weight))
    found = improve(scene, found.poses, frames, _STEPS[2])
    return _by_frame(found, len(WAYS))


def _own_coordinates(scene: Scene, limb: Limb) -> np.ndarray:
    """Coordinates of the joint that a limb starts at and of all that hang on it."""
    body = scene.body
    hangs = descent(body.parents) > 0
    top = body.parents[scene.rig.anchors[limb.middle]]
    table = coordinate_table(body.kinds)[hangs[:, top]]
    return table[table < body.num_coordinates]


def _between(scene: Scene, keys: np.ndarray, poses: Poses) -> Poses:
    """Poses [T] of all frames, lines between key frames."""
    frames = np.arange(scene.frames)

    def lines(x):
        return np.stack([np.interp(frames, keys, column) for column in x.T], 1)

    turn = lines(motions.continuous_quaternions(np.asarray(poses.root_rotation)))
    turn = turn / np.linalg.norm(turn, axis=-1, keepdims=True)
    return Poses(lines(poses.root_position), turn, lines(poses.joints))
