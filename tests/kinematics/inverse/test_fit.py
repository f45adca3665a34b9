"""Laws of fitting: what was seen is found again, and what was not stays sensible."""

import dataclasses
import functools

import jax
import numpy as np
import pytest

from kinematics import camera as cameras
from kinematics import inverse, limits
from kinematics import motion as motions
from kinematics.bodies import human
from tests.kinematics import reference
from tests.kinematics.inverse import synthetic
from tests.kinematics.inverse.test_energy import ring

FRAMES = 90


@functools.cache
def body():
    count = reference.human().num_coordinates
    bound = np.linspace(0.6, 1.5, count).astype(np.float32)
    return reference.human(lower=-bound, upper=bound)


@functools.cache
def seen():
    """The true clip, its joints [T, J, 3], and noisy ones with gaps."""
    true = synthetic.clip(body(), FRAMES)
    return true, *synthetic.observe(true)


@functools.cache
def found():
    """A fit that starts from a body of other proportions."""
    other = body()
    scale = np.random.default_rng(5).uniform(0.88, 1.12, (other.num_joints, 1))
    scale[other.index("LeftUpLeg") :] = scale[other.index("LeftUpLeg")]
    other = other.replace(offsets=(other.offsets * scale).astype(np.float32))
    return inverse.fit(seen()[2], other, fps=60)


def errors(motion):
    return np.linalg.norm(motions.positions(motion) - seen()[1], axis=-1)


def finite(motion):
    return all(np.isfinite(x).all() for x in motion.poses)


def test_noise_gaps_and_bones_are_overcome():
    _, x, y = seen()
    away, missing = errors(found().motion), np.isnan(y).any(-1)
    raw = np.linalg.norm(y - x, axis=-1)[~missing].mean()
    assert raw == pytest.approx(0.016, rel=0.05)
    assert away[~missing].mean() < 0.5 * raw
    assert away[missing].mean() < 0.6 * raw
    lengths = np.linalg.norm(body().offsets, axis=-1)[1:]
    np.testing.assert_allclose(found().report.lengths[1:], lengths, rtol=0.04)
    assert found().report.noise == pytest.approx(0.01, rel=0.15)
    np.testing.assert_allclose(found().report.residuals, 0.016, rtol=0.3)
    assert found().report.outliers.max() < 0.02


def test_limits_hold_exactly_and_bones_do_not_change():
    motion = found().motion
    assert not np.asarray(limits.excess(motion.skeleton, motion.joints)).any()
    assert motion.fps == 60
    x = motions.positions(motion)
    parents = np.maximum(body().parents, 0)
    stretch = np.linalg.norm(x - x[:, parents], axis=-1) - found().report.lengths
    assert np.abs(stretch).max() < 1e-5


def test_true_joints_are_found_exactly():
    true, x, _ = seen()
    motion = inverse.fit(x, body(), fps=60, fit_bones=False).motion
    assert errors(motion).mean() < 1e-3
    # Axes that joints show; the twist of an arm is shown by its bent elbow only.
    at = body().coordinates("Spine")
    np.testing.assert_allclose(motion.joints[:, at], true.joints[:, at], atol=0.03)


def test_outliers_hardly_matter():
    y = seen()[2].copy()
    wild = np.random.default_rng(3).random(y.shape[:2]) < 0.05
    y[wild] += 0.5
    fit = inverse.fit(y, body(), fps=60)
    assert np.median(errors(fit.motion)) < 1.5 * np.median(errors(found().motion))
    assert fit.report.outliers.mean() == pytest.approx(0.05, abs=0.02)


def test_frames_and_joints_that_are_never_seen_are_bridged():
    y = seen()[2].copy()
    y[30:34] = np.nan
    y[:, body().index("LeftLeg")] = np.nan
    fit = inverse.fit(y, body(), fps=60)
    assert finite(fit.motion)
    assert np.isnan(fit.report.residuals[body().index("LeftLeg")])
    assert errors(fit.motion)[30:34].mean() < 0.05
    jump = np.linalg.norm(np.diff(motions.positions(fit.motion), axis=0), axis=-1)
    true = np.linalg.norm(np.diff(seen()[1], axis=0), axis=-1)
    assert jump[29:34].max() < 2 * true.max()


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_a_few_frames_are_enough(frames):
    fit = inverse.fit(seen()[2][20 : 20 + frames], body())
    assert len(fit.motion) == frames
    assert finite(fit.motion)
    away = motions.positions(fit.motion) - seen()[1][20 : 20 + frames]
    assert np.median(np.linalg.norm(away, axis=-1)) < 0.025


def test_long_clips_are_as_their_parts():
    y = np.concatenate([seen()[2]] * 4)
    long = inverse.fit(y, found().motion.skeleton, fps=60, fit_bones=False, noise=0.01)
    short = inverse.fit(
        y[180:300], found().motion.skeleton, fps=60, fit_bones=False, noise=0.01
    )
    apart = (
        motions.positions(long.motion)[200:280]
        - motions.positions(short.motion)[20:100]
    )
    assert np.linalg.norm(apart, axis=-1).mean() < 2e-3


def test_precise_observations_count_more():
    true, x, _ = seen()
    spread = np.where(np.arange(3) == 2, 0.03, 0.003).astype(np.float32)
    y = x + spread * np.random.default_rng(4).normal(size=x.shape)
    covariance = np.broadcast_to(np.diag(spread**2), (*y.shape, 3))
    known = inverse.fit(y, body(), covariance=covariance, fps=60, fit_bones=False)
    alike = inverse.fit(y, body(), fps=60, fit_bones=False)
    assert errors(known.motion).mean() < 0.8 * errors(alike.motion).mean()


def test_keypoints_sit_where_they_are_said_to():
    true, x, _ = seen()
    where = np.float32([0.1, 0.05, -0.02])
    one = true.poses.at(0)
    centre, turns = reference.forward(body(), *one)
    head = body().index("Head")
    expected = centre[head] + turns[head] @ where
    names = {name: name for name in body().names} | {"ear": ("Head", where)}
    from kinematics.inverse import geometry
    from kinematics.inverse.rig import make_rig, place

    anchors, places = place(body(), names)
    rig = make_rig(body(), anchors, places)
    points = geometry.points(body(), rig, places, jax.tree.map(lambda x: x[None], one))
    np.testing.assert_allclose(points[-1, :, 0], expected, atol=1e-5)


@functools.cache
def pixels():
    lenses = ring(4)
    lenses = lenses.__class__(**{**vars(lenses), "translation": lenses.translation})
    x = seen()[1] - np.float32([0, 0, 0.95])
    y = np.asarray(cameras.project(lenses, x))
    rng = np.random.default_rng(6)
    y = y + 2 * rng.normal(size=y.shape)
    y[rng.random(y.shape[:3]) < 0.1] = np.nan
    return lenses, x, y.astype(np.float32)


def test_several_views_are_as_good_as_points():
    lenses, x, y = pixels()
    fit = inverse.fit(y, body(), cameras=lenses, fps=60)
    away = np.linalg.norm(motions.positions(fit.motion) - x, axis=-1)
    assert np.median(away) < 0.01
    assert fit.report.noise == pytest.approx(2, rel=0.2)


def test_one_view_gives_a_body_that_looks_alike():
    lenses, x, y = pixels()
    one = jax.tree.map(lambda v: v[:1], lenses)
    fit = inverse.fit(y[:1], body(), cameras=one, fps=60)
    assert finite(fit.motion)
    assert not np.asarray(limits.excess(body(), fit.motion.joints)).any()
    image = np.asarray(cameras.project(one, motions.positions(fit.motion)))
    away = np.linalg.norm(image - y[:1], axis=-1)
    assert np.nanmedian(away) < 20


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Gaussian:
    """The smallest prior: independent coordinates."""

    mean: np.ndarray
    sigma: np.ndarray

    def residual(self, q):
        return (q - self.mean) / self.sigma


def test_a_prior_decides_what_no_keypoint_shows():
    mean = np.linspace(-0.3, 0.3, body().num_coordinates).astype(np.float32)
    prior = Gaussian(mean, np.full_like(mean, 0.3))
    feet = [
        body().index(f"{side}{part}")
        for side in ("Left", "Right")
        for part in ("Foot", "Toe")
    ]
    y = seen()[2][:40].copy()
    y[:, feet] = np.nan
    fit = inverse.fit(y, body(), fps=60, prior=prior, fit_bones=False)
    at = body().coordinates("LeftFoot")
    expected = np.broadcast_to(mean[at], (40, 2))
    np.testing.assert_allclose(fit.motion.joints[:, at], expected, atol=0.05)


def test_fit_says_what_is_wrong():
    y = seen()[2]
    fine = {"points": y, "body": body()}
    for change, message in (
        ({"points": y[:0]}, "no frames"),
        ({"points": y[..., :2]}, "must be"),
        ({"points": np.full_like(y, np.nan)}, "not missing"),
        ({"keypoints": ["Hips"]}, "18 keypoints are observed but 1 are named"),
        ({"keypoints": ["Tail"] * 18}, "no joint of this body"),
        ({"loss": "cube"}, "loss must be"),
        ({"confidence": np.ones(3)}, "confidence must be"),
        ({"covariance": np.ones((3, 3))}, "covariance must be"),
        ({"points": y[None, ..., :2], "cameras": ring(3)}, "as many cameras"),
    ):
        with pytest.raises(ValueError, match=message):
            inverse.fit(**(fine | change))


def test_a_human_of_limits_and_hidden_joints_is_found():
    tall = human(1.85)
    hidden = ("pelvis", "spine1", "spine2", "spine3", "left_clavicle", "right_clavicle")
    names = [name for name in tall.names if name not in hidden]
    true = synthetic.clip(tall, FRAMES, size=0.3)
    x, y = synthetic.observe(true)
    at = [tall.index(name) for name in names]
    fit = inverse.fit(y[:, at], human(1.7), names, fps=60)
    away = np.linalg.norm(motions.positions(fit.motion)[:, at] - x[:, at], axis=-1)
    assert np.median(away) < 0.008
    ratio = fit.report.lengths[1:] / np.linalg.norm(tall.offsets, axis=-1)[1:]
    np.testing.assert_allclose(ratio[fit.report.measured[1:]], 1, atol=0.05)
    np.testing.assert_allclose(ratio, 1, atol=0.15)
