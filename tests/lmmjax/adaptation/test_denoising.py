"""Laws of what is told: forecasts know no noise, and poses count in proportion."""

import jax
import numpy as np
import pytest

from lmmjax.adaptation.denoising import denoised, pose_shares
from tests.lmmjax.adaptation.person import PERSON, model, moments

TOLD = jax.jit(denoised)
KEYS = jax.random.key(0), jax.random.key(1)


@pytest.fixture(scope="module")
def lesson():
    return jax.tree.map(lambda x: x[:20], moments([PERSON]).lesson)


def test_only_forecasts_are_the_same_with_any_noise(lesson):
    tau = np.tile(np.float32([1, 0.4]), (20, 1))
    (one, badly), (other, worse) = (TOLD(model(), lesson, key, tau) for key in KEYS)
    np.testing.assert_array_equal(one[..., 0, :], other[..., 0, :])
    assert not np.array_equal(one[..., 1, :], other[..., 1, :])
    assert not np.array_equal(badly, worse)


def test_how_badly_noisy_futures_are_told_does_not_count_the_forecast(lesson):
    (_, badly), (_, same) = (
        TOLD(model(), lesson, KEYS[0], np.tile(np.float32([first, 0.4]), (20, 1)))
        for first in (1.0, 0.1)
    )
    np.testing.assert_array_equal(badly, same)


@pytest.mark.parametrize("early", [0.0, 0.5, 2.0])
def test_poses_count_as_powers_of_their_number(early):
    share = np.asarray(pose_shares(10, early), np.float64)
    np.testing.assert_allclose(share.mean(), 1, rtol=1e-6)
    np.testing.assert_allclose(share[0] / share, np.arange(1, 11) ** early, rtol=1e-5)
