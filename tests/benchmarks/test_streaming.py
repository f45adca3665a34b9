"""The benchmark of streams, at a small size."""

import functools

import jax

from benchmarks import streaming
from benchmarks.sizes import SIZES
from lmmjax.model import num_parameters
from tests.lmmjax import tiny


def test_a_row_has_times_that_agree():
    models = [("tiny", "seven", tiny.fresh_model)]
    *head, row = streaming.table(models, [2], [3], [1], calls=20, frames=6, rounds=3)
    assert head == streaming.HEADER
    assert len({x.count("|") for x in (*head, row)}) == 1
    size, _, body, *numbers = (x.strip() for x in row.strip("|").split("|"))
    assert (size, body) == ("tiny", "seven")
    batch, commit, steps, p50, p99, p999, cpu, reaction, speed, first = (
        float(x.replace(",", "")) for x in numbers
    )
    assert (batch, commit, steps) == (2, 3, 1)
    assert 0 < p50 <= p99 <= p999
    assert cpu > 0
    assert speed > 0
    assert first > 0
    assert first >= p50 / 1e3 - 0.1
    assert abs(reaction - p99 - 1e3 * commit / tiny.FPS) < 1


def test_a_fresh_model_of_size_s_has_two_million_parameters():
    # Shapes alone: there is nothing to compile.
    body = streaming.BODIES["mocap31"]()
    make = functools.partial(streaming.fresh_model, SIZES["S"], body)
    model = jax.eval_shape(make)
    assert 1.5e6 < num_parameters(model) < 2.5e6
    assert model.statistics.shape == (2, 96)
