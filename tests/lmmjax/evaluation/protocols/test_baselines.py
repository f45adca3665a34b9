import numpy as np
import pytest

from lmmjax.data import cmu_benchmark
from lmmjax.data.cmu_benchmark import BenchmarkSplit, hold_out
from lmmjax.evaluation.protocols import cmu, fit_ridge
from lmmjax.evaluation.protocols.baselines import constant_velocity, zero_velocity
from lmmjax.evaluation.protocols.forecasters import Observed
from tests.lmmjax import cmu_files


def _line(velocity):
    start = np.random.default_rng(0).normal(size=(3, 1, 38, 3))
    times = np.arange(35)[:, None, None]
    return start + times * velocity


def test_zero_velocity_stays():
    places = _line(0.0)
    observed = Observed(places[:, :10], None, None)
    np.testing.assert_array_equal(zero_velocity(observed), places[:, 10:])


def test_constant_velocity_goes_on_in_a_line():
    places = _line(np.array([1.0, -2, 0.5]))
    observed = Observed(places[:, :10], None, None)
    np.testing.assert_allclose(constant_velocity(observed), places[:, 10:], atol=1e-12)


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    # Spines that swing at one rate: the future is close to linear in the past.
    folder = tmp_path_factory.mktemp("cmu")
    spine = slice(3 + 3 * 14, 6 + 3 * 14)
    t = np.arange(140)[:, None] / 120
    for number in range(1, 7):
        rng = np.random.default_rng(number)
        rows = np.zeros((140, 117))
        rows[:, spine] = 0.1 * rng.normal(size=3) * np.sin(9 * t + rng.uniform(0, 6, 3))
        cmu_files.write(folder / f"train/walking_{number}.txt", rows)
    return hold_out(cmu_benchmark.read_part(folder, "train"))


def test_ridge_finds_what_is_linear(split):
    # A great penalty leaves little but the mean.
    ridge = fit_ridge(split, (1e4, 1e-8))
    assert ridge.penalty == 1e-8
    table = cmu.score({"ridge": ridge}, split.validation, split="validation")
    ours = np.array(table.row("ridge").errors)
    for baseline in ("zero velocity", "constant velocity"):
        assert (ours < 0.3 * np.array(table.row(baseline).errors)).all()


def test_a_penalty_needs_clips_to_choose_by(split):
    with pytest.raises(ValueError, match="hold some out"):
        fit_ridge(BenchmarkSplit(split.train))
