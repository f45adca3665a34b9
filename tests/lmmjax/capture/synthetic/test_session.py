"""Laws of a made session: people beside each other, labelled, on the disk."""

import tomllib

import numpy as np
import pytest

from lmmjax.capture.synthetic import arrange, courtside, make_session
from tests.lmmjax.capture.synthetic.stage import walker

STEPS = [walker(subject=name, action="walk") for name in ("A", "B", "C")]


def middle(motion):
    path = motion.root_position[:, :2]
    return (path.min(0) + path.max(0)) / 2


@pytest.mark.parametrize("count", [1, 2, 3])
def test_people_move_around_the_origin_a_gap_apart(count):
    placed = np.array([middle(motion) for motion in arrange(STEPS[:count], 1.2)])
    assert np.allclose(placed.mean(0), 0, atol=1e-6)
    apart = np.linalg.norm(placed - np.roll(placed, 1, axis=0), axis=-1)
    assert np.allclose(apart, 1.2 if count > 1 else 0, atol=1e-5)
    assert arrange([]) == []


def test_a_session_is_filmed_labelled_and_written(tmp_path):
    footage = make_session(tmp_path, STEPS[:2], cameras=4, seed=2, joints="coco17")
    assert len(footage.views) == 4
    assert footage.people == ("A", "B")
    session = tomllib.loads((tmp_path / "session.toml").read_text())
    assert list(session["cameras"]) == ["cam_01", "cam_02", "cam_03", "cam_04"]
    rows = (tmp_path / "labels.csv").read_text().splitlines()
    assert rows[1:] == ["0.0,1.0,walk,,A", "0.0,1.0,walk,,B"]
    seen = np.mean([(view.confidence > 0).mean() for view in footage.views])
    assert seen > 0.4
    with np.load(tmp_path / "truth.npz") as truth:
        assert np.array_equal(truth["positions"], footage.truth.positions)


def test_a_rig_and_labels_can_be_given(tmp_path):
    stands = courtside(3, seed=1)
    rows = [(0.2, 0.8, "shot", "made", "A")]
    footage = make_session(tmp_path, STEPS[:1], cameras=stands, labels=rows)
    assert [view.camera for view in footage.views] == list(stands)
    assert (tmp_path / "labels.csv").read_text().endswith("0.2,0.8,shot,made,A\n")
