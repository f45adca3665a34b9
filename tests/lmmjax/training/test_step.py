"""Laws of one update: the same on any number of devices, and in step everywhere."""

import jax
import numpy as np
import pytest

from lmmjax.training import parallel
from lmmjax.training import step as training_step
from lmmjax.training.state import OptimizerConfig, create_state, optimizer
from lmmjax.training.step import Chunk, make_step, repeat
from tests.lmmjax import tiny
from tests.lmmjax.training import toy

STEPS = 3


def prepared(devices):
    """The state before the first step on so many devices, and the step."""
    model = tiny.fresh_model(toy.MODEL)
    transform = optimizer(OptimizerConfig(warmup=1), 10)
    state = parallel.replicate(create_state(model, transform, seed=3), devices)
    step = parallel.parallelize(
        make_step(model, transform, toy.LOSS, 0.999, parallel.AXIS), devices
    )
    return state, step


def run(devices):
    """The state after a few steps on so many devices, and their metrics."""
    state, step = prepared(devices)
    windows, history = tiny.windows(length=6), []
    for n in range(STEPS):
        batch = windows.take(np.arange(4) + 3 * n)
        state, metrics = step(state, parallel.split(batch, devices))
        history.append(jax.tree.map(np.asarray, metrics))
    return state, history


@pytest.fixture(scope="module", autouse=True)
def quick():
    """A loss that compiles at once; that of training is split in its own tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_step.losses, "loss", toy.toy_loss)
        yield


@pytest.fixture(scope="module")
def one(quick):
    return run(1)


@pytest.fixture(scope="module")
def two(quick):
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


def test_steps_are_counted_and_their_metrics_told(one):
    assert int(one[0].step) == STEPS
    assert all({"loss", "error_m", "gradient_norm"} <= set(x) for x in one[1])


def test_a_chunk_is_its_updates_one_after_another(two):
    state, _ = prepared(2)
    update = make_step(
        tiny.fresh_model(toy.MODEL),
        optimizer(OptimizerConfig(warmup=1), 10),
        toy.LOSS,
        0.999,
        parallel.AXIS,
    )
    run = parallel.parallelize(repeat(update, parallel.AXIS), 2)
    windows = tiny.windows(length=6)
    shown = [windows.take(np.arange(4) + 3 * n) for n in range(STEPS)]
    # A batch that fills the stack up, and would ruin everything.
    spoiled = jax.tree.map(lambda x: np.full_like(x, np.nan, float), shown[0])
    stack = jax.tree.map(lambda *x: np.stack(x), *shown, spoiled)
    stack = stack._replace(valid=stack.valid.astype(bool))
    share = parallel.split(stack, 2, axis=1)
    each = [parallel.for_each_device(x, 2) for x in (STEPS, False)]
    state, told = run(state, Chunk(share, *each))
    assert int(state.step) == STEPS
    assert not told.stop
    for n, before in enumerate(two[1]):
        for name, value in before.items():
            np.testing.assert_allclose(told.metrics[name][n], value, rtol=1e-6)
    pair = (jax.tree.leaves(x.params) for x in (state, two[0]))
    for a, b in zip(*pair, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_a_request_to_stop_on_any_device_is_told_to_all():
    def update(state, batch):
        return state + 1, {"loss": state}

    run = parallel.parallelize(repeat(update, parallel.AXIS))
    share = parallel.split(tiny.batch(count=4, frames=5))
    share = jax.tree.map(lambda x: x[:, None], share)
    for asked in ([False, False], [False, True], [True, False]):
        chunk = Chunk(share, np.array([1, 1]), np.array(asked))
        _, told = run(parallel.replicate(jax.numpy.zeros(())), chunk)
        shards = [bool(x.data) for x in told.stop.addressable_shards]
        assert shards == [any(asked)] * 2


def test_noise_of_a_step_is_new_and_follows_from_its_number():
    state, step = prepared(1)
    batch = parallel.split(tiny.windows(length=6).take(np.arange(4)), 1)
    losses = []
    for number in (0, 1, 0):
        at = prepared(1)[0].replace(step=state.step + number)
        losses.append(float(step(at, batch)[1]["loss"]))
    assert losses[0] == losses[2]
    assert abs(losses[0] - losses[1]) > 1e-4


def test_average_follows_the_parameters_and_lags_behind(one):
    start = jax.tree.leaves(tiny.fresh_model(toy.MODEL).params)
    now, average = (jax.tree.leaves(getattr(one[0], x)) for x in ("params", "ema"))
    apart = [
        sum(float(np.abs(a - b).sum()) for a, b in zip(x, y, strict=True))
        for x, y in ((start, now), (start, average), (average, now))
    ]
    assert apart[0] > apart[1] > 0
    assert apart[2] > 0
