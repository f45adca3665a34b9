r"""Movement from a trained model: of one who goes on as he likes, or of a scene.

    python -m experiments.generate --workdir=runs/mine --prompt=clip.bvh \
        --seconds=4 --samples=8

or with a pretrained one, by --pretrained=<name>. The continuation starts at the end of
the prompt, or at --at seconds into it; the rest of the file is then shown as what
really happened. In --out it writes motion.html (open it in a browser: orbit, play,
scrub), one BVH file per sample with the observed past before it, and report.md.

    python -m experiments.generate --pretrained=human-mocap --scene=scene.toml

plays a scene of several people who reach for goals, follow paths, keep out of obstacles
and of each other, or are pushed; `experiments.scenes` says what the file may tell. The
same can be said in flags, in the same words:

    python -m experiments.generate --pretrained=human-mocap --seconds=5 \
        --person='prompt="walk", path={points=[[0,0],[3,1]]}' \
        --person='prompt="stand", place=[1,1], pushes=[{velocity=[0.4,0], at=1.0}]' \
        --obstacle='ends=[[2,0,0],[2,0,2]], radius=0.2' --floor='slope=6'

It writes motion.html, and of each person a BVH file and motion.npz's arrays.

    python -m experiments.generate --pretrained=human-mocap --match=game.json \
        --start=12 --seconds=10

writes the same of the players of a match, who go where a file of tracks says they were:
NBA SportVU, SoccerNet game states or a table, see `lmmjax.capture.tracking`.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments import program  # first: it sets up the compilation cache

from absl import flags  # isort: skip

from experiments import matches, prompts, results, samplers, scenes
from experiments.settings import SettingError
from kinematics import Motion
from kinematics.formats import bvh
from kinematics.motion import positions
from lmmjax import pretrained
from lmmjax.generation import scene
from lmmjax.model import MovementModel
from lmmjax.model.sampler import Sampler
from lmmjax.training.checkpoint import load_model
from lmmjax.viewer import Ground, Thing, Track, ball, view

_WORKDIR = flags.DEFINE_string("workdir", "runs/train", "Folder of a trained run.")
_PRETRAINED = flags.DEFINE_string(
    "pretrained", None, "Name or folder of a pretrained model, in place of --workdir."
)
_PROMPT = flags.DEFINE_string("prompt", None, "Motion file to continue.")
_SCENE = flags.DEFINE_string("scene", None, "Scene to play, a TOML file.")
_PEOPLE = flags.DEFINE_multi_string(
    "person", [], "Somebody in a scene, as one of a scene file's [[people]]."
)
_OBSTACLES = flags.DEFINE_multi_string(
    "obstacle", [], "Something in a scene, as one of a scene file's [[obstacles]]."
)
_FLOOR = flags.DEFINE_string(
    "floor", None, "What people in a scene stand on, as a scene file's [floor]."
)
_MATCH = flags.DEFINE_string("match", None, "Tracks of players, .json or .csv.")
_START = flags.DEFINE_float(
    "start", None, "Seconds into the match; the beginning of its tracks by default."
)
_AT = flags.DEFINE_float("at", None, "Seconds into the prompt; its end by default.")
_SECONDS = flags.DEFINE_float(
    "seconds", None, "Length; 4 by default, or what a scene file says."
)
_SAMPLES = flags.DEFINE_integer("samples", 8, "Number of continuations.", 1, 64)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the sampling.")
_TEMPERATURE = flags.DEFINE_float(
    "temperature",
    None,
    "Scale of the noise: lower is more typical, higher more varied. By default what "
    "experiments.evaluate chose for the model, or else 1.",
)
_UP = flags.DEFINE_enum("up", "y", ["y", "z"], "The axis that points up in the prompt.")
_OUT = flags.DEFINE_string(
    "out",
    None,
    "Folder to write to; <workdir>/generated/<prompt or scene> by default, "
    "runs/<pretrained> in place of <workdir>.",
)


# Of movement that is led: each step keeps to what was planned before.
_INERTIA = 0.5
# Prompts that players of a match begin with, whichever is nearest to their speed.
_GAITS = "stand", "walk", "run"
# Of goals on the page: metres, and colour.
_BALL, _GOAL = 0.04, (214, 39, 40)
# Metres of a floor that are shown beside people.
_BESIDE = 3.0


def main() -> None:
    """Generate and write."""
    in_flags = bool(_PEOPLE.value or _OBSTACLES.value)
    given = bool(_PROMPT.value), bool(_SCENE.value), bool(_MATCH.value), in_flags
    if sum(given) != 1:
        raise SettingError(
            "give one of --prompt=<file>, --scene=<file>, --match=<file> and "
            "--person=<words>"
        )
    if _PRETRAINED.value:
        model, meta = pretrained.load(_PRETRAINED.value)
        workdir = Path("runs") / Path(_PRETRAINED.value).name
    else:
        model, meta = load_model(_WORKDIR.value)
        workdir = Path(_WORKDIR.value)
        meta |= samplers.read(workdir)
    sampler = samplers.of(meta, samplers.ROLLOUTS) or samplers.CALM
    if _TEMPERATURE.value is not None:
        sampler = dataclasses.replace(sampler, temperature=_TEMPERATURE.value)
    name = Path(_PROMPT.value or _SCENE.value or _MATCH.value or "scene").stem
    out = Path(_OUT.value or workdir / "generated" / name)
    if _PROMPT.value:
        _continue(model, meta, sampler, out)
    elif _MATCH.value:
        _follow(model, sampler, out)
    else:
        _play(model, meta, sampler, out)


def _continue(model: MovementModel, meta: dict, sampler: Sampler, out: Path) -> None:
    motion = prompts.of_file(model, meta, str(_PROMPT.value), _UP.value)
    report = results.continue_and_write(
        model,
        motion,
        out,
        at_seconds=_AT.value,
        seconds=4.0 if _SECONDS.value is None else _SECONDS.value,
        samples=_SAMPLES.value,
        seed=_SEED.value,
        **dataclasses.asdict(sampler),
    )
    text = f"# Continuation of {motion.name}\n\n{report.markdown()}\n"
    (out / "report.md").write_text(text)
    print(f"wrote {out / 'motion.html'}\n      {out / 'report.md'}")


def _play(model: MovementModel, meta: dict, sampler: Sampler, out: Path) -> None:
    folder = Path(_SCENE.value).parent if _SCENE.value else Path()
    own = pretrained.prompts(_PRETRAINED.value) if _PRETRAINED.value else {}

    def prompt_of(name: str, until: float | None) -> Motion:
        if name in own or name in prompts.PRIMITIVES:
            motion = prompts.of_name(model, own, name)
        else:
            motion = prompts.of_file(model, meta, folder / name, _UP.value)
        return motion if until is None else motion[: round(until * motion.fps) + 1]

    if _SCENE.value:
        told = scenes.read(_SCENE.value, prompt_of)
    else:
        told = scenes.of_words(_PEOPLE.value, _OBSTACLES.value, prompt_of, _FLOOR.value)
    if _SECONDS.value is not None:
        told = dataclasses.replace(told, seconds=_SECONDS.value)
    options = dataclasses.asdict(sampler)
    try:
        found = scene.play(model, told, _SEED.value, inertia=_INERTIA, **options)
    except ValueError as error:
        raise SettingError(str(error)) from error
    _write(found, found, out, things=[*_ground(told, found), *_things(told)])


def _follow(model: MovementModel, sampler: Sampler, out: Path) -> None:
    """Players of a match, along their tracks."""
    seconds = 4.0 if _SECONDS.value is None else _SECONDS.value
    stretch = matches.read(str(_MATCH.value), _START.value, seconds, model.fps)
    for name in stretch.left_out:
        print(f"{name} is tracked in part of the stretch only, and left out")
    own = pretrained.prompts(_PRETRAINED.value) if _PRETRAINED.value else {}
    ways = {name: prompts.of_name(model, own, name) for name in _GAITS}
    found = matches.play(
        model,
        stretch,
        ways,
        _SEED.value,
        inertia=_INERTIA,
        **dataclasses.asdict(sampler),
    )
    _write(found, [*found, *matches.ball(stretch)], out, follow=False)


def _write(
    found: list[Motion], shown: Sequence[Motion | Track], out: Path, **options
) -> None:
    """A page of what is shown, and of each motion a BVH and an npz file."""
    out.mkdir(parents=True, exist_ok=True)
    written = [out / "motion.html"]
    view(shown, written[0], title=out.name, **options)
    for motion in found:
        written += [out / f"{motion.name}.bvh", out / f"{motion.name}.npz"]
        bvh.write(written[-2], motion)
        np.savez_compressed(
            written[-1],
            joints=motion.skeleton.names,
            parents=motion.skeleton.parents,
            positions=positions(motion),
            root_position=motion.root_position,
            root_rotation=motion.root_rotation,
            coordinates=motion.joints,
            fps=motion.fps,
        )
    print("wrote " + "\n      ".join(map(str, written)))


def _ground(told: scene.Scene, found: Sequence[Motion]) -> list[Ground]:
    """The floor around the people, where it is not level."""
    if told.floor is None:
        return []
    places = np.concatenate([np.asarray(m.root_position)[:, :2] for m in found])
    low, high = places.min(axis=0) - _BESIDE, places.max(axis=0) + _BESIDE
    return [Ground(*told.floor.patch(low.tolist(), high.tolist()))]


def _things(told: scene.Scene) -> list[Thing]:
    """Obstacles as they are, goals as balls, and what is taken where it was."""
    balls = [ball(g.place, _BALL, _GOAL) for p in told.people for g in p.goals]
    taken = [_taken(g) for p in told.people for g in p.grasps]
    return [*balls, *taken, *(_thing(obstacle) for obstacle in told.obstacles)]


def _taken(grasp: scene.Grasp) -> Thing:
    place, half = np.array(grasp.place), grasp.half
    first, last = (tuple((place + x).tolist()) for x in (-half, half))
    return Thing((first, last), grasp.radius)


def _thing(obstacle: scene.Obstacle) -> Thing:
    # The page begins with the prompt, obstacles are where they are at its end.
    back = -scene.SHOWN_SECONDS * np.array(obstacle.velocity)
    first, last = (tuple(np.add(end, back).tolist()) for end in obstacle.ends)
    return Thing((first, last), obstacle.radius, obstacle.velocity)


if __name__ == "__main__":
    program.run(main)
