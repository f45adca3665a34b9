"""What is compared: networks that are as expensive, and shares of the clips."""

import dataclasses
from collections.abc import Sequence

import jax
import numpy as np

from experiments.configs import CONFIGS, Config
from experiments.settings import SettingError
from lmmjax.data.cmu_benchmark import OBSERVED, PREDICTED, BenchmarkClip
from lmmjax.data.cmu_benchmark.files import STEP
from lmmjax.model import ModelConfig, MovementModel, num_parameters

VARIANTS = ("none", "augmentation", "equivariant")
# With a head as wide as when the report was made: `cmu38` has had a narrower one since
# it is trained several times.
RECIPE = dataclasses.replace(
    CONFIGS["cmu38"], model=dataclasses.replace(CONFIGS["cmu38"].model, head_width=512)
)
# Half of the windows in the mirror: either image is as frequent.
_MIRRORED = 0.5
# How wide a plain network is, for one that keeps two parities apart and so has half of
# the weights. Between layers of its own this would be the root of a half; inputs and
# outputs are as wide as ever.
_NARROWER = 0.65
# Rows of the shortest part of a clip: a T-pose, and a window of both halves.
LEAST_ROWS = STEP * (OBSERVED + PREDICTED) + 1


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a network costs.

    Attributes:
      width: channels of the backbone.
      head_width: channels of the head.
      parameters: that are trained.
      products: multiplications by weights in one pass over a training window.
    """

    width: int
    head_width: int
    parameters: int
    products: int


def cost_of(model: MovementModel, config: Config) -> Cost:
    """What a model costs that was trained by a recipe."""
    return Cost(
        config.model.width,
        config.model.head_width,
        num_parameters(model),
        products(model, OBSERVED, config.loss.places * config.loss.draws),
    )


def plain(config: ModelConfig) -> ModelConfig:
    """A plain network with about as many multiplications as an equivariant one."""
    return dataclasses.replace(
        config,
        equivariant=False,
        width=_multiple(_NARROWER * config.width, 2 * config.heads),
        head_width=_multiple(_NARROWER * config.head_width, 4),
    )


def variant_of(config: Config, name: str) -> Config:
    """The recipe, of an equivariant network, as one of `VARIANTS`.

    Raises:
      SettingError: there is no such variant.
    """
    if name not in VARIANTS:
        raise SettingError(f"no variant {name!r}; --variants are {', '.join(VARIANTS)}")
    equivariant = name == "equivariant"
    mirror = _MIRRORED if name == "augmentation" else 0.0
    return dataclasses.replace(
        config,
        model=config.model if equivariant else plain(config.model),
        loss=dataclasses.replace(config.loss, mirror=mirror),
    )


def share_of(
    clips: Sequence[BenchmarkClip], percent: int, seed: int
) -> list[BenchmarkClip]:
    """Part of the clips, as large in every action; larger parts hold smaller ones.

    Of each action so many percent of its clips, in a random order. Of a clip that is
    not wholly among them there is the beginning, of `LEAST_ROWS` or more.

    Args:
      clips: all training clips.
      percent: 1 to 100.
      seed: of the order.
    """
    rng = np.random.default_rng(seed)
    kept = []
    for action in dict.fromkeys(clip.action for clip in clips):
        own = [clip for clip in clips if clip.action == action]
        left = percent * len(own)
        for number in rng.permutation(len(own)):
            if left <= 0:
                break
            rows = own[number].rows
            count = max(-(-min(left, 100) * len(rows) // 100), LEAST_ROWS)
            kept.append(dataclasses.replace(own[number], rows=rows[:count]))
            left -= 100
    return kept


def products(model: MovementModel, context: int, draws: int) -> int:
    """Multiplications by weights in one pass over a window.

    Args:
      model: the model.
      context: poses, at each of which the backbone is applied.
      draws: how often the head is.
    """
    found = 0
    for path, leaf in jax.tree_util.tree_leaves_with_path(model.params):
        part, *_, last = (str(key.key) for key in path)
        if last == "kernel":
            found += (draws if part == "head" else context) * leaf.size
    return found


def _multiple(value: float, of: int) -> int:
    """The multiple that is nearest to a value, but not 0."""
    return of * max(round(value / of), 1)
