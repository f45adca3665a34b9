"""Networks that forecast positions, as peers on the motion prediction benchmark.

`SiMLPe` is the network of Guo et al. (2023, "Back to MLP: A Simple Baseline for Human
Motion Prediction", arXiv:2207.01567); `ResidualMLP` a wider one on all observed frames
at once. Both answer with how far the 25 predicted joints move from the last pose, free
of bones and limits. Positions are in thousands of units. `learning` trains them.
"""

from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import scipy.fft

from lmmjax.data.cmu_benchmark import OBSERVED, PREDICTED

LENGTH = OBSERVED + PREDICTED
# Temporal components that a forecast of the residual MLP is combined of.
_COMPONENTS = 10
# Where a joint hardly moves, a tenth of a unit.
_LEAST = 1e-4
# Weights begin at nothing, so that the last pose is the first forecast.
_NOTHING = nn.initializers.variance_scaling(1e-16, "fan_avg", "uniform")


class Typical(NamedTuple):
    """Statistics of training windows.

    Attributes:
      mean: [10, 150] of what the residual MLP reads.
      spread: [10, 150] its standard deviation.
      moved: [25, 75] root mean square of the displacement at each frame.
      basis: [P, 25] principal components of displacements over ``moved``, each times
        its standard deviation.
      error: [25] mean distance of the joints from the last pose.
    """

    mean: np.ndarray
    spread: np.ndarray
    moved: np.ndarray
    basis: np.ndarray
    error: np.ndarray


def measure(windows: np.ndarray, weights: np.ndarray) -> Typical:
    """Statistics of windows [N, 35, 25, 3], joints weighted by [25]."""
    read = np.asarray(_read(jnp.asarray(windows[:, :OBSERVED])))
    moved = windows[:, OBSERVED:] - windows[:, OBSERVED - 1 : OBSERVED]
    error = (np.linalg.norm(moved, axis=-1) @ weights).mean(0)
    moved = moved.reshape(len(moved), PREDICTED, -1)
    typical = np.maximum(np.sqrt((moved**2).mean(0)), _LEAST)
    curves = np.moveaxis(moved / typical, 1, 2).reshape(-1, PREDICTED)
    variance, axes = np.linalg.eigh(curves.T @ curves / len(curves))
    size = np.sqrt(np.maximum(variance[::-1][:_COMPONENTS], 0))
    found = Typical(
        read.mean(0),
        np.maximum(read.std(0), _LEAST),
        typical,
        size[:, None] * axes.T[::-1][:_COMPONENTS],
        error,
    )
    return Typical(*(x.astype(np.float32) for x in found))


class SiMLPe(nn.Module):
    """Blocks of a full connection in time and a normalisation over channels.

    The paper observes 50 frames and predicts 10 or 25 of as many. Here there are fewer
    to observe than to predict: they are followed by repetitions of the last, as Mao et
    al. (2019, arXiv:1908.05436) do before the same transform.

    Attributes:
      blocks: their number, 48 in the paper.
    """

    blocks: int = 48

    @nn.compact
    def __call__(self, seen: jax.Array, typical: Typical) -> jax.Array:
        """Displacements [B, 25, 25, 3] after positions [B, 10, 25, 3]."""
        del typical
        cosines = jnp.asarray(
            scipy.fft.dct(np.eye(LENGTH), norm="ortho", axis=0), jnp.float32
        )
        x = seen.reshape(len(seen), OBSERVED, -1)
        x = jnp.concatenate([x, jnp.repeat(x[:, -1:], PREDICTED, axis=1)], axis=1)
        channels = x.shape[-1]
        # Batches are last in the blocks: products along time are then one of matrices,
        # and what sums over channels runs along neighbours in memory. To compute a
        # block again takes less time on a CPU than to keep what its gradient takes.
        x = jnp.transpose(nn.Dense(channels)(cosines @ x), (1, 2, 0))
        blocks = nn.scan(
            nn.remat(_Block, prevent_cse=False),
            variable_axes={"params": 0},
            split_rngs={"params": True},
            length=self.blocks,
        )
        x, _ = blocks()(x, None)
        x = nn.Dense(channels, kernel_init=_NOTHING)(jnp.transpose(x, (2, 0, 1)))
        x = jnp.matmul(cosines.T, x)
        return x[:, OBSERVED:].reshape(len(seen), PREDICTED, *seen.shape[2:])


class _Block(nn.Module):
    """A full connection in time, normalised over channels and added."""

    @nn.compact
    def __call__(self, x: jax.Array, none: None) -> tuple[jax.Array, None]:
        """What follows [T, C, B], of the same shape, and nothing, for a scan."""
        del none
        frames, channels, _ = x.shape
        zeros, ones = nn.initializers.zeros, nn.initializers.ones
        kernel = self.param("kernel", _NOTHING, (frames, frames))
        bias = self.param("bias", zeros, (frames, 1, 1))
        scale = self.param("scale", ones, (channels, 1))
        shift = self.param("shift", zeros, (channels, 1))
        mixed = (kernel.T @ x.reshape(frames, -1)).reshape(x.shape) + bias
        # By hand, for flax's takes twice as long along this axis.
        mixed -= mixed.mean(1, keepdims=True)
        inverse = jax.lax.rsqrt((mixed**2).mean(1, keepdims=True) + 1e-5)
        return x + mixed * inverse * scale + shift, None


class ResidualMLP(nn.Module):
    """Residual layers on all observed positions and steps at once.

    Attributes:
      width: channels between the layers.
      layers: residual layers.
    """

    width: int = 256
    layers: int = 3

    @nn.compact
    def __call__(self, seen: jax.Array, typical: Typical) -> jax.Array:
        """Displacements [B, 25, 25, 3] after positions [B, 10, 25, 3]."""
        x = jnp.clip((_read(seen) - typical.mean) / typical.spread, -5, 5)
        x = nn.Dense(self.width)(x.reshape(len(x), -1))
        for _ in range(self.layers):
            h = nn.gelu(nn.Dense(2 * self.width)(nn.LayerNorm()(x)))
            x = x + nn.Dense(self.width)(h)
        size = len(typical.basis) * typical.moved.shape[-1]
        x = nn.Dense(size, kernel_init=nn.initializers.normal(1e-3))(nn.LayerNorm()(x))
        x = x.reshape(len(x), len(typical.basis), -1)
        moved = jnp.einsum("bpc,pk,kc->bkc", x, typical.basis, typical.moved)
        return moved.reshape(len(x), PREDICTED, *seen.shape[2:])


def _read(seen: jax.Array) -> jax.Array:
    """Positions and the steps to them [B, 10, 150]; the first step is the second."""
    steps = jnp.diff(seen, axis=1)
    steps = jnp.concatenate([steps[:, :1], steps], axis=1)
    both = jnp.concatenate([seen, steps], axis=2)
    return both.reshape(*seen.shape[:2], -1)
