"""Primitives by name, varied samples of them, and a library of people moving."""

from collections.abc import Callable, Container, Iterator

import numpy as np

from kinematics.motion import Motion
from lmmjax.data.primitives import gait, handling, inplace, seated
from lmmjax.data.primitives.subject import SIDES, Subject, average, random_subject
from lmmjax.data.primitives.track import Track

# What each primitive is made by. All take a generator, a subject, fps and parameters.
TRACKS: dict[str, Callable[..., Track]] = {
    "walk": gait.walk_track,
    "run": gait.run_track,
    "reach": inplace.reach_track,
    "jump": inplace.jump_track,
    "squat": inplace.squat_track,
    "turn": gait.turn_track,
    "kick": inplace.kick_track,
    "stand": inplace.stand_track,
    "grasp": handling.grasp_track,
    "throw": handling.throw_track,
    "sit": seated.sit_track,
    "get_up": seated.get_up_track,
}
# The order in which a library goes through the primitives; those that came later are
# left out, so that equal seeds give equal libraries.
ORDER = ("walk", "reach", "run", "squat", "turn", "walk", "jump", "kick", "stand")


def with_contacts(
    action: str,
    seed: int | np.random.Generator,
    subject: Subject | None = None,
    fps: float = 30.0,
    **params,
) -> tuple[Motion, np.ndarray]:
    """One primitive with given parameters, and what it touches.

    Args:
      action: which, a key of `TRACKS`.
      seed: number or generator; equal seeds give equal motions.
      subject: who moves; by default someone average.
      fps: frames per second.
      **params: of the primitive; what is not given has a default or is drawn.

    Returns:
      The motion and contacts [T, 4], whether left heel, left ball of the foot, right
      heel and right ball are planted.
    """
    rng = np.random.default_rng(seed)
    track = TRACKS[action](rng, subject or average(), fps=fps, **params)
    return track.finish(name=action, action=action)


def _primitive(action: str) -> Callable[..., Motion]:
    def primitive(
        seed: int | np.random.Generator,
        subject: Subject | None = None,
        fps: float = 30.0,
        **params,
    ) -> Motion:
        return with_contacts(action, seed, subject, fps, **params)[0]

    primitive.__name__ = primitive.__qualname__ = action
    primitive.__doc__ = TRACKS[action].__doc__
    return primitive


walk = _primitive("walk")
run = _primitive("run")
reach = _primitive("reach")
jump = _primitive("jump")
squat = _primitive("squat")
turn = _primitive("turn")
kick = _primitive("kick")
stand = _primitive("stand")
grasp = _primitive("grasp")
throw = _primitive("throw")
sit = _primitive("sit")
get_up = _primitive("get_up")
PRIMITIVES: dict[str, Callable[..., Motion]] = {
    "walk": walk,
    "run": run,
    "reach": reach,
    "jump": jump,
    "squat": squat,
    "turn": turn,
    "kick": kick,
    "stand": stand,
    "grasp": grasp,
    "throw": throw,
    "sit": sit,
    "get_up": get_up,
}


def _vary_walk(rng: np.random.Generator, subject: Subject, fps: float) -> Track:
    speed = rng.uniform(0.7, 1.75)
    if rng.random() < 0.3:
        angle = rng.choice([-1, 1]) * rng.uniform(0.7, 2.0)
        return (
            gait.walk_track(rng, subject, fps, 3.5, speed, starts=True, stops=True)
            .then(gait.turn_track(rng, subject, fps, angle))
            .then(
                gait.walk_track(rng, subject, fps, 3.5, speed, starts=True, stops=True)
            )
        )
    starts, stops = rng.random(2) < 0.4
    curvature = rng.choice([0.0, rng.uniform(-0.25, 0.25)])
    seconds = rng.uniform(5.0, 9.0)
    return gait.walk_track(
        rng, subject, fps, seconds, speed, curvature, bool(starts), bool(stops)
    )


def _vary_run(rng: np.random.Generator, subject: Subject, fps: float) -> Track:
    speed, curvature = (
        rng.uniform(2.2, 3.8),
        rng.choice([0.0, rng.uniform(-0.06, 0.06)]),
    )
    return gait.run_track(rng, subject, fps, rng.uniform(4, 6), speed, curvature)


def _vary_turn(rng: np.random.Generator, subject: Subject, fps: float) -> Track:
    angle = rng.choice([-1, 1]) * rng.uniform(0.6, 3.1)
    if rng.random() < 0.5:
        track = gait.turn_track(rng, subject, fps, angle)
        if len(track) / track.rate > 4.0:
            return track
        back = gait.turn_track(rng, subject, fps, -rng.uniform(0.5, 1.2) * angle)
        return track.then(back)
    speed, seconds = rng.uniform(0.9, 1.4), rng.uniform(6.0, 8.0)
    middle, width = 0.5 * speed * seconds, rng.uniform(0.5, 0.9)

    def bend(s: np.ndarray) -> np.ndarray:
        return angle / (width * 2.507) * np.exp(-0.5 * ((s - middle) / width) ** 2)

    return gait.walk_track(rng, subject, fps, seconds, speed, bend, True, True)


def _vary_squat(rng: np.random.Generator, subject: Subject, fps: float) -> Track:
    squats = int(rng.integers(1, 4))
    track = inplace.squat_track(rng, subject, fps, times=squats)
    if squats == 1:
        return track.then(inplace.jump_track(rng, subject, fps))
    return track


def _vary_jump(rng: np.random.Generator, subject: Subject, fps: float) -> Track:
    track = inplace.jump_track(rng, subject, fps)
    return track.then(inplace.jump_track(rng, subject, fps))


def _vary_reach(rng: np.random.Generator, subject: Subject, fps: float) -> Track:
    track = inplace.reach_track(rng, subject, fps)
    return track.then(inplace.reach_track(rng, subject, fps))


def _vary_kick(rng: np.random.Generator, subject: Subject, fps: float) -> Track:
    track = inplace.kick_track(rng, subject, fps)
    if rng.random() < 0.5:
        speed = rng.uniform(0.9, 1.4)
        step = gait.walk_track(rng, subject, fps, 2.6, speed, starts=True, stops=True)
        return step.then(track)
    return track.then(inplace.kick_track(rng, subject, fps))


def _vary_stand(rng: np.random.Generator, subject: Subject, fps: float) -> Track:
    return inplace.stand_track(rng, subject, fps, rng.uniform(4.0, 7.0))


def _vary_grasp(rng: np.random.Generator, subject: Subject, fps: float) -> Track:
    return handling.grasp_track(rng, subject, fps)


def _vary_throw(rng: np.random.Generator, subject: Subject, fps: float) -> Track:
    return handling.throw_track(rng, subject, fps)


def _vary_sit(rng: np.random.Generator, subject: Subject, fps: float) -> Track:
    seat = rng.uniform(0.22, 0.30) * subject.stature
    return seated.sit_track(rng, subject, fps, seat).then(
        seated.get_up_track(rng, subject, fps, seat)
    )


def _vary_get_up(rng: np.random.Generator, subject: Subject, fps: float) -> Track:
    side = SIDES[int(rng.integers(2))]
    return seated.get_up_track(rng, subject, fps, side=side)


_VARY = {
    "walk": _vary_walk,
    "run": _vary_run,
    "reach": _vary_reach,
    "jump": _vary_jump,
    "squat": _vary_squat,
    "turn": _vary_turn,
    "kick": _vary_kick,
    "stand": _vary_stand,
    "grasp": _vary_grasp,
    "throw": _vary_throw,
    "sit": _vary_sit,
    "get_up": _vary_get_up,
}


def sample(
    action: str,
    seed: int,
    subject: Subject | None = None,
    fps: float = 30.0,
    index: int = 0,
) -> Motion:
    """A varied clip of an action, some of them chained with others.

    Args:
      action: which, a key of `PRIMITIVES`.
      seed: equal seeds and indices give equal motions.
      subject: who moves; by default drawn.
      fps: frames per second.
      index: number of the clip under this seed.

    Returns:
      A motion of about 4 to 14 s.
    """
    subject = subject or random_subject(seed, index)
    rng = np.random.default_rng([seed, index, 2])
    track = _VARY[action](rng, subject, fps)
    heading = rng.uniform(-np.pi, np.pi)
    track.turn_to(heading)
    name = f"{subject.name}_{action}_{index:03d}"
    return track.finish(name=name, action=action)[0]


def library(
    seed: int = 0,
    clips: int = 90,
    fps: float = 30.0,
    subjects: int = 12,
    only: Container[int] | None = None,
) -> Iterator[Motion]:
    """Clips of synthetic people that go through the primitives of a data set.

    These are the ones that stand on their feet and hold nothing: `grasp`, `throw`,
    `sit` and `get_up` are not among them.

    Args:
      seed: equal seeds give equal libraries.
      clips: how many.
      fps: frames per second.
      subjects: how many people; person s does clips s, s + subjects, ...
      only: numbers of the people whose clips are wanted; all by default.

    Yields:
      Motions with name, subject and action.
    """
    people = [random_subject(seed, s) for s in range(subjects)]
    for k in range(clips):
        # Each round of the actions meets the people in another order.
        action = ORDER[(k + k // subjects) % len(ORDER)]
        if only is not None and k % subjects not in only:
            continue
        yield sample(action, seed, people[k % subjects], fps, index=k)
