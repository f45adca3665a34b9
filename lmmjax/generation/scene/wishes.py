"""What is wished of the people of a scene, as wishes of all of them at once."""

import dataclasses

import jax
import numpy as np

from kinematics import Poses, rotations
from lmmjax.generation import guidance
from lmmjax.generation.continuation import fit_to_model
from lmmjax.generation.guidance import Facing, Look, Track, Way, Wish
from lmmjax.generation.guidance.effort import Power, Torque
from lmmjax.generation.guidance.ground import carried, raised
from lmmjax.generation.scene.content import Goal, Person, Scene
from lmmjax.generation.scene.placing import placed
from lmmjax.generation.scene.taking import hand_goals
from lmmjax.model import poses as poses_of
from lmmjax.model.movement import MovementModel


def wishes_of(
    model: MovementModel, past: Poses, scene: Scene, frames: int
) -> list[Wish]:
    """All that is wished in a scene.

    Args:
      model: on the bones [N, 1, J, 3] of its people.
      past: their poses [N, T] before it.
      scene: the scene.
      frames: how long it is.

    Raises:
      ValueError: what is wished cannot be understood; the message names the person.
    """
    return [
        *_paths(model, past, scene, frames),
        *_of_the_world(model, past, scene, frames),
        *_efforts(model, past, scene),
    ]


def _of_the_world(
    model: MovementModel, past: Poses, scene: Scene, frames: int
) -> list[Wish]:
    """What depends on heights, in the coordinates that people move in."""
    floor = scene.floor
    if floor is not None:
        past = carried(floor.smoothed(), past)
    wishes = [
        *_goals(model, past, scene, frames),
        *_looks(model, scene, frames),
        *_keys(model, past, scene),
        *_obstacles(model, scene),
    ]
    return wishes if floor is None else raised(floor, *wishes)


def _goals(model: MovementModel, past: Poses, scene: Scene, frames: int) -> list[Wish]:
    """The ways of all joints that have goals, as one wish."""
    goals = [_goals_of(model, person) for person in scene.people]
    joints = list(dict.fromkeys(goal.joint for own in goals for goal in own))
    if not joints:
        return []
    shape = len(scene.people), frames, len(joints), 3
    places, precision = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    last = past.at(slice(None), slice(-2, None))
    known = np.asarray(poses_of.positions(model.body, last))
    for n, person in enumerate(scene.people):
        now = dict.fromkeys(joints, (0, known[n : n + 1]))
        for goal in sorted(goals[n], key=lambda goal: goal.at):
            start, here = now[goal.joint]
            try:
                way = guidance.reach(
                    model.body,
                    here,
                    goal.joint,
                    goal.place,
                    goal.at - start / model.fps,
                    model.fps,
                    goal.hold,
                )
            except ValueError as error:
                raise ValueError(f"goal of {person.name}: {error}") from error
            g = joints.index(goal.joint)
            span = slice(start, start + way.places.shape[1])
            count = len(range(frames)[span])
            places[n, span, g] = way.places[0, :count, 0]
            precision[n, span, g] = way.precision[0, :count, 0]
            there = np.broadcast_to(np.array(goal.place, np.float32), here.shape)
            now[goal.joint] = start + way.places.shape[1], there
    numbers = np.array([model.body.names.index(j) for j in joints])
    return [Track(numbers, places, precision)]


def _goals_of(model: MovementModel, person: Person) -> list[Goal]:
    """Goals of one person, and of the hands that he takes things with."""
    if not person.grasps:
        return list(person.goals)
    body = model.body.replace(offsets=model.body.offsets[0, 0])
    try:
        return [*person.goals, *hand_goals(body, person.grasps)]
    except ValueError as error:
        raise ValueError(f"grasp of {person.name}: {error}") from error


def _paths(model: MovementModel, past: Poses, scene: Scene, frames: int) -> list[Wish]:
    """The ways of all who have one, by a path or by another motion."""
    if not any(person.path or person.along for person in scene.people):
        return []
    count = len(scene.people)
    track = np.zeros((2, count, frames, 1, 3), np.float32)
    facing = np.zeros((2, count, frames), np.float32)
    for n, person in enumerate(scene.people):
        if person.path is None and person.along is None:
            continue
        one = past.at(slice(n, n + 1))
        try:
            way, way_facing = _way(model, one, person, frames)
        except ValueError as error:
            raise ValueError(f"path of {person.name}: {error}") from error
        track[0, n], track[1, n] = way.places[0], way.precision[0]
        facing[0, n], facing[1, n] = way_facing.heading[0], way_facing.precision[0]
    return [Way(np.array([0]), *track), Facing(*facing)]


def _way(
    model: MovementModel, past: Poses, person: Person, frames: int
) -> tuple[Way, Facing]:
    """The way of one who has one, from his poses [1, T] on."""
    path, along = person.path, person.along
    if path and along:
        raise ValueError("he cannot follow it and go along with a motion too")
    if along is None:
        assert path is not None
        points, seconds = np.array(path.points, float), frames / model.fps
        return guidance.follow(past, points, path.speed, seconds, model.fps)
    x, y, _ = np.asarray(past.root_position)[0, -1]
    facing = np.degrees(rotations.heading(np.asarray(past.root_rotation)[0, -1]))
    motion = placed(fit_to_model(model, along), (x, y), float(facing), 0)
    # Who has arrived stays there.
    ahead = np.minimum(np.arange(1, frames + 1), len(motion) - 1)
    return guidance.along(
        past,
        np.asarray(motion.root_position)[ahead, :2],
        model.fps,
        facing=np.asarray(rotations.heading(motion.root_rotation[ahead])),
    )


def _looks(model: MovementModel, scene: Scene, frames: int) -> list[Wish]:
    points = [person.look for person in scene.people]
    if all(point is None for point in points):
        return []
    aims = np.array([point or (0, 0, 0) for point in points], np.float32)
    wish = guidance.look_at(model.body, aims, frames)
    there = np.array([[point is not None] for point in points], np.float32)
    return [Look(wish.joint, wish.point, there * wish.precision)]


def _keys(model: MovementModel, past: Poses, scene: Scene) -> list[Wish]:
    """Key poses, one wish for each: they are at times of their own."""
    found: list[Wish] = []
    for n, person in enumerate(scene.people):
        if person.key is None:
            continue
        motion, at = person.key
        key = jax.tree.map(
            lambda x: np.asarray(x)[None, -2:], fit_to_model(model, motion).poses
        )
        body = model.body.replace(offsets=model.body.offsets[n : n + 1])
        try:
            pair = guidance.keyframe(
                model.replace(body=body), past.at(slice(n, n + 1)), key, at
            )
        except ValueError as error:
            raise ValueError(f"key pose of {person.name}: {error}") from error
        mine = (np.arange(len(scene.people)) == n)[:, None, None, None]
        found += [
            dataclasses.replace(wish, precision=mine * wish.precision) for wish in pair
        ]
    return found


def _efforts(model: MovementModel, past: Poses, scene: Scene) -> list[Wish]:
    """What movement may take of each, as one wish."""
    people = scene.people
    joints = list(dict.fromkeys(joint for p in people for joint in p.torque or ()))
    count = len(people)
    share, saves = np.ones(count, np.float32), np.zeros(count, np.float32)
    limit = np.ones((count, len(joints)), np.float32)
    spares = np.zeros_like(limit)
    for n, person in enumerate(people):
        try:
            if not person.mass > 0:
                raise ValueError(f"mass must be above 0 kg; got {person.mass:g}")
            if person.effort is not None:
                power = guidance.cheaper(person.effort)
                share[n], saves[n] = power.share[0], power.precision[0]
            for joint, most in (person.torque or {}).items():
                torque = guidance.within_torque(model.body, joint, most)
                at = n, joints.index(joint)
                limit[at], spares[at] = torque.limit[0, 0], torque.precision[0, 0]
        except ValueError as error:
            raise ValueError(f"effort of {person.name}: {error}") from error
    bounds: list[guidance.Bound] = []
    if saves.any():
        bounds.append(Power(share, saves))
    if joints:
        numbers = np.array([model.body.names.index(joint) for joint in joints])
        bounds.append(Torque(numbers, limit, spares))
    if any(person.balance for person in people):
        stands = guidance.balanced()
        asked = np.array([person.balance for person in people], np.float32)
        bounds.append(dataclasses.replace(stands, precision=asked * stands.precision))
    if not bounds:
        return []
    who = guidance.Physique.of(model, past, np.array([p.mass for p in people]))
    return [guidance.Effort(who, tuple(bounds))]


def _obstacles(model: MovementModel, scene: Scene) -> list[Wish]:
    if not scene.obstacles:
        return []
    return [
        guidance.keep_out(
            model.body,
            np.array([o.ends for o in scene.obstacles]),
            np.array([o.radius for o in scene.obstacles]),
            np.array([o.velocity for o in scene.obstacles]),
            model.fps,
        )
    ]
