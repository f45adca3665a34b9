"""Laws of building: once, whole or not at all, quiet, and safe beside others."""

import re
import resource
import shutil

import numpy as np
import pytest

from kinematics.formats import bvh
from lmmjax.data import prepare, serialize
from lmmjax.data.catalog import DataError
from tests.lmmjax import tiny
from tests.lmmjax.data import folder as folders

KEYS = [f"{s:02}/{s:02}_{n:02}.bvh" for s in (1, 2, 3) for n in (1, 2, 3)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return folders.write(tmp_path_factory.mktemp("mocap"), KEYS)


@pytest.fixture(scope="module")
def prepared(folder, tmp_path_factory):
    place = tmp_path_factory.mktemp("prepared")
    prepare.mocap(folder, place)
    return place


def datasets(place):
    return sorted(p.parent.relative_to(place) for p in place.rglob("dataset_info.json"))


def names(motions):
    return [motion.name for motion in motions]


def test_a_second_run_only_loads(folder, prepared, monkeypatch):
    monkeypatch.delattr(serialize, "motion_to_example")
    dataset = prepare.mocap(folder, prepared)
    assert sum(map(len, dataset.splits.values())) == len(KEYS)


def test_a_changed_file_or_option_makes_another_dataset(tmp_path):
    folder = folders.write(tmp_path / "m", ["a.bvh"])
    assert len(prepare.mocap(folder, tmp_path / "p")["train"][0]) == 40
    bvh.write(folder / "a.bvh", tiny.motion(0, 20))
    assert len(prepare.mocap(folder, tmp_path / "p")["train"][0]) == 20
    assert len(prepare.mocap(folder, tmp_path / "p", rate_hz=15.0)["train"][0]) == 10
    assert len(datasets(tmp_path / "p")) == 3


@pytest.mark.parametrize("kind", [KeyboardInterrupt, ValueError])
def test_a_build_that_stops_midway_is_not_taken_for_a_whole_one(
    folder, tmp_path, monkeypatch, kind
):
    convert, count = serialize.motion_to_example, iter(range(100))

    def stop(motion):
        if next(count) == 6:
            raise kind("midway")
        return convert(motion)

    monkeypatch.setattr(serialize, "motion_to_example", stop)
    with pytest.raises(kind, match="midway"):
        prepare.mocap(folder, tmp_path)
    assert datasets(tmp_path) == []
    monkeypatch.undo()
    dataset = prepare.mocap(folder, tmp_path)
    assert sum(map(len, dataset.splits.values())) == len(KEYS)


def test_what_a_killed_build_left_lying_is_not_read(folder, prepared, tmp_path):
    (whole,) = datasets(prepared)
    left = tmp_path / whole.parent / f"incomplete.AB12CD_{whole.name}"
    shutil.copytree(prepared / whole, left)
    for shard in left.glob("*train*"):
        shard.write_bytes(shard.read_bytes()[:100])
    dataset = prepare.mocap(folder, tmp_path)
    assert sum(map(len, dataset.splits.values())) == len(KEYS)


def test_of_two_processes_that_build_at_once_both_get_the_dataset(
    folder, prepared, tmp_path, monkeypatch
):
    (whole,) = datasets(prepared)
    convert = serialize.motion_to_example

    def other_process_ends_first(motion):
        shutil.copytree(prepared / whole, tmp_path / whole, dirs_exist_ok=True)
        return convert(motion)

    monkeypatch.setattr(serialize, "motion_to_example", other_process_ends_first)
    dataset = prepare.mocap(folder, tmp_path)
    assert dataset.summary == prepare.mocap(folder, prepared).summary
    assert datasets(tmp_path) == [whole]


# The first limit stops the description of the dataset, the second one its shards.
# Output is captured in memory: as a file it would be limited too.
@pytest.mark.parametrize("most_bytes", [10, 4000])
@pytest.mark.usefixtures("capsys", "prepared")
def test_a_disk_that_takes_no_more_is_one_sentence(folder, tmp_path, most_bytes):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        with pytest.raises(DataError) as caught:
            prepare.mocap(folder, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    message = r"\S+: the dataset could not be written \(File too large\); free some "
    assert re.match(message, str(caught.value))
    assert "\n" not in str(caught.value)
    assert datasets(tmp_path) == []


def test_a_place_that_is_no_folder_is_one_sentence(folder, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"could not be written \(Not a directory\)"):
        prepare.mocap(folder, tmp_path / "file")


def test_processes_divide_the_training_clips_and_share_the_rest(folder, prepared):
    whole, *parts = (
        prepare.mocap(folder, prepared, shard=shard)
        for shard in ((0, 1), (0, 2), (1, 2))
    )
    together = names(parts[0]["train"]) + names(parts[1]["train"])
    assert sorted(together) == sorted(names(whole["train"]))
    assert min(len(part["train"]) for part in parts) >= len(whole["train"]) // 2
    for split in ("validation", "test"):
        assert {tuple(names(d[split])) for d in (whole, *parts)} == {
            tuple(names(whole[split]))
        }


def test_the_console_shows_one_bar_while_building_and_nothing_after(
    folder, tmp_path, capfd, caplog
):
    prepare.mocap(folder, tmp_path)
    out, err = capfd.readouterr()
    shown = [line for line in re.split(r"[\r\n]+", err) if line.strip()]
    assert out == ""
    assert all(line.startswith("reading motion: ") for line in shown)
    assert "100%" in shown[-1]
    assert f"{len(KEYS)}/{len(KEYS)}" in shown[-1]
    prepare.mocap(folder, tmp_path)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_a_dataset_says_what_it_holds(folder, prepared):
    dataset = prepare.mocap(folder, prepared)
    (line,) = dataset.summary
    poses = sum(len(m) for m in dataset["train"])
    assert line.startswith(f"{dataset.name}: train {len(dataset['train'])} clips ")
    assert f"({poses} poses)" in line
    assert np.isclose(dataset["train"][0].fps, 30)
