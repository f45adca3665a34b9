"""Laws of stretches: at one's own rate, whole, smooth, and where people were."""

import json

import numpy as np
import pytest

from lmmjax.capture import tracking
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.labels import make_tracks
from lmmjax.capture.monocular import world
from tests.lmmjax.capture.tracking.test_table import FPS, ways

COUNT, FRAMES = 3, 250


def recorded(places=None, **options):
    way, time = ways(COUNT, FRAMES)
    names = [f"p{n}" for n in range(COUNT)]
    return make_tracks(names, time, way if places is None else places, **options)


def expected(start, seconds, fps):
    time = start + np.arange(round(seconds * fps) + 1) / fps
    way, known = ways(COUNT, FRAMES)
    return np.stack(
        [
            np.stack([np.interp(time, known, way[:, n, c]) for c in range(2)], axis=-1)
            for n in range(COUNT)
        ]
    )


def test_a_stretch_is_where_people_were_at_another_rate():
    found = tracking.stretch(recorded(), 2.0, 4.0, 30.0)
    assert found.places.shape == (COUNT, 121, 2)
    assert (found.names, found.fps, found.ball) == (("p0", "p1", "p2"), 30.0, None)
    np.testing.assert_allclose(found.places, expected(2, 4, 30), atol=0.02)


def test_jitter_of_centimetres_does_not_become_metres_a_second():
    way, _ = ways(COUNT, FRAMES)
    noisy = way + 0.03 * np.random.default_rng(0).normal(size=way.shape)
    found = tracking.stretch(recorded(noisy), 1.0, 8.0, 30.0)
    truth = np.diff(expected(1, 8, 30), axis=1) * 30
    error = np.diff(found.places, axis=1) * 30 - truth
    assert np.sqrt(np.mean(error**2)) < 0.15
    raw = tracking.stretch(recorded(noisy), 1.0, 8.0, 30.0, cutoff_hz=20.0)
    error = np.diff(raw.places, axis=1) * 30 - truth
    assert np.sqrt(np.mean(error**2)) > 0.5


def test_short_gaps_are_filled_and_who_is_away_longer_is_left_out():
    way, _ = ways(COUNT, FRAMES)
    way[100:115, 0] = np.nan
    way[100:160, 1] = np.nan
    ball = np.concatenate([way[:, 2], np.ones((FRAMES, 1))], axis=-1)
    ball[:100] = np.nan
    found = tracking.stretch(recorded(way, ball=ball), 2.0, 4.0, 30.0)
    assert (found.names, found.left_out) == (("p0", "p2"), ("p1",))
    np.testing.assert_allclose(found.places, expected(2, 4, 30)[[0, 2]], atol=0.1)
    missing = np.isnan(found.ball).all(axis=-1)
    assert missing[:55].all()
    assert not missing[65:].any()


@pytest.mark.parametrize(
    ("start", "seconds", "told"),
    [
        (0.0, 0.0, "more than 0"),
        (0.0, np.nan, "more than 0"),
        (np.inf, 1.0, "more than 0"),
        (0.0, 1e6, "at most 600 s"),
        (8.0, 4.0, "lasts from 0 to 9.96 s; 8 to 12 s is not in it"),
        (-1.0, 2.0, "is not in it"),
    ],
)
def test_a_stretch_that_is_not_there_is_said(start, seconds, told):
    with pytest.raises(CaptureError, match=told):
        tracking.stretch(recorded(), start, seconds, 30.0)


def test_nobody_there_and_nobody_so_fast_are_said():
    way, _ = ways(COUNT, FRAMES)
    with pytest.raises(CaptureError, match="nobody is tracked from 2 to 4 s"):
        tracking.stretch(recorded(np.nan * way), 2.0, 2.0, 30.0)
    way[125:, 1] += 40
    with pytest.raises(CaptureError, match=r"p1 goes at \d+ m/s"):
        tracking.stretch(recorded(way), 2.0, 6.0, 30.0)


def sportvu(way, time):
    """A game whose events overlap, in feet."""
    moments = [
        [
            1,
            round(1e12 + 1000 * t),
            720 - t,
            None,
            None,
            [
                [-1, -1, 47.0, 25.0, 6.0],
                *(
                    [10 + n % 2, 100 + n, *(place / world.FOOT), 0.0]
                    for n, place in enumerate(places)
                ),
            ],
        ]
        for t, places in zip(time.tolist(), way.tolist(), strict=True)
        for places in [np.array(places)]
    ]
    half = len(moments) // 2
    return {
        "gameid": "g",
        "events": [
            {"eventId": "1", "moments": moments[: half + 20]},
            {"eventId": "2", "moments": moments[half:]},
        ],
    }


def game_state(way):
    """A clip of SoccerNet's, y towards the camera."""
    return {
        "info": {"frame_rate": FPS, "name": "clip"},
        "images": [{"image_id": str(t)} for t in range(len(way))],
        "annotations": [
            {
                "supercategory": "object",
                "image_id": str(t),
                "track_id": n + 1,
                "attributes": {"role": "player", "team": "left", "jersey": str(n)},
                "bbox_pitch": {
                    "x_bottom_middle": float(way[t, n, 0]),
                    "y_bottom_middle": float(-way[t, n, 1]),
                },
            }
            for t in range(len(way))
            for n in range(way.shape[1])
        ],
    }


@pytest.mark.parametrize("kind", ["sportvu", "game_state"])
def test_known_ways_come_back_from_every_format(tmp_path, kind):
    way, time = ways(COUNT, FRAMES)
    raw = sportvu(way, time) if kind == "sportvu" else game_state(way)
    path = tmp_path / "match.json"
    path.write_text(json.dumps(raw, default=float))
    tracks = tracking.read(path)
    np.testing.assert_allclose(tracks.positions, way, atol=1e-4)
    found = tracking.stretch(tracks, 2.0, 4.0, 30.0)
    np.testing.assert_allclose(found.places, expected(2, 4, 30), atol=0.02)
    if kind == "sportvu":
        court = np.array([47.0, 25.0, 6.0]) * world.FOOT
        np.testing.assert_allclose(found.ball, np.tile(court, (121, 1)), atol=1e-3)


def test_places_that_cannot_be_are_said_with_whose_they_are(tmp_path):
    way, _ = ways(COUNT, 10)
    way[3, 1, 0] = 1e9
    path = tmp_path / "far.json"
    path.write_text(json.dumps(game_state(way)))
    with pytest.raises(CaptureError, match=r"far.json: 2 is 1e.09 m away in frame 3"):
        tracking.read(path)
