"""The sampler's settings are chosen by CRPS, and by coverage among equals."""

import numpy as np
import pytest

from lmmjax.data.catalog import DataError
from lmmjax.evaluation import sampler_fit
from lmmjax.evaluation.sampler_fit import Trial, choose, fit_sampler
from lmmjax.evaluation.samples import Futures
from lmmjax.model.sampler import Sampler
from tests.lmmjax import tiny


@pytest.mark.parametrize(
    ("trials", "chosen"),
    [
        ([(10.0, 0.3), (11.0, 0.1)], 0),  # worse by a tenth: coverage does not count
        ([(10.0, 0.3), (10.05, 0.1)], 1),  # as good: coverage decides
        ([(10.05, 0.1), (10.0, 0.1)], 0),
        ([(10.0, 0.204), (10.0, 0.2)], 0),  # as good, with fewer steps
        ([(10.0, 0.206), (10.0, 0.2)], 1),
        ([(10.0, 0.2)], 0),
    ],
)
def test_coverage_decides_among_settings_that_are_as_good(trials, chosen):
    tried = [Trial(Sampler(n + 1), *values) for n, values in enumerate(trials)]
    assert choose(tried) == tried[chosen].sampler


@pytest.fixture
def known(monkeypatch, request):
    """Samples that are as spread as the truth at a temperature of 1.5 and its tail."""

    def futures(model, sampler, windows, frames, samples, seed):
        rng = np.random.default_rng(seed)
        shape = (len(windows), len(frames), 12, 3)
        truth = rng.normal(size=shape)
        truth *= np.exp(request.param * rng.normal(size=(shape[0], 1, 1, 1)))
        drawn = rng.normal(size=(shape[0], samples, *shape[1:]))
        drawn *= np.exp(sampler.tail * rng.normal(size=(*drawn.shape[:2], 1, 1, 1)))
        drawn *= sampler.temperature / 1.5 * (sampler.steps > 1)
        yield Futures(truth[:, 0], truth, truth, drawn)

    monkeypatch.setattr(sampler_fit, "futures", futures)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("known", [0.0, 0.5], indirect=True)
def test_tails_are_as_heavy_as_the_truths(request):
    clips = [tiny.motion(seed, 60) for seed in range(8)]
    found = fit_sampler(
        tiny.fresh_model(), clips, (2,), (1.0,), (1.5,), (0.0, 0.5), stride=1, limit=400
    )
    assert [trial.sampler.tail for trial in found.trials] == [0.0, 0.5]
    assert found.sampler.tail == request.node.callspec.params["known"]


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("known", [0.0], indirect=True)
def test_the_setting_whose_samples_are_as_spread_as_the_truth_is_found():
    clips = [tiny.motion(seed, 60) for seed in range(2)]
    found = fit_sampler(
        tiny.fresh_model(), clips, (1, 2), (0.0, 0.5), (0.7, 1.5, 3.0), (0.0,), stride=2
    )
    # One step of the flow asks for no noise: all its settings are one.
    settings = [trial.sampler for trial in found.trials]
    temperatures = (0.7, 1.5, 3.0)
    churned = [[Sampler(n, 0.5, t) for t in temperatures] for n in (1, 2)]
    flow = [Sampler(1, 0.0, 0.7)], [Sampler(2, 0.0, t) for t in temperatures]
    assert settings == [*flow[0], *churned[0], *flow[1], *churned[1]]
    assert (found.sampler.steps, found.sampler.temperature) == (2, 1.5)
    errors = [trial.coverage_error for trial in found.trials]
    assert errors[0] == pytest.approx(np.mean([0.5, 0.8, 0.9, 0.95]))
    assert errors[5] < 0.03 < errors[4]
    lines = found.markdown().splitlines()
    assert sum("**" in line for line in lines) == 1
    assert f"{found.windows} windows of 2 validation clips, seed 0" in lines[-1]


def test_nothing_to_choose_from_is_said():
    clips = [tiny.motion(0, 20)]
    with pytest.raises(ValueError, match="no settings"):
        fit_sampler(tiny.lively_model(), clips, (), context=4)
    with pytest.raises(DataError, match="no clip has"):
        fit_sampler(tiny.lively_model(), [])
