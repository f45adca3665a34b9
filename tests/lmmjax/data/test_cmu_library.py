"""Laws of the index of CMU's library."""

import pytest

from lmmjax.data.mocap import cmu_library


@pytest.mark.parametrize(
    ("stem", "action"),
    [
        ("01_01", "jump"),
        ("01_14", "climb"),
        ("02_03", "run"),
        ("02_09", "sword"),
        ("05_01", "walk"),
        ("05_20", "dance"),
        ("06_12", "dribble"),
        ("06_15", "shoot"),
        ("09_11", "run"),
        ("09_12", "walk"),
        ("09_13", ""),
        ("02_00", ""),
        ("02_²", ""),
        ("03_01", ""),
        ("walk", ""),
    ],
)
def test_a_trial_is_told_by_its_name(stem, action):
    assert cmu_library.action(stem) == action
