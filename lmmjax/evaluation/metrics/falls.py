"""Prediction of falls from sampled futures.

Split by subject, and say of data sets of actors that their falls are staged.
"""

import numpy as np
from scipy.stats import rankdata

# A centre of mass lower than this share of its height in standing is a fall.
FALLEN = 0.5


def fall_probability(
    heights: np.ndarray,
    standing: np.ndarray | float,
    margins: np.ndarray | None = None,
    least_margin: float = -np.inf,
) -> np.ndarray:
    """Share of futures that fall within their horizon.

    A future falls where in any frame the centre of mass is below half of its height in
    standing, or the margin of stability below a threshold.

    Args:
      heights: [N, S, T] of the centre of mass over the ground, metres; T frames are the
        horizon.
      standing: [N] height of the centre of mass in standing, metres.
      margins: [N, S, T] margins of stability, metres; NaN (no foot on the ground) is no
        fall. Left out by default.
      least_margin: threshold, metres. In walking the margin is below 0 most of the
        time, so it lies well below.

    Returns:
      [N] probabilities.
    """
    low = np.asarray(standing, float)[..., None, None] * FALLEN
    fallen = np.asarray(heights) < low
    if margins is not None:
        fallen = fallen | (np.asarray(margins) < least_margin)
    return fallen.any(axis=-1).mean(axis=-1)


def auroc(scores: np.ndarray, labels: np.ndarray) -> float:
    """Area under the receiver operating characteristic, exact with ties.

    The probability that a window before a fall scores above one that is not, ties
    counting half (Mann and Whitney 1947). 0.5 is chance.

    Args:
      scores: [N] such as `fall_probability`.
      labels: [N] whether a fall followed.

    Raises:
      ValueError: a score is NaN, or the labels are all alike.
    """
    scores, labels = _check(scores, labels)
    positive = labels.sum()
    above = rankdata(scores)[labels].sum() - positive * (positive + 1) / 2
    return float(above / (positive * (len(labels) - positive)))


def auprc(scores: np.ndarray, labels: np.ndarray) -> float:
    """Area under the precision-recall curve as average precision, exact with ties.

    Sum over the distinct thresholds of precision times the recall that each adds;
    windows of one score are found together. Chance is the share of falls, so print it
    beside. Arguments as in `auroc`.
    """
    scores, labels = _check(scores, labels)
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    hits = np.cumsum(labels[order])[last]
    return float((hits / (last + 1)) @ np.diff(hits, prepend=0) / labels.sum())


def alarm_threshold(negatives: np.ndarray, rate: float) -> float:
    """The lowest score to alarm at with not more false alarms than a rate.

    Args:
      negatives: [N] scores of windows without a fall in their horizon, of clips that
        lead times are not measured on.
      rate: highest share of them that may alarm, 0 to 1.

    Returns:
      A threshold; there is an alarm where the score is at least that.
    """
    negatives = np.sort(np.asarray(negatives, float))
    if not len(negatives) or np.isnan(negatives).any() or not 0 <= rate <= 1:
        raise ValueError(
            "a threshold needs a rate from 0 to 1 and scores of at least one window "
            f"without a fall, none NaN; got rate {rate} and {len(negatives)} windows"
        )
    # A little more guards against 0.29 * 100 < 29.
    allowed = int(rate * len(negatives) + 1e-9)
    if allowed == len(negatives):
        return -np.inf
    # Just above the highest score that must stay silent, with all that tie with it.
    return float(np.nextafter(negatives[-1 - allowed], np.inf))


def lead_time(
    scores: np.ndarray,
    times: np.ndarray,
    fall_time: float,
    threshold: float,
    horizon: float,
) -> float:
    """Seconds from the first alarm to the fall.

    Alarms before the horizon are false, for they spoke of a time in which nobody fell:
    they make no lead time.

    Args:
      scores: [T] of the windows of one clip.
      times: [T] seconds, when each window's last observed frame was.
      fall_time: seconds, when the person falls.
      threshold: of the alarm; see `alarm_threshold`.
      horizon: seconds that each score looks ahead.

    Returns:
      Seconds; NaN where there was no alarm in time.
    """
    times = np.asarray(times, float)
    due = (times < fall_time) & (times >= fall_time - horizon)
    alarms = times[due & (np.asarray(scores) >= threshold)]
    return float(fall_time - alarms.min()) if len(alarms) else float("nan")


def _check(scores, labels) -> tuple[np.ndarray, np.ndarray]:
    scores, labels = np.asarray(scores, float), np.asarray(labels, bool)
    if scores.ndim != 1 or scores.shape != labels.shape or np.isnan(scores).any():
        raise ValueError(
            "scores [N] without NaN and labels [N] are needed; got "
            f"{list(scores.shape)} with {int(np.isnan(scores).sum())} NaN and "
            f"{list(labels.shape)}"
        )
    if not 0 < labels.sum() < len(labels):
        raise ValueError(
            f"{int(labels.sum())} of {len(labels)} windows are before a fall: the "
            "areas need some that are and some that are not"
        )
    return scores, labels
