"""How heavy the parts of a body are, for any skeleton with the usual joint names.

Masses, centres and radii of gyration are those of de Leva (1996), scaled to the bones
of the skeleton and to the mass of the body. The joints of a segment cut its bar (see
`segment_bars`) where they stand: the joints of the spine share the trunk and fingers
the hand, and at rest all pieces together weigh and resist turning as the segment does.
"""

import numpy as np

from kinematics.bodies.segment_bars import Bar, bars
from kinematics.bodies.segment_tables import DE_LEVA, LENGTHS_MM, DeLeva
from kinematics.bodies.segments import Segment, segments
from kinematics.dynamics.inertia import Inertia
from kinematics.skeleton import Array, Skeleton, rest_places

_ENDPOINTS = {
    "head": ("VERT", "CERV"),
    "trunk": ("MIDS", "MIDH"),
    "upper trunk": ("SUPR", "XYPH"),
    "middle trunk": ("XYPH", "OMPH"),
    "lower trunk": ("OMPH", "MIDH"),
    "upper arm": ("SJC", "EJC"),
    "forearm": ("EJC", "WJC"),
    "hand": ("WJC", "MET3"),
    "thigh": ("HJC", "KJC"),
    "shank": ("KJC", "AJC"),
    "foot": ("HEEL", "TTIP"),
}
# Choices of this file, as shares of the mass of the body. The first is for a joint of
# the trunk from which a limb hangs: collar bone and shoulder blade weigh about that
# much in models of the shoulder (from memory). The other is for the rest of the minor
# joints, and the least for any moving joint, so that every one has something to turn.
_GIRDLE = 0.01
_LEAST = 1e-4
# Minor parts are balls of the density of water; their size is that in a body of 70 kg.
_DENSITY = 1000.0
_USUAL_MASS = 70.0


def table(sex: str) -> dict[str, tuple[DeLeva, float]]:
    """By segment its row of de Leva's table and its length, millimetres.

    Args:
      sex: ``"male"``, ``"female"``, or ``"neutral"`` for the mean of both.
    """
    if sex not in ("male", "female", "neutral"):
        raise ValueError(f"sex must be 'male', 'female' or 'neutral', not {sex!r}")
    chosen = ("male", "female") if sex == "neutral" else (sex,)
    result = {}
    for name, ends in _ENDPOINTS.items():
        row = np.mean([DE_LEVA[s][(name, *ends)] for s in chosen], axis=0)
        length = np.mean([LENGTHS_MM[s][ends] for s in chosen])
        result[name] = (DeLeva(*row.tolist()), float(length))
    return result


def inertia(
    skeleton: Skeleton, mass_kg: Array | float = 70.0, sex: str = "neutral"
) -> Inertia:
    """Mass, centre and inertia tensor of what moves with each joint.

    Left and right weigh the same.

    Args:
      skeleton: a human body, see `segments`; leading axes of its offsets hold bodies
        of other sizes.
      mass_kg: [...] mass of the whole body, kilograms.
      sex: ``"male"``, ``"female"``, or ``"neutral"`` for the mean of both.

    Returns:
      NumPy float32 arrays [..., J], [..., J, 3], [..., J, 3, 3]. All joints have mass
      but leaves that only mark an end; the masses sum to ``mass_kg``.

    Raises:
      ValueError: a segment is not found; the message lists the unknown joints.
    """
    rows, parents = table(sex), skeleton.parents
    parts = segments(skeleton)
    places = rest_places(skeleton)
    moments = _Moments(places)
    limbs = {parents[s.joints[0]] for s in parts if s.name in ("upper arm", "thigh")}
    for segment, pieces in zip(parts, bars(parents, parts, places, rows), strict=True):
        minor = {j: _GIRDLE if j in limbs else _LEAST for j in segment.minor}
        kept = 1 - sum(minor.values()) / sum(bar.mass for bar in pieces)
        for bar in pieces:
            moments.add_bar(parents, segment, bar, kept)
        for j, share in minor.items():
            bone = [j, *(k for k, up in enumerate(parents) if up == j)]
            moments.add_ball(j, share, places[..., bone, :].mean(axis=-2))
        for j in segment.joints:
            missing = np.maximum(_LEAST - moments.mass[..., j], 0.0)
            moments.add_ball(j, missing, places[..., j, :])
    return moments.inertia(np.asarray(mass_kg, float))


class _Moments:
    """Mass and its first and second moments by joint, about the joint at rest."""

    def __init__(self, places: np.ndarray):
        self.places = places
        self.mass = np.zeros(places.shape[:-1])
        self.first = np.zeros(places.shape)
        self.second = np.zeros((*places.shape, 3))

    def add(self, j: int, mass, center: np.ndarray, covariance: np.ndarray) -> None:
        arm = center - self.places[..., j, :]
        mass = np.broadcast_to(mass, arm.shape[:-1])
        outer = arm[..., :, None] * arm[..., None, :]
        self.mass[..., j] += mass
        self.first[..., j, :] += mass[..., None] * arm
        self.second[..., j, :, :] += mass[..., None, None] * (covariance + outer)

    def add_bar(self, parents, segment: Segment, bar: Bar, kept: float) -> None:
        shares, middles, spreads = _cut(parents, segment, self.places, bar)
        axes = bar.axes
        for k, j in enumerate(segment.joints):
            along = spreads[..., k, None]
            squares = np.concatenate([bar.spread[..., :2], along], axis=-1)
            covariance = (axes * squares[..., None, :]) @ np.swapaxes(axes, -1, -2)
            center = bar.center + middles[..., k, None] * axes[..., 2]
            self.add(j, kept * bar.mass * shares[..., k], center, covariance)

    def add_ball(self, j: int, mass, center: np.ndarray) -> None:
        volume = _USUAL_MASS * np.asarray(mass) / _DENSITY
        # The mean square of a ball along an axis is a fifth of its radius squared.
        square = np.cbrt(3 * volume / (4 * np.pi)) ** 2 / 5
        self.add(j, mass, center, square[..., None, None] * np.eye(3))

    def inertia(self, mass_kg: np.ndarray) -> Inertia:
        safe = np.where(self.mass > 0, self.mass, 1.0)[..., None]
        center = self.first / safe
        covariance = self.second / safe[..., None]
        covariance -= center[..., :, None] * center[..., None, :]
        mass = self.mass / self.mass.sum(axis=-1, keepdims=True) * mass_kg[..., None]
        trace = np.trace(covariance, axis1=-2, axis2=-1)[..., None, None]
        tensor = mass[..., None, None] * (trace * np.eye(3) - covariance)
        center = np.broadcast_to(center, (*mass.shape, 3))
        return Inertia(*(x.astype(np.float32) for x in (mass, center, tensor)))


def _cut(parents, segment: Segment, places: np.ndarray, bar: Bar):
    """Cut a bar where the joints of its segment stand.

    A joint owns the bar from its place on to those of its children; the first one
    also what is before it, and one without children what is beyond it. Branches side
    by side have equal parts.

    Returns:
      Shares of the mass, middles and mean squares along the bar, [..., S] each.
    """
    joints, inside = segment.joints, (*segment.joints, *segment.ends)
    arms = places[..., inside, :] - bar.center[..., None, :]
    along = np.moveaxis((arms * bar.axes[..., None, :, 2]).sum(axis=-1), -1, 0)
    # A uniform bar has a mean square of length^2 / 12.
    half = np.sqrt(3 * bar.spread[..., 2])
    start = {joints[0]: np.full_like(half, -np.inf)}
    end: dict[int, np.ndarray] = {}
    for k, j in enumerate(inside):
        if k:
            up = next(i for i in _path(parents, j) if i in start)
            start[j] = np.maximum(along[k], start[up])
            end[up] = np.maximum(end.get(up, start[j]), start[j])
    starts = np.stack([start[j] for j in joints], axis=-1)
    beyond = np.full_like(half, np.inf)
    ends = np.stack([end.get(j, beyond) for j in joints], axis=-1)
    # What no joint owns, beyond the end of the segment, is of those that end last.
    last = ends >= ends.max(axis=-1, keepdims=True)
    ends = np.where(last, np.inf, ends)
    half = half[..., None]
    cuts = np.clip(np.concatenate([starts, ends, -half, half], axis=-1), -half, half)
    cuts = np.sort(cuts, axis=-1)
    low, high = cuts[..., :-1], cuts[..., 1:]
    middle, width = (low + high) / 2, high - low
    owns = (starts[..., None] <= middle[..., None, :]) & (
        middle[..., None, :] < ends[..., None]
    )
    share = owns * width[..., None, :] / np.maximum(owns.sum(axis=-2), 1)[..., None, :]
    length = share.sum(axis=-1)
    safe = np.where(length > 0, length, 1.0)
    middle = middle[..., None, :]
    center = (share * middle).sum(axis=-1) / safe
    square = (share * (middle**2 + width[..., None, :] ** 2 / 12)).sum(axis=-1) / safe
    return length / (2 * half), center, square - center**2


def _path(parents, j: int):
    """The joints above ``j``, nearest first."""
    while parents[j] >= 0:
        j = parents[j]
        yield j
