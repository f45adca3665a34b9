"""How random rollouts are: near to every goal, so never a body that stops."""

import pytest

from lmmjax.evaluation import drift
from lmmjax.evaluation.rollout_fit import RolloutTrial, choose, fit_rollouts
from lmmjax.model.sampler import Sampler
from tests.lmmjax import tiny


@pytest.mark.parametrize(
    ("trials", "chosen"),
    [
        ([(1.0, 0.2), (0.6, 0.8), (0.5, 1.0)], 1),  # a body that stops is no choice
        ([(0.91, 0.8), (0.95, 0.9), (0.2, 1.0)], 1),  # both meet all: the plausible
        ([(0.9, 0.3), (0.1, 0.6), (0.8, 1.9)], 2),  # by 0.43, 0.11, 0.68 of a goal
        ([(0.95, 1.0, 2.6), (0.7, 0.8, 1.0)], 1),  # nor one that slides
        ([(1.0, 0.0)], 0),
    ],
)
def test_the_one_that_is_nearest_to_every_goal_is_taken(trials, chosen):
    tried = [RolloutTrial(Sampler(4, 1.0, n), *x) for n, x in enumerate(trials)]
    assert choose(tried) == tried[chosen].sampler


def test_every_setting_is_tried_on_the_clips():
    clips = [tiny.motion(seed, 60) for seed in range(3)]
    prior = drift.fit_plausibility(clips, tiny.FPS)
    found = fit_rollouts(
        tiny.lively_model(),
        clips,
        prior,
        Sampler(2, tail=0.4),
        limit=2,
        seconds=0.5,
        churns=(0.0, 1.0),
        temperatures=(0.0, 1.0),
    )
    assert [trial.sampler for trial in found.trials] == [
        Sampler(2, 0.0, 0.0),
        Sampler(2, 0.0, 1.0),
        Sampler(2, 1.0, 1.0),
    ]
    assert found.trials[0].speed < found.trials[2].speed
    lines = found.markdown().splitlines()
    assert sum("**" in line for line in lines) == 1
    assert "2 validation clips, seed 0" in lines[-1]
