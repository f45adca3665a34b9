"""Laws of the training loop: stopped or killed anywhere, it ends the same."""

import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys

import jax
import numpy as np
import pytest

from lmmjax.data.windows import Windows, batches
from lmmjax.training import loop, step
from lmmjax.training.checkpoint import CheckpointError, Checkpoints, load_model
from tests.lmmjax import tiny
from tests.lmmjax.training import toy
from tests.lmmjax.training.toy import evaluate

ROOT = pathlib.Path(__file__).parents[3]


def assert_same_parameters(a, b):
    for x, y in zip(jax.tree.leaves(a.params), jax.tree.leaves(b.params), strict=True):
        np.testing.assert_array_equal(x, y)


def metrics(folder):
    """Lines of the log, without the times in them."""
    lines = (folder / "metrics.jsonl").read_text().split("\n")[:-1]
    values = [json.loads(line) for line in lines]
    shares = [x.pop("input_share") for x in values if "loss" in x]
    assert all(0 <= share <= 1 for share in shares)
    return values


@pytest.fixture
def quick(monkeypatch):
    """A loss that compiles at once, for laws that hold for any loss."""
    monkeypatch.setattr(step.losses, "loss", toy.toy_loss)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that was never stopped: its folder and its model."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step.losses, "loss", toy.toy_loss)
        return folder, toy.train(folder, evaluate=evaluate)


def test_a_killed_run_ends_with_bitwise_the_same_parameters(quick, tmp_path):
    def run(folder):
        return toy.train(folder, loop_config=toy.KILLED, evaluate=evaluate)

    straight = run(tmp_path / "a")
    # Killed in the middle of its second save, or soon after.
    command = [sys.executable, toy.__file__, str(tmp_path / "b"), "9"]
    cache = jax.config.jax_compilation_cache_dir
    extra = {"PYTHONPATH": str(ROOT), "JAX_COMPILATION_CACHE_DIR": str(cache)}
    dead = subprocess.run(command, env=os.environ | extra, capture_output=True)
    assert dead.returncode == -signal.SIGKILL, dead.stderr.decode()[-2000:]
    assert Checkpoints(tmp_path / "b").latest_step() in (4, 8)
    assert_same_parameters(run(tmp_path / "b"), straight)
    assert metrics(tmp_path / "b") == metrics(tmp_path / "a")


def test_a_run_asked_to_stop_saves_and_says_how_to_go_on(quick, whole, tmp_path):
    def stopped(model):
        signal.raise_signal(signal.SIGTERM)
        return evaluate(model)

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt, match="stopped at step 8; the same command"):
        toy.train(tmp_path, evaluate=stopped)
    assert signal.getsignal(signal.SIGTERM) == before
    assert Checkpoints(tmp_path).latest_step() == 8
    again = toy.train(tmp_path, evaluate=evaluate)
    assert_same_parameters(again, whole[1])
    assert metrics(tmp_path) == metrics(whole[0])


def test_the_length_of_chunks_changes_no_bit(quick, whole, tmp_path):
    def died(model):
        raise InterruptedError

    # Stopped in the middle with one length of chunks, and ended with another.
    config = dataclasses.replace(toy.LOOP, inner=1, evaluate_every=10)
    with pytest.raises(InterruptedError):
        toy.train(tmp_path, loop_config=config, evaluate=died)
    assert Checkpoints(tmp_path).latest_step() == 8
    config = dataclasses.replace(toy.LOOP, inner=3)
    again = toy.train(tmp_path, loop_config=config, evaluate=evaluate)
    assert_same_parameters(again, whole[1])
    assert metrics(tmp_path)[-1] == metrics(whole[0])[-1]


@pytest.mark.parametrize(
    ("start", "ends"),
    [
        (0, [1, 4, 5, 7, 8, 10, 12, 14, 15]),
        (6, [7, 8, 10, 12, 14, 15]),
        (15, []),
        (20, []),
    ],
)
def test_chunks_end_where_something_is_to_be_done(start, ends):
    config = loop.LoopConfig(
        steps=15, batch=4, seed=3, save_every=4, evaluate_every=7, inner=5
    )
    windows = tiny.windows(length=6)
    weights = np.arange(1.0, 1 + len(windows))
    expected = batches(windows, 4, 3, start, weights)
    done, found = start, []
    for last, share in loop.chunks(windows, config, start, 2, weights):
        assert share.valid.shape == (2, 5, 2, 6)
        for n in range(last - done):
            joints = next(expected).poses.joints.reshape(2, 2, 6, -1)
            np.testing.assert_array_equal(share.poses.joints[:, n], joints)
        done = last
        found.append(last)
    assert found == ends


@pytest.fixture(scope="module")
def practised(tmp_path_factory):
    """A run with practice at steps 6, 11, 16 and 21 that was never stopped."""
    folder = tmp_path_factory.mktemp("practised")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step.losses, "loss", toy.toy_loss)
        return folder, toy.train(folder, evaluate=evaluate, coach=toy.coach())


def told_of_practice(folder):
    """Lines of the log without those of evaluations."""
    return [line for line in metrics(folder) if "answer" not in line]


def test_how_far_practice_got_is_told_at_the_first_step_that_learns_from_it(
    whole, practised
):
    lines = [x for x in metrics(practised[0]) if "practice_distance_m" in x]
    assert [x["step"] for x in lines] == [7, 12, 17, 22]
    for line in lines:
        assert set(line) == {"step", "practice_distance_m", "practice_distance_end_m"}
        assert line["practice_distance_m"] > 0
    others = [x for x in metrics(practised[0]) if "practice_distance_m" not in x]
    assert [x["step"] for x in others] == [x["step"] for x in metrics(whole[0])]
    # Steps before the first practice are those of any run.
    assert others[0] == metrics(whole[0])[0]
    assert others[-1] != metrics(whole[0])[-1]


def test_a_run_that_practises_ends_the_same_wherever_it_was_stopped(
    quick, practised, tmp_path
):
    coach = toy.coach()
    config = dataclasses.replace(toy.LOOP, evaluate_every=1)
    # Right after a practice, at one, and in between.
    for stop in (7, 11, 19):
        start = Checkpoints(tmp_path).latest_step() or 0
        at = iter(range(start + 1, 25))

        def stopped(model, stop=stop, at=at):
            if next(at) == stop - 1:
                signal.raise_signal(signal.SIGTERM)
            return evaluate(model)

        with pytest.raises(KeyboardInterrupt, match=f"stopped at step {stop};"):
            toy.train(tmp_path, loop_config=config, evaluate=stopped, coach=coach)
    again = toy.train(tmp_path, loop_config=config, evaluate=evaluate, coach=coach)
    assert_same_parameters(again, practised[1])
    assert told_of_practice(tmp_path) == told_of_practice(practised[0])


def test_a_run_that_practises_ends_the_same_if_it_was_killed(
    quick, practised, tmp_path
):
    config = dataclasses.replace(toy.LOOP, evaluate_every=1)
    at = iter(range(1, 25))

    def killed(model):
        # What practised at the step that is saved has been told already.
        if next(at) == 17:
            raise InterruptedError
        return evaluate(model)

    with pytest.raises(InterruptedError):
        toy.train(tmp_path, None, config, evaluate=killed, coach=toy.coach())
    assert Checkpoints(tmp_path).latest_step() == 16
    again = toy.train(tmp_path, None, config, evaluate=evaluate, coach=toy.coach())
    assert_same_parameters(again, practised[1])
    assert told_of_practice(tmp_path) == told_of_practice(practised[0])


def test_without_windows_of_practice_nothing_changes(quick, whole, tmp_path):
    # Of four a tenth is none.
    coach = toy.coach(dataclasses.replace(toy.PRACTICE, share=0.1))
    coach.practise = None
    found = toy.train(tmp_path, evaluate=evaluate, coach=coach)
    assert_same_parameters(found, whole[1])
    assert metrics(tmp_path) == metrics(whole[0])
    assert load_model(tmp_path)[1]["practised"] is False


def test_a_run_may_begin_to_practise_and_leave_off(quick, tmp_path):
    def stopped(model):
        signal.raise_signal(signal.SIGTERM)
        return evaluate(model)

    with pytest.raises(KeyboardInterrupt, match="step 8;"):
        toy.train(tmp_path, evaluate=stopped)
    with pytest.raises(KeyboardInterrupt, match="step 16;"):
        toy.train(tmp_path, evaluate=stopped, coach=toy.coach())
    toy.train(tmp_path, evaluate=evaluate)
    lines = [x for x in metrics(tmp_path) if "practice_distance_m" in x]
    assert [x["step"] for x in lines] == [12]
    assert [x["step"] for x in metrics(tmp_path) if "loss" in x] == [1, 10, 20, 24]


def test_batches_with_practice_are_the_same_on_any_number_of_devices():
    model = tiny.lively_model(toy.MODEL)
    practice = toy.coach().practise(model, 6)
    found = [
        list(
            loop.chunks(tiny.windows(length=6), toy.LOOP, 6, count, None, practice, 11)
        )
        for count in (1, 2)
    ]
    for (one, whole), (two, halves) in zip(*found, strict=True):
        assert one == two
        for x, y in zip(*map(jax.tree.leaves, (whole, halves)), strict=True):
            np.testing.assert_array_equal(x[0], np.concatenate(y, axis=1))
        # The last two of four.
        np.testing.assert_array_equal(
            whole.valid[0, :, :, 0], len(whole.valid[0]) * [[True, True, False, False]]
        )
    assert [last for last, _ in found[0]] == [7, 8, 10, 11]


def test_a_request_to_stop_in_the_last_chunk_is_not_lost(quick, tmp_path):
    def stopped(model):
        signal.raise_signal(signal.SIGINT)
        return evaluate(model)

    short = dataclasses.replace(toy.LOOP, steps=1)
    with pytest.raises(KeyboardInterrupt, match="stopped at step 1;"):
        toy.train(tmp_path, loop_config=short, evaluate=stopped)
    assert Checkpoints(tmp_path).latest_step() == 1


def test_metrics_have_every_step_once_and_in_order_after_a_kill(quick, whole, tmp_path):
    class Killed(Exception):
        pass

    def killed(model):
        if next(calls) == 3:
            # What is written but not saved, and a line that was cut short.
            with (tmp_path / "metrics.jsonl").open("a") as file:
                file.write('{"step": 20, "loss": 1.0}\n{"step": 21, "lo')
            raise Killed
        return evaluate(model)

    calls = iter(range(1, 9))
    with pytest.raises(Killed):
        toy.train(tmp_path, evaluate=killed)
    again = toy.train(tmp_path, evaluate=evaluate)
    assert_same_parameters(again, whole[1])
    lines = metrics(tmp_path)
    assert lines == metrics(whole[0])
    assert [x["step"] for x in lines if "loss" in x] == [1, 10, 20, 24]
    assert [x["step"] for x in lines if "answer" in x] == [6, 12, 18, 24]


def test_a_finished_run_is_only_read(quick, whole, monkeypatch):
    folder, model = whole
    before = sorted((p, p.stat().st_mtime_ns) for p in folder.rglob("*/*"))
    lines = metrics(folder)
    monkeypatch.setattr(loop, "batches", lambda *_: iter(()))
    again = toy.train(folder, evaluate=lambda model: 1 / 0)
    assert_same_parameters(again, model)
    assert sorted((p, p.stat().st_mtime_ns) for p in folder.rglob("*/*")) == before
    assert metrics(folder) == lines
    shorter = dataclasses.replace(toy.LOOP, steps=12)
    assert_same_parameters(toy.train(folder, loop_config=shorter), model)


def test_a_run_that_was_good_enough_stops_and_stays_stopped(quick, whole, tmp_path):
    def enough(found):
        assert set(found) == {"answer"}
        return next(asked) == 2

    asked = iter((1, 2))
    first = toy.train(tmp_path, evaluate=evaluate, enough=enough)
    assert Checkpoints(tmp_path).latest_step() == 12
    again = toy.train(tmp_path, evaluate=lambda model: 1 / 0, enough=enough)
    assert_same_parameters(again, first)
    assert metrics(tmp_path)[-1] == next(
        x for x in metrics(whole[0]) if x["step"] == 12 and "answer" in x
    )
    assert load_model(tmp_path)[1]["done"] is True


def test_loaded_model_is_the_returned_one_with_averaged_parameters(whole):
    folder, model = whole
    loaded, meta = load_model(folder)
    assert_same_parameters(loaded, model)
    assert meta["loop"] == dataclasses.asdict(toy.LOOP)
    assert meta["done"] is False


def test_a_run_with_another_model_is_refused_in_a_sentence(quick, whole):
    folder, _ = whole
    model = tiny.fresh_model(toy.MODEL)
    body = model.body
    others = {
        "config": tiny.fresh_model(dataclasses.replace(toy.MODEL, width=32)),
        "fps": model.replace(fps=25.0),
        "body": model.replace(body=body.replace(upper=body.upper + np.float32(0.1))),
    }
    # The same shapes, but other scales or another reach of attention.
    wider = 2 * model.statistics.reach
    others["statistics"] = model.replace(
        statistics=dataclasses.replace(model.statistics, reach=wider)
    )
    others[" config"] = tiny.fresh_model(dataclasses.replace(toy.MODEL, window=5))
    for part, other in others.items():
        with pytest.raises(CheckpointError, match=rf"another {part.strip()}; choose"):
            toy.train(folder, other)


def test_a_loss_that_is_no_number_ends_the_run_before_it_is_saved(
    monkeypatch, tmp_path
):
    def broken(model, batch, keys, config, progress=0.0):
        value, parts = toy.toy_loss(model, batch, keys, config)
        return jax.numpy.nan * value, {**parts, "loss": jax.numpy.nan * value}

    monkeypatch.setattr(step.losses, "loss", broken)
    with pytest.raises(FloatingPointError, match="no longer a number"):
        toy.train(tmp_path)
    assert Checkpoints(tmp_path).latest_step() is None


def test_the_model_that_was_given_is_left_alone(quick, tmp_path):
    model = tiny.fresh_model(toy.MODEL)
    before = [np.array(x) for x in jax.tree.leaves(model.params)]
    trained = toy.train(
        tmp_path, model, dataclasses.replace(toy.LOOP, steps=2), num_devices=1
    )
    for x, y in zip(jax.tree.leaves(model.params), before, strict=True):
        np.testing.assert_array_equal(x, y)
    moved = [
        np.abs(x - y).max()
        for x, y in zip(jax.tree.leaves(trained.params), before, strict=True)
    ]
    assert max(moved) > 0


def test_clips_that_are_too_short_are_told(tmp_path):
    with pytest.raises(ValueError, match="all clips are too short"):
        loop.train(
            tiny.fresh_model(toy.MODEL),
            Windows([tiny.motion(0, 4)], 6),
            tmp_path,
            toy.LOOP,
            toy.LOSS,
            loop.OptimizerConfig(),
        )
