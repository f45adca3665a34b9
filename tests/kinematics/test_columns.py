"""Laws of arrays with the batch last: there and back, sums over the tree, products."""

import numpy as np
import pytest

from kinematics import columns as col

PARENTS = (-1, 0, 1, 1, 0, 4, 2)
ABOVE = [[0], [0, 1], [0, 1, 2], [0, 1, 3], [0, 4], [0, 4, 5], [0, 1, 2, 6]]


@pytest.mark.parametrize("batch", [(), (0,), (1,), (2, 3)], ids=str)
@pytest.mark.parametrize("rank", [0, 1, 2])
def test_columns_go_back_to_rows(batch, rank):
    own = (4, *[3] * rank)
    x = np.float32(np.random.default_rng(0).normal(size=(*batch, *own)))
    found = col.columns(x, rank, batch)
    assert found.shape == (*own[1:], 4, int(np.prod(batch)))
    np.testing.assert_array_equal(col.rows(found, batch), x)
    alone = np.float32(np.random.default_rng(1).normal(size=own))
    spread = col.rows(col.columns(alone, rank, batch), batch)
    np.testing.assert_array_equal(spread, np.broadcast_to(alone, (*batch, *own)))


def test_outward_sums_the_path_and_inward_is_its_transpose():
    rng = np.random.default_rng(0)
    x, y = (np.float32(rng.normal(size=(3, 7, 2))) for _ in range(2))
    out, into = col.outward(PARENTS, x), col.inward(PARENTS, y)
    wanted = np.stack([x[:, path].sum(axis=1) for path in ABOVE], axis=1)
    np.testing.assert_allclose(out, wanted, atol=1e-6)
    carried = [[j for j in range(7) if k in ABOVE[j]] for k in range(7)]
    wanted = np.stack([y[:, below].sum(axis=1) for below in carried], axis=1)
    np.testing.assert_allclose(into, wanted, atol=1e-6)
    np.testing.assert_allclose(np.sum(out * y), np.sum(x * into), rtol=1e-5)


def test_a_missing_value_spoils_only_its_branch():
    x = np.ones((7, 1), np.float32)
    x[2] = np.nan
    assert np.isnan(col.outward(PARENTS, x)[:, 0]).nonzero()[0].tolist() == [2, 6]
    assert np.isnan(col.inward(PARENTS, x)[:, 0]).nonzero()[0].tolist() == [0, 1, 2]


def test_products_are_those_of_matrices():
    rng = np.random.default_rng(1)
    a, b, u, v = (rng.normal(size=(5, 4, *s)) for s in ((3, 3), (3, 3), (3,), (3,)))
    left, right = (col.columns(x, 2, (5,)) for x in (a, b))
    one, two = (col.columns(x, 1, (5,)) for x in (u, v))
    for found, wanted in (
        (col.product(left, right), a @ b),
        (col.rotate(left, two), np.einsum("njab,njb->nja", a, v)),
        (col.rotate_back(left, two), np.einsum("njba,njb->nja", a, v)),
        (col.cross(one, two), np.cross(u, v)),
    ):
        np.testing.assert_allclose(col.rows(found, (5,)), wanted, atol=1e-5)
