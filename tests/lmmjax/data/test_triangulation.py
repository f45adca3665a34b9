"""Laws of the dataset of footage: what mocap has and more, the same by either way."""

import json

import numpy as np
import pytest

from kinematics.motion import positions
from lmmjax.capture import CaptureError, reconstruct
from lmmjax.data import prepare
from lmmjax.data.catalog import DataError
from lmmjax.data.filmed import film_library
from lmmjax.data.triangulation import recorded
from lmmjax.data.triangulation import triangulation_dataset_builder as builders
from tests.lmmjax.capture import stage


@pytest.fixture(scope="module")
def sessions(tmp_path_factory):
    """Three sessions of one walker each."""
    folder = tmp_path_factory.mktemp("sessions")
    for n in range(3):
        stage.write(folder / f"s{n}", 2.1, people=1, seed=n, name=f"s{n}")
    return folder


@pytest.fixture(scope="module")
def built(sessions, tmp_path_factory):
    place = tmp_path_factory.mktemp("prepared")
    return place, prepare.triangulation(sessions, place, test=["s2"])


def test_sessions_are_held_out_whole(built):
    _, dataset = built
    found = {
        k: sorted({m.name.split("/")[0] for m in v}) for k, v in dataset.splits.items()
    }
    assert found["test"] == ["s2"]
    assert sorted(found["train"] + found["validation"]) == ["s0", "s1"]
    for clips in dataset.splits.values():
        for clip in clips:
            assert (clip.fps, clip.subject, clip.action) == (30.0, "P0", "walk")
            assert np.isfinite(positions(clip)).all()
            assert clip.skeleton.same_tree(dataset["train"][0].skeleton)


def test_a_page_says_how_good_the_sessions_are(built):
    place, dataset = built
    page = prepare.report_of(dataset, place).read_text()
    assert all(name in page for name in ("s0", "s1", "s2"))


def test_an_example_has_points_labels_phases_and_quality(built):
    place, dataset = built
    name = dataset["test"][0].name
    folder = next((place / "recordings").glob("s2_*"))
    key, example = next(recorded.read(folder))
    assert key == name
    frames, points = len(example["joints"]), len(json.loads(example["point_names"]))
    assert example["points"].shape == (frames, points, 3)
    assert example["covariances"].shape == (frames, points, 3, 3)
    assert json.loads(example["labels"])[0]["label"] == "walk"
    assert {p["phase"] for p in json.loads(example["phases"])} >= {"stance"}
    assert json.loads(example["provenance"])["session"] == "s2"
    assert json.loads(example["quality"])["reprojection_px"] < 3


def test_nothing_is_reconstructed_twice(built, sessions, monkeypatch):
    place, dataset = built

    def never(*_, **__):
        raise AssertionError("reconstructed again")

    monkeypatch.setattr(reconstruct, "takes", never)
    again = prepare.triangulation(sessions, place, test=["s2"])
    assert again.name == dataset.name
    # Another division of the same sessions needs no reconstruction either.
    other = prepare.triangulation(sessions, place, test=["s0"])
    assert {m.name.split("/")[0] for m in other["test"]} == {"s0"}


def test_with_beam_the_examples_are_the_same(built, sessions, tmp_path):
    pytest.importorskip("apache_beam")
    place, dataset = built
    (tmp_path / "recordings").symlink_to(place / "recordings")
    other = prepare.triangulation(
        sessions, tmp_path, test=["s2"], beam_runner="DirectRunner"
    )
    for split, clips in dataset.splits.items():
        assert [c.name for c in other[split]] == [c.name for c in clips]
        for one, two in zip(clips, other[split], strict=True):
            np.testing.assert_array_equal(one.joints, two.joints)


def test_a_stopped_reconstruction_leaves_nothing_that_counts(
    sessions, tmp_path, monkeypatch
):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(reconstruct, "takes", stopped)
    with pytest.raises(KeyboardInterrupt):
        recorded.record(sessions / "s0", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_session_is_skipped_and_named(built, sessions, tmp_path, monkeypatch):
    place, _ = built
    made = recorded.record

    def record(session, *arguments, **options):
        if str(session).endswith("s0"):
            raise CaptureError("s0: something is wrong with it")
        return made(session, *arguments, **options)

    monkeypatch.setattr(recorded, "record", record)
    (tmp_path / "recordings").symlink_to(place / "recordings")
    found = prepare.triangulation(sessions, tmp_path, validation_share=0.0, test=["s2"])
    assert "session skipped: s0: something is wrong with it" in found.summary
    assert {m.name.split("/")[0] for m in found["train"]} == {"s1"}


def test_what_cannot_be_divided_is_named(sessions, tmp_path):
    config = builders.TriangulationConfig(name="x", split_by="subject")
    paths = sorted(sessions.iterdir())
    # All three are of the same walker: there is nobody else to hold out.
    parts = builders.split(paths, config)
    assert {p for part in parts.values() for s in part.values() for p in s} == {"P0"}
    with pytest.raises(DataError, match="split_by must be"):
        builders.split(paths, builders.TriangulationConfig(name="x", split_by="day"))
    with pytest.raises(DataError, match="Z"):
        builders.split(paths, builders.TriangulationConfig(name="x", test=("Z",)))
    twin = tmp_path / "again"
    twin.symlink_to(paths[0])
    with pytest.raises(DataError, match="two sessions are called 's0'"):
        builders.split([paths[0], twin], config)


def test_built_in_footage_is_made_once(tmp_path):
    first = film_library(tmp_path, 1, 2, cameras=2, progress=False)
    written = (first / "session_00/session.toml").stat().st_mtime_ns
    film_library(tmp_path, 1, 2, cameras=2, progress=False)
    assert (first / "session_00/session.toml").stat().st_mtime_ns == written
