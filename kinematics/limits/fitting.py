"""Limits learned from motion, and what books alone would have cut off."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np

from kinematics.limits import bijection, selection
from kinematics.limits.softclip import SOFTNESS
from kinematics.limits.widening import MARGIN, free_coordinates, observed, widen
from kinematics.motion import Motion, in_blocks
from kinematics.skeleton import DOFS, Array, Skeleton, coordinate_table, swing_table


class Fit(NamedTuple):
    """Limits fitted to N frames, and what they and those before leave out.

    Attributes:
      skeleton: the body with the new limits.
      joints: names of the joints with coordinates.
      cut: share of the frames in which each of these is over the limits that the
        body had before; joints without any knowledge of their range cut nothing.
      cut_any: share in which at least one is.
      outside: share in which each is over the new limits.
      outside_any: share in which at least one is.
      frames: N, those without missing values.
      couplings: (joint, its coordinate, controlling joint, its coordinate) of each
        range that depends on the pose.
      volume: share of the poses within the limits that the couplings leave.
    """

    skeleton: Skeleton
    joints: tuple[str, ...]
    cut: tuple[float, ...]
    cut_any: float
    outside: tuple[float, ...]
    outside_any: float
    frames: int
    couplings: tuple[tuple[str, int, str, int], ...]
    volume: float

    def __str__(self) -> str:
        width = max(map(len, ("any joint", *self.joints)))
        lines = [
            f"limits fitted to {self.frames:,} frames; share of frames outside",
            f"{'joint':{width}}  before   after",
        ]
        rows = sorted(zip(self.cut, self.outside, self.joints, strict=True))[::-1]
        rows.append((self.cut_any, self.outside_any, "any joint"))
        lines += [
            f"{name:{width}} {cut:7.2%} {outside:7.2%}"
            for cut, outside, name in rows
            if cut or outside or name == "any joint"
        ]
        lines += [
            f"{joint}[{d}] depends on {other}[{c}]"
            for joint, d, other, c in self.couplings
        ]
        if self.couplings:
            lines.append(f"volume left by these couplings: {self.volume:.3g}")
        return "\n".join(lines)


def fit(
    motions: Motion | Sequence[Motion] | Array,
    body: Skeleton | None = None,
    margin: float = MARGIN,
    coupled: bool | Sequence[tuple[str, str]] = False,
) -> Fit:
    """Limits that contain observed motion, and how much of it books would have cut.

    The ranges are those of `widen`. Ranges that depend on the pose are learned where
    the envelope of the data changes by more than 20 degrees over the controller: a
    muscle that crosses two joints, but also a habit of the people recorded. They allow
    what was seen and a margin, so learn them from motion as diverse as what they are
    to allow.

    Args:
      motions: a motion, motions of one tree in common joint coordinates, or joint
        coordinates [N, D] in radians. Frames with missing values are not looked at.
      body: whose limits, and couplings if any, are widened; by default the body of
        the first motion.
      margin: radians beyond the data, at least twice the softness.
      coupled: True to look for couplings within each joint and between neighbours,
        or pairs of joints (coupled, controlling) to look in.

    Returns:
      The body and a report; its ``str`` is a table.

    Raises:
      ValueError: nothing to fit to, or motions that do not go with the body.
    """
    if margin < 2 * SOFTNESS:
        raise ValueError(
            f"margin must be at least {2 * SOFTNESS:.4f} rad, not {margin}"
        )
    q, body = _frames(motions, body)
    fitted = widen(body, q, margin)
    if coupled is not False:
        joints = selection.neighbours(body) if coupled is True else coupled
        fitted = selection.couple(fitted, joints, observed(body, q), margin)
    q = q[np.isfinite(q).all(axis=-1)]
    # A whole turn is no knowledge: angles counted beyond it are not cut off.
    known = ~free_coordinates(body)
    cut, outside = _over(body, q, known), _over(fitted, q)
    moving = [j for j, kind in enumerate(body.kinds) if DOFS[kind]]
    return Fit(
        fitted,
        tuple(body.names[j] for j in moving),
        tuple(cut[:, moving].mean(axis=0).tolist()),
        float(cut.any(axis=1).mean()),
        tuple(outside[:, moving].mean(axis=0).tolist()),
        float(outside.any(axis=1).mean()),
        len(q),
        _coupling_names(fitted),
        volume(fitted),
    )


def volume(skeleton: Skeleton, count: int = 1 << 14) -> float:
    """Share of the poses within the fixed limits that the couplings leave.

    The mean, over poses drawn within the limits, of the product of the shares that
    the couplings leave of each range.
    """
    if skeleton.couplings is None:
        return 1.0
    rng = np.random.default_rng(0)
    share = rng.uniform(size=(count, skeleton.num_coordinates)).astype(np.float32)
    for swing in swing_table(skeleton.kinds):
        radius, turn = np.sqrt(share[:, swing[0]]), 2 * np.pi * share[:, swing[1]]
        disc = np.stack([np.cos(turn), np.sin(turn)], axis=1) * radius[:, None]
        share[:, swing] = (1 + disc) / 2
    widths = skeleton.upper - skeleton.lower
    q = np.asarray(skeleton.lower + share * widths)
    left = np.ones(count)
    for level in skeleton.couplings.levels():
        at = list(level.coordinates)
        lower, upper = map(np.asarray, bijection.coupled_ranges(skeleton, level, q))
        left *= np.prod((upper - lower) / widths[at], axis=1)
        q[:, at] = lower + share[:, at] * (upper - lower)
    return float(left.mean())


def _frames(
    motions: Motion | Sequence[Motion] | Array, body: Skeleton | None
) -> tuple[np.ndarray, Skeleton]:
    """Joint coordinates [N, D] of all motions, and the body they belong to."""
    if isinstance(motions, Motion):
        motions = [motions]
    if isinstance(motions, np.ndarray | jax.Array):
        if body is None:
            raise ValueError("joint coordinates alone need a body: fit(q, body)")
        return np.asarray(motions, np.float32), body
    if not len(motions):
        raise ValueError("limits need at least one motion to fit to")
    body = motions[0].skeleton if body is None else body
    for motion in motions:
        other = motion.skeleton
        if not other.same_tree(body):
            raise ValueError(f"motion {motion.name!r} has other joints than the body")
        if not np.allclose(other.frames, body.frames, atol=1e-5):
            raise ValueError(
                f"motion {motion.name!r} has other joint coordinates than the body; "
                "bring it there with motion.recoordinate(body)"
            )
    joints = [np.asarray(m.joints).reshape(-1, body.num_coordinates) for m in motions]
    return np.concatenate(joints), body


@jax.jit
def _excess(skeleton: Skeleton, q: Array) -> jax.Array:
    return bijection.excess(skeleton, q)


def _over(
    skeleton: Skeleton, q: np.ndarray, counted: np.ndarray | float = 1.0
) -> np.ndarray:
    """Whether each joint [N, J] is over a limit that counts in each frame."""
    over = np.pad(counted * in_blocks(_excess, skeleton, q), ((0, 0), (0, 1)))
    return np.any(over[:, coordinate_table(skeleton.kinds)] > 0, axis=-1)


def _coupling_names(body: Skeleton) -> tuple[tuple[str, int, str, int], ...]:
    """Joint and number within it of each coupled coordinate and its controller."""
    if body.couplings is None:
        return ()
    joints = joint_of_coordinate(body)
    return tuple(
        (*joints[d], *joints[c])
        for d, c in zip(
            body.couplings.coordinates, body.couplings.controllers, strict=True
        )
    )


def joint_of_coordinate(body: Skeleton) -> list[tuple[str, int]]:
    """Name of the joint of each coordinate, and which of its coordinates it is."""
    return [
        (name, d)
        for name, kind in zip(body.names, body.kinds, strict=True)
        for d in range(DOFS[kind])
    ]
