import numpy as np
import pytest

from kinematics import rotations
from kinematics.motion import positions
from lmmjax import library
from lmmjax.library.pictures import seen
from lmmjax.library.prompts import Prompt
from tests.lmmjax import tiny

PNG = b"\x89PNG"


def test_a_page_has_a_strip_for_each(tmp_path):
    motion = tiny.motion(0, 20)
    sizes = []
    for count in (2, 4):
        some = {f"m{n}": Prompt(motion, "moves", "here") for n in range(count)}
        path = tmp_path / f"{count}.png"
        library.page(some, path, poses=3)
        data = path.read_bytes()
        assert data.startswith(PNG)
        sizes.append([int.from_bytes(data[k : k + 4], "big") for k in (16, 20)])
    assert sizes[0][0] == sizes[1][0]
    assert sizes[1][1] == pytest.approx(2 * sizes[0][1], rel=0.05)


def test_motions_can_be_drawn_too(tmp_path):
    library.page({"one": tiny.motion(0, 5)}, tmp_path / "one.png", poses=2)
    assert (tmp_path / "one.png").read_bytes().startswith(PNG)


def test_the_way_one_faces_is_to_the_right_and_up_is_up():
    motion = tiny.motion(0, 4)
    root = np.asarray(motion.root_position)[-1]
    facing = float(rotations.heading(motion.root_rotation[-1]))
    ahead = root + 0.5 * np.array([np.cos(facing), np.sin(facing), 0])
    aside = root + 0.5 * np.array([-np.sin(facing), np.cos(facing), 0])
    above = root + np.array([0, 0, 0.5])
    flat = seen(np.stack([root, ahead, aside, above])[None], motion)[0]
    assert flat[1, 0] > 0.35
    assert abs(flat[2, 0]) < abs(flat[1, 0])
    np.testing.assert_allclose(flat[3] - flat[0], [0, 0.5], atol=1e-6)


def test_wherever_a_body_stands_it_is_drawn_over_its_place():
    motion = tiny.motion(0, 4)
    moved = motion.replace(root_position=motion.root_position + np.float32([3, 2, 0]))
    np.testing.assert_allclose(
        seen(positions(moved), moved), seen(positions(motion), motion), atol=1e-5
    )


def test_an_empty_page_is_refused(tmp_path):
    with pytest.raises(ValueError, match="a prompt and a pose"):
        library.page({}, tmp_path / "none.png")
