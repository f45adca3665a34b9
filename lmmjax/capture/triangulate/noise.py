"""How noisy keypoints are, told by how well cameras agree.

Detectors are off by one pixel or by a dozen, some cameras are calibrated worse than
others, and hips are less well defined than ankles: the scale by which a residual is
large is found in the data, for each camera and joint.
"""

from collections.abc import Callable

import numpy as np

# Most points looked at, and rounds of finding points and scale in turn.
_POINTS = 8192
_ROUNDS = 8
# The search starts with a scale that right observations of poor footage do not exceed.
_START_PX = 12.0
# Nothing is known better than this: keypoints are not points on a body. A choice.
LEAST_PX = 0.25
# So many observations count as much as what camera and joint have in common.
_PRIOR = 40.0
# Of 1.4: an observation that the point follows says little of its own noise.
_LEAST_TYPICAL = 0.1

Residuals = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple]


def find_noise(pixels: np.ndarray, weight: np.ndarray, solve: Residuals) -> np.ndarray:
    """Standard deviation [V, K] of keypoints along one axis, pixels.

    Medians do not mind a share of wrong observations; each squared residual is taken
    in units of what its median would be at unit noise, since a point follows the
    observations that made it.

    Args:
      pixels: [V, M, K, 2], NaN where missing.
      weight: [V, M, K].
      solve: from pixels, weights and sigma [V, n, K] to residuals in pixels, the
        typical squared residual at unit noise and whether it agrees, each [V, n, K].
    """
    joints = weight.shape[-1]
    seen = np.flatnonzero(((weight > 0).sum(0) >= 2).any(-1))
    if not len(seen):
        return np.full((len(weight), joints), _START_PX, np.float32)
    most = max(1, _POINTS // joints)
    if len(seen) > most:
        seen = seen[np.linspace(0, len(seen) - 1, most).astype(int)]
    pixels, weight = pixels[:, seen], weight[:, seen]
    sigma = np.full((len(weight), joints), _START_PX, np.float32)
    for _ in range(_ROUNDS):
        before = sigma
        residual, typical, agrees = solve(pixels, weight, sigma[:, None])
        usable = agrees & (typical > _LEAST_TYPICAL)
        square = np.where(usable, residual**2 / np.where(usable, typical, 1), np.nan)
        sigma = np.sqrt(np.maximum(_variances(square), LEAST_PX**2))
        if np.abs(np.log(sigma / before)).max() < 0.03:
            break
    return sigma.astype(np.float32)


def _variances(square: np.ndarray) -> np.ndarray:
    """Variances [V, K] from squares [V, M, K] in such units, NaN where none is."""
    count = np.isfinite(square).sum(1)

    def median(axes: tuple[int, ...]) -> np.ndarray:
        some = np.isfinite(square).any(axes, keepdims=True)
        filled = np.where(some, square, 1.0)
        return np.where(some, np.nanmedian(filled, axes, keepdims=True), np.nan)

    overall = median((0, 1, 2))[0]
    if not np.isfinite(overall).all():
        return np.full(count.shape, _START_PX**2)
    camera, joint = median((1, 2))[:, 0], median((0, 1))[0]
    camera, joint = (np.where(np.isfinite(x), x, overall) for x in (camera, joint))
    common = camera * joint / overall
    own = np.where(count > 0, median((1,))[:, 0], common)
    return (count * own + _PRIOR * common) / (count + _PRIOR)
