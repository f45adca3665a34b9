"""Model files of SMPL, SMPL-H and SMPL-X: body shapes, skins and rotation vectors.

Files are pickles or NumPy archives with the same keys; both are read without
running anything that they name. They are licensed by their makers and come from
https://smpl.is.tue.mpg.de, https://mano.is.tue.mpg.de and
https://smpl-x.is.tue.mpg.de.

At rest a file has y up, z forward and x to the left. Reading turns that into
canonical axes (x forward, y left, z up), which exchanges axes and rounds nothing.
"""

import os
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import rotations as so3
from kinematics.bodies import smpl as bodies
from kinematics.formats import restricted_pickle
from kinematics.formats.arrays import read_arrays
from kinematics.formats.errors import problem
from kinematics.formats.pickle_types import Sparse
from kinematics.skeleton import Array, Skeleton
from kinematics.skinning import BodyModel

# Axis of the file that becomes each canonical axis: z, x and y become x, y and z.
ORDER = (2, 0, 1)
_BACK = (1, 2, 0)

# Standard bodies with the joints of the models, in the order of pose vectors.
_BODIES = {24: bodies.smpl24, 52: bodies.smplh52, 55: bodies.smplx55}
COUNTS = tuple(_BODIES)
# Shape and expression parameters in shapedirs, as in body_models.py of smplx: the
# files of SMPL-X have 300 and 100, older ones 10 and 10.
_EXPRESSIONS = {400: 300, 20: 10}
_NEEDED = (
    *("v_template", "shapedirs", "posedirs", "J_regressor", "weights"),
    *("kintree_table", "f"),
)
_HANDS = ("hands_meanl", "hands_meanr", "hands_componentsl", "hands_componentsr")


def read(path: str | os.PathLike) -> BodyModel:
    """Read a model file of SMPL, SMPL-H or SMPL-X, .npz or .pkl.

    Returns:
      The model in canonical axes, float32. Its skeleton is that of `standard_body`,
      ball joints with limits, but for the bones.

    Raises:
      FormatError: one sentence that says what is wrong and what to do.
      OSError: the file cannot be read.
    """
    raw = _load(path)
    missing = [key for key in _NEEDED if key not in raw]
    if missing:
        raise problem(
            path,
            None,
            f"it has no {', '.join(missing)}",
            "give a model file of SMPL, SMPL-H or SMPL-X",
        )
    parents = _array(path, raw, "kintree_table", np.int64, (2, None))[0]
    count = len(parents)
    if count not in _BODIES:
        raise problem(
            path,
            None,
            f"it has {count} joints",
            "give a model of SMPL (24 joints), SMPL-H (52) or SMPL-X (55)",
        )
    # The root's parent is written as 2^32 - 1.
    body = standard_body(count)
    if tuple(parents[1:]) != body.parents[1:]:
        raise problem(
            path,
            None,
            "its kintree_table is not that of SMPL",
            "give a model of SMPL, SMPL-H or SMPL-X",
        )
    template = _array(path, raw, "v_template", float, (None, 3))
    size = len(template)
    shapes = _array(path, raw, "shapedirs", float, (size, 3, None))
    bends = _array(path, raw, "posedirs", float, (size, 3, 9 * (count - 1)))
    regressor = _array(path, raw, "J_regressor", float, (count, size))
    weights = _array(path, raw, "weights", float, (size, count))
    faces = _array(path, raw, "f", np.int64, (None, 3))
    if faces.size and not 0 <= faces.min() <= faces.max() < size:
        raise problem(
            path, None, f"a face is not of the {size} vertices", "get it anew"
        )
    template, shapes = template[:, ORDER], shapes[:, ORDER]
    # Elements of R - 1, joint by joint and row by row, that become the canonical ones.
    elements = np.arange(bends.shape[2]).reshape(-1, 3, 3)[:, ORDER][:, :, ORDER]
    bends = bends.astype(np.float32).transpose(2, 1, 0)[elements.ravel()][:, ORDER]
    joints = regressor @ template
    first = shapes.shape[2]
    if count == 55:
        first = _EXPRESSIONS.get(first, first)
    means, components = _hands(path, raw, 45 if count > 24 else 0)
    single = np.float32
    return BodyModel(
        _with_joints(body, joints),
        template.astype(single),
        shapes[..., :first].astype(single),
        shapes[..., first:].astype(single),
        bends,
        joints.astype(single),
        np.einsum("jv,vcs->jcs", regressor, shapes, optimize=True).astype(single),
        weights.astype(single),
        faces.astype(np.int32),
        means.astype(single),
        components.astype(single),
    )


def standard_body(count: int) -> Skeleton:
    """The standard body with the joints of SMPL (24), SMPL-H (52) or SMPL-X (55).

    Raises:
      ValueError: there is none with so many joints.
    """
    if count not in _BODIES:
        raise ValueError(f"SMPL has 24 joints, SMPL-H 52 and SMPL-X 55, not {count}")
    return _BODIES[count]()


def rotations(pose: Array) -> jax.Array:
    """Rotations [..., J, 3, 3] against the parents of a pose vector [..., 3 J].

    Args:
      pose: rotation vectors of all joints in the order of the model, in the axes
        of the file. The first one turns the body in a world that has, like the
        body, y up; for another world multiply its matrix from the left.

    Returns:
      Matrices in canonical axes, for `skinning.skin` or `motion.from_rotations`.
    """
    vectors = jnp.reshape(pose, (*pose.shape[:-1], pose.shape[-1] // 3, 3))
    return so3.exp(vectors[..., ORDER])


def pose(matrices: Array) -> jax.Array:
    """The pose vector [..., 3 J] of rotations [..., J, 3, 3]: `rotations` undone."""
    vectors = so3.log(jnp.asarray(matrices))[..., _BACK]
    return vectors.reshape(*vectors.shape[:-2], 3 * vectors.shape[-2])


def hand_pose(model: BodyModel, coefficients: Array) -> jax.Array:
    """Hands [..., 90] of a pose vector from principal components [..., 2, n].

    Args:
      model: a model of SMPL-H or SMPL-X.
      coefficients: of the left and of the right hand, the first n <= C components.

    Returns:
      Left and right hand without their means; see `add_hand_means`.
    """
    components = model.hand_components[:, : coefficients.shape[-1]]
    hands = jnp.einsum(
        "hcp,...hc->...hp",
        components,
        coefficients,
        precision=jax.lax.Precision.HIGHEST,
    )
    return hands.reshape(*hands.shape[:-2], hands.shape[-2] * hands.shape[-1])


def add_hand_means(model: BodyModel, pose: Array) -> jax.Array:
    """A pose vector [..., 3 J] whose hands were relative to their means.

    That is how poses are meant where ``flat_hand_mean`` of the package smplx is
    False. Those of AMASS are not: their hands are flat at 0.
    """
    means = jnp.ravel(jnp.asarray(model.hand_means))
    start = pose.shape[-1] - means.shape[0]
    return jnp.asarray(pose).at[..., start:].add(means)


def _load(path: str | os.PathLike) -> Mapping[str, Any]:
    """What a model file holds, whichever way it is packed."""
    with open(path, "rb") as file:
        archive = file.read(2) == b"PK"
    if archive:
        return read_arrays(path, (*_NEEDED, *_HANDS))
    raw = restricted_pickle.load(path)
    if not isinstance(raw, dict):
        raise problem(path, None, "this pickle is no model", "give a model file")
    return raw


def _array(path, raw: Mapping[str, Any], key: str, dtype, shape) -> np.ndarray:
    """An array of the file, its type and shape checked; None is any length."""
    value = raw[key]
    try:
        value = value.dense() if isinstance(value, Sparse) else value
        array = np.array(value, dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise problem(
            path, None, f"{key} is no array of numbers ({error})", "get it anew"
        ) from error
    fits = array.ndim == len(shape) and all(
        want in (None, has) for want, has in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("n" if n is None else str(n) for n in shape)
        raise problem(
            path, None, f"{key} has shape {array.shape}, not ({wanted})", "get it anew"
        )
    if not np.isfinite(array).all():
        raise problem(
            path, None, f"{key} has values that are not finite", "get it anew"
        )
    return array


def _hands(path, raw: Mapping[str, Any], size: int) -> tuple[np.ndarray, np.ndarray]:
    """Means [2, H] and principal components [2, C, H] of the hands, H = ``size``."""
    if size == 0 or any(key not in raw for key in _HANDS):
        return np.zeros((2, size)), np.zeros((2, 0, size))
    means = [_array(path, raw, key, float, (size,)) for key in _HANDS[:2]]
    components = [_array(path, raw, key, float, (None, size)) for key in _HANDS[2:]]
    if len(components[0]) != len(components[1]):
        raise problem(path, None, "its hands have unlike components", "get it anew")
    return np.stack(means), np.stack(components)


def _with_joints(body: Skeleton, rest: np.ndarray) -> Skeleton:
    """A body with its joints at the rest places [J, 3]; the root is the origin."""
    offsets = rest - rest[np.maximum(body.parents, 0)]
    return body.replace(offsets=offsets.astype(np.float32))
