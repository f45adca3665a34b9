"""A scene: who is there, what each is to do, and what is in the way."""

import dataclasses
from collections.abc import Sequence

import jax
import numpy as np

from kinematics import Motion, Poses, rotations
from lmmjax.generation import guidance, perturb
from lmmjax.generation.continuation import PromptError, fit_to_model
from lmmjax.generation.crowd import Crowd
from lmmjax.generation.footing import stand
from lmmjax.generation.guidance import Facing, Floor, Look, Track, Way, Wish
from lmmjax.generation.guidance.effort import Power, Torque
from lmmjax.generation.guidance.exertion import MASS_KG
from lmmjax.generation.guidance.ground import carried, raised
from lmmjax.generation.intent import Intent
from lmmjax.generation.stream import Stream, rolled_out
from lmmjax.model import intent
from lmmjax.model import poses as poses_of
from lmmjax.model.movement import MovementModel

# Seconds of a prompt that are shown before the movement that is made.
SHOWN_SECONDS = 1.0


@dataclasses.dataclass(frozen=True)
class Goal:
    """A joint is at a place in time.

    Attributes:
      joint: its name.
      place: metres.
      at: seconds from the beginning.
      hold: seconds that it stays.
    """

    joint: str
    place: tuple[float, float, float]
    at: float
    hold: float = 0.5


@dataclasses.dataclass(frozen=True)
class Path:
    """A way over the floor.

    Attributes:
      points: [P] of x and y, metres.
      speed: m/s.
    """

    points: tuple[tuple[float, float], ...]
    speed: float = 1.2


@dataclasses.dataclass(frozen=True)
class Push:
    """Someone is pushed.

    Attributes:
      velocity: of the world, m/s that the root gains.
      at: seconds from the beginning.
    """

    velocity: tuple[float, float]
    at: float


@dataclasses.dataclass(frozen=True)
class Person:
    """Somebody, and what is wished of him.

    Attributes:
      name: what the files that are written are called.
      prompt: how he moves before: a motion of the model's skeleton.
      place: where the prompt ends, x and y in metres; where it does by default.
      facing: which way, degrees about the vertical from x; as it does by default.
      goals: of joints, in any order.
      path: that is followed.
      look: metres, a point that the head is turned to.
      key: a pose at a time: two poses of a motion, the second of which is the one
        that is taken, and seconds.
      pushes: in any order.
      label: what he is told to do, if the model knows it.
      effort: most power that his joints put in, as a share of what is usual at his
        speed.
      torque: most that joints are to bear, N m by name.
      balance: whether the ground is to bear him where his feet stand.
      mass: kilograms.
    """

    name: str
    prompt: Motion
    place: tuple[float, float] | None = None
    facing: float | None = None
    goals: tuple[Goal, ...] = ()
    path: Path | None = None
    look: tuple[float, float, float] | None = None
    key: tuple[Motion, float] | None = None
    pushes: tuple[Push, ...] = ()
    label: str = ""
    effort: float | None = None
    torque: dict[str, float] | None = None
    balance: bool = False
    mass: float = MASS_KG


@dataclasses.dataclass(frozen=True)
class Obstacle:
    """A capsule, which may move.

    Attributes:
      ends: of its axis, metres.
      radius: metres.
      velocity: m/s.
    """

    ends: tuple[tuple[float, float, float], tuple[float, float, float]]
    radius: float
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclasses.dataclass(frozen=True)
class Scene:
    """People and things.

    Attributes:
      people: at least one.
      seconds: how long.
      obstacles: that nobody goes through.
      apart: metres that people keep from each other.
      heed: how much labels count, see `lmmjax.model.movement.Told`.
      floor: what people stand on; level at height 0 by default.
    """

    people: tuple[Person, ...]
    seconds: float = 4.0
    obstacles: tuple[Obstacle, ...] = ()
    apart: float = 0.7
    heed: float = 1.5
    floor: Floor | None = None


def play(model: MovementModel, scene: Scene, seed: int = 0, **options) -> list[Motion]:
    """How a scene goes.

    Args:
      model: the model.
      scene: the scene.
      seed: of all noise.
      **options: of `Stream`: commit, steps, temperature, churn, inertia.

    Returns:
      One motion for each person, the last second of the prompt before it, on the bones
      of the prompt.

    Raises:
      PromptError: a prompt is of another skeleton, or too short.
      ValueError: what is wished cannot be understood; the message names the person.
    """
    if not scene.people:
        raise ValueError("a scene needs people")
    if not 0 < scene.seconds < np.inf:
        raise ValueError(f"a scene lasts more than 0 s; got {scene.seconds:g}")
    frames = max(1, round(scene.seconds * model.fps))
    prompts = [_prompt(model, person) for person in scene.people]
    bones = np.stack([np.asarray(p.skeleton.offsets) for p in prompts])
    model = model.with_offsets(bones[:, None])
    # What all have.
    length = min(map(len, prompts))
    past = Poses(
        *(
            np.stack([np.asarray(x)[-length:] for x in parts])
            for parts in zip(*(p.poses for p in prompts), strict=True)
        )
    )
    wishes = [
        *_paths(model, past, scene, frames),
        *_of_the_world(model, past, scene, frames),
        *_efforts(model, past, scene),
    ]
    stream = Stream(model, **options)
    wishes += guidance.feet_stand(model, stream.commit)
    stream = dataclasses.replace(
        stream,
        guide=guidance.Guide.to(model, *wishes),
        intent=_intent(model, scene),
    )
    future = _run(stream, past, scene, frames, seed)
    found = []
    for n, (person, prompt) in enumerate(zip(scene.people, prompts, strict=True)):
        poses = Poses(
            *(
                np.concatenate([np.asarray(a), np.asarray(b[n])])
                for a, b in zip(prompt.poses, future, strict=True)
            )
        )
        body = model.body.replace(offsets=bones[n])
        motion = poses_of.to_motion(
            poses, body, model.fps, name=person.name, subject=person.name
        )
        found.append(stand(motion, scene.floor) if scene.floor else motion)
    return found


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


def _run(stream: Stream, past: Poses, scene: Scene, frames: int, seed: int) -> Poses:
    """Poses [N, frames] of all who are there."""
    crowd = Crowd(stream, scene.apart)
    state = stream.init(past)
    keys = jax.random.split(jax.random.key(seed), len(past.joints))
    most = max(len(person.pushes) for person in scene.people)
    if not most:
        return crowd.sample(state, keys, frames)[0]
    velocity = np.zeros((len(keys), most, 2), np.float32)
    # Of one that never comes.
    before = np.full((len(keys), most), frames + stream.commit)
    for n, person in enumerate(scene.people):
        for m, push in enumerate(person.pushes):
            velocity[n, m] = push.velocity
            before[n, m] = round(push.at * stream.model.fps)
    blow = perturb.push(velocity, before)

    @jax.jit
    def run(crowd, state, keys, blow):
        def step(state, keys):
            _, after = crowd.step(state, keys)
            return perturb.carried(crowd.stream, state, after, blow)

        return rolled_out(step, state, keys, frames)[0]

    return run(crowd, state, keys, blow)


def _prompt(model: MovementModel, person: Person) -> Motion:
    """The last second of the prompt, where the person is to stand."""
    try:
        motion = fit_to_model(model, person.prompt)
    except PromptError as error:
        raise PromptError(f"{person.name}: {error}") from error
    motion = motion[-(round(SHOWN_SECONDS * model.fps) + 1) :]
    return placed(motion, person.place, person.facing)


def placed(
    motion: Motion, place: Sequence[float] | None, facing: float | None
) -> Motion:
    """A motion that ends at a place, facing a way; what is None stays as it is.

    Args:
      motion: any.
      place: x and y, metres.
      facing: degrees about the vertical from x.
    """
    position = np.asarray(motion.root_position)
    rotation = np.asarray(motion.root_rotation)
    end = position[-1]
    now = rotations.heading(rotation[-1])
    turn = rotations.about_z(0 * now if facing is None else np.radians(facing) - now)
    goal = end if place is None else np.array([*place, end[2]], np.float32)
    moved = goal + np.asarray(rotations.quaternion_rotate(turn, position - end))
    turned = np.asarray(rotations.quaternion_multiply(turn, rotation))
    return dataclasses.replace(motion, root_position=moved, root_rotation=turned)


def _intent(model: MovementModel, scene: Scene) -> Intent | None:
    """What people are told to do, and where to be, as far as the model heeds it."""
    told = any(person.label for person in scene.people)
    aims = model.config.goals
    if not told and not any(g.joint in aims for p in scene.people for g in p.goals):
        return None
    said = []
    for person in scene.people:
        try:
            said.append(intent.said(model.config, person.label))
        except ValueError as error:
            raise ValueError(f"label of {person.name}: {error}") from error
    found = Intent.to(model.config, np.stack(said), scale=scene.heed if told else 1.0)
    for joint in aims:
        # Of several goals of a joint the first is told.
        ours = [[g for g in p.goals if g.joint == joint] for p in scene.people]
        firsts = [min(gs, key=lambda goal: goal.at, default=None) for gs in ours]
        there = np.array([g is not None for g in firsts], np.float32)
        if there.any():
            place = np.array([g.place if g else (0, 0, 0) for g in firsts], np.float32)
            at = np.array([g.at if g else 0.0 for g in firsts], np.float32)
            found = found.aim(model.config, joint, place, at, model.fps, there)
    return found


def _goals(model: MovementModel, past: Poses, scene: Scene, frames: int) -> list[Wish]:
    """The ways of all joints that have goals, as one wish."""
    joints = list(dict.fromkeys(g.joint for p in scene.people for g in p.goals))
    if not joints:
        return []
    shape = len(scene.people), frames, len(joints), 3
    places, precision = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    last = past.at(slice(None), slice(-2, None))
    known = np.asarray(poses_of.positions(model.body, last))
    for n, person in enumerate(scene.people):
        now = dict.fromkeys(joints, (0, known[n : n + 1]))
        for goal in sorted(person.goals, key=lambda goal: goal.at):
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


def _paths(model: MovementModel, past: Poses, scene: Scene, frames: int) -> list[Wish]:
    """The paths of all who have one."""
    if not any(person.path for person in scene.people):
        return []
    count = len(scene.people)
    track = np.zeros((2, count, frames, 1, 3), np.float32)
    facing = np.zeros((2, count, frames), np.float32)
    for n, person in enumerate(scene.people):
        if person.path is None:
            continue
        one = past.at(slice(n, n + 1))
        points, speed = np.array(person.path.points, float), person.path.speed
        try:
            way, way_facing = guidance.follow(
                one, points, speed, frames / model.fps, model.fps
            )
        except ValueError as error:
            raise ValueError(f"path of {person.name}: {error}") from error
        track[0, n], track[1, n] = way.places[0], way.precision[0]
        facing[0, n], facing[1, n] = way_facing.heading[0], way_facing.precision[0]
    return [Way(np.array([0]), *track), Facing(*facing)]


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
