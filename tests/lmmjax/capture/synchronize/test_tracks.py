"""Laws of tracks: parabolas are kept, outliers and tears are not crossed."""

import numpy as np

from lmmjax.capture.synchronize.tracks import make_tracks


def parabolas(frames=40):
    t = np.arange(frames)[:, None, None]
    start = np.random.default_rng(0).uniform(0, 300, (6, 2))
    return (start + [2.0, -1.0] * t + [0.01, 0.02] * t * t)[:, None]


def test_parabolas_are_exact_between_frames_and_through_gaps():
    xy = parabolas()
    holes = xy.copy()
    holes[np.random.default_rng(1).random(xy.shape[:3]) < 0.15] = np.nan
    tracks = make_tracks(holes, 60.0, True)
    at = np.array([12.0, 12.3, 20.5, 25.8])
    place, velocity = tracks.at(at)
    t = at[:, None, None, None]
    want = xy[0] + [2.0, -1.0] * t + [0.01, 0.02] * t * t
    np.testing.assert_allclose(place, want, atol=1e-8)
    np.testing.assert_allclose(
        velocity, np.broadcast_to([2.0, -1.0] + 2 * t * [0.01, 0.02], want.shape)
    )


def test_outliers_are_dropped():
    xy = parabolas()
    wild = xy.copy()
    wild[np.random.default_rng(1).random(xy.shape[:3]) < 0.05] += 90
    tracks = make_tracks(wild, 60.0, True)
    inner = slice(5, -5)
    np.testing.assert_allclose(tracks.position[inner], xy[inner], atol=1e-6)


def test_a_window_does_not_reach_over_a_tear():
    xy = parabolas()
    xy[20:] += 2000
    torn = make_tracks(xy, 60.0, False)
    gone = np.isnan(torn.velocity[:, 0, 0, 0])
    assert gone[17:23].all()
    assert not gone[3:17].any()
    assert not gone[24:37].any()


def test_nothing_is_said_beyond_the_ends_or_of_little():
    tracks = make_tracks(parabolas(), 60.0, True)
    assert np.isnan(tracks.at(np.array([-1.0, 60.0]))[0]).all()
    few = make_tracks(parabolas(2), 60.0, True)
    assert np.isnan(few.velocity).all()
    none = make_tracks(np.zeros((0, 1, 3, 2)), 60.0, False)
    assert none.position.shape == (0, 1, 3, 2)
    assert np.isnan(none.usual_size)
