"""Motions of the SMPL body from rotations in some frames of a video."""

from collections.abc import Sequence

import jax
import numpy as np

from kinematics import motion as motions
from kinematics.bodies import smpl24
from kinematics.formats import smpl
from kinematics.formats.axes import WORLD
from kinematics.motion import Motion

# Gaps up to this long are bridged, a choice: a joint turns little in a tenth of a
# second, and detectors lose people for single frames.
BRIDGED_S = 0.1

# A vector in the axes of the model's file (y up) to one in canonical axes.
_TO_BODY = WORLD["y"]


def matrices(vectors: np.ndarray) -> np.ndarray:
    """Rotations [T, J, 3, 3] against the parents, canonical, of vectors [T, 3 J]."""
    return motions.in_blocks(_matrices, None, np.asarray(vectors, np.float32))


def canonical(rotations: np.ndarray) -> np.ndarray:
    """Rotations [..., 3, 3] in the axes of the model's file as canonical ones."""
    return _TO_BODY @ rotations @ _TO_BODY.T


def in_world(root: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Orientation [..., 3, 3] of the body in the world.

    Args:
      root: canonical, of a model whose root turns it into some axes.
      axes: [3, 3] the axes of the world as rows, in those axes.
    """
    return axes @ _TO_BODY.T @ root


def runs(
    frames: Sequence[int],
    rotations: np.ndarray,
    root_position: np.ndarray,
    fps: float,
    person: str,
    stem: str,
    grounded: bool,
) -> dict[str, Motion]:
    """One motion for each unbroken run of the frames of a person.

    Gaps up to `BRIDGED_S` are filled by interpolation; at longer ones a new run
    begins.

    Args:
      frames: T numbers of frames, in any order; of one twice the first counts.
      rotations: [T, 24, 3, 3] canonical, the root's in the world.
      root_position: [T, 3] metres.
      fps: frames per second.
      person: who it is.
      stem: what the recording is called.
      grounded: move all runs so that the lowest joint of them is at z = 0.

    Returns:
      Motions by ``person``, ``person/2`` and so on in time. Each `name` ends in
      ``@`` and the number of its first frame. Frames that are not finite are
      gaps; there are no motions where all are.
    """
    numbers, first = np.unique(np.asarray(frames, int), return_index=True)
    turns, places = rotations[first], root_position[first]
    whole = np.isfinite(turns).all((1, 2, 3)) & np.isfinite(places).all(1)
    numbers, turns, places = numbers[whole], turns[whole], places[whole]
    if not len(numbers):
        return {}
    motion = motions.from_rotations(
        smpl24(), places, turns, fps, subject=person
    ).numpy()
    if grounded:
        lowest = motions.positions(motion)[..., 2].min()
        place = motion.root_position - np.array([0, 0, lowest], np.float32)
        motion = motion.replace(root_position=place)
    longest = max(1.0, BRIDGED_S * fps)
    ends = [*np.flatnonzero(np.diff(numbers) > longest) + 1, len(numbers)]
    found: dict[str, Motion] = {}
    start = 0
    for n, end in enumerate(ends, 1):
        key = person if n == 1 else f"{person}/{n}"
        name = f"{stem}/{person}@{numbers[start]}"
        run = _bridged(motion[start:end], numbers[start:end])
        found[key] = run.replace(name=name)
        start = int(end)
    return found


def _bridged(motion: Motion, numbers: np.ndarray) -> Motion:
    """A motion at every frame from the first of its numbers to the last."""
    every = np.arange(numbers[0], numbers[-1] + 1)
    if len(every) == len(numbers):
        return motion

    def fill(values: np.ndarray) -> np.ndarray:
        columns = [np.interp(every, numbers, column) for column in values.T]
        return np.stack(columns, axis=1).astype(np.float32)

    turns = fill(np.asarray(motion.root_rotation))
    return motion.replace(
        root_position=fill(np.asarray(motion.root_position)),
        root_rotation=turns / np.linalg.norm(turns, axis=1, keepdims=True),
        joints=fill(np.asarray(motion.joints)),
    )


@jax.jit
def _matrices(_, vectors: jax.Array) -> jax.Array:
    return smpl.rotations(vectors)
