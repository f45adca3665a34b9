"""Laws of names: numbers are numbers, spelling does not matter."""

import pytest

from lmmjax.capture.names import natural_order, plain_name


def test_numbers_sort_as_numbers():
    given = ["cam_10", "cam_2", "b", "cam_02", "10", "9"]
    assert natural_order(given) == ["9", "10", "b", "cam_02", "cam_2", "cam_10"]


@pytest.mark.parametrize("other", ["Cam 1", "cam_01", "CAM-001", "cam1"])
def test_spellings_of_a_name_are_one(other):
    assert plain_name(other) == plain_name("cam01")


def test_other_numbers_are_other_cameras():
    assert len({plain_name(n) for n in ("cam1", "cam2", "cam11", "cam")}) == 4
