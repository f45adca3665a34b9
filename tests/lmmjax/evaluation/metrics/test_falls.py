"""Areas against all pairs and thresholds, and lead times by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmmjax.evaluation import metrics

CASES = st.lists(
    st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=20
).filter(lambda rows: len({label for _, label in rows}) == 2)


@given(CASES)
def test_auroc_is_the_share_of_pairs_in_order(rows):
    scores, labels = (np.array(x) for x in zip(*rows, strict=True))
    pairs = [(a > b) + (a == b) / 2 for a in scores[labels] for b in scores[~labels]]
    assert metrics.auroc(scores, labels) == pytest.approx(np.mean(pairs))
    assert metrics.auroc(-scores, labels) == pytest.approx(1 - np.mean(pairs))


@given(CASES)
def test_auprc_is_the_sum_over_thresholds(rows):
    scores, labels = (np.array(x) for x in zip(*rows, strict=True))
    expected, before = 0.0, 0.0
    for threshold in sorted(set(scores), reverse=True):
        found = labels[scores >= threshold]
        recall = found.sum() / labels.sum()
        expected += (recall - before) * found.mean()
        before = recall
    assert metrics.auprc(scores, labels) == pytest.approx(expected)
    order = np.random.default_rng(0).permutation(len(scores))
    assert metrics.auprc(scores[order], labels[order]) == pytest.approx(expected)


def test_areas_by_hand():
    labels = np.array([True, False, True, False])
    assert metrics.auroc(np.array([4, 3, 2, 1]), labels) == 0.75
    assert metrics.auprc(np.array([4, 3, 2, 1]), labels) == pytest.approx(5 / 6)
    assert metrics.auprc(np.zeros(4), labels) == 0.5
    assert metrics.auprc(labels * 1.0, labels) == metrics.auroc(labels, labels) == 1


def test_areas_need_falls_and_others_and_scores():
    with pytest.raises(ValueError, match="0 of 3 windows are before a fall"):
        metrics.auroc(np.arange(3), np.zeros(3))
    with pytest.raises(ValueError, match="1 NaN"):
        metrics.auprc(np.array([np.nan, 1]), np.array([0, 1]))


def test_a_future_falls_low_or_out_of_balance():
    heights = np.ones((1, 4, 3))
    heights[0, 0, 2], heights[0, 1, 1] = 0.49, 0.5
    np.testing.assert_allclose(metrics.fall_probability(heights, np.ones(1)), [0.25])
    np.testing.assert_allclose(metrics.fall_probability(heights, 2.1), [1])
    margins = np.full((1, 4, 3), 0.1)
    margins[0, 2, 0], margins[0, 3] = -0.5, np.nan
    found = metrics.fall_probability(heights, np.ones(1), margins, -0.4)
    np.testing.assert_allclose(found, [0.5])


def test_the_threshold_keeps_the_rate_of_false_alarms():
    negatives = np.array([0.3, 0.1, 0.3, 0.0, 0.2])
    for rate, alarms in ((0, 0), (0.2, 0), (0.4, 2), (0.6, 3), (0.99, 4), (1, 5)):
        threshold = metrics.alarm_threshold(negatives, rate)
        assert (negatives >= threshold).sum() == alarms
    # Of 100 windows 29 are 29 %, though 0.29 * 100 is less in floating point.
    assert (np.arange(100) >= metrics.alarm_threshold(np.arange(100), 0.29)).sum() == 29
    with pytest.raises(ValueError, match="0 windows"):
        metrics.alarm_threshold(np.zeros(0), 0.1)


def test_the_lead_is_from_the_first_alarm_within_the_horizon():
    times = np.arange(6) * 0.5
    scores = np.array([0.9, 0.1, 0.8, 0.1, 0.9, 0.9])
    lead = metrics.lead_time(scores, times, fall_time=2.2, threshold=0.8, horizon=1.5)
    assert lead == pytest.approx(1.2)
    assert metrics.lead_time(scores, times, 2.2, 0.8, 9.0) == pytest.approx(2.2)
    assert metrics.lead_time(scores, times, 2.2, 0.85, 1.5) == pytest.approx(0.2)
    # An alarm in the fall is late.
    assert np.isnan(metrics.lead_time(scores, times, 2.0, 0.85, 1.5))
    assert np.isnan(metrics.lead_time(np.full(6, np.nan), times, 2.2, 0.8, 1.5))
