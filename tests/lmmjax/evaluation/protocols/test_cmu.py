import dataclasses

import numpy as np
import pytest

from lmmjax.data import cmu_benchmark
from lmmjax.data.catalog import DataError
from lmmjax.evaluation import protocols
from lmmjax.evaluation.protocols import cmu
from lmmjax.evaluation.protocols.positions import positions
from lmmjax.evaluation.protocols.table import AVERAGE, JUDGED_FRAMES
from tests.lmmjax import cmu_files


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return cmu_files.folder(tmp_path_factory.mktemp("cmu"))


@pytest.fixture(scope="module")
def clips(folder):
    return cmu_benchmark.read_part(folder, "test")


def _truth(clip):
    """A forecaster that looks the future up."""
    places = positions(clip.frames)

    def look(observed):
        last = observed.positions[:, -1]
        at = [np.abs(places - x).sum((1, 2)).argmin() for x in last]
        return np.stack([places[n + 1 : n + 26] for n in at])

    return look


def test_all_windows_have_stride_one():
    np.testing.assert_array_equal(cmu.starts(37, "all"), [0, 1, 2])
    np.testing.assert_array_equal(cmu.starts(35, "all"), [0])
    assert not len(cmu.starts(34, "all"))


def test_eight_seeded_windows_begin_40_frames_into_what_is_drawn():
    starts = cmu.starts(1000, "seeded8")
    rng = np.random.RandomState(1234567890)
    np.testing.assert_array_equal(starts, rng.randint(0, 925, 8) + 40)
    # One place to draw: all eight windows are the same.
    np.testing.assert_array_equal(cmu.starts(76, "seeded8"), [40] * 8)


def test_short_clips_and_unknown_windows_are_refused(clips):
    with pytest.raises(ValueError, match=r"running_1\.txt: 50 frames are too few"):
        cmu.windows(clips[0], "seeded8")
    with pytest.raises(ValueError, match="'some'"):
        cmu.windows(clips[0], "some")


def test_windows_hold_consecutive_frames(clips):
    cut = cmu.windows(clips[0])
    places = positions(clips[0].frames)
    assert len(cut.future) == 50 - 34
    np.testing.assert_array_equal(cut.observed.positions[3], places[3:13])
    np.testing.assert_array_equal(cut.future[3], places[13:38])
    motion = cmu_benchmark.to_motion(clips[0], first_row=True)
    np.testing.assert_array_equal(cut.observed.poses.joints[3], motion.joints[3:13])
    np.testing.assert_array_equal(
        cut.observed.poses.root_position[3], motion.root_position[3:13]
    )


@pytest.mark.parametrize(
    ("joint", "counts"), [(3, 1), (15, 4), (23, 3), (32, 3), (16, 0), (0, 0), (33, 0)]
)
def test_a_joint_counts_as_often_as_joints_lie_there(joint, counts):
    true = np.random.default_rng(0).normal(size=(2, 25, 38, 3))
    for copy, source in ((16, 15), (20, 15), (29, 15), (24, 23), (27, 23)):
        true[..., copy, :] = true[..., source, :]
    true[..., [33, 36], :] = true[..., [32], :]
    predicted = true.copy()
    predicted[..., joint, :] += [3.0, 0, 4]
    np.testing.assert_allclose(cmu.errors(predicted, true), 5 * counts / 38, atol=1e-12)


def test_the_truth_has_no_error(clips):
    table = cmu.score({"truth": _truth(clips[0])}, clips[:1])
    np.testing.assert_allclose(table.row("truth").errors, 0, atol=1e-9)
    assert min(table.row("zero velocity").errors) > 1


def test_judged_frames_are_those_of_the_papers(clips):
    places = positions(clips[0].frames)
    still = np.repeat(places[9:10], 25, axis=0)
    by_hand = np.linalg.norm(still - places[10:35], axis=-1).mean(-1)
    every = cmu.errors(still[None], places[None, 10:35])[0]
    np.testing.assert_allclose(every, by_hand)
    assert JUDGED_FRAMES == (1, 3, 7, 9, 13, 24)
    one = dataclasses.replace(clips[0], rows=clips[0].rows[:69])
    table = cmu.score({}, [one])
    np.testing.assert_allclose(
        table.row("zero velocity").errors, by_hand[[1, 3, 7, 9, 13, 24]]
    )


def test_the_average_weighs_actions_and_not_windows(folder):
    clips = cmu_benchmark.read_part(folder, "train")[1:]
    table = cmu.score({}, clips, split="train")
    walking, running, mean = (
        table.row("zero velocity", a) for a in ("walking", "running", AVERAGE)
    )
    assert (walking.windows, walking.sequences) == (32, 2)
    assert (running.windows, running.sequences) == (16, 1)
    assert (mean.windows, mean.sequences) == (48, 2)
    half = (np.array(walking.errors) + np.array(running.errors)) / 2
    np.testing.assert_allclose(mean.errors, half)
    assert not running.intervals
    for row in (walking, mean):
        for error, (low, high) in zip(row.errors, row.intervals, strict=True):
            assert low <= error <= high


def test_answers_that_cannot_be_judged_are_refused(clips):
    with pytest.raises(ValueError, match=r"cut answers running_1 .*\[16, 24, 38, 3\]"):
        cmu.score({"cut": lambda o: np.zeros((16, 24, 38, 3))}, clips)
    with pytest.raises(ValueError, match="lost answers running_1"):
        cmu.score({"lost": lambda o: np.full((16, 25, 38, 3), np.nan)}, clips)
    with pytest.raises(ValueError, match="'zero velocity' is a baseline's name"):
        cmu.score({"zero velocity": _truth(clips[0])}, clips)
    with pytest.raises(ValueError, match="no clips"):
        cmu.score({}, [])


def test_what_is_not_judged_may_be_missing(clips):
    def partly(observed):
        future = np.repeat(observed.positions[:, -1:], 25, axis=1)
        future[:, :, [0, 16, 33]] = np.nan
        return future

    table = cmu.score({"partly": partly}, clips)
    assert table.row("partly").errors == table.row("zero velocity").errors


def test_splits_are_of_the_folders_they_are_called_after(folder):
    test = protocols.evaluate_cmu({}, folder)
    validation = protocols.evaluate_cmu({}, folder, split="validation")
    train = protocols.evaluate_cmu({}, folder, split="train", held={"walking": (1,)})
    assert [t.row("zero velocity").windows for t in (test, validation, train)] == [
        *(32, 32, 48)
    ]
    assert len({t.fingerprint for t in (test, validation, train)}) == 3
    seen = {clip.name for clip in cmu_benchmark.read_part(folder, "test")}
    assert seen == {"walking_1", "running_1"}


def test_unknown_settings_are_refused(folder, tmp_path):
    with pytest.raises(ValueError, match="'holdout'"):
        protocols.evaluate_cmu({}, folder, split="holdout")
    with pytest.raises(ValueError, match="'seeded'"):
        protocols.evaluate_cmu({}, folder, windows="seeded")
    with pytest.raises(DataError, match="no clips are held out"):
        protocols.evaluate_cmu({}, folder, split="validation", held={})
    with pytest.raises(DataError, match="no such folder"):
        protocols.evaluate_cmu({}, tmp_path)


def test_still_people_are_worth_what_they_are_in_the_benchmark(shared_data):
    # The training clips of walking: like those of the test (18.9 to 165.2 units).
    path = shared_data / "cmu_benchmark/train/walking/walking_1.txt"
    table = cmu.score({}, [cmu_benchmark.read_clip(path)], split="train")
    errors = table.row("zero velocity").errors
    assert list(errors) == sorted(errors)
    assert 14 < errors[0] < 30
    assert 120 < errors[-1] < 250
