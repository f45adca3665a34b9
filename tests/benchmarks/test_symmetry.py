"""The benchmark of networks that commute with the mirror, without their training."""

import dataclasses
import functools
import math
import types

import jax
import numpy as np
import pytest

from benchmarks.symmetry import study, tables, variants
from benchmarks.symmetry.__main__ import _percents
from experiments.settings import SettingError
from kinematics.bodies import cmu38
from lmmjax.data import cmu_benchmark
from lmmjax.evaluation.protocols.baselines import zero_velocity
from lmmjax.evaluation.samples import Futures
from lmmjax.model import initialize, num_parameters, unit_statistics
from tests.lmmjax import cmu_files

RECIPE = variants.RECIPE
NAMES = (
    *(f"walking_{n}" for n in range(1, 6)),
    *(f"running_{n}" for n in range(1, 4)),
)
COST = variants.Cost(32, 48, 1000, 2000)


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    folder = cmu_files.folder(tmp_path_factory.mktemp("cmu"), NAMES, (), count=240)
    clips = cmu_benchmark.read_part(folder, "train")
    held = cmu_benchmark.numbers(["walking_1", "running_1"])
    return cmu_benchmark.hold_out(clips, held)


def result(variant="equivariant", percent=100, seed=0, scale=1.0):
    errors = scale * np.arange(1.0, 13).reshape(2, 6)
    crps = 10 * scale * np.arange(1.0, 7)
    return study.Result(
        variant, percent, seed, 8, 12.3, COST, 60.0, errors, crps, np.arange(6) // 3
    )


def lengths(clips):
    return {clip.name: len(clip.rows) for clip in clips}


def test_smaller_shares_are_part_of_larger_ones(split):
    larger = lengths(split.train)
    for percent in (100, 60, 50, 25, 10):
        share = lengths(variants.share_of(split.train, percent, seed=3))
        assert all(share[name] <= larger[name] for name in share)
        assert {name.split("_")[0] for name in share} == {"running", "walking"}
        larger = share


@pytest.mark.parametrize("percent", [100, 75, 50])
def test_a_share_is_as_large_in_every_action(split, percent):
    share = lengths(variants.share_of(split.train, percent, seed=0))
    for action, count in (("walking", 4), ("running", 2)):
        own = sum(rows for name, rows in share.items() if name.startswith(action))
        assert own == pytest.approx(240 * count * percent / 100, abs=1)


def test_the_smallest_share_has_a_window_in_both_halves_of_each_clip(split):
    share = variants.share_of(split.train, 1, seed=0)
    assert len(share) == 2
    for motion in cmu_benchmark.BenchmarkSplit(tuple(share)).motions()["train"]:
        assert len(motion) == cmu_benchmark.OBSERVED + cmu_benchmark.PREDICTED


def test_shares_are_of_their_seed(split):
    shares = {
        tuple(lengths(variants.share_of(split.train, 50, seed))) for seed in range(8)
    }
    assert len(shares) > 1


def test_variants_differ_in_the_mirror_alone():
    none, seen, within = (
        variants.variant_of(RECIPE, name)
        for name in ("none", "augmentation", "equivariant")
    )
    assert not none.model.equivariant
    assert within.model.equivariant
    assert none.model == seen.model
    assert [x.loss.mirror for x in (none, seen, within)] == [0.0, 0.5, 0.0]
    same = dataclasses.replace(seen.loss, mirror=0.0)
    assert none.loss == within.loss == same
    with pytest.raises(SettingError, match="variants are none, augmentation, equiv"):
        variants.variant_of(RECIPE, "mirror")


def fresh(config):
    """The shapes of a fresh model of the benchmark's body."""
    body = cmu38()
    numbers = unit_statistics(body, config)
    make = functools.partial(
        initialize, body=body, statistics=numbers, config=config, fps=60.0
    )
    return jax.eval_shape(make, jax.random.key(0))


def test_networks_have_as_many_multiplications():
    draws = RECIPE.loss.places * RECIPE.loss.draws
    ours, plain = (
        fresh(variants.variant_of(RECIPE, name).model)
        for name in ("equivariant", "none")
    )
    counts = [
        variants.products(x, cmu_benchmark.OBSERVED, draws) for x in (ours, plain)
    ]
    assert counts[0] == pytest.approx(counts[1], rel=0.01)
    # Once for everything would be all of the parameters that are matrices.
    once = variants.products(ours, 1, 1)
    assert 0.95 * num_parameters(ours) < once < num_parameters(ours)


def test_a_stopwatch_leaves_out_what_came_before_the_first_call(monkeypatch):
    watch = study.Stopwatch()
    assert math.isnan(watch.seconds(4))
    ticks = iter([50.0, 60.0, 71.0, 80.0])
    monkeypatch.setattr(study.time, "perf_counter", lambda: next(ticks))
    for _ in range(4):
        assert watch(None) == {}
    assert watch.seconds(4) == 40


def test_every_variant_is_trained_on_every_share(split, monkeypatch, tmp_path):
    trained = []

    def fit(motions, workdir, model, loss, optim, loop, *rest, **options):
        trained.append((len(motions), workdir.name, model.equivariant, loss.mirror))
        assert loop.save_every == loop.steps == 8
        options["evaluate"](None)
        options["evaluate"](None)
        return types.SimpleNamespace(params={"head": {"out": {"kernel": np.ones(5)}}})

    judged = np.ones((2, 6)), np.ones(4), np.arange(4)
    monkeypatch.setattr(study, "fit", fit)
    monkeypatch.setattr(study, "judge", lambda *_: judged)
    loop = dataclasses.replace(RECIPE.loop, steps=8, seed=2)
    config = dataclasses.replace(RECIPE, loop=loop)
    found = list(
        study.measure(split, config, variants.VARIANTS, [100, 50], tmp_path, 4)
    )
    assert [(x.variant, x.percent) for x in found] == [
        (variant, percent) for percent in (100, 50) for variant in variants.VARIANTS
    ]
    assert found[0].clips == 6
    assert found[0].lasting == pytest.approx(6 * 239 / 120)
    assert found[0].cost.products == 10
    assert trained[1] == (12, "augmentation_100_2_8", False, 0.5)
    assert trained[5] == (6, "equivariant_50_2_8", True, 0.0)


def test_samples_on_the_truth_have_no_error(split, monkeypatch):
    def futures(model, sampler, windows, frames, samples, seed):
        for _, count in windows.blocks(4):
            truth = np.zeros((count, len(frames), 3, 3))
            drawn = np.broadcast_to(truth[:, None], (count, 2, *truth.shape[1:]))
            # In metres: 2 mm off in one of three horizons.
            off = truth + 0.002 * np.array([0, 0, 1])[:, None, None]
            yield Futures(truth[:, 0], off, truth, drawn)

    monkeypatch.setattr(study, "futures", futures)
    monkeypatch.setattr(study, "model_forecaster", lambda _: zero_velocity)
    model = types.SimpleNamespace(fps=60.0, config=RECIPE.model)
    errors, crps, sequence = study.judge(model, split.validation, 6)
    assert errors.shape == (2, 6)
    assert (errors > 0).all()
    np.testing.assert_allclose(crps, 6 * [2 / 3])
    assert set(sequence) == {0, 1}


def test_rows_have_the_columns_of_their_header():
    head, line = tables.HEADER
    cells = tables.row(result())
    assert head.count("|") == line.count("|") == cells.count("|")
    assert "| 8.0 | 9.0 |" in cells
    assert "| 6.5 [3.5, 9.5] | 35.00 [20.00, 50.00] |" in cells
    untimed = dataclasses.replace(result("none"), seconds=math.nan)
    first, second, *rows = tables.costs([result(), untimed, result(seed=1)])
    assert first.count("|") == second.count("|") == rows[0].count("|")
    assert rows[0] == "| equivariant | 32, 48 | 1,000 | 2,000 | 60 |"
    assert rows[1].endswith("| 2,000 | - |")
    assert len(rows) == 2


def test_half_of_the_clips_are_compared_with_all_of_them():
    found = [
        *(result("augmentation", 100, seed) for seed in (0, 1)),
        *(result("equivariant", 100, seed, 0.5) for seed in (0, 1)),
        *(result("equivariant", 50, seed, 0.75) for seed in (0, 1)),
    ]
    _, _, same, half = tables.comparisons(found)
    bounds = "{0} [{0}, {0}] | {0} [{0}, {0}] |"
    assert same == f"| 100 | augmentation, 100 | {bounds.format('0.500')}"
    assert half == f"| 50 | augmentation, 100 | {bounds.format('0.750')}"


def test_shares_are_percents():
    assert _percents(["100", "5"]) == [100, 5]
    for wrong in (["0"], ["101"], ["a"], ["2.5"], []):
        with pytest.raises(SettingError, match="percents of 1 to 100"):
            _percents(wrong)
