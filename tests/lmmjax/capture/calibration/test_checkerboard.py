"""Laws of calibrating from a board: rendered cameras come back, bad pictures do not."""

import functools

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lmmjax.capture.calibration import checkerboard
from lmmjax.capture.errors import CaptureError
from tests.lmmjax.capture.calibration import rig

SIZE = (480, 360)
MATRIX = np.array([[420.0, 0, 250], [0, 425, 175], [0, 0, 1]])
LENS = np.array([-0.25, 0.08, 0.001, -0.002])
FISHEYE = np.array([0.05, -0.02, 0.0, 0.0])
ROWS, COLUMNS, SQUARE = 4, 7, 0.1


@functools.cache
def rays_of_pixels(fisheye):
    """[4 H W, 3] rays through the quarters of each pixel."""
    u, v = np.meshgrid(*(np.arange(2 * n) / 2 - 0.25 for n in SIZE))
    pixels = np.stack([u, v], -1).reshape(-1, 1, 2)
    if fisheye:
        plane = cv2.fisheye.undistortPoints(pixels, MATRIX, FISHEYE)
    else:
        plane = cv2.undistortPoints(pixels, MATRIX, LENS)
    return np.append(plane.reshape(-1, 2), np.ones((len(pixels), 1)), 1)


def picture(turn, shift, fisheye=False):
    """A board as a camera sees it, from where rays meet the plane z = 0."""
    rays = rays_of_pixels(fisheye) @ turn
    center = -turn.T @ shift
    hit = center - rays * (center[2] / rays[:, 2])[:, None]
    # The first inner corner is the origin; y runs against the rows.
    column, row = np.floor(hit[:, 0] / SQUARE), np.floor(-hit[:, 1] / SQUARE)
    inside = (column >= -1) & (column < COLUMNS) & (row >= -1) & (row < ROWS)
    white = ~inside | ((column + row) % 2 != 0)
    fine = np.where(white, 230.0, 20.0).reshape(2 * SIZE[1], 2 * SIZE[0])
    gray = fine.reshape(SIZE[1], 2, SIZE[0], 2).mean((1, 3))
    return cv2.GaussianBlur(gray, (0, 0), 0.7).astype(np.uint8)


def poses(count=5):
    """Boards before the camera, tilted this way and that."""
    rng = np.random.default_rng(0)
    front = np.diag([1.0, -1, -1])
    for _ in range(count):
        tilt = Rotation.from_rotvec(rng.uniform(-0.5, 0.5, 3)).as_matrix()
        turn = tilt @ front
        middle = SQUARE * np.array([(COLUMNS - 1) / 2, -(ROWS - 1) / 2, 0])
        place = [rng.uniform(-0.15, 0.15), rng.uniform(-0.1, 0.1), 1.0]
        yield turn, place - turn @ middle


@pytest.fixture(scope="module")
def pictures():
    return [picture(*pose) for pose in poses()]


def test_the_lens_of_rendered_pictures_comes_back(pictures):
    blank = np.full(SIZE[::-1], 128, np.uint8)
    found = checkerboard.intrinsics(
        [*pictures, blank, blank[:9]], (ROWS, COLUMNS), SQUARE
    )
    assert (len(found.used), found.size, found.rms_px < 0.15) == (5, SIZE, True)
    assert found.refused == {
        "5": "no board found",
        "6": "it is 480 x 9 and not 480 x 360",
    }
    np.testing.assert_allclose(found.matrix, MATRIX, atol=2.5)
    np.testing.assert_allclose(found.distortion[0], LENS[0], atol=0.03)


def test_the_lens_of_a_fisheye_comes_back():
    seen = [picture(*pose, fisheye=True) for pose in poses(3)]
    found = checkerboard.intrinsics(seen, (ROWS, COLUMNS), SQUARE, fisheye=True)
    assert found.fisheye
    np.testing.assert_allclose(found.matrix, MATRIX, atol=3)
    angle = np.linspace(0, 0.6, 20)
    powers = angle[:, None] ** [3, 5, 7, 9]
    own = found.matrix[0, 0] * (angle + powers @ found.distortion)
    np.testing.assert_allclose(own, MATRIX[0, 0] * (angle + powers @ FISHEYE), atol=2.5)


def test_cameras_around_a_board_on_the_floor_come_back():
    lens = checkerboard.Intrinsics(MATRIX, LENS, SIZE, False, 0.1, (), {})
    middle = SQUARE * np.array([(COLUMNS - 1) / 2, -(ROWS - 1) / 2, 0])
    places = [[0.8, -0.6, 1.0], [-0.9, 0.3, 1.1], [0.1, 0.9, 1.2]]
    centers = np.array(places) + middle
    seen = {}
    for name, center in zip("abc", centers, strict=True):
        turn = rig.looking_at(center, middle)
        seen[name] = picture(turn, -turn @ center)
    found = checkerboard.extrinsics(
        seen, dict.fromkeys("abc", lens), (ROWS, COLUMNS), SQUARE
    )
    assert (found.names, found.sizes) == (("a", "b", "c"), (SIZE,) * 3)
    np.testing.assert_allclose(found.centers, centers, atol=0.005)
    with pytest.raises(CaptureError, match="camera 'b': its lens is not calibrated"):
        checkerboard.extrinsics(seen, {"a": lens}, (ROWS, COLUMNS), SQUARE)
    seen["a"] = np.full(SIZE[::-1], 128, np.uint8)
    with pytest.raises(CaptureError, match="camera 'a': no board of 4 x 7"):
        checkerboard.extrinsics(seen, {"a": lens}, (ROWS, COLUMNS), SQUARE)
    with pytest.raises(CaptureError, match="looks the same when turned by 180"):
        checkerboard.extrinsics(seen, {"a": lens}, (4, 8), SQUARE)


def test_too_few_boards_are_told(pictures, tmp_path):
    with pytest.raises(CaptureError, match=r"found in 2 of 3 pictures and needs 3"):
        checkerboard.intrinsics(
            [*pictures[:2], np.zeros(SIZE[::-1], np.uint8)], (ROWS, COLUMNS), SQUARE
        )
    with pytest.raises(CaptureError, match="found in 0 of 0 pictures"):
        checkerboard.intrinsics([], (ROWS, COLUMNS), SQUARE)
    with pytest.raises(FileNotFoundError, match=r"none.png: no such picture"):
        checkerboard.intrinsics([tmp_path / "none.png"], (ROWS, COLUMNS), SQUARE)
    (tmp_path / "a.png").write_bytes(b"text")
    with pytest.raises(CaptureError, match=r"a.png: this is no picture"):
        checkerboard.intrinsics([tmp_path / "a.png"], (ROWS, COLUMNS), SQUARE)


def test_pictures_of_the_demo_give_the_lens_of_its_calibration(shared_data):
    folder = shared_data / "capture" / "pose2sim_demo" / "calibration" / "intrinsics"
    files = sorted((folder / "int_cam01_img").glob("*.jpg"))[2:5]
    found = checkerboard.intrinsics(files, (4, 7), 0.08)
    assert found.size == (1088, 1920)
    assert found.rms_px < 0.3
    # Calibrated by Qualisys: 1681.2 px; k1 is near -0.05 and not -0.0007.
    np.testing.assert_allclose(found.matrix[0, 0], 1681.2, rtol=0.01)
    assert -0.1 < found.distortion[0] < -0.02
