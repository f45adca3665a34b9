"""Where feet and hands of a retargeted motion should be.

A target is the place that the transferred motion gives, plus a correction: what is
missing to the place where the foot was set down while the source's foot stands, and
a smooth way there and back in between.
"""

import numpy as np

# Seconds in which a correction comes and goes before and after a contact.
_EASE_S = 0.15
# Share of a leg's length that it may be stretched to.
_STRAIGHT = 0.995
# Metres between the wrists at which hands begin to be held together, and are.
_FAR, _NEAR = 0.35, 0.2


def planted(
    places: np.ndarray, standing: np.ndarray, heights: np.ndarray, fps: float
) -> np.ndarray:
    """Targets [T, P, 3] of points that must not slide while they stand.

    Args:
      places: [T, P, 3] metres, where the transferred motion has them.
      standing: [T, P] whether the source's foot stands on that point.
      heights: [P] metres above the world's floor at which each one stands.
      fps: frames per second.
    """
    targets = places.copy()
    for p in range(places.shape[1]):
        correction = np.zeros_like(places[:, p])
        known = np.zeros(len(places), bool)
        for start, stop in runs(standing[:, p]):
            goal = np.append(places[start:stop, p, :2].mean(axis=0), heights[p])
            correction[start:stop] = goal - places[start:stop, p]
            known[start:stop] = True
        targets[:, p] += ease(correction, known, max(round(_EASE_S * fps), 1))
        # No point goes below where it stands.
        targets[:, p, 2] = np.maximum(targets[:, p, 2], heights[p])
    return targets


def drop(
    hips: np.ndarray, ankles: np.ndarray, lengths: np.ndarray, fps: float
) -> np.ndarray:
    """How far [T] the root must come down, metres, for legs to reach their targets.

    Args:
      hips: [T, 2, 3] metres.
      ankles: [T, 2, 3] metres, targets.
      lengths: [2] metres from hip to ankle with the knee straight.
      fps: frames per second.
    """
    across = np.linalg.norm(hips[..., :2] - ankles[..., :2], axis=-1)
    reach = _STRAIGHT * lengths
    rise = np.sqrt(np.maximum(reach**2 - np.minimum(across, reach) ** 2, 0))
    need = np.maximum(hips[..., 2] - ankles[..., 2] - rise, 0).max(axis=-1)
    # The highest need nearby, then its mean: never less than what is needed.
    half = max(round(_EASE_S * fps), 1)
    window = np.lib.stride_tricks.sliding_window_view
    need = window(np.pad(need, 2 * half, mode="edge"), 2 * half + 1).max(axis=-1)
    weight = 1 + np.cos(np.pi * np.arange(-half, half + 1) / (half + 1))
    return window(need, 2 * half + 1) @ (weight / weight.sum())


def runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """First and last frame, exclusive, of each stretch in which a mask [T] holds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def ease(values: np.ndarray, known: np.ndarray, frames: int) -> np.ndarray:
    """Fill the frames between known values [T, C] smoothly, going to 0 far away."""
    if not known.any():
        return np.zeros_like(values)
    t, at = np.arange(len(values)), np.flatnonzero(known)
    after = np.searchsorted(at, t).clip(0, len(at) - 1)
    before = (np.searchsorted(at, t, side="right") - 1).clip(0)
    total, weight = np.zeros_like(values), np.zeros(len(values))
    for nearest in {0: at[before], 1: at[after]}.values():
        gap = np.abs(nearest - t)
        share = 0.5 + 0.5 * np.cos(np.pi * np.minimum(gap / (frames + 1), 1))
        total += share[:, None] * values[nearest]
        weight += share
    filled = total / np.maximum(weight, 1.0)[:, None]
    return np.where(known[:, None], values, filled)


def held(places: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Targets [T, 2, 3] of the wrists: as near to each other as the source's are.

    Args:
      places: [T, 2, 3] metres, where the transferred motion has the wrists.
      source: [T, 2, 3] metres, where they were.
    """
    apart = source[:, 1] - source[:, 0]
    distance = np.linalg.norm(apart, axis=-1, keepdims=True)
    share = np.clip((_FAR - distance) / (_FAR - _NEAR), 0, 1)
    share = share**2 * (3 - 2 * share)
    middle, own = places.mean(axis=1), (places[:, 1] - places[:, 0]) / 2
    half = (1 - share) * own + share * apart / 2
    return np.stack([middle - half, middle + half], axis=1)
