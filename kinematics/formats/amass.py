"""AMASS: recorded movement as poses of SMPL-H or SMPL-X (npz).

Mahmood et al., "AMASS: archive of motion capture as surface shapes" (ICCV 2019),
https://amass.is.tue.mpg.de. Poses are rotation vectors of 52 joints (keys of
SMPL-H: ``mocap_framerate``) or of 55 (those of SMPL-X "stageii" files:
``mocap_frame_rate``); those of SMPL itself, 24, are read as well. The world has z
up and is kept as it is.

``trans`` is not where the pelvis is: the models turn about the pelvis of their
rest pose, J0(betas), so the pelvis is at ``trans`` + J0 for every pose. Without a
model J0 is not known, and `read` puts the pelvis at ``trans``. All frames are then
displaced by one and the same vector, a few decimetres long; nothing else changes.
"""

import os
import pathlib
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import forward, rotations, skinning
from kinematics import motion as motions
from kinematics.formats import smpl
from kinematics.formats.arrays import read_arrays, write_arrays
from kinematics.formats.axes import WORLD
from kinematics.formats.errors import problem
from kinematics.motion import Motion
from kinematics.skeleton import Skeleton
from kinematics.skinning import BodyModel

# A vector in the axes of a model's file to one in canonical axes.
_TO_BODY = WORLD["y"].astype(np.float32)
_RATES = ("mocap_framerate", "mocap_frame_rate")
# Parts of a pose in separate arrays, in the order of the joints.
_PARTS = {
    52: ("root_orient", "pose_body", "pose_hand"),
    55: ("root_orient", "pose_body", "pose_jaw", "pose_eye", "pose_hand"),
}
_KEYS = ("poses", *_PARTS[55], "trans", "betas", "gender", *_RATES)
# A rate this close to a whole one was rounded: 120.00004577 is found in AMASS.
_ROUNDING = 1e-6
_SHAPES = 16


class Shape(NamedTuple):
    """Whose body it is.

    Attributes:
      gender: of the body model: ``male``, ``female`` or ``neutral``.
      betas: [n] shape parameters of that model.
    """

    gender: str
    betas: np.ndarray


def read(path: str | os.PathLike, body: BodyModel | Skeleton | None = None) -> Motion:
    """Read a motion.

    Args:
      path: the .npz file.
      body: the body model for the file's gender (see `read_shape` and
        `smpl.read`), which gives the bones of the file's betas and the true place
        of the pelvis; or a skeleton with the joints of the model; by default the
        standard body of `kinematics.bodies.smpl` with these joints.

    Returns:
      The motion, `name` the file's stem. A rate such as 120.00004577 is rounded.

    Raises:
      FormatError: one sentence that says what is wrong and what to do.
      OSError: the file cannot be read.
      ValueError: the body has other joints than the file.
    """
    raw = read_arrays(path, _KEYS)
    poses = _poses(path, raw)
    trans = _finite(path, raw, "trans", (len(poses), 3))
    count = poses.shape[1] // 3
    if body is None:
        body = smpl.standard_body(count)
    skeleton = body.skeleton if isinstance(body, BodyModel) else body
    if not _has_joints(skeleton, count):
        raise ValueError(
            f"{os.fspath(path)} has the {count} joints of {_model(count)}, and the "
            f"body has others; give a body of {_model(count)}"
        )
    if isinstance(body, BodyModel):
        betas = _shape(path, raw).betas[: body.num_shapes].astype(np.float32)
        trans = trans + _pelvis(body, betas)
        skeleton = jax.tree.map(np.asarray, skinning.body(body, betas))
    matrices = motions.in_blocks(_matrices, None, poses.astype(np.float32))
    name = pathlib.Path(path).stem
    return motions.from_rotations(
        skeleton, trans, matrices, _rate(path, raw), name=name
    )


def read_shape(path: str | os.PathLike) -> Shape:
    """The gender and shape of the body in a motion or shape file of AMASS.

    Raises:
      FormatError: the file has no betas.
      OSError: the file cannot be read.
    """
    return _shape(path, read_arrays(path, ("betas", "gender")))


def write(
    path: str | os.PathLike,
    motion: Motion,
    body: BodyModel | None = None,
    shape: Shape = Shape("neutral", np.zeros(_SHAPES)),  # noqa: B008
) -> None:
    """Write a motion, so that `read` with the same body gives it back.

    Args:
      path: the .npz file.
      motion: one clip of a skeleton with the joints of SMPL-H or SMPL-X.
      body: the body model that ``shape`` is of; without it ``trans`` will be the
        place of the pelvis, as in `read`.
      shape: gender and betas to note in the file.

    Raises:
      ValueError: the skeleton has other joints, or frames are missing.
      OSError: the file cannot be written; nothing half-written is left behind.
    """
    skeleton = motion.skeleton
    count = skeleton.num_joints
    if count not in _PARTS or not _has_joints(skeleton, count):
        raise ValueError(
            "AMASS holds the joints of SMPL-H or SMPL-X; retarget the motion to one"
        )
    if motion.joints.ndim != 2:
        raise ValueError("AMASS holds one clip in a file; write them one by one")
    poses = motions.in_blocks(_vectors, skeleton, motion.root_rotation, motion.joints)
    trans = np.asarray(motion.root_position, np.float32)
    if not (np.isfinite(poses).all() and np.isfinite(trans).all()):
        raise ValueError("frames are missing (NaN); cut them out or fill them first")
    if body is not None:
        betas = shape.betas[: body.num_shapes].astype(np.float32)
        trans = trans - _pelvis(body, betas)
    arrays = {"poses": poses, "trans": trans, "betas": np.asarray(shape.betas, float)}
    arrays["gender"] = np.array(shape.gender)
    arrays["mocap_framerate" if count == 52 else "mocap_frame_rate"] = np.array(
        float(motion.fps)
    )
    if count == 55:
        arrays["surface_model_type"] = np.array("smplx")
    write_arrays(path, arrays)


def _has_joints(skeleton: Skeleton, count: int) -> bool:
    """Whether a skeleton has the joints of the model with ``count`` of them."""
    standard = smpl.standard_body(count)
    return (skeleton.names, skeleton.parents) == (standard.names, standard.parents)


def _model(count: int) -> str:
    return {24: "SMPL", 52: "SMPL-H", 55: "SMPL-X"}[count]


def _pelvis(body: BodyModel, betas: np.ndarray) -> np.ndarray:
    """J0 [3] as it is added to ``trans``: in the file's axes, whatever they mean."""
    return np.asarray(skinning.rest_joints(body, betas))[0] @ _TO_BODY


def _poses(path, raw: dict[str, np.ndarray]) -> np.ndarray:
    """Pose vectors [T, 3 J]."""
    if "poses" in raw:
        poses = raw["poses"]
    else:
        parts = _PARTS[55 if "pose_jaw" in raw else 52]
        missing = [key for key in parts if key not in raw]
        if missing:
            raise problem(
                path,
                None,
                f"it has no poses, nor {', '.join(missing)}",
                "give a motion file, not one of a shape or of markers",
            )
        lengths = {len(np.atleast_1d(raw[key])) for key in parts}
        if len(lengths) > 1 or any(raw[key].ndim != 2 for key in parts):
            raise problem(path, None, f"{', '.join(parts)} differ", "get it again")
        poses = np.concatenate([raw[key] for key in parts], axis=1)
    widths = [3 * count for count in smpl.COUNTS]
    if poses.ndim != 2 or poses.shape[1] not in widths:
        raise problem(
            path,
            None,
            f"its poses have shape {poses.shape}",
            "give poses of SMPL (T, 72), SMPL-H (T, 156) or SMPL-X (T, 165)",
        )
    if not len(poses):
        raise problem(path, None, "it has no frames", "get it again")
    return _finite(path, {"poses": poses}, "poses", poses.shape)


def _finite(path, raw: dict[str, np.ndarray], key: str, shape: tuple) -> np.ndarray:
    """An array of numbers of a given shape, float64."""
    if key not in raw:
        raise problem(path, None, f"it has no {key}", "give a motion file of AMASS")
    value = raw[key]
    if value.shape != shape or value.dtype.kind not in "fiu":
        raise problem(
            path,
            None,
            f"{key} is {value.dtype} of shape {value.shape}, not numbers {shape}",
            "get it again",
        )
    bad = ~np.isfinite(value).reshape(len(value), -1).all(axis=1)
    if bad.any():
        raise problem(
            path,
            None,
            f"{key} of frame {int(np.argmax(bad))} (from 0) is not finite",
            "cut such frames out",
        )
    return value.astype(float)


def _rate(path, raw: dict[str, np.ndarray]) -> float:
    """Frames per second."""
    found = [raw[key] for key in _RATES if key in raw]
    rate = _number(found[0]) if found else None
    if rate is None or not 0 < rate < 1e6:
        raise problem(
            path,
            None,
            f"none of {' and '.join(_RATES)} is a rate in Hz",
            "add one to the file",
        )
    return float(round(rate)) if abs(rate - round(rate)) < _ROUNDING * rate else rate


def _number(value: np.ndarray) -> float | None:
    try:
        return float(value.item())
    except (TypeError, ValueError):
        return None


def _shape(path, raw: dict[str, np.ndarray]) -> Shape:
    """Gender and betas; the gender is text, bytes or an object of either."""
    betas = raw.get("betas")
    if betas is None or betas.dtype.kind not in "fiu" or not np.isfinite(betas).all():
        raise problem(
            path, None, "it has no finite betas", "read it without a body model"
        )
    gender: Any = raw["gender"].ravel() if "gender" in raw else np.array(["neutral"])
    gender = gender[0] if len(gender) else "neutral"
    text = gender.decode("latin-1") if isinstance(gender, bytes) else str(gender)
    return Shape(text, betas.astype(float).ravel())


@jax.jit
def _matrices(_, poses: jax.Array) -> jax.Array:
    """Canonical rotations [N, J, 3, 3], the root's in a world with z up."""
    matrices = smpl.rotations(poses)
    root = jnp.matmul(_TO_BODY.T, matrices[:, 0], precision=jax.lax.Precision.HIGHEST)
    return matrices.at[:, 0].set(root)


@jax.jit
def _vectors(skeleton: Skeleton, root_rotation: jax.Array, joints: jax.Array):
    """Pose vectors [N, 3 J] of a motion: `_matrices` undone."""
    matrices = forward.joint_rotations(skeleton, joints)
    root = rotations.matrix_from_quaternion(root_rotation)
    root = jnp.matmul(_TO_BODY, root, precision=jax.lax.Precision.HIGHEST)
    return smpl.pose(matrices.at[:, 0].set(root))
