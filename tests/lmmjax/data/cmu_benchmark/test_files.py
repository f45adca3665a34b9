import re
import shutil

import numpy as np
import pytest

from kinematics.formats import FormatError
from lmmjax.data import cmu_benchmark
from lmmjax.data.catalog import DataError
from tests.lmmjax import cmu_files


def test_a_folder_is_read_by_action_and_number(tmp_path):
    names = ["walking_10", "walking_2", "basketball_signal_1", "basketball_3"]
    clips = cmu_benchmark.read_part(cmu_files.folder(tmp_path, names), "train")
    assert [c.name for c in clips] == [
        *("basketball_3", "basketball_signal_1", "walking_2", "walking_10")
    ]
    assert clips[1].action == "basketball_signal"
    np.testing.assert_allclose(clips[3].rows, cmu_files.rows(0), rtol=1e-8)
    assert not any(c.is_test for c in clips)


@pytest.mark.parametrize(
    "place", ["soccer_1.txt", "soccer/soccer_1.txt", "soccer/1.txt"]
)
def test_with_and_without_a_folder_for_the_action(tmp_path, place):
    cmu_files.write(tmp_path / "test" / place, cmu_files.rows())
    # What is no data of a folder that was unpacked or copied.
    cmu_files.write(tmp_path / "test" / "soccer" / "._soccer_1.txt", np.zeros((1, 2)))
    (clip,) = cmu_benchmark.read_part(tmp_path, "test")
    assert (clip.name, clip.is_test) == ("soccer_1", True)
    assert cmu_benchmark.read_clip(clip.path).name == "soccer_1"


def test_a_folder_called_test_further_up_is_no_test(tmp_path):
    cmu_files.folder(tmp_path / "test", test=())
    clips = cmu_benchmark.read_part(tmp_path / "test", "train")
    assert not any(c.is_test for c in clips)


def _spoilt(change):
    lines = [",".join(map(str, row)) for row in cmu_files.rows(count=80).tolist()]
    lines[4] = change(lines[4])
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        (_spoilt(lambda line: line + ",0"), r":5: 118 columns .* 117"),
        (_spoilt(lambda line: line.replace(",", " ")), r":5: 1 columns"),
        (_spoilt(lambda line: "nan" + line[line.index(",") :]), r":5: 'nan' is not"),
        (_spoilt(lambda line: "left" + line[line.index(",") :]), r":5: 'left' is not"),
        (_spoilt(str).rsplit("\n", 12)[0], r"68 rows are too short .* 69"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, text, says):
    path = tmp_path / "walking_1.txt"
    path.write_text(text)
    with pytest.raises(FormatError, match=re.escape(str(path)) + ".*" + says):
        cmu_benchmark.read_clip(path)


def test_69_rows_are_one_window(tmp_path):
    path = cmu_files.write(tmp_path / "walking_1.txt", cmu_files.rows(count=69))
    assert len(cmu_benchmark.read_clip(path).frames) == 35


@pytest.mark.parametrize("name", ["dancing_1.txt", "walking.txt", "notes.txt"])
def test_what_is_not_of_the_benchmark_is_refused(tmp_path, name):
    path = cmu_files.write(tmp_path / "train" / name, cmu_files.rows())
    with pytest.raises(DataError, match=f"{re.escape(str(path))}.*rename"):
        cmu_benchmark.read_part(tmp_path, "train")


def test_a_folder_without_clips_is_refused(tmp_path):
    with pytest.raises(DataError, match="train: no such folder"):
        cmu_benchmark.read_part(tmp_path, "train")
    (tmp_path / "train").mkdir()
    with pytest.raises(DataError, match=r"no \.txt files"):
        cmu_benchmark.read_part(tmp_path, "train")


def test_the_same_clip_twice_is_refused(tmp_path):
    folder = cmu_files.folder(tmp_path, ["walking_1"])
    shutil.copy(folder / "train/walking/walking_1.txt", folder / "train")
    with pytest.raises(DataError, match="same action and number"):
        cmu_benchmark.read_part(folder, "train")


def test_the_fingerprint_is_of_content_and_not_of_place(tmp_path):
    here = cmu_files.folder(tmp_path / "a", ["walking_1"])
    there = cmu_files.folder(tmp_path / "b", ["walking_1"])
    first, second = (cmu_benchmark.read_part(f, "train") for f in (here, there))
    assert cmu_benchmark.fingerprint(first) == cmu_benchmark.fingerprint(second)
    cmu_files.write(here / "train/walking/walking_1.txt", cmu_files.rows(9))
    changed = cmu_benchmark.read_part(here, "train")
    assert cmu_benchmark.fingerprint(first) != cmu_benchmark.fingerprint(changed)


def test_the_training_files_have_15818_windows(shared_data):
    clips = cmu_benchmark.read_part(shared_data / "cmu_benchmark", "train")
    assert sum(len(clip.frames) - 34 for clip in clips) == 15818
