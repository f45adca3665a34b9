"""Displacement errors of samples against values worked out by hand."""

import numpy as np
import pytest

from lmmjax.evaluation import metrics

RNG = np.random.default_rng(0)
TRUTH = RNG.normal(size=(4, 5, 3, 3))
SAMPLES = TRUTH[:, None] + RNG.normal(size=(4, 6, 5, 3, 3))


def test_the_best_sample_counts_once_over_all_frames():
    truth = np.zeros((1, 2, 2, 3))
    samples = np.zeros((1, 3, 2, 2, 3))
    # Flattened norms by frame: 5 and 1; 0 and 4; 2 and 2.
    samples[0, 0, 0, 0, 0], samples[0, 0, 0, 1, 2] = 3, 4
    samples[0, 0, 1, 1, 1] = 1
    samples[0, 1, 1, 0, 0] = -4
    samples[0, 2, :, 1, 1] = 2
    np.testing.assert_allclose(metrics.ade(samples, truth), [2])
    np.testing.assert_allclose(metrics.fde(samples, truth), [1])
    np.testing.assert_allclose(metrics.ade(samples[:, :1], truth), [3])


@pytest.mark.parametrize("error", [metrics.ade, metrics.fde])
def test_displacement_errors_know_no_order_place_or_unit(error):
    found = error(SAMPLES, TRUTH)
    assert found.shape == (4,)
    np.testing.assert_allclose(error(SAMPLES[:, ::-1], TRUTH), found)
    np.testing.assert_allclose(error(SAMPLES + 3, TRUTH + 3), found)
    np.testing.assert_allclose(error(10 * SAMPLES, 10 * TRUTH), 10 * found)
    assert (error(SAMPLES[:, :3], TRUTH) >= found).all()
    hit = np.concatenate([SAMPLES, TRUTH[:, None]], axis=1)
    np.testing.assert_array_equal(error(hit, TRUTH), 0)


def test_the_multimodal_set_holds_what_began_alike_and_the_truth():
    last = np.zeros((3, 1, 3))
    last[1, 0, 0], last[2, 0, 0] = 0.4, 9.0
    truth = np.zeros((3, 2, 1, 3))
    truth[1] = [[[0, 1, 0]], [[0, 3, 0]]]
    truth[2] = 7
    samples = np.zeros((3, 1, 2, 1, 3))
    found = metrics.multimodal_errors(samples, truth, last, 0.5)
    np.testing.assert_array_equal(found.size, [2, 2, 1])
    # Samples are at 0: the futures of the first two are 0 and 2 m away on average.
    np.testing.assert_allclose(found.ade, [1, 1, 7 * np.sqrt(3)])
    np.testing.assert_allclose(found.fde, [1.5, 1.5, 7 * np.sqrt(3)])


def test_of_windows_unlike_all_others_multimodal_errors_are_the_plain_ones():
    found = metrics.multimodal_errors(SAMPLES, TRUTH, TRUTH[:, 0], 1e-6)
    np.testing.assert_allclose(found.ade, metrics.ade(SAMPLES, TRUTH))
    np.testing.assert_allclose(found.fde, metrics.fde(SAMPLES, TRUTH))
    every = metrics.multimodal_errors(SAMPLES, TRUTH, TRUTH[:, 0], 1e6)
    np.testing.assert_array_equal(every.size, 4)
    np.testing.assert_allclose(
        every.ade,
        np.mean(
            [metrics.ade(SAMPLES, np.repeat(t[None], 4, axis=0)) for t in TRUTH], axis=0
        ),
    )
    with pytest.raises(ValueError, match="above 0"):
        metrics.multimodal_errors(SAMPLES, TRUTH, TRUTH[:, 0], 0)


def test_samples_that_do_not_fit_the_truth_are_refused():
    for samples in (SAMPLES[:3], SAMPLES[:, :, :4], SAMPLES[:, :0], SAMPLES[0, 0]):
        with pytest.raises(ValueError, match=r"samples must be \[N, S"):
            metrics.ade(samples, TRUTH)
