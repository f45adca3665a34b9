"""Laws of fitting: what was seen is found again, and what was not stays sensible."""

import dataclasses
import functools

import jax
import numpy as np
import pytest

from benchmarks import fitting
from kinematics import camera as cameras
from kinematics import inverse, limits
from kinematics import motion as motions
from kinematics.inverse import geometry
from kinematics.inverse.rig import make_rig, place
from tests.kinematics import reference
from tests.kinematics.inverse import synthetic
from tests.kinematics.inverse.test_energy import ring

FRAMES = 90


@functools.cache
def body():
    count = reference.human().num_coordinates
    bound = np.linspace(0.6, 1.5, count).astype(np.float32)
    lower = -bound
    # Knees and elbows bend one way. Of one that bends both ways points do not show
    # which it is near the straight, where the twist above it may flip.
    free = reference.human()
    for name, kind in zip(free.names, free.kinds, strict=True):
        if kind == "hinge":
            lower[free.coordinates(name)] = -0.1
    return reference.human(lower=lower, upper=bound)


# Two joints in the middle of the body show no keypoint.
NAMES = [name for name in reference.human().names if name not in ("Spine", "Neck")]
SHOWN = [reference.human().index(name) for name in NAMES]
FIT = functools.partial(inverse.fit, keypoints=NAMES, fps=60)


@functools.cache
def seen():
    """The true clip, its keypoints [T, K, 3], and noisy ones with gaps."""
    true = synthetic.clip(body(), FRAMES)
    x, y = synthetic.observe(true)
    return true, x[:, SHOWN], y[:, SHOWN]


@functools.cache
def found():
    """A fit that starts from a body of other proportions."""
    other = body()
    scale = np.random.default_rng(5).uniform(0.88, 1.12, (other.num_joints, 1))
    scale[other.index("LeftUpLeg") :] = scale[other.index("LeftUpLeg")]
    other = other.replace(offsets=(other.offsets * scale).astype(np.float32))
    return FIT(seen()[2], other)


def shown(motion):
    return motions.positions(motion)[:, SHOWN]


def errors(motion):
    return np.linalg.norm(shown(motion) - seen()[1], axis=-1)


def finite(motion):
    return all(np.isfinite(x).all() for x in motion.poses)


def test_noise_gaps_and_bones_are_overcome():
    """The problem of the benchmark, short: balls without limits, 10 mm, gaps."""
    given = fitting.problem(200, seed=0, limited=False)
    fit = inverse.fit(given.seen, given.start, given.keypoints, fps=fitting.FPS)
    fitted, noise, bones = fitting.errors(given, fit)
    assert noise == pytest.approx(16, rel=0.05)
    assert fitted < 6
    assert bones.mean() < 0.01
    assert fit.report.noise == pytest.approx(0.01, rel=0.1)


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
    motion = FIT(x, body(), fit_bones=False).motion
    assert errors(motion).mean() < 1e-3
    # Axes that joints show; the twist of an arm is shown by its bent elbow only.
    at = body().coordinates("Spine")
    assert np.median(np.abs(motion.joints[:, at] - true.joints[:, at])) < 0.005


def test_outliers_hardly_matter():
    y = seen()[2].copy()
    wild = np.random.default_rng(3).random(y.shape[:2]) < 0.05
    y[wild] += 0.5
    fit = FIT(y, body())
    assert np.median(errors(fit.motion)) < 1.5 * np.median(errors(found().motion))
    assert fit.report.outliers.mean() == pytest.approx(0.05, abs=0.02)


def test_frames_and_joints_that_are_never_seen_are_bridged():
    y = seen()[2].copy()
    y[30:34] = np.nan
    knee = NAMES.index("LeftLeg")
    y[:, knee] = np.nan
    fit = FIT(y, body())
    assert finite(fit.motion)
    assert np.isnan(fit.report.residuals[knee])
    assert errors(fit.motion)[30:34].mean() < 0.05
    jump = np.linalg.norm(np.diff(shown(fit.motion), axis=0), axis=-1)
    true = np.linalg.norm(np.diff(seen()[1], axis=0), axis=-1)
    assert jump[29:34].max() < 2 * true.max()


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_a_few_frames_are_enough(frames):
    fit = FIT(seen()[2][20 : 20 + frames], body())
    assert len(fit.motion) == frames
    assert finite(fit.motion)
    away = shown(fit.motion) - seen()[1][20 : 20 + frames]
    assert np.median(np.linalg.norm(away, axis=-1)) < 0.025


def test_long_clips_are_as_their_parts():
    true = synthetic.clip(body(), 400)
    x, y = (points[:, SHOWN] for points in synthetic.observe(true))
    fit = functools.partial(FIT, body=body(), fit_bones=False)
    long, short = fit(y, noise=0.01), fit(y[100:340], noise=0.01)
    # The windows of the long clip meet in the middle of the short one.
    apart = shown(long.motion)[120:320]
    apart = np.linalg.norm(apart - shown(short.motion)[20:220], axis=-1)
    assert apart.mean() < 3e-3
    away = np.linalg.norm(shown(long.motion) - x, axis=-1).mean(1)
    assert away[195:240].mean() < 1.5 * away.mean()


def test_precise_observations_count_more():
    _, x, _ = seen()
    spread = np.where(np.arange(3) == 2, 0.03, 0.003).astype(np.float32)
    y = x + spread * np.random.default_rng(4).normal(size=x.shape)
    covariance = np.broadcast_to(np.diag(spread**2), (*y.shape, 3))
    known = FIT(y, body(), covariance=covariance, fit_bones=False)
    alike = FIT(y, body(), fit_bones=False)
    # Along the axes that are known well.
    well, ill = (np.abs(shown(f.motion) - x)[..., :2].mean() for f in (known, alike))
    assert well < 0.8 * ill


def test_keypoints_sit_where_they_are_said_to():
    true, _, _ = seen()
    where = np.float32([0.1, 0.05, -0.02])
    one = true.poses.at(0)
    centre, turns = reference.forward(body(), *one)
    head = body().index("Head")
    expected = centre[head] + turns[head] @ where
    names = {name: name for name in body().names} | {"ear": ("Head", where)}
    anchors, places = place(body(), names)
    rig = make_rig(body(), anchors, places)
    points = jax.jit(geometry.points, static_argnums=1)(
        body(), rig, places, jax.tree.map(lambda x: x[None], one)
    )
    np.testing.assert_allclose(points[-1, :, 0], expected, atol=1e-5)


@functools.cache
def pixels():
    # Two opposite cameras would not see how far from either a point is.
    lenses = jax.tree.map(lambda v: v[:2], ring(3))
    x = seen()[1] - np.float32([0, 0, 0.95])
    y = np.asarray(cameras.project(lenses, x))
    rng = np.random.default_rng(6)
    y = y + 2 * rng.normal(size=y.shape)
    y[rng.random(y.shape[:3]) < 0.1] = np.nan
    return lenses, x, y.astype(np.float32)


def test_two_views_are_nearly_as_good_as_points():
    lenses, x, y = pixels()
    fit = FIT(y, body(), cameras=lenses, fit_bones=False)
    away = np.linalg.norm(shown(fit.motion) - x, axis=-1)
    assert np.median(away) < 0.012
    assert fit.report.noise == pytest.approx(2, rel=0.3)


def test_one_view_gives_a_body_that_looks_alike():
    lenses, _, y = pixels()
    fit = FIT(np.stack([np.full_like(y[0], np.nan), y[1]]), body(), cameras=lenses)
    assert finite(fit.motion)
    assert not np.asarray(limits.excess(body(), fit.motion.joints)).any()
    image = np.asarray(cameras.project(lenses, shown(fit.motion)))
    away = np.linalg.norm(image[1] - y[1], axis=-1)
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
    feet = [k for k, name in enumerate(NAMES) if name.endswith(("Foot", "Toe"))]
    y = seen()[2][:40].copy()
    y[:, feet] = np.nan
    fit = FIT(y, body(), prior=prior, fit_bones=False)
    at = body().coordinates("LeftFoot")
    expected = np.broadcast_to(mean[at], (40, 2))
    np.testing.assert_allclose(fit.motion.joints[:, at], expected, atol=0.05)


def test_fit_says_what_is_wrong():
    y = seen()[2]
    fine = {"points": y, "body": body(), "keypoints": NAMES}
    for change, message in (
        ({"points": y[:0]}, "no frames"),
        ({"points": y[..., :2]}, "must be"),
        ({"points": np.full_like(y, np.nan)}, "not missing"),
        ({"keypoints": ["Hips"]}, "16 keypoints are observed but 1 are named"),
        ({"keypoints": ["Tail"] * 16}, "no joint of this body"),
        ({"loss": "cube"}, "loss must be"),
        ({"confidence": np.ones(3)}, "confidence must be"),
        ({"covariance": np.ones((3, 3))}, "covariance must be"),
        ({"points": y[None, ..., :2], "cameras": ring(3)}, "as many cameras"),
    ):
        with pytest.raises(ValueError, match=message):
            inverse.fit(**(fine | change))
