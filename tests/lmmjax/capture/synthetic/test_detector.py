"""Laws of the detector: mistakes are as many and as large as asked for."""

import numpy as np
import pytest

from kinematics.bodies.joint_sets import joint_set
from lmmjax.capture import CaptureError
from lmmjax.capture.synthetic.detector import Detector, detect, displacements

MIRROR = joint_set("coco17").mirror
FRAMES, PEOPLE, JOINTS = 2000, 2, 17


def run(seed=0, hide=False, streak=0.0, mirror=MIRROR, people=PEOPLE, **shares):
    """True pixels, and what is seen, people back in their places."""
    still = np.random.default_rng(9).uniform(400, 600, (people, JOINTS, 2))
    true = np.tile(still, (FRAMES, 1, 1, 1))
    given = {"missing": 0.0, "false_people": 0.0} | shares
    seen = detect(
        np.random.default_rng(seed),
        Detector(**given),
        true,
        np.full(true.shape[:-1], hide),
        np.full(true.shape, streak),
        mirror,
        (1000, 1000),
    )
    return true, seen


def ordered(seen):
    """Slots by person, those of nobody last."""
    order = np.argsort(np.where(seen.person < 0, 99, seen.person), axis=1)
    frame = np.arange(FRAMES)[:, None]
    return type(seen)(*(part[frame, order] for part in seen))


def test_without_mistakes_pixels_are_true_and_people_are_shuffled():
    true, seen = run(noise_px=0.0)
    assert np.array_equal(ordered(seen).xy, true)
    assert seen.inlier.all()
    assert 0.45 < (seen.person[:, 0] == 0).mean() < 0.55


def test_noise_has_the_standard_deviation_asked_for():
    true, seen = run(noise_px=2.0)
    error = ordered(seen).xy - true
    assert error.std() == pytest.approx(2.0, rel=0.02)
    assert abs(error.mean()) < 0.05


def test_a_share_is_missing_and_without_confidence():
    _, seen = run(missing=0.3)
    gone = np.isnan(seen.xy).any(-1)
    assert gone.mean() == pytest.approx(0.3, abs=0.01)
    assert (seen.confidence[gone] == 0).all()
    assert (seen.confidence[~gone] > 0).all()
    assert not seen.inlier[gone].any()


def test_outliers_are_as_many_and_as_far_as_said():
    true, seen = run(outliers=0.2, noise_px=0.0)
    seen = ordered(seen)
    away = np.linalg.norm(seen.xy - true, axis=-1)
    assert (~seen.inlier).mean() == pytest.approx(0.2, abs=0.01)
    assert (away[seen.inlier] == 0).all()
    assert away[~seen.inlier].min() >= 15
    assert away[~seen.inlier].max() <= 300


def test_displacements_are_log_uniform_in_any_direction():
    moved = displacements(np.random.default_rng(0), 20000)
    length = np.log(np.linalg.norm(moved, axis=-1))
    assert np.median(length) == pytest.approx(np.log(np.sqrt(15 * 300)), abs=0.05)
    assert np.allclose((moved / np.exp(length)[:, None]).mean(0), 0, atol=0.02)


def test_half_of_what_is_hidden_is_guessed_and_guessed_badly():
    true, seen = run(hide=True)
    known = np.isfinite(seen.xy).all(-1)
    assert known.mean() == pytest.approx(0.5, abs=0.02)
    assert not seen.inlier.any()
    _, clear = run()
    assert seen.confidence[known].mean() < clear.confidence.mean() - 0.3
    assert np.nanstd(ordered(seen).xy - true) == pytest.approx(5, rel=0.1)


def test_sides_are_exchanged_for_whole_people_for_a_while():
    true, seen = run(swaps=0.2, noise_px=0.0)
    seen = ordered(seen)
    swapped = (seen.xy == true[:, :, list(MIRROR)]).all((-1, -2))
    right = (seen.xy == true).all((-1, -2))
    assert (swapped ^ right).all()
    assert swapped.mean() == pytest.approx(0.2, abs=0.06)
    changes = (np.diff(swapped.astype(int), axis=0) != 0).mean()
    assert changes < 0.04
    nose = joint_set("coco17").landmarks.index("nose")
    assert seen.inlier[..., nose].all()
    assert not seen.inlier[swapped][:, nose + 1 :].any()


def test_false_people_are_in_a_slot_of_their_own_and_no_inliers():
    _, seen = run(false_people=0.3)
    assert seen.xy.shape[1] == PEOPLE + 1
    false = (seen.person < 0) & (seen.confidence > 0).any(-1)
    assert false.sum(1).max() == 1
    assert false.any(1).mean() == pytest.approx(0.3, abs=0.08)
    assert not seen.inlier[false].any()
    filled = (seen.confidence > 0).any(-1)
    assert (np.diff(filled.astype(int), axis=1) <= 0).all(), "empty slots are last"


def test_nobody_has_no_false_double():
    _, seen = run(people=0, false_people=0.5)
    assert seen.xy.shape[1] == 1
    assert np.isnan(seen.xy).all()


def test_confidence_tells_of_the_error_but_not_all():
    true, seen = run(outliers=0.1)
    seen = ordered(seen)
    error = np.linalg.norm(seen.xy - true, axis=-1)
    sure, unsure = seen.confidence > 0.85, seen.confidence < 0.7
    assert np.median(error[sure]) < 0.75 * np.median(error[unsure])
    outliers = seen.confidence[~seen.inlier]
    assert outliers.mean() < seen.confidence[seen.inlier].mean() - 0.2
    assert np.quantile(outliers, 0.95) > np.quantile(seen.confidence[seen.inlier], 0.1)


def test_blur_spreads_along_the_streak_and_lowers_confidence():
    true, seen = run(streak=20.0, noise_px=0.0)
    error = (ordered(seen).xy - true)[..., 0]
    assert error.min() >= -10
    assert error.max() <= 10
    assert error.std() == pytest.approx(20 / np.sqrt(12), rel=0.02)
    assert seen.confidence.mean() < run()[1].confidence.mean() - 0.3


@pytest.mark.parametrize(
    "wrong", [{"missing": 1.5}, {"swaps": -0.1}, {"noise_px": -1}, {"outliers": np.nan}]
)
def test_shares_that_are_none_are_refused(wrong):
    with pytest.raises(CaptureError, match=next(iter(wrong))):
        Detector(**wrong)


def test_joints_without_sides_cannot_be_exchanged():
    with pytest.raises(CaptureError, match="left and right"):
        run(swaps=1.0, mirror=None)
