"""Laws of the consensus: pairs outvote one that is wrong, in whole steps and finer."""

import numpy as np

from lmmjax.capture.synchronize.consensus import Curves, agree, peaks, settle

REACH = 60


def curves(offsets, wrong=()):
    """Smooth peaks at the differences of offsets; of wrong pairs elsewhere."""
    count = len(offsets)
    delays = np.arange(-REACH, REACH + 1)
    score = np.zeros((count, count, len(delays)))
    for a in range(count):
        for b in range(count):
            peak = offsets[a] - offsets[b]
            if (a, b) in wrong or (b, a) in wrong:
                peak += 25 * np.sign(b - a)
            if a != b:
                score[a, b] = np.exp(-0.5 * ((delays - peak) / 3) ** 2)
    return Curves(score, 0.02)


def test_pairs_that_agree_outvote_one_that_does_not():
    offsets = np.array([0.0, 7.3, -11.6, 3.4, 20.2])
    for reference in (0, 2):
        all_ = curves(offsets, wrong=[(0, 1), (2, 3)])
        steps = agree(all_, reference, 40)
        want = offsets - offsets[reference]
        assert np.abs(steps - want).max() < 1.5
        assert np.abs(settle(all_, steps, reference) - want).max() < 0.1


def test_a_camera_without_evidence_is_open():
    all_ = curves(np.array([0.0, 5.0, -3.0]))
    all_.score[2], all_.score[:, 2] = 0, 0
    steps = agree(all_, 0, 30)
    assert steps[:2].tolist() == [0, 5]
    assert np.isnan(steps[2])


def test_peaks_are_apart_and_in_order():
    x = np.arange(200)
    profile = sum(
        h * np.exp(-0.5 * ((x - p) / 2) ** 2) for h, p in ((1, 30), (2, 90), (1.5, 150))
    )
    assert peaks(profile, 0.02).tolist() == [90, 150, 30]
    assert peaks(np.zeros(50), 0.02).tolist() == []
