import dataclasses
import functools

import jax
import numpy as np
import pytest

from kinematics.bodies import cmu38
from lmmjax.data import cmu_benchmark
from lmmjax.evaluation.protocols import cmu, evaluate_cmu, model_forecaster
from lmmjax.evaluation.protocols.positions import from_metres
from lmmjax.model import (
    ModelConfig,
    MovementModel,
    initialize,
    unit_statistics,
)
from tests.lmmjax import cmu_files, tiny


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return cmu_files.folder(tmp_path_factory.mktemp("cmu"), test=("walking_1",))


@pytest.fixture(scope="module")
def model():
    """A model whose every parameter has a say, without compiling its start."""
    body = cmu38()
    config = ModelConfig(
        width=16, layers=1, heads=2, window=10, head_width=16, head_layers=1, horizon=25
    )
    statistics = unit_statistics(body, config)
    start = functools.partial(
        initialize, body=body, statistics=statistics, config=config, fps=60.0
    )
    shapes = jax.eval_shape(lambda key: start(key).params, jax.random.key(0))
    rng = np.random.default_rng(0)
    params = jax.tree.map(
        lambda x: 0.2 * rng.normal(size=x.shape).astype(np.float32), shapes
    )
    return MovementModel(params, body, statistics, config, 60.0)


@pytest.fixture(scope="module")
def observed(folder):
    (clip,) = cmu_benchmark.read_part(folder, "test")
    return cmu.windows(clip).observed


@pytest.fixture(scope="module")
def future(model, observed):
    return model_forecaster(model)(observed)


def test_a_model_is_a_forecaster(model, future, folder):
    assert future.shape == (16, 25, 38, 3)
    table = evaluate_cmu(model, folder)
    assert table.methods == ("model", "zero velocity", "constant velocity")
    expected = cmu.errors(future, cmu.windows(_only(folder)).future)[:, 1].mean()
    assert table.row("model").errors[0] == pytest.approx(expected)


def _only(folder):
    (clip,) = cmu_benchmark.read_part(folder, "test")
    return clip


def test_its_bones_are_those_of_the_benchmark(model, observed, future):
    np.testing.assert_array_equal(future[:, :, 0], 0)
    up = np.array(model.body.parents[1:])
    bones = np.linalg.norm(future[:, :, 1:] - future[:, :, up], axis=-1)
    true = np.linalg.norm(from_metres(observed.body.offsets[1:]), axis=-1)
    np.testing.assert_allclose(bones, np.broadcast_to(true, bones.shape), atol=5e-3)


def test_a_window_does_not_depend_on_its_neighbours(model, observed, future):
    forecaster = model_forecaster(model)
    alone = dataclasses.replace(
        observed,
        positions=observed.positions[5:6],
        poses=observed.poses.at(slice(5, 6)),
    )
    np.testing.assert_allclose(forecaster(alone)[0], future[5], atol=2e-2)
    none = dataclasses.replace(alone, poses=alone.poses.at(slice(0)))
    assert forecaster(none).shape == (0, 25, 38, 3)


def test_a_model_of_another_rate_horizon_or_body_is_refused(model, observed):
    with pytest.raises(ValueError, match="25 frames at 30 Hz"):
        model_forecaster(model.replace(fps=30.0))
    short = dataclasses.replace(model.config, horizon=24)
    with pytest.raises(ValueError, match="24 frames at 60 Hz"):
        model_forecaster(model.replace(config=short))
    with pytest.raises(ValueError, match="another body"):
        model_forecaster(model.replace(body=tiny.body()))(observed)
