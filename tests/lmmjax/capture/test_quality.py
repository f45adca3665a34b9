"""Laws of quality: figures are those counted by hand, and parts add up to the whole."""

import json
import math

import numpy as np
import pytest

from kinematics import bodies
from kinematics.motion import Motion
from kinematics.points import Points3D
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.quality import Quality, of_slice
from lmmjax.capture.reconstruct import Take
from lmmjax.capture.synthetic.places import places

CAMERAS = ("a", "b")
JOINTS = ("left_hip", "left_knee", "left_eye")
FPS = 50.0
NAN = math.nan


def make_take(person="1", start=0, known=(1, 1, 0, 1), shift=0.0, motion=None):
    """Four frames of a thigh of 400, 440, 400 and 440 mm, and an eye in one frame."""
    positions = np.full((4, 3, 3), NAN, np.float32)
    positions[:, 0] = (shift, 0, 1)
    positions[:, 1] = [(shift, 0, 1 - length) for length in (0.4, 0.44, 0.4, 0.44)]
    positions[1, 2] = (0, 0, 2)
    covariances = np.full((4, 3, 3, 3), NAN, np.float32)
    covariances[:, 0] = np.diag([1e-6, 4e-6, 7e-6])
    covariances[:, 1] = 9e-6 * np.eye(3)
    raw = Points3D(JOINTS, positions, covariances, FPS)
    error = np.full((2, 4, 3), NAN, np.float32)
    error[0, :, 0] = (1, 2, 3, 4)
    error[1, :, 0] = (1, 1, 1, 100)
    error[0, :2, 1] = (8, 8)
    agrees = np.isfinite(error) & (error < 50)
    return Take(
        person,
        start,
        raw,
        raw,
        motion,
        np.array(known, bool),
        error,
        agrees,
        np.array([0.003, 0.004, NAN]),
    )


def of(*takes):
    quality = Quality(CAMERAS, FPS)
    for take in takes:
        quality.add(take)
    return quality


def same(one, other):
    assert json.dumps(one.to_dict()) == json.dumps(other.to_dict())


def test_figures_are_those_counted_by_hand():
    q = of(make_take())
    assert q.joints == JOINTS
    np.testing.assert_array_equal(q.observations("cell"), [[4, 2, 0], [4, 0, 0]])
    np.testing.assert_array_equal(q.observations("camera"), [6, 4])
    np.testing.assert_array_equal(q.agreement("cell"), [[1, 1, NAN], [0.75, NAN, NAN]])
    assert q.agreement() == 9 / 10
    np.testing.assert_allclose(
        q.mean_error_px("cell"), [[2.5, 8, NAN], [1, NAN, NAN]], rtol=1e-6
    )
    assert q.mean_error_px() == (10 + 3 + 16) / 9
    np.testing.assert_array_equal(q.coverage("cell"), [[1, 0.5, 0], [1, 0, 0]])
    np.testing.assert_allclose(q.coverage("joint"), [1, 0.25, 0])
    np.testing.assert_array_equal(q.triangulated("joint"), [1, 1, 0.25])
    assert q.triangulated() == 9 / 12
    np.testing.assert_allclose(q.spread_mm("joint"), [2, 3, NAN], rtol=1e-5)
    np.testing.assert_allclose(q.spread_mm(), 2.5, rtol=1e-5)
    np.testing.assert_allclose(q.residual_mm("joint"), [3, 4, NAN])
    np.testing.assert_allclose(q.residual_mm(), math.sqrt((9 + 16) / 2))
    assert q.known_s() == q.known_s("1") == 3 / FPS
    assert q.gaps("1") == [(2, 3)]


def test_bones_vary_by_their_standard_deviation_over_their_mean():
    q = of(make_take())
    # The eye is on no bone.
    assert q.bones == [("left_hip", "left_knee")]
    np.testing.assert_allclose(q.bone_variation("1"), [0.02 / 0.42], rtol=1e-4)
    np.testing.assert_allclose(q.limb_variation("1"), 0.02 / 0.42, rtol=1e-4)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_quantiles_are_exact_to_a_bin(share):
    error = np.random.default_rng(0).lognormal(1.0, 0.8, (2, 3000, 3)).astype("f4")
    take = make_take()
    many = Points3D(JOINTS, np.zeros((3000, 3, 3), np.float32), None, FPS)
    take = take._replace(
        raw=many, error_px=error, agrees=error < 9, known=np.ones(3000, bool)
    )
    q = of(take)
    for by, axes in (("cell", 1), ("camera", (1, 2)), ("joint", (0, 1)), ("all", None)):
        found = q.error_px(share, by) / np.quantile(error, share, axes)
        assert np.abs(np.log2(found)).max() < 1 / 8


def test_errors_beyond_the_histogram_count_in_its_last_bins():
    take = make_take()
    error = np.full((2, 4, 3), NAN, np.float32)
    error[0, :, 0], error[1, :, 0] = 0.0, 1e9
    q = of(take._replace(error_px=error, agrees=np.isfinite(error)))
    assert q.observations() == 8
    assert q.error_px(0.5, "cell")[0, 0] < 0.02
    assert q.error_px(0.5, "cell")[1, 0] > 900


def test_parts_of_a_session_merge_into_the_whole():
    takes = [
        make_take("1", 0),
        make_take("2", 0, (0, 1, 1, 1)),
        make_take("1", 4, (1, 0, 0, 1), shift=0.5),
    ]
    whole = of(*takes)
    same(of(takes[0]).merge(of(*takes[1:])), whole)
    same(of(*takes).merge(Quality(CAMERAS, FPS)), whole)
    same(Quality(CAMERAS, FPS).merge(whole), whole)
    # Spans that touch at the border of two blocks are one.
    assert whole.people["1"].known == ((0, 2), (3, 5), (7, 8))
    assert whole.people["1"].frames == 8


def test_figures_of_other_sessions_do_not_merge():
    with pytest.raises(ValueError, match="only parts of one session"):
        of(make_take()).merge(Quality(("a", "c"), FPS))
    with pytest.raises(ValueError, match="only parts of one session"):
        of(make_take()).merge(Quality(CAMERAS, 30.0))


def test_a_take_of_other_cameras_is_refused():
    with pytest.raises(ValueError, match="take of '1' from frame 0 is of 2 cameras"):
        Quality(("a", "b", "c"), FPS).add(make_take())
    with pytest.raises(ValueError, match="at 50 frames per second"):
        Quality(CAMERAS, 30.0).add(make_take())


def test_memory_does_not_grow_with_the_length():
    one, many = of(make_take()), of(*(make_take(start=4 * n) for n in range(50)))
    for name in ("errors", "agreeing", "found", "spread", "residual"):
        assert getattr(one, name).shape == getattr(many, name).shape
    whole = of(*(make_take(start=4 * n, known=(1, 1, 1, 1)) for n in range(50)))
    assert whole.people["1"].known == ((0, 200),)


@pytest.mark.parametrize("takes", [(), (make_take(), make_take("Zoë", 4))])
def test_json_and_back_is_the_same(takes):
    q = of(*takes)
    text = json.dumps(q.to_dict(), allow_nan=False)
    back = Quality.from_dict(json.loads(text))
    same(back, q)
    back.add(make_take(start=8))
    q.add(make_take(start=8))
    same(back, q)


@pytest.mark.parametrize(
    "change",
    [
        {"found": [1]},
        {"found": [10**30, 0, 0]},
        {"fps": None},
        {"people": []},
        {"people": {"1": {"frames": 1, "known": [[1]], "bones": []}}},
        {"errors": [[[1]]]},
        {"joints": 3},
        {"cameras": ["a"] * 10**6, "joints": ["b"] * 10**6},
    ],
)
def test_damaged_json_is_refused(change):
    with pytest.raises(CaptureError, match="no figures of quality"):
        Quality.from_dict(of(make_take()).to_dict() | change)


def test_nobody_has_no_figures():
    q = Quality(CAMERAS, FPS)
    figures = q.summary()
    assert figures.pop("people") == figures.pop("known_s") == 0
    assert all(math.isnan(value) for value in figures.values())
    assert q.bones == []


@pytest.fixture(scope="module")
def standing():
    """A take of the body itself, 3, 4 and 12 mm from where it is fitted."""
    body = bodies.coco17()
    poses = (
        np.tile(np.float32([0, 0, 1]), (4, 1)),
        np.tile(np.float32([1, 0, 0, 0]), (4, 1)),
        np.zeros((4, body.num_coordinates), np.float32),
    )
    motion = Motion(body, *poses, FPS)
    seen, at, _ = places(motion)
    where = at[:, [seen.landmarks.index(name) for name in JOINTS]]
    points = Points3D(JOINTS, where + np.array([0.003, 0.004, 0.012]), None, FPS)
    return make_take(motion=motion)._replace(points=points)


def test_figures_of_a_segment(standing):
    first = of_slice(standing, slice(0, 2))
    assert first["reprojection_px"] == pytest.approx((1 + 2 + 1 + 1 + 8 + 8) / 6)
    assert first["coverage"] == pytest.approx(5 / 6)
    assert first["agreeing_cameras"] == pytest.approx(6 / 5)
    assert first["bone_variation"] == pytest.approx(0.02 / 0.42, rel=1e-4)
    assert first["body_residual_mm"] == pytest.approx(13, rel=1e-4)
    last = of_slice(standing, slice(3, 4))
    assert last["reprojection_px"] == 4
    assert last["agreeing_cameras"] == 0.5
    assert math.isnan(last["bone_variation"])


def test_an_empty_segment_has_no_figures(standing):
    assert all(math.isnan(v) for v in of_slice(standing, slice(2, 2)).values())
