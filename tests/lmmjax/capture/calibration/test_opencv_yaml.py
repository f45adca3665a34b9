"""Laws of OpenCV's YAML: what OpenCV writes is read, names stay names."""

import cv2
import numpy as np
import pytest

from kinematics.formats.errors import FormatError
from lmmjax.capture.calibration import opencv_yaml


def test_what_opencv_writes_is_read(tmp_path):
    rng = np.random.default_rng(0)
    matrices = {f"K_{n:02d}": rng.normal(size=(3, n + 1)) for n in range(4)}
    file = cv2.FileStorage(str(tmp_path / "a.yml"), cv2.FILE_STORAGE_WRITE)
    for key, value in matrices.items():
        file.write(key, value)
    file.write("count", 7)
    file.write("share", 0.25)
    file.write("title", "two words")
    file.release()
    found = opencv_yaml.read(tmp_path / "a.yml")
    for key, value in matrices.items():
        np.testing.assert_array_equal(found[key], value)
    assert (found["count"], found["share"], found["title"]) == (7, 0.25, "two words")


NAMES = {
    "lines": "names:\n   - \"01\"\n   - 02\n   - 'c d'\n",
    "line": "names: [ \"01\", 02,\n   'c d' ]\n",
}


@pytest.mark.parametrize("layout", NAMES)
def test_names_stay_words(tmp_path, layout):
    text = "%YAML:1.0\n---\n" + NAMES[layout] + "# by hand\nlast: 3.\n"
    (tmp_path / "a.yml").write_text(text)
    found = opencv_yaml.read(tmp_path / "a.yml")
    assert found == {"names": ["01", "02", "c d"], "last": 3.0}


@pytest.mark.parametrize("data", ["1., 2.", "1., 2., x", "1., 2., .nan"])
def test_damaged_matrices_are_named(tmp_path, data):
    text = (
        f"a: 1\nK: !!opencv-matrix\n   rows: 1\n   cols: 3\n   dt: d\n   data: [{data}]"
    )
    (tmp_path / "a.yml").write_text(text)
    with pytest.raises(FormatError, match=r"a.yml:2: 'K' is no matrix"):
        opencv_yaml.read(tmp_path / "a.yml")
