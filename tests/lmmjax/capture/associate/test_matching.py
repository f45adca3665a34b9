"""Laws of assignment: the best of all, and never beyond the gate."""

import itertools

import numpy as np

from lmmjax.capture.associate.matching import assign, gather


def best_sum(cost, gate):
    """Least sum of cost - gate over all ways to match, by trying each."""
    tracks, people = cost.shape
    least = 0.0
    for chosen in itertools.product(range(-1, people), repeat=tracks):
        used = [p for p in chosen if p >= 0]
        if len(set(used)) == len(used):
            gains = [cost[n, p] - gate for n, p in enumerate(chosen) if p >= 0]
            if all(g < 0 for g in gains):
                least = min(least, sum(gains))
    return least


def test_assignment_is_the_best_of_all():
    rng = np.random.default_rng(0)
    cost = rng.uniform(0, 0.6, (3, 20, 3))
    match = assign(cost, np.full(3, 0.3))
    for v in range(20):
        gains = [cost[n, v, p] - 0.3 for n, p in enumerate(match[:, v]) if p >= 0]
        assert all(g < 0 for g in gains)
        taken = match[:, v][match[:, v] >= 0]
        assert len(set(taken)) == len(taken)
        np.testing.assert_allclose(sum(gains), best_sum(cost[:, v], 0.3))


def test_a_wide_gate_gives_no_right_to_what_is_another_s():
    cost = np.array([[[0.25]], [[0.01]]])
    assert assign(cost, np.array([0.45, 0.3])).tolist() == [[-1], [0]]
    assert assign(cost[:1], np.array([0.45])).tolist() == [[0]]
    assert assign(np.full((1, 1, 1), np.inf), np.array([0.3])).tolist() == [[-1]]


def test_nobody_gets_nothing():
    assert assign(np.zeros((0, 4, 2)), np.zeros(0)).shape == (0, 4)
    assert (assign(np.zeros((2, 4, 0)), np.ones(2)) == -1).all()
    points, weights = np.ones((2, 3, 5, 2)), np.ones((2, 3, 5))
    seen, weight = gather(points, weights, np.array([[1, -1]]))
    assert seen.shape == (1, 2, 5, 2)
    assert weight.sum(-1).tolist() == [[5, 0]]
