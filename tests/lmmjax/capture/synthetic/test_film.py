"""Laws of film: what cameras see is the projection of what is there, when it is."""

import numpy as np
import pytest

from kinematics.bodies.joint_sets import joint_set
from lmmjax.capture import CaptureError, make_calibration
from lmmjax.capture.synthetic import Clock, film, random_clocks
from tests.lmmjax.capture.synthetic.stage import CLEAN, project, rig, walker

PAIR = (walker(at=(-0.5, -0.7), subject="A"), walker(at=(-0.5, 0.7), subject="B"))


def by_person(footage, v, person):
    """Pixels [T, K, 2] of a person in a camera, NaN where not there."""
    here = footage.identity[v] == person
    assert (here.sum(1) <= 1).all()
    xy = np.full((len(here), *footage.views[v].xy.shape[2:]), np.nan)
    xy[here.any(1)] = footage.views[v].xy[here]
    return xy


@pytest.mark.parametrize("joints", ["body25", "coco17"])
def test_clean_keypoints_are_the_projected_truth(joints):
    footage = film(PAIR, rig(), joints=joints, fps=30.0, **CLEAN)
    names = joint_set(joints).landmarks
    assert footage.truth.names == names
    assert footage.people == ("A", "B")
    assert footage.truth.positions.shape == (2, 31, len(names), 3)
    for v, view in enumerate(footage.views):
        assert view.names == names
        assert view.camera == rig().names[v]
        assert view.size == (1920, 1080)
        assert view.fps == 30.0
        for person in range(2):
            expected = project(rig().cameras[v], footage.truth.positions[person])
            # Truth and pixels are float32.
            assert np.allclose(by_person(footage, v, person), expected, atol=2e-3)


def test_between_the_frames_of_a_motion_points_move_smoothly():
    # The same movement, sampled twice as fast, is what splines should find.
    slow = film([walker(31, 30.0)], rig(1), fps=60.0, **CLEAN).truth.positions
    fast = film([walker(61, 60.0)], rig(1), fps=60.0, **CLEAN).truth.positions
    assert slow.shape == fast.shape
    assert np.linalg.norm(slow - fast, axis=-1).max() < 1e-3


def test_a_later_camera_sees_what_the_first_one_will_see():
    offset = 0.2
    clocks = [Clock(60.0), Clock(60.0, offset)]
    twins = make_calibration(["a", "b"], [rig().cameras[0]] * 2, [(1920, 1080)] * 2)
    first, second = film(PAIR[:1], twins, clocks=clocks, **CLEAN).views
    assert len(first) == 61
    assert len(second) == 49
    assert np.allclose(second.xy, first.xy[12:], atol=1e-3)


def test_drift_adds_up():
    clocks = [Clock(60.0), Clock(60.0, 0.0, 0.5)]
    twins = make_calibration(["a", "b"], [rig().cameras[0]] * 2)
    first, second = film(PAIR[:1], twins, clocks=clocks, **CLEAN).views
    assert np.allclose(second.xy[::2], first.xy[: len(second) // 2 + 1], atol=1e-3)


def test_a_camera_that_starts_early_sees_nobody_yet():
    footage = film(PAIR[:1], rig(1), clocks=[Clock(60.0, -0.1)], **CLEAN)
    there = ~footage.views[0].missing.all((1, 2))
    assert there.tolist() == [False] * 6 + [True] * 61
    assert (footage.identity[0][:6] == -1).all()


def test_a_camera_that_starts_too_late_has_no_frames():
    footage = film(PAIR[:1], rig(2), clocks=[Clock(), Clock(60.0, 9.0)], **CLEAN)
    assert len(footage.views[1]) == 0
    assert footage.inliers[1].shape == footage.views[1].xy.shape[:-1]


def test_an_open_shutter_blurs_what_moves():
    sharp, open_ = (
        film(PAIR[:1], rig(1), clocks=[Clock(60.0, 0.0, 1.0, e)], **CLEAN)
        for e in (0.0, 1 / 60)
    )
    moved = np.linalg.norm(open_.views[0].xy - sharp.views[0].xy, axis=-1)[1:-1]
    speed = np.linalg.norm(sharp.views[0].xy[2:] - sharp.views[0].xy[:-2], axis=-1)
    # Off by half of what it moves in a frame at the most, and by a quarter on average.
    assert (moved <= 0.26 * speed + 0.01).all()
    assert (moved.sum() / speed.sum()) == pytest.approx(0.125, rel=0.1)


def test_who_stops_earlier_is_gone():
    footage = film([PAIR[0], PAIR[1][:11]], rig(2), **CLEAN | {"occlusion": True})
    gone = np.isnan(footage.truth.positions[1]).all((1, 2))
    assert gone.tolist() == [False] * 21 + [True] * 40
    assert not (footage.identity[0][21:] == 1).any()
    assert (footage.identity[0][:21] == 1).any(1).all()


def test_one_frame_is_enough():
    footage = film([PAIR[0][:1]], rig(2))
    assert len(footage.views[0]) == 1
    assert np.isfinite(footage.truth.positions).all()


def test_outside_of_the_picture_nothing_is_found():
    footage = film([walker(at=(60.0, 0.0))], rig(), **CLEAN)
    for view in footage.views:
        known = view.xy[~view.missing]
        assert ((known >= 0) & (known <= [1919, 1079])).all()
    assert any(view.missing.all() for view in footage.views)


def test_inliers_are_within_the_noise_and_keep_their_slots():
    clocks = random_clocks(4, seed=1)
    hard = {"outliers": 0.05, "swaps": 0.1, "false_people": 0.2}
    footage = film(PAIR, rig(), clocks=clocks, seed=3, **hard)
    clean = film(PAIR, rig(), clocks=clocks, seed=3, **CLEAN)
    for v, view in enumerate(footage.views):
        inlier = footage.inliers[v]
        assert inlier.shape == view.xy.shape[:-1] == (*footage.identity[v].shape, 25)
        assert not inlier[view.missing].any()
        for person in range(2):
            here = footage.identity[v] == person
            true = np.broadcast_to(by_person(clean, v, person)[:, None], view.xy.shape)
            away = np.linalg.norm(view.xy - true, axis=-1)
            mine = inlier & here[..., None]
            assert mine.any()
            assert np.median(away[mine]) < 2.5
            assert away[mine].max() < 15


def test_equal_seeds_give_equal_footage():
    first, again = (film(PAIR, rig(2), seed=4) for _ in range(2))
    other = film(PAIR, rig(2), seed=5)
    assert np.array_equal(first.views[1].xy, again.views[1].xy, equal_nan=True)
    assert np.array_equal(first.views[1].confidence, again.views[1].confidence)
    assert not np.array_equal(first.views[1].confidence, other.views[1].confidence)


def test_people_without_names_of_their_own_are_numbered():
    twins = [PAIR[0], PAIR[0]]
    assert film(twins, rig(1), **CLEAN).people == ("person_1", "person_2")


@pytest.mark.parametrize(
    ("motions", "options", "sentence"),
    [
        ((), {}, "nobody to film"),
        (PAIR, {"clocks": [Clock()]}, "1 clocks for 4 cameras"),
        (PAIR, {"fps": 0.0}, "fps"),
        (PAIR, {"missing": 2.0}, "missing"),
    ],
)
def test_what_cannot_be_filmed_is_refused(motions, options, sentence):
    with pytest.raises(CaptureError, match=sentence):
        film(motions, rig(), **options)
