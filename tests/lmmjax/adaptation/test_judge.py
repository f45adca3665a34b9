"""Laws of the judge: it measures the one-shot forecast, and is the same for all."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lmmjax.adaptation.judge import score
from lmmjax.model import movement, poses
from tests.lmmjax import tiny
from tests.lmmjax.adaptation.person import PERSON, model, moments


@pytest.fixture(scope="module")
def found():
    """More moments than are judged in one call, of people with other bones."""
    found = moments([PERSON, tiny.motion(0, 60)])
    assert len(found.offsets) > 256
    return found


@jax.jit
def distances(model, moments):
    """Of the one-shot forecast's joints, [N, K, J] metres."""
    body = model.body.replace(offsets=moments.offsets[:, None])
    future = movement.forecast(
        model.replace(body=body), moments.start, moments.lesson.z
    )
    apart = poses.positions(body, future) - poses.positions(body, moments.future)
    return jnp.linalg.norm(apart, axis=-1)


def test_the_error_is_that_of_the_forecast_over_all_moments(found):
    expected = np.float64(distances(model(), found)).mean()
    assert expected > 0.01
    error = score(model(), found, 0.5, 0).error_m
    np.testing.assert_allclose(error, expected, rtol=1e-5)


def test_poses_count_in_the_loss_as_early_tells(found):
    errors = np.float64(distances(model(), found)).mean((0, 2))
    shares = np.arange(1, len(errors) + 1) ** -2.0
    weights = 1 / model().statistics.horizon_error
    early, even = (score(model(), found, x, 0).loss for x in (2.0, 0.0))
    expected = (errors * weights * (shares / shares.mean() - 1)).mean()
    np.testing.assert_allclose(early - even, expected, rtol=1e-3)


def test_noise_is_that_of_the_seed_and_forecasts_have_none(found):
    one, same, other = (score(model(), found, 0.5, seed) for seed in (0, 0, 1))
    assert one == same
    assert one.error_m == other.error_m
    assert one.loss != other.loss
