"""Laws of the catalog: what names mean, and which clip is in which split."""

import itertools
import os
import pathlib

import pytest

from lmmjax.data import catalog
from lmmjax.data.catalog import Clip, DataError


def clips(*keys):
    return [Clip(pathlib.Path(key), key, *catalog.labels(key)) for key in keys]


CMU = clips(*(f"{s:02}/{s:02}_{n:02}.bvh" for s in range(1, 13) for n in range(1, 5)))
LOOSE = clips(*(f"take{chr(97 + n)}.bvh" for n in range(20)))


def keys(parts):
    return {name: [clip.key for clip in part] for name, part in parts.items()}


@pytest.mark.parametrize(
    ("key", "subject", "action"),
    [
        ("08/08_01.bvh", "08", ""),
        ("cmu/subjects/08/08_01.amc", "08", "subjects"),
        ("walk1_subject5.bvh", "5", "walk"),
        ("sprint1_subject12.bvh", "12", "sprint"),
        ("S3/run.bvh", "3", "run"),
        ("person_07/Jump 2.bvh", "7", "jump"),
        ("jump/clip7.bvh", "", "jump"),
        ("jump/s01_clip7.bvh", "1", "jump"),
        ("dance.bvh", "", "dance"),
        ("2024.bvh", "", ""),
    ],
)
def test_names_of_known_collections_tell_subject_and_action(key, subject, action):
    assert catalog.labels(key) == (subject, action)


def test_scan_finds_motion_in_any_depth_and_case_in_one_order(tmp_path):
    for key in ("b/x.BVH", "a/deep/y.bvh", "z.amc", "z.asf", "notes.txt", "b.bvh/t"):
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).touch()
    found = [clip.key for clip in catalog.scan(tmp_path)]
    assert found == ["a/deep/y.bvh", "b/x.BVH", "z.amc"]


def test_a_folder_that_is_missing_or_empty_is_named_with_a_remedy(tmp_path):
    with pytest.raises(DataError, match=r"gone: no such folder; give --data_dir"):
        catalog.scan(tmp_path / "gone")
    with pytest.raises(DataError, match=r"no motion files here.*\.amc, \.bvh"):
        catalog.scan(tmp_path)


@pytest.mark.parametrize("all_clips", [CMU, LOOSE], ids=["subjects", "no subjects"])
def test_every_clip_is_in_exactly_one_split(all_clips):
    parts = catalog.split(all_clips)
    assert set(parts) == set(catalog.SPLITS)
    together = sorted(itertools.chain(*keys(parts).values()))
    assert together == sorted(clip.key for clip in all_clips)


@pytest.mark.parametrize("named", [(), ("03", "11")])
def test_nobody_who_is_tested_was_trained_on(named):
    parts = catalog.split(CMU, named)
    tested = {clip.subject for clip in parts["test"]}
    assert tested == set(named) if named else len(tested) == 1
    for name in ("train", "validation"):
        assert not tested & {clip.subject for clip in parts[name]}


@pytest.mark.parametrize("all_clips", [CMU, LOOSE], ids=["subjects", "no subjects"])
def test_splits_depend_on_the_names_and_not_on_their_order(all_clips):
    parts = catalog.split(all_clips)
    backwards = catalog.split(all_clips[::-1])
    assert {name: set(part) for name, part in keys(parts).items()} == {
        name: set(part) for name, part in keys(backwards).items()
    }


def test_a_new_clip_moves_few_others_between_splits():
    before = set(keys(catalog.split(LOOSE))["test"])
    after = keys(catalog.split([*LOOSE, *clips("another.bvh")]))["test"]
    assert len(before - set(after)) <= 1


def test_every_subject_has_its_share_of_the_validation():
    parts = catalog.split(CMU, ("01",), validation_share=0.25)
    assert {c.subject for c in parts["validation"]} == {f"{s:02}" for s in range(2, 13)}
    few = catalog.split(CMU, ("01",), validation_share=0.1)["validation"]
    assert len({c.subject for c in few}) == len(few) == 4


def test_shares_are_those_asked_for():
    parts = catalog.split(CMU, ("01",), validation_share=0.25)
    assert [len(parts[name]) for name in catalog.SPLITS] == [33, 11, 4]
    assert "validation" not in catalog.split(CMU, validation_share=0.0)


def test_validation_may_be_of_people_who_are_not_trained_on():
    parts = catalog.split(CMU, ("01",), validation_subjects=("03", "07"))
    assert {c.subject for c in parts["validation"]} == {"03", "07"}
    assert len(parts["validation"]) == 8
    assert not {c.subject for c in parts["train"]} & {"01", "03", "07"}
    # Nor is one of them drawn for the test.
    drawn = {c.subject for c in catalog.split(CMU)["test"]}
    parts = catalog.split(CMU, validation_subjects=tuple(drawn))
    assert parts["test"]
    assert not {c.subject for c in parts["test"]} & drawn
    with pytest.raises(DataError, match="subject 03 is for the test and"):
        catalog.split(CMU, ("03",), validation_subjects=("03",))
    with pytest.raises(DataError, match="no clips of validation subject 77"):
        catalog.split(CMU, validation_subjects=("77",))


def test_few_files_are_all_trained_on():
    assert keys(catalog.split(clips("one.bvh"))) == {"train": ["one.bvh"]}
    assert set(catalog.split(clips("one.bvh", "two.bvh"))) == {"train", "validation"}


def test_an_unknown_test_subject_is_an_error_that_lists_the_known_ones():
    with pytest.raises(DataError, match=r"no clips of test subject 8; subjects.* 08,"):
        catalog.split(CMU, ("8",))
    with pytest.raises(DataError, match="subjects here are not known"):
        catalog.split(LOOSE, ("8",))


@pytest.mark.parametrize(
    ("named", "share"), [(tuple(f"{s:02}" for s in range(1, 13)), 0.1), ((), 2.0)]
)
def test_nothing_left_to_train_on_is_an_error(named, share):
    with pytest.raises(DataError, match="nothing is left to train on: of 48 clips"):
        catalog.split(CMU, named, share)


def test_the_fingerprint_changes_with_any_file_or_option(tmp_path):
    for name in ("a.bvh", "b.bvh"):
        (tmp_path / name).write_text("1234")
    found = [catalog.fingerprint(catalog.scan(tmp_path), 30.0)]
    assert catalog.fingerprint(catalog.scan(tmp_path), 30.0) == found[0]
    found.append(catalog.fingerprint(catalog.scan(tmp_path), 25.0))
    (tmp_path / "a.bvh").write_text("12345")
    found.append(catalog.fingerprint(catalog.scan(tmp_path), 30.0))
    os.utime(tmp_path / "b.bvh", ns=(1, 1))
    found.append(catalog.fingerprint(catalog.scan(tmp_path), 30.0))
    (tmp_path / "b.bvh").rename(tmp_path / "c.bvh")
    found.append(catalog.fingerprint(catalog.scan(tmp_path), 30.0))
    (tmp_path / "c.bvh").unlink()
    found.append(catalog.fingerprint(catalog.scan(tmp_path), 30.0))
    assert len(set(found)) == len(found)


def test_several_folders_are_scanned_as_one_with_their_names_in_front(tmp_path):
    for key in ("bvh/02/02_01.bvh", "amc/02/02_01.amc", "other/bvh/02/02_01.bvh"):
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).touch()
    found = catalog.scan(tmp_path / "bvh", tmp_path / "amc")
    assert [clip.key for clip in found] == ["bvh/02/02_01.bvh", "amc/02/02_01.amc"]
    assert [clip.subject for clip in found] == ["02", "02"]
    assert [clip.action for clip in found] == ["", ""]
    with pytest.raises(DataError, match=r"another folder called 'bvh'; rename one"):
        catalog.scan(tmp_path / "bvh", tmp_path / "other" / "bvh")


def test_of_a_clip_that_is_there_twice_the_amc_stays_and_others_go():
    every = clips("02/02_01.bvh", "02/02_02.bvh", "b/02/02_01.AMC", "c/02/02_02.bvh")
    kept, left = catalog.without_twins(every)
    assert [c.key for c in kept] == ["02/02_02.bvh", "b/02/02_01.AMC"]
    assert [c.key for c in left] == ["02/02_01.bvh", "c/02/02_02.bvh"]
    for apart in (clips("s1/run.bvh", "s2/run.bvh"), clips("a/run.bvh", "b/run.bvh")):
        assert catalog.without_twins(apart) == (apart, [])
