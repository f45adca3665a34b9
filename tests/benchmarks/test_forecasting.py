"""The benchmark of forecasts, at a small size."""

import dataclasses
from types import SimpleNamespace

import jax
import numpy as np
import pytest
import scipy.fft

from benchmarks import forecasting
from benchmarks.peers import learning
from benchmarks.peers.learning import Recipe
from benchmarks.peers.simlpe import LENGTH, ResidualMLP, SiMLPe, measure
from experiments.settings import SettingError
from kinematics.symmetry import coordinate_mirror
from lmmjax.data import cmu_benchmark
from lmmjax.evaluation.protocols import cmu
from lmmjax.evaluation.protocols.positions import PREDICTED_JOINTS
from lmmjax.evaluation.protocols.ridge import Ridge
from lmmjax.evaluation.protocols.table import LABELS_MS
from tests.lmmjax import cmu_files

MLP = ResidualMLP(width=32, layers=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return cmu_files.folder(tmp_path_factory.mktemp("cmu"), test=())


@pytest.fixture(scope="module")
def split(folder):
    return cmu_benchmark.hold_out(cmu_benchmark.read_part(folder, "train"))


@pytest.fixture(scope="module")
def windows():
    rng = np.random.default_rng(0)
    steps = 0.01 * rng.normal(size=(4, LENGTH, len(PREDICTED_JOINTS), 3))
    return np.cumsum(steps, axis=1).astype(np.float32)


@pytest.fixture(scope="module")
def typical(windows):
    return measure(windows, np.full(len(PREDICTED_JOINTS), 1 / len(PREDICTED_JOINTS)))


@pytest.mark.parametrize(("network", "most"), [(SiMLPe(2), 1e-5), (MLP, 0.01)])
def test_an_untrained_network_forecasts_the_last_pose(network, most, windows, typical):
    start = jax.jit(network.init_with_output)
    moved, _ = start(jax.random.key(0), windows[:, :10], typical)
    assert moved.shape == windows[:, 10:].shape
    assert np.sqrt(np.mean(moved**2)) < most * np.sqrt(np.mean(typical.moved**2))


def test_simlpe_has_as_many_parameters_as_its_layers(windows, typical):
    shapes = jax.eval_shape(SiMLPe(3).init, jax.random.key(0), windows[:, :10], typical)
    channels, block = 75, LENGTH * (LENGTH + 1) + 2 * 75
    expected = 2 * channels * (channels + 1) + 3 * block
    assert sum(x.size for x in jax.tree.leaves(shapes)) == expected


def test_simlpe_computes_what_the_paper_says(windows, typical):
    seen = windows[:, :10]
    shapes = jax.eval_shape(SiMLPe(2).init, jax.random.key(0), seen, typical)
    rng = np.random.default_rng(1)
    params = jax.tree.map(lambda x: rng.normal(size=x.shape) / 4, shapes)
    first, last, (block,) = _layers(params["params"])
    cosines = scipy.fft.dct(np.eye(LENGTH), norm="ortho", axis=0)
    x = seen.reshape(4, 10, -1)
    x = cosines @ np.concatenate([x, np.repeat(x[:, -1:], 25, axis=1)], axis=1)
    x = x @ first["kernel"] + first["bias"]
    for kernel, bias, scale, shift in zip(*block, strict=True):
        mixed = np.einsum("ts,btc->bsc", kernel, x) + bias[:, 0]
        apart = mixed - mixed.mean(-1, keepdims=True)
        size = np.sqrt(mixed.var(-1, keepdims=True) + 1e-5)
        x = x + apart / size * scale[:, 0] + shift[:, 0]
    expected = (cosines.T @ (x @ last["kernel"] + last["bias"]))[:, 10:]
    found = SiMLPe(2).apply(params, seen, typical).reshape(expected.shape)
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


def _layers(params):
    """The first and last layer of siMLPe, and what each of its blocks has."""
    names = ("kernel", "bias", "scale", "shift")
    blocks = [tuple(v[n] for n in names) for v in params.values() if "scale" in v]
    return params["Dense_0"], params["Dense_1"], blocks


def test_components_rebuild_what_is_smooth(typical):
    # Random walks: ten of 25 components hold nearly all of them.
    assert typical.basis.shape == (10, 25)
    assert 0.9 < np.sum(typical.basis**2) / 25 < 1 + 1e-5


def test_the_loss_is_the_distance_of_places_and_steps(windows):
    # 3 and 4 apart in one of two joints, from the first frame on.
    true = windows[:, :, :2]
    moved = true[:, 10:] - true[:, 9:10]
    assert learning.loss(moved, true, np.full(2, 0.5), 1.0) < 1e-5
    moved[..., 1, :] += np.array([3, 0, 4], np.float32)
    found = learning.loss(moved, true, np.full(2, 0.5), 2.0)
    assert found == pytest.approx((2.5 + 2.5 / 25) / 2, rel=1e-4)


def test_actions_are_drawn_alike_and_mirrored_by_half(split):
    few = [c for c in split.train if c.action == "running"]
    many = dataclasses.replace(
        few[0], action="walking", rows=cmu_files.rows(9, 400), number=1
    )
    frames = learning.gather([*few, many], ours=True)
    assert frames.places.shape[0] == 2
    chance = np.diff(np.asarray(frames.upto), prepend=0.0)
    ends = [len(c.frames) - 1 for c in few]
    assert chance[np.asarray(frames.first) < 2 * sum(ends)].sum() == pytest.approx(0.5)
    # As published: one half of the rows, windows alike.
    plain = learning.gather([*few, many], ours=False)
    assert np.ptp(np.diff(np.asarray(plain.upto))) < 1e-6
    assert plain.places.shape[1] < 0.6 * frames.places.shape[1]


def test_windows_hold_the_positions_of_the_benchmark(split):
    (clip,) = [c for c in split.train if c.action == "walking"]
    frames = learning.gather([clip], ours=False)
    expected = cmu.windows(clip).observed.positions[1:, :, PREDICTED_JOINTS]
    found = np.asarray(frames.places[0])[np.asarray(frames.first)[:, None] + range(10)]
    np.testing.assert_allclose(learning.UNIT * found, expected, atol=1e-2)


@pytest.fixture(scope="module")
def fitted(split):
    recipe = Recipe(MLP, 60, 16, 3e-3, 1e-2, ours=True)
    return learning.fit(split.train, recipe, seed=0)


def test_a_network_learns(split, fitted):
    table = cmu.score({"net": fitted.forecaster}, split.train, split="train")
    own, still = (np.array(table.row(x).errors) for x in ("net", "zero velocity"))
    assert (own < 0.7 * still).all()


def test_a_mirrored_past_has_the_mirrored_forecast(split, fitted):
    observed = cmu.windows(split.validation[0]).observed
    index, signs = coordinate_mirror(observed.body)
    poses = observed.poses
    mirrored = poses._replace(joints=poses.joints[..., index] * signs)
    image = dataclasses.replace(observed, poses=mirrored)
    here, there = (
        (fitted.forecaster(x) - x.positions[:, -1:])[:, :, PREDICTED_JOINTS]
        for x in (observed, image)
    )
    # x is to the left in the files.
    expected = here[:, :, learning.TWINS] * [-1, 1, 1]
    np.testing.assert_allclose(there, expected, atol=0.02)
    assert np.abs(here - there).max() > 1


def test_the_ridge_learns_from_what_its_penalty_was_chosen_by_too(split, monkeypatch):
    asked = []

    def fit_ridge(split, penalties=None):
        asked.append((split, penalties))
        return Ridge(np.zeros(1), np.zeros((1, 1)), np.zeros(1), 0.5)

    monkeypatch.setattr(forecasting, "fit_ridge", fit_ridge)
    clips = (*split.train, *split.validation)
    forecasting.ridge(clips)
    (first, _), (second, penalties) = asked
    assert {c.name for c in first.validation} == {c.name for c in split.validation}
    assert len(second.train) == len(clips) - 1
    assert penalties == (0.5,)
    with pytest.raises(SettingError, match="hold fewer out"):
        forecasting.ridge(split.train)


def test_differences_are_percentages_of_the_other(split):
    table = cmu.score({"ours": cmu.BASELINES["zero velocity"]}, split.validation)
    head, _, *rows = forecasting.differences(table, "ours")
    assert head.count("|") == len(LABELS_MS) + 2
    assert rows[0] == "| zero velocity |" + " +0.0 % |" * len(LABELS_MS)
    ratio = table.row("ours").errors[5] / table.row("constant velocity").errors[5]
    assert rows[1].endswith(f"| {100 * (ratio - 1):+.1f} % |")


def test_a_model_that_may_have_seen_the_held_files_is_refused():
    meta = {"experiment": {"data": {"held_out": ("walking_1", "running_1")}}}
    forecasting.check_unseen(meta, ["walking_1"])
    with pytest.raises(SettingError, match=r"without soccer_1; give --held=walking_1,"):
        forecasting.check_unseen(meta, ["walking_1", "soccer_1"])
    with pytest.raises(SettingError, match="does not tell"):
        forecasting.check_unseen({}, ["walking_1"])


@pytest.mark.parametrize(
    ("given", "name"), [(["runs/a"], "a"), (["runs/a", "runs/b"], "a + b")]
)
def test_runs_are_judged_as_one_under_all_their_names(monkeypatch, given, name):
    meta = {"experiment": {"data": {"held_out": ("walking_1",)}}}
    monkeypatch.setattr(forecasting, "_WORKDIR", SimpleNamespace(value=given))
    monkeypatch.setattr(forecasting.runs, "load", lambda names: (tuple(names), meta))
    monkeypatch.setattr(forecasting, "model_forecaster", lambda model: None)
    assert forecasting._ours(["walking_1"]) == {name: tuple(given)}


def test_seeds_of_a_network_are_judged_as_their_mean_too(fitted):
    def always(value):
        return fitted._replace(forecaster=lambda observed: np.full((2, 3), value))

    of = {"net, seed 0": always(1.0), "net, seed 4": always(4.0)}
    (name, mean), *others = forecasting.averaged(of, ["net"], [0, 4]).items()
    assert (name, others) == ("net, mean of 2", [])
    np.testing.assert_array_equal(mean(None), np.full((2, 3), 2.5))
    assert forecasting.averaged(of, ["net"], [0]) == {}
