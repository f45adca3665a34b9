"""The benchmark of adaptation, at a small size."""

import dataclasses

import numpy as np
import pytest

from benchmarks import adaptation
from kinematics import limits
from lmmjax.adaptation import AdaptConfig
from lmmjax.model.sampler import Sampler
from tests.lmmjax import tiny

CLIP = tiny.motion(2, 360)
CLIPS = [CLIP[n : n + 60] for n in range(0, 360, 60)]
CONFIG = AdaptConfig(steps=40, every=20, batch=32, learning_rate=1e-2, context=8)


def cells(row):
    return [x.strip() for x in row.strip("|").split("|")]


def test_rows_tell_before_and_after_on_clips_that_were_not_learned_from():
    # Far enough ahead for all of the times that are judged.
    model = tiny.lively_model(dataclasses.replace(tiny.CONFIG, horizon=12))
    body = limits.widen(tiny.body(), CLIP.joints)
    rows = adaptation.rows_of(
        model.replace(body=body),
        CLIPS,
        "person",
        [0.5, 60, 90],
        parts=2,
        sampler=Sampler(2),
        samples=3,
        config=CONFIG,
    )
    assert {row.count("|") for row in (*adaptation.HEADER, *rows)} == {10}
    before, little, after = map(cells, rows)
    assert [x[0] for x in (before, little, after)] == [
        "person, before",
        "person, 0.5 s",
        "person, 6 s",
    ]
    assert [x[1] for x in (before, little, after)] == ["", "0 of 2", "2 of 2"]
    # Nothing was learned from half a second, and all figures are as they were.
    assert little[2:6] == before[2:6]
    assert little[6] == before[6] == "1.000 [1.000, 1.000]"
    assert float(after[6].split()[0]) < 1
    assert float(after[3].split()[0]) < float(before[3].split()[0])


def test_every_clip_is_judged_once_and_never_after_it_was_seen():
    for parts in (2, 3, 4):
        judged = []
        for rest, test in adaptation.shared_out(CLIPS, parts):
            assert not {id(c) for c in rest} & {id(c) for c in test}
            assert len(rest) + len(test) == len(CLIPS)
            judged += [id(c) for c in test]
        assert sorted(judged) == sorted(map(id, CLIPS))


@pytest.mark.parametrize("seconds", [1.0, 3.0, 100.0])
def test_the_first_seconds_of_clips_are_as_many_as_are_wanted(seconds):
    chosen = adaptation.first_seconds(CLIPS, seconds)
    frames = sum(map(len, chosen))
    assert frames == min(round(seconds * CLIP.fps), len(CLIP))
    seen = np.concatenate([c.joints for c in chosen])
    np.testing.assert_array_equal(seen, CLIP.joints[:frames])


def test_clips_of_several_parts_stay_apart():
    part = adaptation.Judged(np.zeros((3, 2)), np.zeros((3, 2)), np.array([0, 0, 1]))
    assert adaptation.joined([part, part]).clip.tolist() == [0, 0, 1, 2, 2, 3]
