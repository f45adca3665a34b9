"""``--config`` and ``--set``: frozen dataclasses with checked changes."""

import ast
import dataclasses
import difflib
import json
import math
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from experiments.configs import CONFIGS, Config

_FILE = "config.json"
_MAY_BE_ZERO = (
    "data.clip_balance",
    "data.scale",
    "data.validation_share",
    "loop.seed",
    "model.dropout",
    "model.embedding",
    "model.recent",
    "optim.ema",
    "optim.warmup",
    "optim.weight_decay",
    "practice.begin",
    "practice.pace",
    "practice.posture",
    "practice.push",
    "practice.share",
    "practice.size",
    "practice.switch",
    "practice.temperature",
)


class SettingError(ValueError):
    """A setting that does not exist or has a value of the wrong type."""


def configure(name: str, settings: list[str]) -> Config:
    """The named configuration with ``key=value`` changes applied in order."""
    if name not in CONFIGS:
        raise SettingError(
            f"no config {name!r}{_did_you_mean(name, CONFIGS)}; "
            f"there are {', '.join(CONFIGS)}"
        )
    config = CONFIGS[name]
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise SettingError(f"--set {setting}: write it as key=value")
        config = _replace(config, key.strip(), key.strip().split("."), text.strip())
    _check(config)
    return config


def _check(config: Config) -> None:
    """Refuse numbers that no run can work with, before anything is computed."""
    for key, value in keys(config).items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        zero = key.startswith("loss.") and isinstance(value, float)
        zero = zero or key in _MAY_BE_ZERO
        if not (math.isfinite(value) and (value > 0 or (zero and value == 0))):
            least = "0 or above" if zero else "above 0"
            raise SettingError(f"{key} must be {least}, not {value}")
    for key, value in (
        ("data.validation_share", config.data.validation_share),
        ("optim.ema", config.optim.ema),
    ):
        if value >= 1:
            raise SettingError(f"{key} must be below 1, not {value}")
    if config.data.up not in ("y", "z"):
        raise SettingError(f"data.up must be y or z, not {config.data.up!r}")
    if config.model.width % config.model.heads:
        raise SettingError(
            f"model.width ({config.model.width}) must be a multiple of model.heads "
            f"({config.model.heads})"
        )
    if config.practice.share and config.practice.commit > config.model.horizon:
        raise SettingError(
            f"practice.commit ({config.practice.commit}) must be at most model.horizon "
            f"({config.model.horizon})"
        )


def keys(config: Any, prefix: str = "") -> dict[str, Any]:
    """All keys that can be set, with their values."""
    found: dict[str, Any] = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            found |= keys(value, f"{prefix}{field.name}.")
        else:
            found[prefix + field.name] = value
    return found


def save(workdir: str | Path, config: Config, data_dir: str | None) -> None:
    """Keep a run's configuration in its folder."""
    folders = None
    if data_dir is not None:
        folders = ",".join(str(Path(name).resolve()) for name in data_dir.split(","))
    content = {"data_dir": folders, "config": dataclasses.asdict(config)}
    Path(workdir).mkdir(parents=True, exist_ok=True)
    (Path(workdir) / _FILE).write_text(json.dumps(content, indent=2) + "\n")


def load(workdir: str | Path) -> tuple[Config, str | None]:
    """The configuration and the data folder of a run."""
    path = Path(workdir) / _FILE
    try:
        content = json.loads(path.read_text())
        return _from_dict(Config, content["config"]), content["data_dir"]
    except FileNotFoundError:
        raise SettingError(f"{path}: not here; is this the folder of a run?") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingError(f"{path}: not a configuration ({error})") from error


def _from_dict(kind: Any, values: dict[str, Any]) -> Any:
    """A configuration from what `dataclasses.asdict` made of it."""
    types = get_type_hints(kind)
    changes = {}
    for key, value in values.items():
        if dataclasses.is_dataclass(types[key]):
            value = _from_dict(types[key], value)
        changes[key] = tuple(value) if isinstance(value, list) else value
    return kind(**changes)


def _replace(config: Any, key: str, path: list[str], text: str) -> Any:
    names = [field.name for field in dataclasses.fields(config)]
    whole = key[: len(key) - len(".".join(path))]
    if path[0] not in names:
        known = keys(config)
        raise SettingError(
            f"no setting {key!r}{_did_you_mean('.'.join(path), known, whole)}; "
            f"there are {', '.join(whole + name for name in known)}"
        )
    value = getattr(config, path[0])
    if dataclasses.is_dataclass(value) != (len(path) > 1):
        known = keys(config, whole) if len(path) > 1 else keys(value, f"{key}.")
        raise SettingError(
            f"{key!r} is not a single setting; there are {', '.join(known)}"
        )
    if len(path) > 1:
        new = _replace(value, key, path[1:], text)
    else:
        new = _parse(key, text, get_type_hints(type(config))[path[0]])
    try:
        return dataclasses.replace(config, **{path[0]: new})
    except ValueError as error:
        raise SettingError(f"{whole}{error}") from error


def _parse(key: str, text: str, kind: Any) -> Any:
    """The text as a value of the type that the field was declared with."""
    if kind is str:
        return text
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        parts = text.strip("()[] ").split(",")
        return tuple(_parse(key, p.strip(" '\""), inner) for p in parts if p.strip())
    if kind is bool and text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        value = text
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise SettingError(f"{key} takes {_article(kind)}, not {text!r}")
    return value


def _article(kind: type) -> str:
    names = {int: "a whole number", float: "a number", bool: "true or false"}
    return names.get(kind, kind.__name__)


def _did_you_mean(word: str, known, prefix: str = "") -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f", did you mean {prefix + close[0]!r}?" if close else ""


KEYS = ", ".join(keys(Config()))
