"""Laws of SoccerNet's files: seconds of a half, metres on a pitch with z up."""

import json

import numpy as np
import pytest

from lmmjax.capture import CaptureError, labels
from lmmjax.capture.labels import soccernet


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


V2 = {
    "UrlLocal": "england/1",
    "annotations": [
        {
            "gameTime": "1 - 00:31",
            "label": "Shots off target",
            "position": "31500",
            "team": "away",
            "visibility": "not shown",
        },
        {
            "gameTime": "2 - 45:12",
            "label": "Goal",
            "position": "2712040",
            "team": "home",
            "visibility": "visible",
        },
        {
            "gameTime": "1 - 00:00",
            "label": "Kick-off",
            "position": "0",
            "team": "not applicable",
            "visibility": "visible",
        },
    ],
}


def test_actions_are_seconds_of_their_half(tmp_path):
    path = write(tmp_path / "Labels-v2.json", V2)
    events = labels.read(path)
    assert [e.time_s for e in events] == [0, 31.5, 2712.04]
    assert [e.label for e in events] == ["Kick-off", "Shots off target", "Goal"]
    assert [e.outcome for e in events] == ["", "off target", "goal"]
    assert [e.who for e in events] == ["", "away", "home"]
    assert events[1].extra == {"half": 1, "visibility": "not shown"}
    assert [e.label for e in soccernet.read(path, half=2)] == ["Goal"]


@pytest.mark.parametrize(
    ("annotation", "seconds", "extra"),
    [
        ({"gameTime": "1 - 61:05", "label": "soccer-ball", "team": "home"}, 3665, {}),
        (
            {
                "gameTime": "1 - 00:02",
                "label": "HIGH PASS",
                "position": "2160",
                "team": "left",
                "visibility": "visible",
            },
            2.16,
            {"visibility": "visible"},
        ),
        (
            {
                "gameTime": "2 - 00:07",
                "label": "Main camera center",
                "change_type": "abrupt",
                "position": "7080",
                "replay": "real-time",
            },
            7.08,
            {"change_type": "abrupt", "replay": "real-time"},
        ),
    ],
)
def test_goals_of_v1_ball_actions_and_cameras_are_read(
    tmp_path, annotation, seconds, extra
):
    (event,) = labels.read(write(tmp_path / "a.json", {"annotations": [annotation]}))
    assert event.time_s == seconds
    assert event.extra == {"half": int(annotation["gameTime"][0]), **extra}


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        ({"gameTime": "first half", "label": "Goal"}, r"annotation 0 .*'first half'"),
        ({"gameTime": "1 - 00:31"}, r"annotation 0 .*label"),
        ({"gameTime": "1 - 00:31", "label": "x", "position": "soon"}, "'soon'"),
        ({"gameTime": None, "label": "x"}, "annotation 0"),
    ],
)
def test_a_broken_annotation_is_named(tmp_path, annotation, message):
    path = write(tmp_path / "a.json", {"annotations": [annotation]})
    with pytest.raises(CaptureError, match=message):
        labels.read(path)


def pitch(x, y):
    return {
        f"{axis}_bottom_{side}": value
        for side in ("left", "middle", "right")
        for axis, value in (("x", x), ("y", y))
    }


def person(frame, track, place, role="player", team="left", jersey="10"):
    return {
        "id": f"{frame}{track}",
        "image_id": f"20210000{frame:02d}",
        "track_id": track,
        "supercategory": "object",
        "category_id": 1,
        "attributes": {"role": role, "jersey": jersey, "team": team},
        "bbox_image": {"x": 1, "y": 2, "w": 3, "h": 4},
        "bbox_pitch": place,
    }


def game_state(annotations, frames=3):
    return {
        "info": {"version": "1.3", "name": "SNGS-021", "frame_rate": 25},
        "images": [{"image_id": f"20210000{t:02d}"} for t in range(1, frames + 1)],
        "categories": [],
        "annotations": annotations,
    }


def test_game_states_are_tracks_on_a_pitch_with_z_up(tmp_path):
    lines = {"image_id": "2021000001", "supercategory": "pitch", "lines": {}}
    raw = game_state(
        [
            person(1, 10, pitch(-30.0, 12.0)),
            person(3, 10, pitch(-29.0, 12.5)),
            person(2, 10, None),
            person(2, 2, pitch(0.0, -34.0), "referee", None, None),
            person(1, 7, pitch(1.0, 2.0), "ball", None, None),
            lines,
        ]
    )
    tracks = labels.read_tracks(write(tmp_path / "Labels-GameState.json", raw))
    assert tracks.names == ("2", "10")
    assert (tracks.roles, tracks.teams) == (("referee", "player"), ("", "left"))
    assert (tracks.numbers, tracks.name) == (("", "10"), "SNGS-021")
    np.testing.assert_allclose(tracks.times, [0, 0.04, 0.08])
    nan = [np.nan, np.nan]
    np.testing.assert_array_equal(tracks.of("10"), [[-30, -12], nan, [-29, -12.5]])
    # The far touch line, y = -34 in the file, is to the left of who looks along x.
    np.testing.assert_array_equal(tracks.of("2"), [nan, [0, 34], nan])
    np.testing.assert_array_equal(tracks.ball, [[1, -2], nan, nan])
    with pytest.raises(KeyError, match="no track '3'; there are"):
        tracks.of("3")


def test_a_broken_game_state_is_named(tmp_path):
    for annotations in ([{"supercategory": "object"}], [person(9, 1, None)], ["x"]):
        path = write(tmp_path / "a.json", game_state(annotations))
        with pytest.raises(CaptureError, match="an annotation is not whole"):
            labels.read_tracks(path)
    with pytest.raises(CaptureError, match=r"give it to labels\.read_tracks"):
        labels.read(write(tmp_path / "b.json", game_state([])))


GT = "2,1,100,200,50,120,1,-1,-1,-1\n4,1,102,200,50,120,1,-1,-1,-1\n"
GT += "2,12,700,300,40,100,1,-1,-1,-1\n3,12,701,300,40,100,0,-1,-1,-1\n"


def test_boxes_are_by_track_with_who_they_are(tmp_path):
    path = write(tmp_path / "SNMOT-060" / "gt" / "gt.txt", GT)
    info = "[Sequence]\nname=SNMOT-060\ntrackletID_1= player team left;10\n"
    info += "trackletID_12= referee;main\n"
    write(tmp_path / "SNMOT-060" / "gameinfo.ini", info)
    write(tmp_path / "SNMOT-060" / "seqinfo.ini", "[Sequence]\nframeRate=50\n")
    boxes = labels.mot.read(path)
    assert (boxes.names, boxes.start, boxes.fps, len(boxes)) == (("1", "12"), 2, 50, 3)
    assert boxes.roles == ("player", "referee")
    assert (boxes.teams, boxes.numbers) == (("left", ""), ("10", "main"))
    np.testing.assert_array_equal(boxes.of("1")[0], [100, 200, 50, 120])
    assert np.isnan(boxes.of("1")[1]).all()
    # Rows of confidence 0 are not to count.
    np.testing.assert_array_equal(boxes.confidence, [[1, 1], [0, 0], [1, 0]])
    assert np.isnan(boxes.of("12")[1]).all()


def test_detections_have_no_names(tmp_path):
    rows = "2,-1,1,1,9,9,0.5\n1,-1,5,5,9,9,-1\n2,-1,3,3,9,9,0.25\n"
    boxes = labels.mot.read(write(tmp_path / "det" / "det.txt", rows))
    assert (boxes.names, boxes.roles, boxes.fps) == ((), (), 25)
    np.testing.assert_array_equal(boxes.confidence, [[1, 0], [0.5, 0.25]])
    np.testing.assert_array_equal(boxes.boxes[1, :, 0], [1, 3])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("1,1,2,3\n", r"gt\.txt:1: '1,1,2,3' is no frame"),
        ("1,1,2,3,4,5,1\n1,a,2,3,4,5,1\n", r"gt\.txt:2: "),
        ("1,1,2,3,4,5,1\n1,1,2,3,4,5,1\n", "track 1 is twice in frame 1"),
        ("1,1,2,3,nan,5,1\n", r"gt\.txt:1: "),
        ("1,1e300,2,3,4,5,1\n1.5,1,2,3,4,5,1\n", r"gt\.txt:1: "),
        ("1,1,2,3,4,5,1\n999999999,1,2,3,4,5,1\n", "are too many; split"),
        ("", "the file is empty"),
    ],
)
def test_broken_boxes_are_named(tmp_path, rows, message):
    with pytest.raises(CaptureError, match=message):
        labels.mot.read(write(tmp_path / "gt" / "gt.txt", rows))
