"""Law of the Schur complement: the step is that of the whole normal equations."""

import jax
import numpy as np

from lmmjax.capture.calibration import schur

VIEWS, POINTS, OWN = 3, 7, 4


def test_the_step_is_that_of_the_whole_system():
    rng = np.random.default_rng(0)
    by_camera = rng.normal(size=(OWN, VIEWS, POINTS, 2))
    by_point = rng.normal(size=(3, VIEWS, POINTS, 2))
    miss = rng.normal(size=(VIEWS, POINTS, 2))
    weight = rng.uniform(0, 1, (VIEWS, POINTS))
    change, prior = rng.normal(size=(VIEWS, OWN)), np.array([0, 0, 2.0, 3.0])
    free = np.ones((VIEWS, OWN))
    free[0, :2] = 0
    by_camera[:2, 0] = 0
    with jax.enable_x64(True):
        inputs = (by_camera, by_point, miss, weight, prior * change, prior, free, 0.1)
        move, shift = map(np.array, jax.jit(schur.step)(*inputs))

    # One row per number that was seen, one column per unknown.
    rows = np.zeros((VIEWS, POINTS, 2, VIEWS * OWN + POINTS * 3))
    for v in range(VIEWS):
        rows[v, :, :, v * OWN : (v + 1) * OWN] = np.moveaxis(by_camera[:, v], 0, -1)
        for n in range(POINTS):
            at = VIEWS * OWN + 3 * n
            rows[v, n, :, at : at + 3] = by_point[:, v, n].T
    flat = rows.reshape(-1, rows.shape[-1])
    heavy = np.repeat(weight.ravel(), 2)
    normal = flat.T * heavy @ flat
    pull = np.zeros(len(normal))
    cameras = slice(0, VIEWS * OWN)
    normal[cameras, cameras] += np.diag(np.tile(prior, VIEWS))
    pull[cameras] = (prior * change).ravel()
    normal += 0.1 * np.diag(np.diag(normal))
    right = -flat.T @ (heavy * miss.ravel()) - pull
    loose = np.concatenate([free.ravel(), np.ones(3 * POINTS)]) > 0
    expected = np.zeros(len(normal))
    expected[loose] = np.linalg.solve(normal[np.ix_(loose, loose)], right[loose])
    np.testing.assert_allclose(move.ravel(), expected[cameras], atol=1e-10)
    np.testing.assert_allclose(shift.ravel(), expected[VIEWS * OWN :], atol=1e-10)
