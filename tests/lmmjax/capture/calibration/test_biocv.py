"""Laws of BioCV's text files."""

import numpy as np
import pytest

from kinematics.formats.errors import FormatError
from lmmjax.capture.calibration import biocv
from tests.lmmjax.capture.calibration import rig


def text(camera):
    pose = np.concatenate([camera.rotation, 1000 * camera.translation[:, None]], 1)
    blocks = [camera.matrix, np.concatenate([pose, [[0, 0, 0, 1]]])]
    rows = ["\n".join(" ".join(map(repr, r)) for r in b.tolist()) for b in blocks]
    lens = " ".join(map(repr, [*camera.distortion[:4].tolist(), 0.5]))
    return f"1920\n1080\n{rows[0]}\n\n{rows[1]}\n\n{lens}\n"


def test_a_folder_of_files_is_a_calibration(tmp_path):
    truth = rig.ring(3, ["00", "2", "10"])
    for name, camera in zip(truth.names, truth.cameras, strict=True):
        (tmp_path / f"{name}.mp4.calib").write_text(text(camera))
    found = biocv.read(tmp_path)
    assert (found.names, found.sizes) == (truth.names, truth.sizes)
    for a, b in zip(found.cameras, truth.cameras, strict=True):
        points = rig.points_before(b)
        np.testing.assert_allclose(rig.seen(a, points), rig.seen(b, points), atol=1e-9)
    assert biocv.read(tmp_path / "2.mp4.calib").names == ("2",)


def test_errors_name_the_line(tmp_path):
    whole = text(rig.ring(1).cameras[0])
    path = tmp_path / "a.calib"
    path.write_text(whole.replace("1080", "tall"))
    with pytest.raises(FormatError, match=r"a.calib:2: 'tall' is not 1 numbers"):
        biocv.read(path)
    path.write_text("\n".join(whole.split("\n")[:-3]))
    with pytest.raises(FormatError, match="ends before the distortion"):
        biocv.read(path)
