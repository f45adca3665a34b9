"""Laws of the units of the network: a change of basis and no more."""

import dataclasses

import numpy as np

from lmmjax.model import scales
from tests.lmmjax import tiny


def test_all_components_together_lose_nothing():
    rng = np.random.default_rng(0)
    known = tiny.statistics()
    basis = np.linalg.qr(rng.normal(size=known.basis.shape))[0].astype(np.float32)
    scale = rng.uniform(0.5, 2, known.shape).astype(np.float32)
    known = dataclasses.replace(known, basis=basis, component_scale=scale)
    r = rng.normal(size=(4, *known.residual_scale.shape)).astype(np.float32)
    x = scales.encode(known, r)
    np.testing.assert_allclose(scales.decode(known, x), r, atol=1e-5)
    np.testing.assert_allclose(
        scales.encode(known, scales.decode(known, x)), x, atol=1e-5
    )


def test_a_component_is_a_shape_over_time_in_the_units_of_each_channel():
    known = tiny.statistics()
    basis = np.float32([[1], [1], [1]]) / np.sqrt(3).astype(np.float32)
    known = dataclasses.replace(
        known, basis=basis, component_scale=2 * known.component_scale[:1]
    )
    one = np.zeros(known.shape, np.float32)
    one[0, 3] = 1
    found = np.asarray(scales.decode(known, one))
    expected = known.residual_scale[:, 3] * 2 / np.sqrt(3)
    np.testing.assert_allclose(found[:, 3], expected, rtol=1e-5)
    assert not found[:, :3].any()
    assert known.shape == (1, found.shape[1])
