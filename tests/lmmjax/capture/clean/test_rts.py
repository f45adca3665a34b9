"""Laws of the smoother: the textbook's equations, gaps, outliers."""

import jax
import numpy as np
import pytest

from lmmjax.capture.clean import rts


@pytest.fixture(scope="module", autouse=True)
def _double():
    with jax.enable_x64(True):
        yield


def reference(places, noise, seen, h):
    """Kalman filter and Rauch-Tung-Striebel smoother of one track, by 9x9."""
    move = np.kron([[1, h, h * h / 2], [0, 1, h], [0, 0, 1]], np.eye(3))
    # The integral of the transition's last column with itself, times the density h.
    nodes, weights = np.polynomial.legendre.leggauss(4)
    s = h * (nodes + 1) / 2
    column = np.stack([s**2 / 2, s, np.ones(4)])
    drive = np.kron(h * (column * weights * h / 2) @ column.T, np.eye(3))
    see = np.eye(3, 9)
    x, spread = np.concatenate([places[0], np.zeros(6)]), 1e6 * np.eye(9)
    before, after = [], []
    for t in range(len(places)):
        if t:
            x, spread = move @ x, move @ spread @ move.T + drive
        before.append((x, spread))
        if seen[t]:
            total = see @ spread @ see.T + noise[t]
            gain = spread @ see.T @ np.linalg.inv(total)
            left = np.eye(9) - gain @ see
            x = x + gain @ (places[t] - see @ x)
            spread = left @ spread @ left.T + gain @ noise[t] @ gain.T
        after.append((x, spread))
    found = [after[-1]]
    for (x, spread), (x_next, next_) in zip(after[-2::-1], before[:0:-1], strict=True):
        back = spread @ move.T @ np.linalg.inv(next_)
        late = found[-1]
        found.append(
            (x + back @ (late[0] - x_next), spread + back @ (late[1] - next_) @ back.T)
        )
    xs, spreads = zip(*found[::-1], strict=True)
    return np.array(xs)[:, :3], np.array(spreads)[:, :3, :3]


def tracks(count=256, n=8, h=0.3, seed=0):
    rng = np.random.default_rng(seed)
    places = 0.2 * np.cumsum(np.cumsum(rng.normal(size=(count, 3, n)), 0), 0)
    root = rng.normal(size=(count, n, 3, 3))
    noise = 0.3 * root @ root.swapaxes(-1, -2) + 0.3 * np.eye(3)
    seen = rng.random((count, n)) < 0.8
    seen[:3], seen[40:52, 2:] = True, False
    return rts.Tracks(places, np.moveaxis(noise, 1, -1), seen, np.full(n, h))


@pytest.mark.parametrize("h", [0.1, 0.6, 2.0])
def test_smoother_is_that_of_rauch_tung_and_striebel(h):
    given = tracks(h=h)
    places, spreads = rts.smooth(given, 99, np.inf)
    for n in (0, 3):
        wanted = reference(
            given.places[..., n], given.noise[..., n], given.seen[:, n], h
        )
        np.testing.assert_allclose(places[..., n], wanted[0], rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(spreads[..., n], wanted[1], rtol=1e-3, atol=1e-4)
        assert np.linalg.eigvalsh(spreads[..., n]).min() > 0


def test_parts_on_both_sides_of_a_long_gap_are_independent():
    given = tracks()
    seen = np.array(given.seen)
    seen[40:52] = False
    whole = rts.smooth(given._replace(seen=seen), 11, rts.FREEDOM)
    seen[52:] = False
    first = rts.smooth(given._replace(seen=seen), 11, rts.FREEDOM)
    for a, b in zip(whole, first, strict=True):
        np.testing.assert_allclose(a[:40], b[:40], rtol=1e-9, atol=1e-12)
    joined = rts.smooth(given._replace(seen=given.seen), 12, rts.FREEDOM)
    assert np.abs(joined[0][:40, :, 2:] - first[0][:40, :, 2:]).max() > 1e-3


def test_an_outlier_hardly_moves_a_track_that_counts_by_student_t():
    given = tracks()._replace(seen=np.ones((256, 8), bool))
    clean = np.asarray(rts.smooth(given, 9, rts.FREEDOM)[0])
    wild = np.array(given.places)
    wild[50] += 100.0
    robust = np.asarray(rts.smooth(given._replace(places=wild), 9, rts.FREEDOM)[0])
    plain = np.asarray(rts.smooth(given._replace(places=wild), 9, np.inf)[0])
    assert np.abs(robust - clean).max() < 1.0 < 10.0 < np.abs(plain - clean).max()
