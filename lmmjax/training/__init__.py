"""Training: loss, step, parallel devices, checkpoints, the loop, and `fit`."""

from lmmjax.training.checkpoint import load_model
from lmmjax.training.fitting import fit
from lmmjax.training.loop import LoopConfig
from lmmjax.training.loss import LossConfig
from lmmjax.training.practice import PracticeConfig
from lmmjax.training.state import OptimizerConfig

__all__ = [
    "LoopConfig",
    "LossConfig",
    "OptimizerConfig",
    "PracticeConfig",
    "fit",
    "load_model",
]
