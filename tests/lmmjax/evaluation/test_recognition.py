"""Laws of the classifier: it tells what it can tell, wherever somebody goes."""

import numpy as np
import pytest

from kinematics import rotations
from lmmjax.evaluation.recognition import fit_recognizer
from tests.lmmjax import tiny


def clip(seed, action, frames=90):
    """Slow movement, or the same twice as fast."""
    motion = tiny.motion(seed, 2 * frames)
    motion = motion[::2] if action == "fast" else motion[:frames]
    return motion.replace(action=action, fps=tiny.FPS)


@pytest.fixture(scope="module")
def recognizer():
    return fit_recognizer([clip(n, a) for n in range(3) for a in ("slow", "fast")])


def test_new_people_are_recognized(recognizer):
    assert recognizer.labels == ("fast", "slow")
    for action in recognizer.labels:
        found = recognizer.recognized(clip(4, action))
        assert np.mean([label == action for label in found]) > 0.9


def test_where_somebody_goes_does_not_matter(recognizer):
    motion = clip(3, "slow")
    turn = np.float32([np.cos(0.7), 0, 0, np.sin(0.7)])
    place = rotations.quaternion_rotate(turn, motion.root_position) + np.float32(
        [5, -3, 0]
    )
    rotation = rotations.quaternion_multiply(turn, motion.root_rotation)
    moved = motion.replace(
        root_position=np.asarray(place), root_rotation=np.asarray(rotation)
    )
    np.testing.assert_allclose(
        recognizer.scores(moved), recognizer.scores(motion), rtol=1e-2, atol=0.1
    )


def test_actions_count_alike_however_many_clips_they_have():
    few = [clip(0, "slow"), clip(0, "fast")]
    many = [*few, *[clip(0, "slow")] * 4]
    ours, theirs = (fit_recognizer(clips) for clips in (few, many))
    one, other = (
        r.scores(clip(2, "fast")) @ np.array([1, -1]) > 0 for r in (ours, theirs)
    )
    assert np.mean(one == other) > 0.95


def test_one_action_cannot_be_told_from_others():
    with pytest.raises(ValueError, match="needs two actions"):
        fit_recognizer([clip(0, "slow")])
