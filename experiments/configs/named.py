"""The configurations that are used."""

from experiments.configs.base import Config, DataConfig
from lmmjax.model import ModelConfig
from lmmjax.training.loop import LoopConfig
from lmmjax.training.loss import LossConfig

DEMO = Config(
    model=ModelConfig(
        width=96, layers=2, heads=4, head_width=192, head_layers=2, horizon=12
    ),
    data=DataConfig(stride=3, clips=60, split_by="subject"),
    loss=LossConfig(places=6, draws=3),
    loop=LoopConfig(steps=600, batch=32, save_every=200, evaluate_every=100),
)

SMALL = Config(
    model=ModelConfig(
        width=128, layers=4, heads=4, head_width=256, head_layers=2, horizon=15
    ),
    loss=LossConfig(places=6, draws=3),
    loop=LoopConfig(steps=2400, batch=32, save_every=200, evaluate_every=200),
)

CONFIGS: dict[str, Config] = {"demo": DEMO, "small": SMALL}
