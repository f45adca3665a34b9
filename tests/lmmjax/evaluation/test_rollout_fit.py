"""The temperature of rollouts: plausible first, but never a body that stops."""

import pytest

from lmmjax.evaluation import drift
from lmmjax.evaluation.rollout_fit import RolloutTrial, choose, fit_rollouts
from lmmjax.model.sampler import Sampler
from tests.lmmjax import tiny


@pytest.mark.parametrize(
    ("trials", "chosen"),
    [
        ([(1.0, 0.2), (0.6, 0.8), (0.5, 1.0)], 1),  # a body that stops is no choice
        ([(0.9, 0.8), (0.95, 0.9), (0.2, 1.0)], 1),
        ([(0.9, 0.3), (0.1, 0.6), (0.8, 1.9)], 1),  # none is: the nearest speed
        ([(1.0, 0.0)], 0),
    ],
)
def test_the_most_plausible_of_those_as_fast_as_people_is_taken(trials, chosen):
    tried = [RolloutTrial(Sampler(4, 1.0, n), *x) for n, x in enumerate(trials)]
    assert choose(tried) == tried[chosen].sampler


def test_every_temperature_is_tried_on_the_clips():
    clips = [tiny.motion(seed, 60) for seed in range(3)]
    prior = drift.fit_plausibility(clips, tiny.FPS)
    found = fit_rollouts(
        tiny.lively_model(), clips, prior, Sampler(2), (0.0, 1.0), 0.5, limit=2
    )
    assert [trial.sampler for trial in found.trials] == [
        Sampler(2, 1.0, 0.0),
        Sampler(2, 1.0, 1.0),
    ]
    assert found.trials[0].speed < found.trials[1].speed
    lines = found.markdown().splitlines()
    assert sum("**" in line for line in lines) == 1
    assert "2 validation clips, seed 0" in lines[-1]
