"""Laws of births and identities: who begins, who is proven, who is the same again."""

import numpy as np

from lmmjax.capture.associate.birth import groups, plausible
from lmmjax.capture.associate.follow import follow
from lmmjax.capture.associate.geometry import make_rig, project
from lmmjax.capture.associate.landmarks import PARTS, describe
from lmmjax.capture.associate.options import Options
from lmmjax.capture.associate.sides import exchange
from lmmjax.capture.associate.tracks import no_tracks
from tests.lmmjax.capture.associate.scene import FPS, NAMES, TWINS, crossing, ring

MARKS = describe(NAMES)
RIG = make_rig(ring(), ring().names)


def seen(places):
    """Detections [V, P, K] of people [P, K, 3], the last view's in another order."""
    points = np.stack([project(RIG, person)[0] for person in places], axis=1)
    points[-1] = points[-1, ::-1]
    return points, np.ones(points.shape[:-1])


def run(frames, tracks=None, options=Options()):  # noqa: B008 - frozen
    tracks = tracks or no_tracks(MARKS, ring().names, FPS)
    labels = []
    for points, weights in frames:
        tracks, label = follow(tracks, RIG, points, weights, options)
        labels.append(label)
    return tracks, labels


def test_detections_are_grouped_by_person():
    points, weights = seen(crossing(4, 120)[60])
    found = groups(MARKS, RIG, points, weights, 0.2)
    assert sorted(found[:, 0].tolist()) == [0, 1, 2, 3]
    assert (found[:, :-1] == found[:, :1]).all()
    assert (found[:, -1] == 3 - found[:, 0]).all()
    weights[1:] = 0
    assert groups(MARKS, RIG, points, weights, 0.2).shape == (0, 8)


def test_a_giant_is_no_person():
    places = crossing(4, 120)[0, 0]
    known = np.ones(len(NAMES), bool)
    assert plausible(MARKS, places, known)
    assert not plausible(MARKS, 10 * places, known)
    assert not plausible(MARKS, 0.01 * places, known)
    assert plausible(MARKS, places, ~known)


def test_a_person_is_proven_over_frames_and_a_glimpse_is_forgotten():
    places = crossing(4, 120)[:, :1]
    frames = [seen(now) for now in places[:4]]
    assert run(frames[:2])[0].person.tolist() == [0]
    tracks, labels = run(frames)
    assert tracks.person.tolist() == [1]
    assert {n for label in labels for n in label.number.ravel()} == {0}
    nothing = (frames[0][0], 0 * frames[0][1])
    assert len(run([*frames[:2], *[nothing] * 4])[0]) == 0


def test_who_is_gone_for_too_long_or_too_far_is_someone_else():
    places = crossing(4, 120)[:, :1]
    frames = [seen(now) for now in places[:60]]
    nothing = (frames[0][0], 0 * frames[0][1])
    away = run([*frames[:30], *[nothing] * 40])[0]
    assert away.active.tolist() == [False]
    assert run(frames[40:46], away)[0].person.tolist() == [1]
    # Someone a third larger, at the same place.
    larger = [seen(1.33 * now) for now in places[40:46]]
    assert sorted(run(larger, away)[0].person) == [1, 2]
    slow = Options(stride_m_s=0.0)
    far = [seen(now + np.array([2.5, 0, 0])) for now in places[40:46]]
    assert sorted(run(far, away, slow)[0].person) == [1, 2]
    brief = Options(forget_s=0.5)
    assert len(run([*frames[:30], *[nothing] * 40], options=brief)[0]) == 0


def test_a_track_begun_with_its_sides_wrong_is_turned():
    places = crossing(4, 120)[:, :1]
    frames = [seen(now) for now in places[:40]]
    wrong = [(points[..., TWINS, :], weights) for points, weights in frames[:5]]
    tracks, labels = run([*wrong, *frames[5:]])
    assert tracks.person.tolist() == [1]
    np.testing.assert_allclose(tracks.places[0], places[39, 0], atol=0.03)
    assert labels[8].mirrored.all()
    assert not labels[-1].mirrored.any()


def test_part_of_a_body_mirrored_does_not_move_it():
    places = crossing(4, 120)[:, :1]
    frames = [seen(now) for now in places[:12]]
    points, weights = frames[-1]
    arms = np.array([part == "arms" for part in PARTS])
    points[:3] = exchange(points[:3], MARKS.twins, MARKS.parts, arms)
    tracks, labels = run([*frames[:-1], (points, weights)])
    np.testing.assert_allclose(tracks.places[0], places[11, 0], atol=0.01)
    assert labels[-1].mirrored[3:].sum() == 0
    assert (labels[-1].mirrored[:3] <= arms).all()
    assert labels[-1].mirrored[:3].any()
