import dataclasses

import pytest

from lmmjax.data import cmu_benchmark
from lmmjax.data.catalog import DataError
from lmmjax.data.cmu_benchmark import BenchmarkSplit, hold_out
from tests.lmmjax import cmu_files


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = cmu_files.folder(tmp_path_factory.mktemp("cmu"), count=75)
    return {part: cmu_benchmark.read_part(folder, part) for part in ("train", "test")}


def _names(clips):
    return [clip.name for clip in clips]


def test_the_last_clip_of_every_action_is_held_out(clips):
    split = hold_out(clips["train"])
    assert _names(split.validation) == ["running_2", "walking_2"]
    assert _names(split.train) == ["running_1", "walking_1"]


def test_an_action_with_one_clip_keeps_it(clips):
    split = hold_out(clips["train"][:3])
    assert _names(split.validation) == ["running_2"]


def test_named_clips_are_held_out(clips):
    split = hold_out(clips["train"], {"walking": (1, 2)})
    assert _names(split.validation) == ["walking_1", "walking_2"]
    assert not hold_out(clips["train"], {}).validation


def test_what_cannot_be_held_out_is_said(clips):
    with pytest.raises(DataError, match="no clip soccer_1 to hold out"):
        hold_out(clips["train"], {"soccer": (1,)})
    with pytest.raises(DataError, match="leave some to train on"):
        hold_out(clips["train"], {"walking": (1, 2), "running": (1, 2)})


@pytest.mark.parametrize("where", ["train", "validation"])
def test_no_test_clip_is_trained_on_or_chosen_by(clips, where):
    parts = {"train": clips["train"], "validation": ()}
    parts[where] = (*parts[where], clips["test"][0])
    with pytest.raises(DataError, match="lies in a folder of the test"):
        BenchmarkSplit(**parts)


def test_a_copied_test_clip_is_found_by_its_movement(clips):
    test = clips["test"][0]
    copied = dataclasses.replace(test, path=clips["train"][0].path, number=9)
    with pytest.raises(DataError, match="the same clip as"):
        hold_out((*clips["train"], copied), test=clips["test"])


def test_a_clip_has_one_place(clips):
    with pytest.raises(DataError, match="the same clip as"):
        BenchmarkSplit(clips["train"], clips["train"][:1])
    renamed = dataclasses.replace(clips["train"][0], number=9)
    with pytest.raises(DataError, match="the same clip as"):
        BenchmarkSplit(clips["train"], (renamed,))


def test_train_and_test_share_names_but_no_movement(clips):
    split = hold_out(clips["train"], test=clips["test"])
    assert {"walking_1"} <= set(_names(split.train)) & set(_names(split.test))


def test_motions_are_of_both_phases_for_training_alone(clips):
    motions = hold_out(clips["train"]).motions()
    assert set(motions) == {"train", "validation"}
    assert [m.name for m in motions["train"]] == ["running_1"] * 2 + ["walking_1"] * 2
    assert [len(m) for m in motions["train"]] == [37, 37] * 2
    assert [m.name for m in motions["validation"]] == ["running_2", "walking_2"]
