"""Models whose cost is measured, by their size."""

from lmmjax.model import ModelConfig

SIZES = {
    "tiny": ModelConfig(
        width=32, layers=1, heads=2, window=8, head_width=32, head_layers=1, horizon=3
    ),
    "S": ModelConfig(),
    "S plain": ModelConfig(equivariant=False),
    "B": ModelConfig(width=512, layers=5, heads=8, head_width=512, head_layers=2),
    "L": ModelConfig(width=1024, layers=7, heads=16, head_width=1024, head_layers=4),
}
