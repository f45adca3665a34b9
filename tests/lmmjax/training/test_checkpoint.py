"""Laws of checkpoints: exact, averaged, and clear about what is broken."""

import dataclasses
import logging
import os
import pathlib
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lmmjax.training import parallel
from lmmjax.training.checkpoint import (
    CheckpointError,
    Checkpoints,
    load_model,
    quiet_logs,
)
from lmmjax.training.state import OptimizerConfig, create_state, optimizer
from tests.lmmjax import tiny
from tests.lmmjax.training import toy

ROOT = pathlib.Path(__file__).parents[3]


@pytest.fixture(scope="module")
def model():
    return tiny.fresh_model(toy.MODEL)


@pytest.fixture(scope="module")
def state(model):
    """A state in which no two leaves are alike."""
    state = create_state(model, optimizer(OptimizerConfig(), 10), seed=7)
    rng = np.random.default_rng(0)

    def shake(x):
        noise = rng.normal(size=x.shape)
        return jnp.asarray(x + noise if x.dtype == jnp.float32 else x)

    shaken = jax.tree.map(shake, state.replace(rng=jnp.zeros(())))
    return parallel.replicate(shaken.replace(rng=state.rng))


def saved(folder, state, model, *steps, **meta):
    checkpoints = Checkpoints(folder)
    for step in steps:
        at = parallel.replicate(jnp.asarray(step, jnp.int32))
        checkpoints.save(state.replace(step=at), model, meta)
    checkpoints.close()
    return checkpoints


def assert_same(a, b):
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_array_equal(x, y)


def raw(state):
    return state.replace(rng=jax.random.key_data(state.rng))


def test_state_comes_back_bit_by_bit(tmp_path, state, model):
    checkpoints = saved(tmp_path, state, model, 5)
    fresh = create_state(model, optimizer(OptimizerConfig(), 10), seed=0)
    found = checkpoints.restore(parallel.replicate(fresh))
    checkpoints.close()
    assert int(found.step) == 5
    assert_same(raw(found.replace(step=state.step)), raw(state))
    tree = jax.tree.structure(found)
    assert tree == jax.tree.structure(state)


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("wanted", [True, False])
def test_parameters_that_practised_come_back_where_they_are_wanted(
    tmp_path, state, model, kept, wanted
):
    practised = jax.tree.map(lambda x: 2 * x, state.params)
    if kept:
        state = state.replace(practised=practised)
    checkpoints = saved(tmp_path, state, model, 5)
    fresh = create_state(model, optimizer(OptimizerConfig(), 10), 0, wanted)
    found = checkpoints.restore(parallel.replicate(fresh))
    checkpoints.close()
    assert jax.tree.structure(found) == jax.tree.structure(fresh)
    assert_same(found.params, state.params)
    if wanted:
        assert_same(found.practised, practised if kept else state.ema)


def test_loaded_model_has_the_averaged_parameters_and_the_same_body(
    tmp_path, state, model
):
    saved(tmp_path, state, model, 5, answer=42)
    found, meta = load_model(tmp_path)
    assert_same(found.params, state.ema)
    assert found.config == model.config
    assert found.fps == model.fps
    assert found.body.same_tree(model.body)
    assert found.body.mirror_signs == model.body.mirror_signs
    assert_same((found.body, found.statistics), (model.body, model.statistics))
    assert meta["answer"] == 42


def test_newest_checkpoints_are_kept(tmp_path, state, model):
    assert saved(tmp_path, state, model, 1, 2, 3).latest_step() == 3
    kept = {p.name for p in (tmp_path / "checkpoints").iterdir()}
    assert kept == {"2", "3"}


def test_model_of_two_devices_loads_where_there_is_one(tmp_path, state, model):
    saved(tmp_path, state, model, 5)
    program = (
        "import jax; jax.config.update('jax_platforms', 'cpu')\n"
        "from lmmjax.training.checkpoint import load_model\n"
        f"model, _ = load_model({str(tmp_path)!r})\n"
        "leaf = model.params['head']['out']['bias']\n"
        "print(len(jax.devices()), float(leaf[0]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XLA_FLAGS": ""}
    told = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr[-2000:]
    devices, value = told.stdout.split()
    assert devices == "1"
    assert float(value) == float(state.ema["head"]["out"]["bias"][0])


def test_a_folder_without_checkpoint_says_how_to_make_one(tmp_path):
    with pytest.raises(CheckpointError, match=r"no checkpoint here; train one with"):
        load_model(tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_unfinished_save_is_passed_over(tmp_path, state, model):
    folder = saved(tmp_path, state, model, 1, 2).folder
    (folder / "2").rename(folder / "2.orbax-checkpoint-tmp")
    assert Checkpoints(tmp_path).latest_step() == 1
    assert load_model(tmp_path)[1]["format"] == 2


# Reads that were under way report to a loop that has ended.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broken_checkpoint_is_told_and_deleting_it_helps(tmp_path, state, model):
    folder = saved(tmp_path, state, model, 1, 2).folder
    for name in ("meta/metadata", "state/manifest.ocdbt"):
        file = folder / "2" / name
        whole = file.read_bytes()
        for cut in (whole[: len(whole) // 2], None):
            file.unlink() if cut is None else file.write_bytes(cut)
            with pytest.raises(CheckpointError, match=f"delete {folder / '2'}") as told:
                load_model(tmp_path)
            assert "\n" not in str(told.value)
            file.write_bytes(whole)
    load_model(tmp_path)
    (folder / "2").rename(tmp_path / "away")
    load_model(tmp_path)


def test_another_format_is_told(tmp_path, state, model):
    saved(tmp_path, state, model, 1, format=99)
    with pytest.raises(CheckpointError, match=r"has format 99, this version reads 2"):
        load_model(tmp_path)


def test_description_of_another_model_does_not_pass(tmp_path, state, model):
    checkpoints = saved(tmp_path, state, model, 1)
    assert checkpoints.check(model)["fps"] == model.fps
    # Statistics measured again may differ by rounding.
    again = dataclasses.replace(
        model.statistics, token_mean=model.statistics.token_mean + np.float32(1e-7)
    )
    checkpoints.check(model.replace(statistics=again))
    # A setting that is newer than the run has its default.
    meta = checkpoints.meta()
    del meta["config"]["members"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "meta", lambda: meta)
        checkpoints.check(model)
    names = tuple("X" + n for n in model.body.names)
    with pytest.raises(CheckpointError, match="another body"):
        checkpoints.check(model.replace(body=model.body.replace(names=names)))
    checkpoints.close()


def test_a_full_disk_is_told_and_the_last_whole_checkpoint_stays(
    tmp_path, state, model, monkeypatch
):
    checkpoints = saved(tmp_path, state, model, 1)

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints._manager, "save", full)
    with pytest.raises(CheckpointError, match="is the disk full") as told:
        checkpoints.save(state, model, {})
    assert "\n" not in str(told.value)
    checkpoints.close()
    assert load_model(tmp_path)[1]["format"] == 2


def test_a_write_that_fails_in_the_background_is_told_at_the_end(
    tmp_path, state, model, monkeypatch
):
    checkpoints = saved(tmp_path, state, model, 1)
    manager = checkpoints._manager

    def full():
        raise ValueError("RESOURCE_EXHAUSTED: No space left\nmore lines")

    monkeypatch.setattr(manager, "wait_until_finished", full)
    with pytest.raises(CheckpointError, match="RESOURCE_EXHAUSTED: No space left"):
        checkpoints.close()
    monkeypatch.undo()
    assert checkpoints.latest_step() == 1
    checkpoints.close()


def test_libraries_are_kept_out_of_the_console():
    before = {
        n: logging.getLogger(n).level for n in ("orbax", "absl", "asyncio", "jax")
    }
    try:
        quiet_logs()
        assert not logging.getLogger("absl").isEnabledFor(logging.INFO)
        assert not logging.getLogger("orbax").isEnabledFor(logging.INFO)
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
