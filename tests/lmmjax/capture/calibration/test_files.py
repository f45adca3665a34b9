"""Laws of reading: the format is found by what is in the file, or it is said why."""

import json

import numpy as np
import pytest

from lmmjax.capture.calibration import read, write
from lmmjax.capture.errors import CaptureError
from tests.lmmjax.capture.calibration import rig, test_easymocap, test_vicon


def test_what_is_written_is_found_in_its_folder(tmp_path):
    truth = rig.ring(3)
    write(tmp_path / "Calib_board.toml", truth)
    (tmp_path / "Config.toml").write_text("[project]\nsize = 3\n")
    (tmp_path / "notes.txt").write_text("none")
    (tmp_path / "calibration.json").write_text('{"version": 1.3, "people": []}')
    for path in (tmp_path, tmp_path / "Calib_board.toml", str(tmp_path)):
        np.testing.assert_allclose(read(path).centers, truth.centers, atol=1e-12)


def test_each_format_is_known_by_its_content(tmp_path):
    truth = rig.ring(1)
    camera = truth.cameras[0]
    turn, center = camera.rotation.tolist(), truth.centers[0].tolist()
    common = {"k": [0, 0, 0], "p": [0, 0]}
    lens = {"fx": 1e3, "fy": 1e3, "cx": 500, "cy": 500}
    back = {"f": [1e3, 1e3], "c": [500, 500], "R": camera.rotation.T.tolist()}
    millimetres = [1000 * x for x in center]
    contents = {
        "shelf": {"0": {"R": turn, "T": millimetres, **lens, **common}},
        "human36m": {"S1/0": {"T": center, **back, **common}},
        "panoptic": {
            "cameras": [
                {"R": turn, "t": camera.translation.tolist(), "K": np.eye(3).tolist()}
            ]
        },
    }
    for content in contents.values():
        path = tmp_path / "cameras.json"
        path.write_text(json.dumps(content))
        assert len(read(tmp_path)) == 1
        if content is not contents["panoptic"]:
            np.testing.assert_allclose(read(path).centers[0], center, atol=1e-9)
    path.unlink()
    (tmp_path / "room.xcp").write_text(f"<Cameras>{test_vicon.CAMERA}</Cameras>")
    assert read(tmp_path).names == ("2107",)
    test_easymocap.save(tmp_path, rig.ring(2, ["1", "2"]))
    for place in (tmp_path, tmp_path / "intri.yml"):
        assert read(place).names == ("1", "2")


def test_scale_is_metres_per_unit(tmp_path):
    write(tmp_path / "a.toml", rig.ring(2))
    small = read(tmp_path / "a.toml", scale=0.001)
    np.testing.assert_allclose(1000 * small.centers, rig.ring(2).centers)
    with pytest.raises(ValueError, match="scale must be metres per unit"):
        read(tmp_path / "a.toml", scale=0)


def test_errors_say_what_to_name(tmp_path):
    with pytest.raises(CaptureError, match="no calibration is in this folder"):
        read(tmp_path)
    for name in ("Calib_a.toml", "Calib_b.toml"):
        write(tmp_path / name, rig.ring(1))
    with pytest.raises(CaptureError, match=r"several .*\(Calib_a.toml, Calib_b.toml\)"):
        read(tmp_path)
    (tmp_path / "x.txt").write_text("1")
    with pytest.raises(CaptureError, match="no calibration of a known format"):
        read(tmp_path / "x.txt")
    (tmp_path / "x.xcp").write_text("")
    with pytest.raises(CaptureError, match="empty"):
        read(tmp_path / "x.xcp")
    with pytest.raises(ValueError, match="format must be one of pose2sim, "):
        read(tmp_path / "x.txt", "other")
    with pytest.raises(ValueError, match="calibrations of Qualisys"):
        read(tmp_path / "Calib_a.toml", pose2sim_compatible=True)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none.xcp")
