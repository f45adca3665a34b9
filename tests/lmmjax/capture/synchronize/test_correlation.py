"""Laws of the correlation: it is the one of the definition, and peaks at the delay."""

import numpy as np

from lmmjax.capture.synchronize.correlation import GROUPS, correlate
from lmmjax.capture.synchronize.signals import Signals


def noise(rng, frames, channels=6):
    white = rng.normal(size=(channels, frames + 20, 2))
    return sum(white[:, k : k + frames] for k in range(20)) / 5


def pair(frames=400, late=37, mixing=((1.0, 0.3), (0.2, 1.0))):
    """Two views of one motion: the second late, with axes mixed and its own part."""
    rng = np.random.default_rng(0)
    moved = noise(rng, frames + late)
    other = np.stack([noise(rng, frames)[..., 0], moved[:, :frames, 1]], -1)
    first = moved[:, late:]
    first[rng.random(first.shape[:2]) < 0.1] = np.nan
    return Signals(first, 5, 0.02), Signals(other @ np.array(mixing), -4, 0.02)


def test_the_peak_is_at_the_delay():
    a, b = pair()
    # Sample n of a is sample n + 37 of b; a starts at 5 and b at -4.
    gain = correlate(a, b, 120)
    assert gain.shape == (1 + GROUPS, 241)
    assert (gain.argmax(1) - 120 == 37 - 4 - 5).all()
    np.testing.assert_allclose(correlate(b, a, 120)[0], gain[0, ::-1], atol=1e-6)


def test_a_value_is_that_of_the_definition():
    a, b = pair()
    delay = 26
    shared = [
        (a.velocity[c, n], b.velocity[c, n + 5 + delay + 4])
        for c in range(6)
        for n in range(400)
        if n + 9 + delay < 400 and np.isfinite(a.velocity[c, n]).all()
    ]
    u, v = np.array(shared).transpose(1, 0, 2)
    inside = np.linalg.solve(u.T @ u, u.T @ v) @ np.linalg.solve(v.T @ v, v.T @ u)
    largest = np.linalg.eigvals(inside).real.max()
    most = correlate(a, b, 120)[0]
    samples = np.isfinite(a.velocity[..., 0]).sum()
    share = len(shared) / samples
    # At the delay of full overlap all samples meet; there are fewer at the others.
    assert most[120 + delay] > 0
    np.testing.assert_allclose(
        most[120 + delay], -np.log1p(-largest) * share, rtol=0.03
    )


def test_stillness_and_too_little_overlap_say_nothing():
    a, b = pair()
    still = Signals(np.zeros_like(b.velocity), 0, 0.02)
    assert not correlate(a, still, 50).any()
    apart = Signals(b.velocity, 10_000, 0.02)
    assert not correlate(a, apart, 50).any()
