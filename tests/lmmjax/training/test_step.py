"""Laws of one update: the same on any number of devices, and in step everywhere."""

import jax
import numpy as np
import pytest

from lmmjax.training import parallel
from lmmjax.training.state import OptimizerConfig, create_state, optimizer
from lmmjax.training.step import make_step
from tests.lmmjax import tiny
from tests.lmmjax.training import toy

STEPS = 3


def run(devices):
    """States and metrics of a few steps on so many devices."""
    model = tiny.fresh_model(toy.MODEL)
    transform = optimizer(OptimizerConfig(warmup=1), 10)
    state = parallel.replicate(create_state(model, transform, seed=3), devices)
    step = parallel.parallelize(
        make_step(model, transform, toy.LOSS, 0.999, parallel.AXIS), devices
    )
    windows, history = tiny.windows(length=6), []
    for n in range(STEPS):
        batch = windows.take(np.arange(4) + 3 * n)
        state, metrics = step(state, parallel.split(batch, devices))
        history.append(jax.tree.map(np.asarray, metrics))
    return state, history


@pytest.fixture(scope="module")
def one():
    return run(1)


@pytest.fixture(scope="module")
def two():
    return run(2)


def test_one_and_two_devices_give_the_same_losses(one, two):
    for a, b in zip(one[1], two[1], strict=True):
        assert a.keys() == b.keys()
        for name in a:
            np.testing.assert_allclose(a[name], b[name], rtol=1e-5, err_msg=name)


def test_one_and_two_devices_give_the_same_parameters(one, two):
    for name in ("params", "ema"):
        pair = (jax.tree.leaves(getattr(state, name)) for state, _ in (one, two))
        for a, b in zip(*pair, strict=True):
            # Adam divides by the root of tiny squares, which enlarges rounding.
            np.testing.assert_allclose(a, b, atol=2e-5)


def test_every_device_holds_the_same_state(two):
    state = two[0].replace(rng=jax.random.key_data(two[0].rng))
    for leaf in jax.tree.leaves(state):
        shards = [np.asarray(s.data) for s in leaf.addressable_shards]
        assert len(shards) == 2
        np.testing.assert_array_equal(*shards)


def test_steps_are_counted_and_their_noise_is_never_the_same(one):
    state, history = one
    assert int(state.step) == STEPS
    assert {"loss", "error_m", "gradient_norm"} <= set(history[0])
    assert len({float(metrics["loss"]) for metrics in history}) == STEPS


def test_average_follows_the_parameters_and_lags_behind(one):
    start = jax.tree.leaves(tiny.fresh_model(toy.MODEL).params)
    now, average = (jax.tree.leaves(getattr(one[0], x)) for x in ("params", "ema"))
    apart = [
        sum(float(np.abs(a - b).sum()) for a, b in zip(x, y, strict=True))
        for x, y in ((start, now), (start, average), (average, now))
    ]
    assert apart[0] > apart[1] > 0
    assert apart[2] > 0
