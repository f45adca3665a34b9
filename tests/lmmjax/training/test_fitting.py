"""How a model is fitted to clips, and which of their windows are drawn."""

import dataclasses
import json

import numpy as np
import pytest

from lmmjax.training import fitting, step
from tests.lmmjax import tiny
from tests.lmmjax.training import toy


def test_a_model_practises_on_the_clips_that_it_is_fitted_to(monkeypatch, tmp_path):
    monkeypatch.setattr(step.losses, "loss", toy.toy_loss)
    clips = [tiny.motion(n) for n in range(3)]
    clips.append(tiny.motion(3, toy.MODEL.horizon + 1))
    loop = dataclasses.replace(toy.LOOP, steps=8)
    fit = {"model": toy.MODEL, "loop": loop, "context": 4, "stride": 3}
    fitting.fit(clips, tmp_path, practice=toy.PRACTICE, **fit)
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    found = [x for x in map(json.loads, lines) if "practice_distance_m" in x]
    assert [x["step"] for x in found] == [3, 8]


def test_a_model_learns_to_heed_what_clips_are_said_to_show(monkeypatch, tmp_path):
    monkeypatch.setattr(step.losses, "loss", toy.toy_loss)
    actions = ("walk", "", "hop")
    clips = [
        tiny.motion(n).replace(action=a, name=f"{n}") for n, a in enumerate(actions)
    ]
    loop = dataclasses.replace(toy.LOOP, steps=1)
    fit = {"model": toy.MODEL, "loop": loop, "context": 4, "stride": 3}
    vectors = {"1": np.array([0.5, -1.0])}
    model = fitting.fit(clips, tmp_path, labels=True, embeddings=vectors, **fit)
    assert model.config.labels == ("hop", "walk")
    assert model.config.embedding == 2
    said = fitting._said(clips, model.config, vectors)
    np.testing.assert_array_equal(said, [[0, 1, 0, 0], [0, 0, 0.5, -1], [1, 0, 0, 0]])
    assert fitting._said(clips, toy.MODEL, {}) is None


def test_embeddings_of_different_sizes_are_told(tmp_path):
    vectors = {"a": np.zeros(2), "b": np.zeros(3)}
    with pytest.raises(fitting.DataError, match=r"that of b has shape \(3,\)"):
        fitting.fit([tiny.motion()], tmp_path, embeddings=vectors)


def test_windows_are_weighted_by_action_and_by_clip():
    clips = [
        tiny.motion(n, frames).replace(action=action)
        for n, (frames, action) in enumerate([(20, "walk"), (40, "walk"), (30, "run")])
    ]
    windows = fitting.training_windows(clips, 4, 3, 1)
    clip = windows.clip
    assert fitting.window_weights(windows) is None
    drawn = fitting.window_weights(windows, {"run": 2.0})
    walks, runs = drawn[clip < 2].sum(), drawn[clip == 2].sum()
    assert runs == pytest.approx(2 * walks)
    assert np.ptp(drawn[clip < 2]) == 0
    for balance, longer in ((1.0, 1.0), (0.5, np.sqrt(34 / 14))):
        shares = np.bincount(clip, fitting.window_weights(windows, None, balance))
        assert shares[1] / shares[0] == pytest.approx(longer)
    both = fitting.window_weights(windows, {"run": 2.0}, 1.0)
    np.testing.assert_allclose(np.bincount(clip, both), [0.5, 0.5, 2.0])
