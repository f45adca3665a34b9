"""ASF and AMC (Acclaim): a skeleton with real degrees of freedom, and its motion.

In ASF a bone turns at its start. A joint here stands at the start of the bone
whose name it has and turns it; the bone ends where the joints of its children
stand, or at a fixed leaf ``<name>_end``. With C the bone's own axes, its rotation
is C M C^-1, where M turns about x, y and z in the order of the bone's ``axis``
(first letter first). The frames of all joints are parallel at rest.
"""

import math
import os
import pathlib

import numpy as np

from kinematics import motion as motions
from kinematics.formats import axes, euler
from kinematics.formats.amc_text import parse_amc
from kinematics.formats.asf_text import ROTATIONS, Asf, Bone, parse_asf
from kinematics.formats.bvh import build
from kinematics.formats.errors import FormatError, problem
from kinematics.motion import Motion
from kinematics.skeleton import Skeleton, SkeletonError, free_limits

_KINDS = ("fixed", "hinge", "universal", "ball")
# Steps along each angle of a ball joint when its box of limits is sampled.
_STEPS = 25
# Ranges of no width are opened by this many radians to either side.
_LEAST = 0.005


def read_amc(amc_path: str | os.PathLike, **options) -> Motion:
    """Read an AMC file with the ASF file found beside it; see `read`."""
    return read(None, amc_path, **options)


def read(
    asf_path: str | os.PathLike | None,
    amc_path: str | os.PathLike,
    *,
    fps: float = 120.0,
    up: str = "y",
    scale: float | str = "auto",
) -> Motion:
    """Read a motion and the skeleton that it moves.

    Args:
      asf_path: the skeleton, or None to take it from the folder of the motion, see
        `find_asf`.
      amc_path: the motion.
      fps: frames per second; the format does not hold it. CMU recorded at 120.
      up: vertical axis of the files' world, ``"y"`` or ``"z"``.
      scale: metres per unit of length, or ``"auto"`` to take it from the file:
        0.0254 over the ``length`` of its units.

    Returns:
      The motion in canonical axes and metres, with the limits of the file.

    Raises:
      FormatError: one sentence with file and line, what is wrong, what to do.
      OSError: a file cannot be read.
    """
    if not 0 < fps < math.inf:
        raise ValueError(f"fps must be above 0, not {fps}")
    world = axes.world_axes(up)
    asf_path = find_asf(amc_path) if asf_path is None else asf_path
    asf = parse_asf(asf_path)
    values, radian = parse_amc(amc_path, asf)
    unit = asf.metre
    if scale != "auto":
        unit = axes.metres_per_unit(scale, (), (), np.zeros((0, 3)), up)
    names, parents, offsets = _tree(asf)
    body = axes.canonical(names, parents, offsets, up)
    try:
        skeleton = _skeleton(asf, names, parents, unit * offsets, body)
    except SkeletonError as error:
        raise problem(
            asf_path, None, f"the skeleton is no body: {error}", "correct it"
        ) from error
    root = np.tile(np.array(asf.position), (len(values), 1))
    matrices = np.tile(np.eye(3, dtype=np.float32), (len(values), len(names), 1, 1))
    column = 0
    for bone in asf.bones.values():
        part = values[:, column : column + len(bone.dofs)]
        column += len(bone.dofs)
        angles = {d: part[:, k] * radian for k, d in enumerate(bone.dofs)}
        for k, d in enumerate(("tx", "ty", "tz")):
            if d in angles:
                root[:, k] += part[:, bone.dofs.index(d)]
        turns = (
            body.body @ _rotation(bone, asf.radian, angles, len(values)) @ body.body.T
        )
        if bone.name == "root":
            turns = world @ body.body.T @ turns
        matrices[:, names.index(bone.name)] = turns
    return motions.from_rotations(
        skeleton,
        root @ world.T * unit,
        matrices,
        fps,
        name=pathlib.Path(amc_path).stem,
    )


def find_asf(amc_path: str | os.PathLike) -> pathlib.Path:
    """The skeleton of a motion: in its folder, ``02.asf`` for ``02_01.amc``.

    Without one of that name the only ``.asf`` file of the folder is taken.

    Raises:
      FormatError: there is none, or none of several fits.
    """
    amc_path = pathlib.Path(amc_path)
    if not amc_path.exists():
        raise FileNotFoundError(f"{amc_path}: there is no such file")
    found = sorted(p for p in amc_path.parent.iterdir() if p.suffix.lower() == ".asf")
    prefix = amc_path.stem.rpartition("_")[0] or amc_path.stem
    while prefix:
        for path in found:
            if path.stem.lower() == prefix.lower():
                return path
        prefix = prefix.rpartition("_")[0]
    if len(found) == 1:
        return found[0]
    raise FormatError(
        f"{amc_path}: of {len(found)} .asf files beside it none is its skeleton; "
        "give asf_path"
    )


def _tree(asf: Asf) -> tuple[list[str], list[int], np.ndarray]:
    """Names, parents and offsets [J, 3] (file axes and unit), end points included."""
    children: dict[str, list[str]] = {name: [] for name in asf.bones}
    for name in asf.bones:
        if name in asf.parents:
            children[asf.parents[name]].append(name)
    names, parents, offsets = ["root"], [-1], [np.zeros(3)]
    todo = [(name, 0) for name in reversed(children["root"])]
    while todo:
        name, parent = todo.pop()
        at = len(names)
        names.append(name)
        parents.append(parent)
        offsets.append(asf.bones[names[parent]].end if parent else np.zeros(3))
        todo += [(child, at) for child in reversed(children[name])]
        if not children[name]:
            names.append(f"{name}_end")
            parents.append(at)
            offsets.append(asf.bones[name].end)
    return names, parents, np.array(offsets)


def _own_axes(bone: Bone, radian: float) -> np.ndarray:
    """C [3, 3]: the bone's own axes, in columns."""
    order = np.array([bone.order[::-1]])
    return euler.product(order, np.array([bone.axis[::-1]]) * radian)[0]


def _rotation(
    bone: Bone, radian: float, angles: dict[str, np.ndarray], count: int
) -> np.ndarray:
    """C M C^-1 [count, 3, 3] of a bone's angles [count] rad by name of dof."""
    own = _own_axes(bone, radian)
    zero = np.zeros(count)
    order = bone.order[::-1]
    turns = np.stack([angles.get(ROTATIONS[k], zero) for k in order], axis=-1)
    return own @ euler.product(np.array([order]), turns[:, None])[:, 0] @ own.T


def _skeleton(
    asf: Asf, names: list[str], parents: list[int], offsets: np.ndarray, body: axes.Axes
) -> Skeleton:
    """The skeleton with its degrees of freedom and limits; offsets [J, 3] m."""
    kinds, turns = ["free"], {}
    for j, name in enumerate(names[1:], 1):
        dofs = _turning(asf.bones[name]) if name in asf.bones else []
        kinds.append(_KINDS[len(dofs)])
        if dofs:
            own = body.body @ _own_axes(asf.bones[name], asf.radian)
            turns[j] = own.T[[ROTATIONS.index(d) for d in dofs]]
    skeleton = build(names, parents, offsets @ body.body.T, kinds, turns, body.mirror)
    lower, upper = free_limits(skeleton.kinds)
    for j, name in enumerate(names):
        if kinds[j] in ("free", "fixed") or not asf.bones[name].limits:
            continue
        bone, at = asf.bones[name], skeleton.coordinates(name)
        ranges = dict(zip(bone.dofs, bone.limits, strict=True))
        box = np.array([ranges[d] for d in _turning(bone)]) * asf.radian
        box = np.clip(box, -math.pi, math.pi)
        if kinds[j] == "ball":
            frame = body.body.T @ np.asarray(skeleton.frames[j], float)
            box = _cone(bone, asf.radian, box, frame)
        narrow = box[:, 1] - box[:, 0] < _LEAST
        box += narrow[:, None] * np.array([-_LEAST, _LEAST])
        lower[at], upper[at] = box.T
    return skeleton.replace(lower=lower, upper=upper)


def _turning(bone: Bone) -> list[str]:
    """The rotations of a bone, the outermost (applied last) first."""
    return [ROTATIONS[k] for k in bone.order[::-1] if ROTATIONS[k] in bone.dofs]


def _cone(bone: Bone, radian: float, box: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """The least upright ellipse of swing and range of twist around a box of angles.

    Args:
      bone: the bone, with three degrees of freedom.
      radian: radians per unit of angle in the file.
      box: [3, 2] range of each angle, radians, in the order of `_turning`.
      frame: [3, 3] of the ball joint, its columns in file axes.

    Returns:
      [3, 2] ranges of the ball joint's coordinates; the box lies inside of them.
    """
    steps = [np.linspace(low, high, _STEPS) for low, high in box]
    grid = np.meshgrid(*steps, indexing="ij")
    angles = {d: g.ravel() for d, g in zip(_turning(bone), grid, strict=True)}
    turns = frame.T @ _rotation(bone, radian, angles, _STEPS**3) @ frame
    q = _swing_twist(turns)
    low, high = q.min(axis=0), q.max(axis=0)
    center, half = (low + high) / 2, np.maximum((high - low) / 2, _LEAST)
    # Between the samples the box reaches a little further than at them.
    radius = 1.01 * np.linalg.norm((q[:, :2] - center[:2]) / half[:2], axis=1).max()
    half *= np.array([radius, radius, 1.01])
    return np.stack([center - half, center + half], axis=1)


def _swing_twist(turns: np.ndarray) -> np.ndarray:
    """Swing (two) and twist [N, 3] rad of rotations [N, 3, 3] about the third axis."""
    x, y, z = np.moveaxis(turns[:, :, 2], -1, 0)
    across = np.hypot(x, y)
    safe = np.where(across < 1e-9, 1.0, across)
    angle = np.where(across < 1e-9, 1.0, np.arctan2(across, z) / safe)
    # Columns of the shortest rotation that takes the third axis to (x, y, z).
    bend = 1 / np.maximum(1 + z, 1e-9)
    first = np.stack([1 - x * x * bend, -x * y * bend, -x], axis=-1)
    second = np.stack([-x * y * bend, 1 - y * y * bend, -y], axis=-1)
    twist = np.arctan2(
        (second * turns[:, :, 0]).sum(axis=-1), (first * turns[:, :, 0]).sum(axis=-1)
    )
    return np.stack([-y * angle, x * angle, twist], axis=-1)
