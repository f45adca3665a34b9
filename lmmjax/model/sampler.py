"""From noise to a residual: the steps of the flow, and how random they are.

The flow of `diffusion` is followed backwards, from pure noise at tau = 1 towards the
clean residual at tau = 0. Every step of the network tells clean residual and noise
apart; the next point has both in the shares of its own tau. With churn, part of that
noise is exchanged for fresh noise: the samplers of DDIM (Song et al. 2021,
arXiv:2010.02502, equations 12 and 16, where it is called eta) for this flow. A churn
of 0 is the deterministic flow, 1 the ancestral sampler of DDPM (Ho et al. 2020), and
all have the same limit of many steps.
"""

import dataclasses
import functools
import math
from collections.abc import Callable

import jax
import jax.numpy as jnp

Array = jax.Array


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["churn", "temperature"],
    meta_fields=["steps"],
)
@dataclasses.dataclass(frozen=True)
class Sampler:
    """How samples are drawn; a pytree, and with plain numbers hashable.

    Attributes:
      steps: evaluations of the network; with one, every sample is the forecast.
      churn: how much noise is exchanged between steps, from 0 for none to 1 for what
        the ancestral sampler does. As a plain 0, not traced, it costs nothing.
      temperature: scale of all noise: lower is more typical, higher more varied.
    """

    steps: int = 4
    churn: float | Array = 0.0
    temperature: float | Array = 1.0

    def __post_init__(self):
        if self.steps < 1:
            raise ValueError(f"steps must be at least 1; got {self.steps}")
        if _is_number(self.churn) and not 0 <= self.churn <= 1:
            raise ValueError(f"churn must be between 0 and 1; got {self.churn:g}")
        if _is_number(self.temperature) and not self.temperature >= 0:
            raise ValueError(f"temperature must be 0 or more; got {self.temperature:g}")

    @property
    def draws(self) -> int:
        """N: how many noises a sample takes."""
        return 1 if _is_number(self.churn) and self.churn == 0 else self.steps


def draw(sampler: Sampler, key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Standard normal noise [N, *shape] for `sample`; the first is that of the key."""
    first = jax.random.normal(key, shape)[None]
    if sampler.draws == 1:
        return first
    others = (sampler.draws - 1, *shape)
    fresh = jax.random.normal(jax.random.fold_in(key, 1), others)
    return jnp.concatenate([first, fresh])


def sample(
    denoise: Callable[[Array, Array], Array], noise: Array, sampler: Sampler
) -> jax.Array:
    """Turn noise into a residual.

    Args:
      denoise: estimates the clean residual [..., K, C] from a noisy one and tau [...].
      noise: [N, ..., K, C] standard normal; see `draw`.
      sampler: its settings.

    Returns:
      The last estimate of the clean residual, [..., K, C].

    Raises:
      ValueError: there are not as many noises as the sampler takes.
    """
    if len(noise) != sampler.draws:
        raise ValueError(f"{len(noise)} noises for a sampler of {sampler.draws}")
    noise = sampler.temperature * noise
    levels = noise.shape[1:-2]
    x = noise[0]
    for n in range(sampler.steps - 1):
        tau, after = 1 - n / sampler.steps, 1 - (n + 1) / sampler.steps
        clean = denoise(x, jnp.full(levels, tau))
        euler = x + (after - tau) * (x - clean) / tau
        if sampler.draws > 1:
            # Of the variance of the noise that x has, exchanged^2 is new.
            most = 1 - ((1 - tau) * after / ((1 - after) * tau)) ** 2
            exchanged = sampler.churn * math.sqrt(most)
            kept = jnp.sqrt(1 - jnp.square(exchanged))
            old = x + (1 - tau) * (x - clean) / tau
            euler += after * ((kept - 1) * old + exchanged * noise[n + 1])
        x = euler
    return denoise(x, jnp.full(levels, 1 / sampler.steps))


def _is_number(x) -> bool:
    """Whether a setting is a plain number, of which the value is known."""
    return isinstance(x, int | float)
