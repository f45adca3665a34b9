"""How a scene goes."""

import dataclasses

import jax
import numpy as np

from kinematics import Motion, Poses
from lmmjax.generation import guidance, perturb
from lmmjax.generation.continuation import PromptError, fit_to_model
from lmmjax.generation.crowd import Crowd
from lmmjax.generation.footing import stand
from lmmjax.generation.intent import Intent
from lmmjax.generation.scene.content import Person, Scene
from lmmjax.generation.scene.placing import placed
from lmmjax.generation.scene.taking import taking
from lmmjax.generation.scene.wishes import wishes_of
from lmmjax.generation.stream import Stream, rolled_out
from lmmjax.model import intent
from lmmjax.model import poses as poses_of
from lmmjax.model.movement import MovementModel

# Seconds of a prompt that are shown before the movement that is made.
SHOWN_SECONDS = 1.0


def play(model: MovementModel, scene: Scene, seed: int = 0, **options) -> list[Motion]:
    """How a scene goes.

    Args:
      model: the model.
      scene: the scene.
      seed: of all noise.
      **options: of `Stream`: commit, steps, temperature, churn, inertia.

    Returns:
      One motion for each person, the last second of the prompt before it, on the bones
      of the prompt; of who takes things on a body as high, with fingers.

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
    stream = Stream(model, **options)
    wishes = [
        *wishes_of(model, past, scene, frames),
        *guidance.feet_stand(model, stream.commit),
    ]
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
        if scene.floor:
            motion = stand(motion, scene.floor)
        found.append(_taking(motion, person, len(prompt) - 1))
    return found


def _taking(motion: Motion, person: Person, begin: int) -> Motion:
    """What a person takes he takes with fingers, in time that counts from a frame."""
    if not person.grasps:
        return motion
    try:
        return taking(motion, person.grasps, begin)
    except ValueError as error:
        raise ValueError(f"grasp of {person.name}: {error}") from error


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
    found = Intent(np.stack(said), scale=scene.heed if told else 1.0)
    for joint in aims:
        # Of several goals of a joint the first is told.
        ours = [[g for g in p.goals if g.joint == joint] for p in scene.people]
        firsts = [min(gs, key=lambda goal: goal.at, default=None) for gs in ours]
        there = np.array([g is not None for g in firsts], np.float32)
        if there.any():
            place = np.array([g.place if g else (0, 0, 0) for g in firsts], np.float32)
            if scene.floor is not None:
                # The model knows of level ground alone.
                place[:, 2] -= np.asarray(scene.floor.smoothed().height(place))
            at = np.array([g.at if g else 0.0 for g in firsts], np.float32)
            found = found.aim(model.config, joint, place, at, model.fps, there)
    return found
