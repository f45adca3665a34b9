"""Laws of the devices: how trees are placed, batches divided, mistakes told."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lmmjax.training import parallel
from tests.lmmjax import tiny


def test_batch_is_divided_in_order_over_the_devices():
    batch = tiny.batch(count=4, frames=5)
    halves = parallel.split(batch)
    assert halves.valid.shape == (2, 2, 5)
    np.testing.assert_array_equal(halves.poses.joints[1], batch.poses.joints[2:])
    np.testing.assert_array_equal(parallel.split(batch, 1).offsets[0], batch.offsets)


def test_batch_that_cannot_be_divided_is_told():
    with pytest.raises(ValueError, match="batch of 3 cannot be divided over 2 dev"):
        parallel.split(tiny.batch(count=3, frames=5))


@pytest.mark.parametrize("count", [0, 3])
def test_devices_that_are_not_there_are_told(count):
    for function in (parallel.replicate, parallel.split):
        with pytest.raises(ValueError, match=f"{count} devices asked for, 2 are here"):
            function({"x": np.zeros(6)}, count)
    with pytest.raises(ValueError, match="2 are here"):
        parallel.parallelize(lambda state, batch: state, count)


@pytest.mark.parametrize("count", [1, 2])
def test_replicated_tree_is_whole_on_every_device(count):
    placed = parallel.replicate({"x": jnp.arange(3.0)}, count)["x"]
    assert placed.shape == (3,)
    assert len(placed.addressable_shards) == count
    for shard in placed.addressable_shards:
        np.testing.assert_array_equal(shard.data, np.arange(3.0))


def test_state_keeps_its_form_from_step_to_step_and_reductions_span_devices():
    def step(state, share):
        total = jax.lax.psum(share.sum(), parallel.AXIS)
        return state + total, total

    run = parallel.parallelize(step)
    state = parallel.replicate(jnp.zeros(()))
    for _ in range(3):
        state, total = run(state, parallel.split(np.arange(4.0, dtype=np.float32)))
    assert state.shape == total.shape == ()
    assert float(state) == 18.0
    assert len(state.addressable_shards) == 2
