"""Laws of --config and --set: checked, typed, and kept with the run."""

import dataclasses
import json

import pytest

from experiments import settings
from experiments.configs import CONFIGS
from experiments.settings import SettingError, configure, keys


@dataclasses.dataclass(frozen=True)
class Inner:
    sizes: tuple[int, ...] = (1, 2)
    quick: bool = False


@pytest.mark.parametrize("name", CONFIGS)
def test_a_name_alone_gives_that_configuration(name):
    assert configure(name, []) is CONFIGS[name]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("loop.steps=7", 7),
        ("loop.steps=20_000", 20000),
        ("loop.seed=0", 0),
        ("optim.learning_rate=3e-4", 3e-4),
        ("optim.weight_decay=0", 0.0),
        ("data.rate_hz=25", 25.0),
        ("data.prepared_dir=a=b, c", "a=b, c"),
        ("data.prepared_dir=07", "07"),
        ("data.up=z", "z"),
        ("data.test_subjects=08,09", ("08", "09")),
        ("data.test_subjects=('08', '09')", ("08", "09")),
        ("data.test_subjects=[7]", ("7",)),
        ("data.test_subjects=", ()),
        (" loop.batch = 8 ", 8),
        ("practice.share=0.3", 0.3),
        ("practice.begin=0", 0.0),
    ],
)
def test_a_value_takes_the_type_of_its_field(setting, value):
    found = keys(configure("small", [setting]))[setting.partition("=")[0].strip()]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", ["true", "True", "TRUE"])
def test_tuples_of_numbers_and_truth_values_are_understood(text):
    inner = settings._replace(Inner(), "quick", ["quick"], text)
    assert inner.quick is True
    inner = settings._replace(inner, "quick", ["quick"], "false")
    assert inner.quick is False
    assert settings._replace(inner, "sizes", ["sizes"], "3, 4").sizes == (3, 4)
    with pytest.raises(SettingError, match="sizes takes a whole number, not 'x'"):
        settings._replace(inner, "sizes", ["sizes"], "3,x")
    with pytest.raises(SettingError, match="quick takes true or false, not '1'"):
        settings._replace(inner, "quick", ["quick"], "1")


@pytest.mark.parametrize("value", [True, False])
def test_truth_values_may_be_either(value):
    config = settings.configure("small", [f"model.equivariant={value}".lower()])
    assert config.model.equivariant is value


def test_later_changes_win_and_others_stay():
    config = configure("small", ["loop.steps=7", "model.width=24", "loop.steps=9"])
    changed = {
        key
        for key, value in keys(config).items()
        if keys(CONFIGS["small"])[key] != value
    }
    assert changed == {"loop.steps", "model.width"}
    assert config.loop.steps == 9
    assert CONFIGS["small"].loop.steps != 9


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("loop.steps=many", "loop.steps takes a whole number, not 'many'"),
        ("loop.steps=1.5", "loop.steps takes a whole number, not '1.5'"),
        ("loop.steps=True", "loop.steps takes a whole number, not 'True'"),
        ("optim.learning_rate=", "optim.learning_rate takes a number, not ''"),
        ("loop.step=7", "no setting 'loop.step', did you mean 'loop.steps'?"),
        ("lop.steps=7", "no setting 'lop.steps', did you mean 'loop.steps'?"),
        ("loop.xyz=7", "no setting 'loop.xyz'; there are loop.steps, loop.batch"),
        ("loop=7", "'loop' is not a single setting; there are loop.steps"),
        ("loop.steps.x=7", "'loop.steps.x' is not a single setting"),
        ("loop.steps", "--set loop.steps: write it as key=value"),
        ("=7", "no setting ''"),
    ],
)
def test_a_mistake_in_a_setting_is_named(setting, message):
    with pytest.raises(SettingError) as caught:
        configure("small", [setting])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("loop.batch=0", "loop.batch must be above 0, not 0"),
        ("loop.steps=-1", "loop.steps must be above 0, not -1"),
        ("data.stride=0", "data.stride must be above 0"),
        ("data.rate_hz=0", "data.rate_hz must be above 0"),
        ("optim.learning_rate=1e999", "optim.learning_rate must be above 0, not inf"),
        ("data.scale=-1", "data.scale must be 0 or above, not -1"),
        ("loss.position=-1", "loss.position must be 0 or above"),
        ("data.validation_share=1", "data.validation_share must be below 1"),
        ("data.up=x", "data.up must be y or z, not 'x'"),
        ("model.heads=7", "must be a multiple of model.heads (7)"),
        ("practice.share=2", "practice.share must be between 0 and 1; got 2"),
        ("practice.every=0", "practice.every must be at least 1; got 0"),
    ],
)
def test_a_value_that_no_run_can_work_with_is_refused(setting, message):
    with pytest.raises(SettingError) as caught:
        configure("small", [setting])
    assert message in str(caught.value)


def test_practice_may_hand_out_no_more_poses_than_the_model_tells():
    alone = configure("demo", ["practice.share=0", "practice.commit=90"])
    assert alone.practice.commit == 90
    with pytest.raises(SettingError, match=r"practice.commit \(90\) must be at most"):
        configure("demo", ["practice.commit=90", "practice.share=0.5"])


def test_an_unknown_config_is_named_with_the_nearest_one():
    with pytest.raises(SettingError, match=r"no config 'smal', did you mean 'small'\?"):
        configure("smal", [])
    with pytest.raises(SettingError, match="no config 'xyz'; there are demo, small"):
        configure("xyz", [])


@pytest.mark.parametrize("data_dir", [None, "motion"])
def test_a_run_keeps_its_configuration_and_where_its_data_was(
    tmp_path, monkeypatch, data_dir
):
    monkeypatch.chdir(tmp_path)
    config = configure("demo", ["data.test_subjects=08,09", "optim.learning_rate=1e-5"])
    settings.save("run", config, data_dir)
    monkeypatch.chdir(tmp_path / "run")
    found, folder = settings.load(".")
    assert found == config
    assert folder == (data_dir and str(tmp_path / "motion"))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"config": 1, "data_dir": null}'])
def test_a_damaged_configuration_is_one_sentence(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(SettingError, match=r"config\.json: not a configuration \("):
        settings.load(tmp_path)


def test_a_configuration_of_another_version_is_one_sentence(tmp_path):
    settings.save(tmp_path, CONFIGS["demo"], None)
    content = json.loads((tmp_path / "config.json").read_text())
    content["config"]["loop"]["pace"] = 3
    (tmp_path / "config.json").write_text(json.dumps(content))
    with pytest.raises(SettingError, match=r"not a configuration .*pace"):
        settings.load(tmp_path)


def test_a_folder_that_is_no_run_is_one_sentence(tmp_path):
    with pytest.raises(SettingError, match="is this the folder of a run"):
        settings.load(tmp_path)
