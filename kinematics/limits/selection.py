"""Which ranges depend on which coordinates, by the data alone."""

from collections.abc import Sequence

import numpy as np

from kinematics.couplings import Couplings
from kinematics.limits import envelope
from kinematics.limits.widening import common_limits
from kinematics.skeleton import DOFS, Skeleton, swing_table
from kinematics.symmetry import coordinate_mirror

# Radians by which the envelope of a coordinate must change over its controller before
# the two count as coupled.
VARIES = float(np.deg2rad(20.0))


def neighbours(body: Skeleton) -> list[tuple[str, str]]:
    """Pairs of joints that are one or share a bone, fixed joints between left out."""
    pairs = []
    for j, kind in enumerate(body.kinds):
        if not DOFS[kind]:
            continue
        pairs.append((j, j))
        up = body.parents[j]
        while up > 0 and not DOFS[body.kinds[up]]:
            up = body.parents[up]
        if up > 0:
            pairs += [(j, up), (up, j)]
    return [(body.names[a], body.names[b]) for a, b in pairs]


def couple(
    body: Skeleton, joints: Sequence[tuple[str, str]], q: np.ndarray, margin: float
) -> Skeleton:
    """The body with the couplings that frames [N, D] show most strongly.

    Each coordinate is bound to the one controller that leaves it the smallest range,
    twins alike, those that it had before excepted.

    Args:
      body: with limits that hold the frames.
      joints: pairs (coupled, controlling) to look in.
      q: radians, mirror images included.
      margin: radians beyond the data.
    """
    candidates = _candidates(body, joints)
    if not candidates:
        return body
    found = envelope.unbound(body, candidates)
    low, high = envelope.interval_ranges(found, q, envelope.ENOUGH)
    found = envelope.bound(found, low, high, margin)
    varies = np.maximum(_spread(low), _spread(high)) > VARIES
    at = list(found.coordinates)
    left = np.mean(found.upper - found.lower, axis=1) / (body.upper - body.lower)[at]
    known = body.couplings
    pairs: dict[int, int] = {}
    if known is not None:
        pairs = dict(zip(known.coordinates, known.controllers, strict=True))
    chosen: list[int] = []
    for row in np.argsort(left, kind="stable"):
        new = _with_twin(body, candidates[row])
        if (
            varies[row]
            and not any(d in pairs for d in new)
            and not _has_circle({**pairs, **new})
        ):
            pairs.update(new)
            chosen += [candidates.index(pair) for pair in new.items()]
    if not chosen:
        return body
    return common_limits(body.replace(couplings=_joined(known, found.rows(chosen))))


def _candidates(
    body: Skeleton, joints: Sequence[tuple[str, str]]
) -> list[tuple[int, int]]:
    """Pairs (coordinate, controller) between pairs of joints, and their twins."""
    swings = swing_table(body.kinds)
    taken = () if body.couplings is None else body.couplings.coordinates
    every = range(body.num_coordinates)
    found: dict[tuple[int, int], None] = {}
    for joint, other in joints:
        for d in every[body.coordinates(joint)]:
            for c in every[body.coordinates(other)]:
                if d != c and d not in swings and d not in taken:
                    found.update(dict.fromkeys(_with_twin(body, (d, c)).items()))
    return list(found)


def _with_twin(body: Skeleton, pair: tuple[int, int]) -> dict[int, int]:
    """A pair and its mirror image, by coordinate."""
    if body.mirror is None:
        return dict([pair])
    index, _ = coordinate_mirror(body)
    return dict([pair, (int(index[pair[0]]), int(index[pair[1]]))])


def _has_circle(controllers: dict[int, int]) -> bool:
    """Whether following the controllers from any coordinate leads back to it."""
    for start in controllers:
        at, steps = start, 0
        while at in controllers and steps <= len(controllers):
            at, steps = controllers[at], steps + 1
        if steps > len(controllers):
            return True
    return False


def _spread(values: np.ndarray) -> np.ndarray:
    """Highest less lowest value [P] of [P, K], those that are NaN left out."""
    return np.fmax.reduce(values, axis=1) - np.fmin.reduce(values, axis=1)


def _joined(known: Couplings | None, found: Couplings) -> Couplings:
    """Both couplings, in the order of their coordinates."""
    if known is None:
        both = found
    elif known.lower.shape[1] != found.lower.shape[1]:
        raise ValueError(
            f"couplings with {known.lower.shape[1]} control values cannot be joined "
            f"with learned ones, which have {found.lower.shape[1]}"
        )
    else:
        tables = zip(_tables(known), _tables(found), strict=True)
        both = Couplings(
            known.coordinates + found.coordinates,
            known.controllers + found.controllers,
            *(np.concatenate(pair) for pair in tables),
        )
    return both.rows(np.argsort(both.coordinates).tolist())


def _tables(couplings: Couplings) -> tuple[np.ndarray, ...]:
    fields = couplings.start, couplings.stop, couplings.lower, couplings.upper
    return tuple(np.asarray(x) for x in fields)
