"""From noise to a residual: the steps of the flow, and how random they are.

The flow of `diffusion` is followed backwards, from pure noise at tau = 1 towards the
clean residual at tau = 0. At every step the network tells the mean and the deviation of
the clean residual that may be behind a noisy one. One that is drawn from these leaves
over a noise that goes with it, and the next point has both in the shares of its own
tau. Where the network is right, every point is as it would be in training, however few
the steps are (optimal variances: Bao et al. 2022, arXiv:2201.06503 and 2206.07309). If
the mean is taken in place of a draw, this is the deterministic flow, or DDIM (Song et
al. 2021, arXiv:2010.02502), whose few steps give far too narrow a spread: a half to two
thirds of a Gaussian's after four.

Of people that it has not seen the network does not know how sure it may be. A sample
whose noise has a random scale, the same for all of it, is of a distribution with heavy
tails: as wide in its middle, wider where it is rarely.
"""

import dataclasses
import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp

Array = jax.Array
# Moves a clean residual, told how uncertain it is.
Steer = Callable[[Array, Array], Array]

# Levels are evenly spaced in this root of tau: what is left open once the past is known
# is small, and is settled where there is little noise.
_SPACING = 2.0


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["churn", "temperature", "tail"],
    meta_fields=["steps"],
)
@dataclasses.dataclass(frozen=True)
class Sampler:
    """How samples are drawn; a pytree, and with plain numbers hashable.

    Attributes:
      steps: evaluations of the network.
      churn: how far from its mean a clean residual is drawn at every step: 0 is the
        deterministic flow, 1 the spread that the network tells. As a plain 0, not
        traced, it costs no noise, and with one step every sample is the forecast.
      temperature: scale of all noise: lower is more typical, higher more varied.
      tail: standard deviation of the logarithm of the scale of a sample's noise, about
        that of the temperature; 0 for one scale for all.
    """

    steps: int = 4
    churn: float | Array = 1.0
    temperature: float | Array = 1.0
    tail: float | Array = 0.0

    def __post_init__(self):
        if self.steps < 1:
            raise ValueError(f"steps must be at least 1; got {self.steps}")
        if _is_number(self.churn) and not 0 <= self.churn <= 1:
            raise ValueError(f"churn must be between 0 and 1; got {self.churn:g}")
        for name in ("temperature", "tail"):
            value = getattr(self, name)
            if _is_number(value) and not value >= 0:
                raise ValueError(f"{name} must be 0 or more; got {value:g}")

    @property
    def draws(self) -> int:
        """S: how many noises a sample takes: to begin with, and for every step."""
        return 1 if _is_number(self.churn) and self.churn == 0 else 1 + self.steps

    @property
    def levels(self) -> list[float]:
        """The noise level of every step, and 0."""
        return [(1 - n / self.steps) ** _SPACING for n in range(self.steps + 1)]


def draw(sampler: Sampler, key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Noise for `sample`.

    Args:
      sampler: its settings.
      key: of the noise; the first is normal noise of this key.
      shape: [P, ..., N] of a residual.

    Returns:
      [S, P, ..., N] normal noise, each sample's at one scale.
    """
    noise = jax.random.normal(key, shape)[None]
    if sampler.draws > 1:
        others = (sampler.draws - 1, *shape)
        fresh = jax.random.normal(jax.random.fold_in(key, 1), others)
        noise = jnp.concatenate([noise, fresh])
    if _is_number(sampler.tail) and sampler.tail == 0:
        return noise
    scale = jax.random.normal(jax.random.fold_in(key, 2), shape[1:-1])
    return jnp.exp(sampler.tail * scale)[..., None] * noise


def sample(
    denoise: Callable[[Array, Array], tuple[Array, Array]],
    noise: Array,
    sampler: Sampler,
    steer: Steer | None = None,
    finish: Steer | None = None,
) -> jax.Array:
    """Turn noise into a residual.

    Args:
      denoise: tells mean and deviation [...] of the clean residual from a noisy one
        [...] and its tau.
      noise: [S, ...] normal; see `draw`.
      sampler: its settings.
      steer: moves the clean residual that was drawn at a step; it is told how
        uncertain that was at the first step, before anything was known.
      finish: does so at the last step; by default ``steer`` does.

    Returns:
      A clean residual [...].

    Raises:
      ValueError: there are not as many noises as the sampler takes.
    """
    if len(noise) != sampler.draws:
        raise ValueError(f"{len(noise)} noises for a sampler of {sampler.draws}")
    noise = sampler.temperature * noise
    levels = jnp.array(sampler.levels, noise.dtype)
    steps = levels[:-1], levels[1:], noise[1:] if sampler.draws > 1 else None

    def advance(steer, known, step):
        (x, first), (tau, after, fresh) = known, step
        clean, deviation = denoise(x, tau)
        if fresh is not None:
            clean += sampler.churn * deviation * fresh
        first = jnp.where(tau == 1, deviation, first)
        if steer is not None:
            clean = steer(clean, first)
        # At the end the clean residual is left, to the last bit.
        x = (1 - after) * clean + after / tau * (x - (1 - tau) * clean)
        return (x, first), None

    # Steps that are alike are compiled once, and network and body take long to compile.
    known = noise[0], jnp.zeros_like(noise[0])
    alike = sampler.steps - (finish is not None)
    if alike:
        early = jax.tree.map(lambda x: x[:alike], steps)
        known, _ = jax.lax.scan(functools.partial(advance, steer), known, early)
    if finish is not None:
        known, _ = advance(finish, known, jax.tree.map(lambda x: x[-1], steps))
    return known[0]


def _is_number(x) -> bool:
    """Whether a setting is a plain number, of which the value is known."""
    return isinstance(x, int | float)
