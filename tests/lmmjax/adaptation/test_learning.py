"""Laws of learning: only the head learns, what it is given, and always the same."""

import jax
import numpy as np
import pytest

from lmmjax.adaptation import learning
from lmmjax.model.ensemble import gather
from tests.lmmjax.adaptation.person import CONFIG, PERSON, alike, cut, model


def lessons(noise):
    return learning.lessons(model(), cut([PERSON[:120]]), noise, 0)


@pytest.fixture(scope="module")
def lesson():
    return lessons(1.0)


def learned(lesson, peak=1e-2, seed=0):
    rates = learning.rates(peak, 40, CONFIG.every)
    return list(
        learning.learn(model(), lesson, rates, CONFIG.batch, CONFIG.draws, 0.5, seed)
    )


def test_only_the_head_learns(lesson):
    rounds = learned(lesson)
    assert [step for step, _ in rounds] == [20, 40]
    for _, params in rounds:
        ours, theirs = dict(params), dict(model().params)
        assert not alike(ours.pop("head"), theirs.pop("head"))
        assert alike(ours, theirs)
    assert not alike(rounds[0][1], rounds[1][1])


def test_of_several_members_every_head_learns():
    other = jax.tree.map(lambda x: 1.1 * x, model().params)
    both = gather([model(), model().replace(params=other)])
    lesson = learning.lessons(both, cut([PERSON[:80]]), 0.0, 0)
    rates = learning.rates(1e-2, 20, CONFIG.every)
    ((_, params),) = learning.learn(
        both, lesson, rates, CONFIG.batch, CONFIG.draws, 0.5, 0
    )
    ours, theirs = dict(params), dict(both.params)
    moved = jax.tree.map(
        lambda a, b: np.abs(a - b).reshape(2, -1).max(-1),
        ours.pop("head")["out"],
        theirs.pop("head")["out"],
    )
    assert all((x > 1e-3).all() for x in jax.tree.leaves(moved))
    assert alike(ours, theirs)


def test_the_same_seed_learns_the_same(lesson):
    one, same, other = (learned(lesson, seed=seed)[-1][1] for seed in (0, 0, 1))
    assert alike(one, same)
    assert not alike(one, other)


def test_at_no_rate_nothing_is_learned(lesson):
    assert alike(learned(lesson, peak=0.0)[-1][1], model().params)


def test_moments_are_read_as_they_are_and_with_noise(lesson):
    plain = lessons(0.0)
    count = len(plain.z)
    assert len(lesson.z) == len(lesson.clean) == 2 * count
    np.testing.assert_array_equal(lesson.z[:count], plain.z)
    assert np.abs(lesson.z[count:] - plain.z).mean() > 1e-3


@pytest.mark.parametrize(("steps", "every"), [(150, 10), (60, 20), (45, 20), (3, 7)])
def test_rates_rise_for_a_tenth_to_their_peak_and_fall_to_nothing(steps, every):
    rates = learning.rates(0.3, steps, every)
    assert rates.shape == (-(-steps // every), every)
    flat = rates.ravel()
    peak = max(1, len(flat) // 10)
    assert flat.max() == np.float32(0.3) == flat[peak - 1]
    assert (np.diff(flat[:peak]) > 0).all()
    assert (np.diff(flat[peak:]) < 0).all()
    assert 0 < flat[-1] < 0.03
