"""The subjects protocol: each split in its role, all parts in one report."""

import pytest

from lmmjax.data.catalog import DataError
from lmmjax.evaluation.protocols import (
    SubjectsReport,
    SubjectsStudy,
    evaluate_subjects,
    subjects,
)
from lmmjax.model.sampler import Sampler
from tests.lmmjax import tiny

TRAIN, VALIDATION, TEST = (
    [tiny.motion(seed, 60) for seed in seeds] for seeds in ((0, 1), (2,), (3, 4))
)
STUDY = SubjectsStudy(
    steps=(2,), windows=4, rollout_seconds=0.5, rollout_clips=1, rollouts=1, seed=5
)


def test_every_part_sees_its_own_split(monkeypatch):
    seen = {}

    def spy(name, answer):
        def call(*arguments, **options):
            seen[name] = (arguments, options)
            return answer

        monkeypatch.setattr(subjects, name, call)

    class Choice:
        sampler = Sampler(2, 1.0, 1.4)

    class Pace:
        sampler = Sampler(2, 1.0, 0.5)

    for name, answer in (
        ("forecast", "table"),
        ("fit_sampler", Choice),
        ("calibrate", "calibration"),
        ("fit_plausibility", "prior"),
        ("fit_rollouts", Pace),
        ("judge_drift", "drift"),
    ):
        spy(name, answer)
    model = tiny.fresh_model()
    report = evaluate_subjects(model, TRAIN, VALIDATION, TEST, STUDY)
    assert report.choice is Choice
    assert seen["forecast"][0][1] is TEST
    assert seen["fit_sampler"][0][1] is VALIDATION
    assert seen["calibrate"][0][1:4] == (TEST, TRAIN, Choice.sampler)
    assert seen["fit_plausibility"][0][0] is TRAIN
    assert seen["fit_rollouts"][0][1:] == (VALIDATION, "prior", Choice.sampler)
    assert seen["judge_drift"][0][1:4] == (TEST, "prior", Pace.sampler)
    del seen["fit_sampler"], seen["fit_rollouts"]
    given = evaluate_subjects(model, TRAIN, VALIDATION, TEST, STUDY, Sampler(3))
    assert given.choice is None
    assert given.pace is None
    assert seen["calibrate"][0][3] == Sampler(3)
    assert seen["judge_drift"][0][3] == Sampler(3)
    evaluate_subjects(model, TRAIN, VALIDATION, TEST, STUDY, Sampler(3), Sampler(1))
    assert seen["judge_drift"][0][3] == Sampler(1)
    evaluate_subjects(model, TRAIN, [], TEST, STUDY)
    assert seen["judge_drift"][0][3] == Sampler()
    assert seen.keys().isdisjoint({"fit_sampler", "fit_rollouts"})


class Part:
    """A part of a report that says its name."""

    def __init__(self, name):
        self.name = name
        self.sampler = Sampler(3, 0.5)

    def markdown(self):
        return self.name


def test_the_report_has_all_parts_and_says_where_the_sampler_is_from():
    names = ["forecast", "choice", "calibration", "pace", "drift"]
    parts = [Part(name) for name in names]
    lines = SubjectsReport(*parts).markdown().split("\n\n")
    assert lines[1::2] == names
    assert all(line.startswith("## ") for line in lines[::2])
    given = SubjectsReport(parts[0], None, parts[2], None, parts[4]).markdown()
    assert "Taken as it is: 3 steps, churn 0.5, temperature 1." in given


@pytest.mark.parametrize("where", ["train", "validation"])
def test_a_clip_of_the_test_in_another_split_is_refused(where):
    splits = {"train": TRAIN, "validation": VALIDATION}
    splits[where] = [*splits[where], TEST[0].replace(name="again")]
    with pytest.raises(DataError, match=r"'again' and 'clip3' are the same movement"):
        evaluate_subjects(tiny.fresh_model(), *splits.values(), TEST)
