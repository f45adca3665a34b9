"""Samplers are kept with a model, and read back as they were."""

import dataclasses
import types

import pytest

from experiments import samplers
from experiments.settings import SettingError
from lmmjax.model.sampler import Sampler

FUTURES, MOVEMENT = Sampler(3, 0.5, 1.4), Sampler(3, 0.5, 0.25)


def test_the_sampler_kept_with_a_model_is_taken():
    for use in (samplers.FUTURES, samplers.ROLLOUTS):
        assert samplers.of({}, use) is None
        assert samplers.of({use: dataclasses.asdict(FUTURES)}, use) == FUTURES
        for wrong in ({"steps": 0}, {"heat": 1.0}, None):
            with pytest.raises(SettingError, match=f"'{use}' cannot be used"):
                samplers.of({use: wrong}, use)


def test_what_was_chosen_for_a_run_is_found_again(tmp_path):
    assert samplers.read(tmp_path) == {}
    report = types.SimpleNamespace(
        calibration=types.SimpleNamespace(sampler=FUTURES),
        drift=types.SimpleNamespace(sampler=MOVEMENT),
    )
    samplers.write(tmp_path / "run", report)
    found = samplers.read(tmp_path / "run")
    assert samplers.of(found, samplers.FUTURES) == FUTURES
    assert samplers.of(found, samplers.ROLLOUTS) == MOVEMENT
    (tmp_path / "sampler.json").write_text("[1]")
    with pytest.raises(SettingError, match=r"sampler\.json: cannot be used"):
        samplers.read(tmp_path)
