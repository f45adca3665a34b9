"""Laws of the dataset of a folder of motion files: what goes in comes out."""

import importlib.abc
import sys

import numpy as np
import pytest
import tensorflow_datasets as tfds

from kinematics import formats
from kinematics.formats import bvh
from kinematics.motion import positions
from lmmjax.data import prepare, serialize
from lmmjax.data.catalog import DataError
from lmmjax.data.mocap import mocap_dataset_builder as mocap
from tests.lmmjax import tiny
from tests.lmmjax.data import folder as folders
from tests.lmmjax.data.test_common_body import as_ball_joints, swinging

KEYS = [f"{s:02}/{s:02}_{n:02}.bvh" for s in (1, 2, 3, 4) for n in (1, 2)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return folders.write(tmp_path_factory.mktemp("my mocap, été"), KEYS, fps=60.0)


@pytest.fixture(scope="module")
def dataset(folder, tmp_path_factory):
    return prepare.mocap(folder, tmp_path_factory.mktemp("prepared"))


def every(dataset):
    return [motion for part in dataset.splits.values() for motion in part]


def build(folder, tmp_path, **options):
    return prepare.mocap(folder, tmp_path / "prepared", **options)


def test_every_file_becomes_one_clip_with_its_labels(dataset):
    assert sorted(m.name for m in every(dataset)) == KEYS
    assert all(m.subject == m.name[:2] and m.fps == 30.0 for m in every(dataset))
    assert not {m.subject for m in dataset["test"]} & {
        m.subject for m in [*dataset["train"], *dataset["validation"]]
    }
    assert dataset["nonsense"] == []


def test_joints_are_where_the_file_has_them_at_the_new_rate(dataset, folder):
    for motion in every(dataset):
        source = formats.read(folder / motion.name)
        np.testing.assert_allclose(positions(motion), positions(source)[::2], atol=1e-5)


def test_people_keep_their_bones_and_share_their_coordinates(dataset, folder):
    motions = every(dataset)
    for motion in motions:
        own = formats.read(folder / motion.name).skeleton.offsets
        np.testing.assert_array_equal(motion.skeleton.offsets, own)
        np.testing.assert_array_equal(
            motion.skeleton.frames, motions[0].skeleton.frames
        )
    assert len({float(m.skeleton.offsets[1, 2]) for m in motions}) == len(KEYS)


def test_examples_have_the_features_that_the_builder_declares(folder, tmp_path):
    builder = mocap.Builder(data_dir=str(tmp_path))
    builder.download_and_prepare(
        file_format="array_record",
        download_config=tfds.download.DownloadConfig(manual_dir=str(folder)),
    )
    example = builder.as_data_source("test")[0]
    assert set(example) == set(builder.info.features)
    assert example["root_rotation"].shape == (20, 4)
    assert serialize.example_to_motion(example).name in KEYS


def test_a_pose_set_by_hand_before_the_take_is_dropped(tmp_path):
    clip = tiny.motion(0, 20)
    set_by_hand = clip.replace(
        root_position=np.concatenate([clip.root_position[:1] + 2, clip.root_position]),
        root_rotation=np.concatenate([clip.root_rotation[:1], clip.root_rotation]),
        joints=np.concatenate([0 * clip.joints[:1], clip.joints]),
    )
    bvh.write(tmp_path / "take.bvh", set_by_hand)
    dataset = build(tmp_path, tmp_path)
    found = dataset["train"][0]
    np.testing.assert_allclose(positions(found), positions(clip), atol=1e-5)
    assert "1 clips began with a pose set by hand" in "\n".join(dataset.summary)


def test_broken_files_are_skipped_and_named_now_and_later(tmp_path):
    folder = folders.write(tmp_path / "m", KEYS[:4])
    whole = (folder / KEYS[0]).read_text()
    (folder / KEYS[0]).write_text(whole[: len(whole) // 3])
    (folder / "01/nan.bvh").write_text(whole.rsplit(" ", 1)[0] + " nan\n")
    (folder / "01/empty.bvh").write_text("")
    options = {"test_subjects": ["02"], "validation_share": 0.0}
    now, later = (build(folder, tmp_path, **options) for _ in range(2))
    assert sorted(m.name for m in every(now)) == KEYS[1:4]
    text = "\n".join(now.summary)
    assert "3 files skipped:" in text
    assert all(name in text for name in (KEYS[0], "01/nan.bvh", "01/empty.bvh"))
    assert now.summary == later.summary


def test_a_split_without_a_whole_file_is_an_error_with_the_first_reason(tmp_path):
    folder = folders.write(tmp_path / "m", KEYS[:4])
    for key in KEYS[2:4]:
        (folder / key).write_text("HIERARCHY")
    with pytest.raises(DataError, match=r"none of the 2 .* 'test' .*02_01\.bvh:1:"):
        build(folder, tmp_path, test_subjects=["02"])


def test_a_file_that_cannot_be_opened_is_no_trouble_of_the_disk(tmp_path, monkeypatch):
    def closed(path, **options):
        raise PermissionError(13, "Permission denied", str(path))

    folder = folders.write(tmp_path / "m", KEYS[:2])
    monkeypatch.setattr(formats, "read", closed)
    with pytest.raises(DataError, match=r"could be read.*Permission denied") as caught:
        build(folder, tmp_path)
    assert "written" not in str(caught.value)


def test_two_skeletons_in_one_folder_are_an_error_that_names_both_files(tmp_path):
    folder = folders.write(tmp_path / "m", ["a.bvh"])
    text = (folder / "a.bvh").read_text()
    (folder / "b.bvh").write_text(text.replace("Chest", "Thorax"))
    with pytest.raises(DataError, match="files of different skeletons") as caught:
        build(folder, tmp_path)
    assert "a.bvh" in str(caught.value)
    assert "b.bvh" in str(caught.value)


class NoTensorFlow(importlib.abc.MetaPathFinder):
    """Makes this an environment without it."""

    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] == "tensorflow":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_building_and_loading_need_no_tensorflow(tmp_path, monkeypatch):
    for name in [n for n in sys.modules if n.partition(".")[0] == "tensorflow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [NoTensorFlow(), *sys.meta_path])
    folder = folders.write(tmp_path / "m", ["a.bvh"])
    assert len(build(folder, tmp_path)["train"]) == 1


def test_files_of_both_forms_in_two_folders_come_to_one_body(tmp_path):
    whole = swinging(360).replace(root_position=np.float32(np.zeros((360, 3)) + 0.9))
    clip = as_ball_joints(whole)
    for key in ("one/02/02_01.bvh", "one/03/03_01.bvh", "two/02/02_01.bvh"):
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        bvh.write(tmp_path / key, clip)
    folders_ = [tmp_path / "one", tmp_path / "two"]
    dataset = build(folders_, tmp_path, body="cmu", validation_share=0.0)
    assert sorted(m.name for m in every(dataset)) == [
        "one/02/02_01.bvh",
        "one/03/03_01.bvh",
    ]
    motion = every(dataset)[0]
    # What the library's index tells of its trials.
    assert [m.action for m in every(dataset)] == ["walk", ""]
    assert motion.skeleton.num_coordinates == 46
    np.testing.assert_allclose(motion.joints, whole.joints[::4], atol=5e-3)
    text = "\n".join(dataset.summary)
    assert "1 clips are there twice; without two/02/02_01.bvh" in text
    assert "0.0 s cut out" in text


def test_a_skeleton_that_is_not_of_the_body_is_an_error_with_a_remedy(tmp_path):
    folder = folders.write(tmp_path / "m", ["a.bvh"])
    with pytest.raises(DataError, match=r"a\.bvh does not have the skeleton of CMU"):
        build(folder, tmp_path, body="cmu")
    with pytest.raises(DataError, match=r"no body 'smpl'; there is cmu, or none"):
        build(folder, tmp_path, body="smpl")
