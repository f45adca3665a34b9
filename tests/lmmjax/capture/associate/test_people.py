"""Laws of association: people keep their names in all views and over time."""

import numpy as np
import pytest

from lmmjax.capture import CaptureError, make_keypoints
from lmmjax.capture.associate import Options, associate
from tests.lmmjax.capture.associate.scene import (
    FPS,
    NAMES,
    SIZE,
    crossing,
    observe,
    ring,
    shares,
)


@pytest.fixture(scope="module")
def crowd():
    return observe(crossing(4, 120), ring())


@pytest.fixture(scope="module")
def known(crowd):
    return associate(crowd.views, ring())


def hide(view, truth, person, frames):
    """A view without a person over some frames, by what is true of it."""
    xy = view.xy.copy()
    theirs = truth[frames, person, None].astype(np.float32)
    xy[frames][(xy[frames] == theirs).all(-1).any(-1)] = np.nan
    return make_keypoints(view.camera, view.names, xy, None, view.fps, view.size)


def test_four_people_who_cross_are_told_apart(crowd, known):
    share = shares(known.views, crowd.truth)
    assert share.shape == (4, 4)
    assert sorted(share.argmax(1)) == [0, 1, 2, 3]
    assert share.max(1).min() > 0.99
    # What is nobody's is in no slot: nothing but what was assigned.
    found = sum((~view.missing).any(-1).sum() for view in known.views)
    assert found == sum(known.report.assigned.values())
    true = np.isfinite(crowd.truth).all(-1).any(-1).sum()
    assert found < 1.01 * true


def test_views_keep_their_form(crowd, known):
    for before, after in zip(crowd.views, known.views, strict=True):
        assert after.people == ("1", "2", "3", "4")
        assert (after.camera, after.names, after.fps, after.size, after.start) == (
            (before.camera, before.names, before.fps, before.size, before.start)
        )
        assert after.xy.shape == (120, 4, len(NAMES), 2)
        assert np.isnan(after.xy[after.missing]).all()


def test_pieces_are_as_the_whole(crowd, known):
    tracks, pieces = None, []
    for start in range(0, 120, 40):
        some = [view[start : start + 40] for view in crowd.views]
        piece = associate(some, ring(), tracks=tracks)
        tracks = piece.tracks
        pieces.append(piece.views)
    for v, view in enumerate(known.views):
        joined = np.concatenate([views[v].xy for views in pieces])
        np.testing.assert_array_equal(joined, view.xy)
        assert [views[v].start for views in pieces] == [0, 40, 80]


def test_who_comes_back_is_the_same_person(crowd):
    away = slice(30, 75)
    views = [
        hide(*pair, 2, away) for pair in zip(crowd.views, crowd.truth, strict=True)
    ]
    truth = crowd.truth.copy()
    truth[:, away, 2] = np.nan
    share = shares(associate(views, ring()).views, truth)
    assert share.shape == (4, 4)
    assert share.max(1).min() > 0.99


def test_one_view_is_enough_for_who_is_known(crowd):
    few = slice(60, 75)
    views = [
        hide(view, truth, 1, few) if v else view
        for v, (view, truth) in enumerate(zip(crowd.views, crowd.truth, strict=True))
    ]
    truth = crowd.truth.copy()
    truth[1:, few, 1] = np.nan
    found = associate(views, ring()).views
    share = shares(found, truth)
    assert share.shape == (4, 4)
    assert share.max(1).min() > 0.99
    alone = shares([view[few] for view in found], truth[:, few])
    assert alone[1].argmax() == share[1].argmax()
    assert alone[1].max() > 0.9


def test_sides_mixed_up_are_put_right():
    scene = observe(crossing(2, 60), ring(), seed=3, swaps=0.12)
    result = associate(scene.views, ring())
    share = shares(result.views, scene.truth)
    # Legs that pass each other look the same either way.
    assert share.max(1).min() > 0.985
    plain = observe(crossing(2, 60), ring(), seed=3)
    none = associate(plain.views, ring()).report
    assert sum(none.mirrored.values()) + sum(none.mirrored_parts.values()) == 0
    assert sum(result.report.mirrored.values()) > 30
    assert sum(result.report.mirrored_parts.values()) > 30


def test_two_cameras_do():
    scene = observe(crossing(3, 60), ring(2), noise=1.0)
    assert (
        shares(associate(scene.views, ring(2)).views, scene.truth).max(1).min() > 0.98
    )


def test_a_single_frame_has_people(crowd):
    result = associate([view[:1] for view in crowd.views], ring())
    assert shares(result.views, crowd.truth[:, :1]).max(1).min() == 1


def blank(camera, frames=5, people=1, xy=0.0, fps=FPS):
    return make_keypoints(
        camera, NAMES, np.full((frames, people, len(NAMES), 2), xy), None, fps
    )


def test_nobody_is_an_answer_with_its_reason(crowd):
    for xy in (0.0, np.nan):
        result = associate([blank("c0", xy=xy), blank("c1", xy=xy)], ring())
        assert "no view has a single keypoint" in result.report.problem
        assert result.views[0].xy.shape == (5, 0, len(NAMES), 2)
    empty = associate([blank("c0", 0), blank("c1", 0)], ring())
    assert len(empty.views[0]) == 0
    assert empty.report.problem
    none = associate([blank("c0", people=0), blank("c1", people=0)], ring())
    assert "no view has a single keypoint" in none.report.problem
    views = [view[:12] for view in crowd.views]
    one = associate([views[0], blank("c1", 12)], ring())
    assert "no two views see anyone" in one.report.problem
    assert associate(views[:1], ring()).report.problem
    unsure = associate(views, ring(), options=Options(confidence=1.1))
    assert "lower least_keypoints or confidence" in unsure.report.problem
    upside_down = views[2].replace(xy=SIZE[1] - views[2].xy)
    wrong = associate([views[0], upside_down], ring())
    assert "do not meet in space" in str(wrong.report)
    early = np.arange(12)[:, None, None, None] < 2
    pair = [view.replace(xy=np.where(early, view.xy, np.nan)) for view in views]
    glimpse = associate(pair, ring())
    assert "lower confirm" in glimpse.report.problem


def test_what_does_not_fit_is_refused(crowd, known):
    good = blank("c0")
    for views, words in (
        ([], "no views"),
        ([good, blank("door")], "'door' is not in the calibration"),
        ([good, good], "'c0' is given twice"),
        ([good, blank("c1", 6)], "'c1' has 6 frames at 60 fps and 'c0' 5 frames"),
        ([good, blank("c1", fps=30)], "synchronise them first"),
    ):
        with pytest.raises(CaptureError, match=words):
            associate(views, ring())
    with pytest.raises(CaptureError, match="start without tracks"):
        associate(crowd.views[:3], ring(), tracks=known.tracks)
