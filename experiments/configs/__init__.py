"""Named configurations: frozen dataclasses, chosen with ``--config=<name>``."""

from experiments.configs.base import Config, DataConfig
from experiments.configs.named import CONFIGS

__all__ = ["CONFIGS", "Config", "DataConfig"]
