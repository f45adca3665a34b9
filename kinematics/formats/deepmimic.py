"""DeepMimic: motions of the humanoid of Peng et al. (2018), as text in JSON.

``Frames`` holds a list of 44 numbers per frame: its duration in seconds, the place
of the root in metres, its rotation, and then the rotation of each joint against its
parent, a quaternion w, x, y, z or the angle of a hinge in radians. The world, and the
body at rest, have y up, x forward and z to the right. Format and body are documented in
README.md and data/characters/humanoid3d.txt of https://github.com/xbpeng/DeepMimic.
"""

import json
import os
import pathlib

import jax
import numpy as np

from kinematics import forward, rotations
from kinematics import motion as motions
from kinematics.formats import bvh
from kinematics.formats.bvh_text import frame_rate
from kinematics.formats.errors import problem
from kinematics.formats.text import read_text, write_text
from kinematics.motion import Motion
from kinematics.skeleton import Skeleton, infer_mirror

# Axes of the file to ours, of the world and of the body.
_AXES = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
# Joints of humanoid3d.txt: parent, kind, and place against the parent in metres.
_HUMANOID: dict[str, tuple[str, str, tuple[float, float, float]]] = {
    "root": ("", "free", (0, 0, 0)),
    "chest": ("root", "ball", (0, 0.236151, 0)),
    "neck": ("chest", "ball", (0, 0.223894, 0)),
    **{
        f"{side}_{joint}": (
            parent if parent in ("root", "chest") else f"{side}_{parent}",
            kind,
            (x, y, right * z),
        )
        for side, right in (("right", 1), ("left", -1))
        for joint, parent, kind, (x, y, z) in (
            ("hip", "root", "ball", (0, 0, 0.084887)),
            ("knee", "hip", "hinge", (0, -0.421546, 0)),
            ("ankle", "knee", "ball", (0, -0.409870, 0)),
            ("shoulder", "chest", "ball", (-0.02405, 0.24350, 0.18311)),
            ("elbow", "shoulder", "hinge", (0, -0.274788, 0)),
            ("wrist", "elbow", "fixed", (0, -0.258947, 0)),
        )
    },
}
# Limits of the hinges, about the file's z; its other limits are of single angles.
_LIMITS = {"knee": (-3.14, 0.0), "elbow": (0.0, 3.14)}
_WIDTHS = {"free": 4, "ball": 4, "hinge": 1, "fixed": 0}
_FRAME = 4 + sum(_WIDTHS[kind] for _, kind, _ in _HUMANOID.values())
# Durations of one rate differ by less than this share.
_JITTER = 1e-3


def humanoid() -> Skeleton:
    """The body of humanoid3d.txt: 15 joints, arms hanging at rest."""
    names = list(_HUMANOID)
    parents = [names.index(parent) if parent else -1 for parent, _, _ in _rows()]
    kinds = [kind for _, kind, _ in _rows()]
    offsets = np.array([place for _, _, place in _rows()]) @ _AXES.T
    right = _AXES[:, 2:].T
    turns = {j: right for j, kind in enumerate(kinds) if kind == "hinge"}
    body = bvh.build(
        names, parents, offsets, kinds, turns, infer_mirror(names, parents)
    )
    lower, upper = np.array(body.lower), np.array(body.upper)
    for name in names:
        if name.split("_")[-1] in _LIMITS:
            at = body.coordinates(name)
            lower[at], upper[at] = _LIMITS[name.split("_")[-1]]
    return body.replace(lower=lower, upper=upper)


def read(path: str | os.PathLike) -> Motion:
    """Read a motion of the humanoid.

    Returns:
      The motion of `humanoid`, `name` the file's stem. Whether it is meant to be
      repeated (``Loop``) is not kept.

    Raises:
      FormatError: one sentence that says what is wrong and what to do.
      OSError: the file cannot be read.
    """
    frames = _frames(path)
    body = humanoid()
    durations, root = frames[:-1, 0], frames[:, 1:4]
    step = float(np.median(durations)) if len(durations) else float(frames[0, 0])
    if not 1e-6 < step < 1e3 or (np.abs(durations - step) > _JITTER * step).any():
        raise problem(
            path,
            None,
            "the durations of its frames differ, or are no time",
            "resample it to one rate",
        )
    quaternions = np.zeros((len(frames), body.num_joints, 4))
    quaternions[..., 0] = 1
    at = 4
    for j, kind in enumerate(body.kinds):
        part = frames[:, at : at + _WIDTHS[kind]]
        at += _WIDTHS[kind]
        if kind == "hinge":
            quaternions[:, j, 0] = np.cos(part[:, 0] / 2)
            quaternions[:, j, 3] = np.sin(part[:, 0] / 2)
        elif kind != "fixed":
            length = np.linalg.norm(part, axis=1, keepdims=True)
            if (np.abs(length - 1) > 0.1).any():
                raise problem(
                    path,
                    None,
                    f"frame {int(np.argmax(np.abs(length - 1)))} (from 0) has no unit "
                    f"quaternion for {body.names[j]}",
                    "export it again",
                )
            quaternions[:, j] = part / length
    quaternions[..., 1:] = quaternions[..., 1:] @ _AXES.T
    matrices = motions.in_blocks(_matrices, None, quaternions.astype(np.float32))
    return motions.from_rotations(
        body,
        root @ _AXES.T,
        matrices,
        frame_rate(step, repr(step)),
        name=pathlib.Path(path).stem,
    )


def write(path: str | os.PathLike, motion: Motion, *, loop: bool = False) -> None:
    """Write a motion of the humanoid.

    Args:
      path: the file.
      motion: one clip of a body with the joints of `humanoid`.
      loop: whether the end leads back to the start.

    Raises:
      ValueError: the body is another one, or frames are missing.
      OSError: the file cannot be written; nothing half-written is left behind.
    """
    body = humanoid()
    if not motion.skeleton.same_tree(body):
        raise ValueError("the body is not DeepMimic's humanoid; retarget the motion")
    if motion.joints.ndim != 2:
        raise ValueError("a DeepMimic file holds one clip; write them one by one")
    motion = motion.recoordinate(body)
    quaternions = motions.in_blocks(_quaternions, body, motion.joints)
    quaternions[:, 0] = motion.root_rotation
    quaternions[..., 1:] = quaternions[..., 1:] @ _AXES
    columns = [
        np.full((len(motion), 1), 1 / motion.fps),
        np.asarray(motion.root_position, float) @ _AXES,
    ]
    for j, (name, kind) in enumerate(zip(body.names, body.kinds, strict=True)):
        if kind == "hinge":
            columns.append(motion.joints[:, body.coordinates(name)])
        elif kind != "fixed":
            columns.append(motions.continuous_quaternions(quaternions[:, j]))
    table = np.concatenate(columns, axis=1)
    if not np.isfinite(table).all():
        raise ValueError("frames are missing (NaN); cut them out or fill them first")
    rows = ("[" + ", ".join(f"{x:.9g}" for x in row) + "]" for row in table)
    text = ",\n".join(rows)
    write_text(
        path,
        f'{{\n"Loop": "{"wrap" if loop else "none"}",\n"Frames":\n[\n{text}\n]\n}}\n',
    )


def _rows():
    return _HUMANOID.values()


def _frames(path: str | os.PathLike) -> np.ndarray:
    """Frames [T, 44] as written, finite."""
    text = read_text(path)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise problem(
            path, error.lineno, f"this is no JSON ({error.msg})", "correct it"
        ) from error
    except (RecursionError, ValueError) as error:
        raise problem(
            path, None, "this is no JSON of frames", "get it again"
        ) from error
    frames = value.get("Frames") if isinstance(value, dict) else None
    if not isinstance(frames, list) or not frames:
        raise problem(path, None, "it has no Frames", "give a DeepMimic motion")
    for n, frame in enumerate(frames):
        if not isinstance(frame, list) or len(frame) != _FRAME:
            size = len(frame) if isinstance(frame, list) else "no"
            raise problem(
                path,
                None,
                f"frame {n} (from 0) has {size} numbers, and the humanoid {_FRAME}",
                "give a motion of humanoid3d",
            )
        if not all(type(x) in (int, float) and abs(x) < 1e9 for x in frame):
            raise problem(
                path,
                None,
                f"frame {n} (from 0) holds what is no finite number",
                "export it again",
            )
    return np.array(frames, float)


@jax.jit
def _matrices(_, quaternions):
    return rotations.matrix_from_quaternion(quaternions)


@jax.jit
def _quaternions(skeleton, joints):
    return rotations.quaternion_from_matrix(forward.joint_rotations(skeleton, joints))
