"""Laws of the units of the network: a change of basis and no more."""

import dataclasses

import numpy as np
import pytest

from lmmjax.model import scales
from tests.lmmjax import tiny


@pytest.fixture
def known():
    """Scales with components of no special kind, as many as there are numbers."""
    rng = np.random.default_rng(0)
    unit = tiny.statistics()
    parities, _, frames, channels = unit.basis.shape
    size = frames * channels
    basis = np.linalg.qr(rng.normal(size=(parities, size, size)))[0]
    return dataclasses.replace(
        unit,
        basis=basis.reshape(parities, size, frames, channels).astype(np.float32),
        component_scale=rng.uniform(0.5, 2, (parities, size)).astype(np.float32),
    )


def test_all_components_together_lose_nothing(known):
    rng = np.random.default_rng(1)
    parities, _, *shape = known.basis.shape
    r = rng.normal(size=(parities, 4, *shape)).astype(np.float32)
    x = scales.encode(known, r)
    np.testing.assert_allclose(scales.decode(known, x), r, atol=1e-5)
    np.testing.assert_allclose(
        scales.encode(known, scales.decode(known, x)), x, atol=1e-5
    )


def test_few_components_keep_what_they_hold(known):
    few = dataclasses.replace(
        known, basis=known.basis[:, :5], component_scale=known.component_scale[:, :5]
    )
    assert few.shape == (len(known.basis), 5)
    x = np.random.default_rng(2).normal(size=(2, 3, 5)).astype(np.float32)
    np.testing.assert_allclose(scales.encode(few, scales.decode(few, x)), x, atol=1e-5)


def test_a_component_is_a_movement_of_its_own_size(known):
    one = np.zeros(known.shape, np.float32)
    one[1, 3] = 1
    found = scales.decode(known, one)
    expected = known.component_scale[1, 3] * known.basis[1, 3]
    np.testing.assert_allclose(found[1], expected, rtol=1e-6)
    assert not found[0].any()


def test_residuals_are_divided_by_what_moves_joints_as_far_as_they_move():
    known = tiny.statistics()
    metres = known.residual_scale * known.reach
    np.testing.assert_allclose(metres, np.tile(known.horizon_error[:, None], 13))
