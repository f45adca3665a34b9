"""Errors of one prediction: of joint positions and of rotations."""

from collections.abc import Sequence

import numpy as np

from lmmjax.evaluation.metrics.known import mean_known


def root_relative(positions: np.ndarray) -> np.ndarray:
    """Positions [..., J, 3] seen from the root, joint 0, which is left out."""
    return positions[..., 1:, :] - positions[..., :1, :]


def joint_error(predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Mean distance over the joints, metres: [..., J, 3] twice to [...].

    Joints that are missing (NaN) in the truth are left out; the error is NaN where all
    are.
    """
    predicted, true = np.broadcast_arrays(predicted, true)
    distance = np.linalg.norm(np.subtract(predicted, true, dtype=np.float64), axis=-1)
    return mean_known(distance, np.isfinite(true).all(axis=-1), axis=-1)


def mpjpe(
    predicted: np.ndarray, true: np.ndarray, joints: Sequence[int] | None = None
) -> np.ndarray:
    """Mean per-joint position error in millimetres, for all horizons at once.

    Protocols that copy or average joints in ways of their own name their variant after
    themselves; this is the plain mean.

    Args:
      predicted: [..., T, J, 3] metres, in any frame that both share.
      true: [..., T, J, 3] metres; missing (NaN) joints are left out.
      joints: those to judge, all by default. Joints that were not predicted but copied
        from the truth have no place in the mean.

    Returns:
      [..., T] millimetres.

    Raises:
      ValueError: no joint to judge.
    """
    if joints is not None:
        if not len(joints):
            raise ValueError("MPJPE needs at least one joint; `joints` is empty")
        at = np.asarray(joints)
        predicted, true = (
            np.asarray(predicted)[..., at, :],
            np.asarray(true)[..., at, :],
        )
    return 1e3 * joint_error(predicted, true)


def angle_error(predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Mean angle over the joints between rotations, degrees.

    The angle is the geodesic one: of the single turn that leads from one rotation to
    the other, 0 to 180. Both formulas are by arctangent, which is exact to rounding for
    all angles, where an arccosine loses half of the digits near 0 and 180 degrees.

    Args:
      predicted: unit quaternions [..., J, 4] or rotation matrices [..., J, 3, 3].
      true: the same; missing (NaN) rotations are left out.

    Returns:
      [...] degrees.

    Raises:
      ValueError: neither quaternions nor matrices, or one of each.
    """
    predicted, true = (np.asarray(x, np.float64) for x in (predicted, true))
    # Of matrices [J, 3, 3] the last axis has 3 entries, so the two cannot be confused.
    forms = [
        "quaternions"
        if x.shape[-1:] == (4,)
        else "matrices"
        if x.shape[-2:] == (3, 3)
        else f"an array {list(x.shape)}"
        for x in (predicted, true)
    ]
    if forms[0] != forms[1] or forms[0] not in _ANGLES:
        raise ValueError(
            "rotations must be both quaternions [..., J, 4] or both matrices "
            f"[..., J, 3, 3]; got {forms[0]} and {forms[1]}"
        )
    axes = (-1,) if forms[0] == "quaternions" else (-2, -1)
    angle = np.rad2deg(_ANGLES[forms[0]](predicted, true))
    known = np.broadcast_to(np.isfinite(true).all(axis=axes), angle.shape)
    return mean_known(angle, known, axis=-1)


def _between_quaternions(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angle of conj(a) b, radians; q and -q are the same rotation."""
    w, v, x, u = a[..., :1], a[..., 1:], b[..., :1], b[..., 1:]
    real = (w * x)[..., 0] + (v * u).sum(axis=-1)
    imaginary = np.linalg.norm(w * u - x * v - np.cross(v, u), axis=-1)
    return 2 * np.arctan2(imaginary, np.abs(real))


def _between_matrices(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angle of a^T b, radians."""
    turn = np.swapaxes(a, -1, -2) @ b
    odd = turn - np.swapaxes(turn, -1, -2)
    sine = np.sqrt(np.square(odd).sum(axis=(-2, -1)) / 2) / 2
    cosine = (np.trace(turn, axis1=-2, axis2=-1) - 1) / 2
    return np.arctan2(sine, cosine)


_ANGLES = {"quaternions": _between_quaternions, "matrices": _between_matrices}
