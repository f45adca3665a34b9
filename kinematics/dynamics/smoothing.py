"""Low-pass filter for captured motion, before it is differentiated.

Noise of a millimetre at 120 Hz is noise of tens of m/s^2 once differenced twice.
Biomechanics filters with a Butterworth filter of second order, run forward and
backward so that nothing is delayed, at 4 to 8 Hz for walking (Winter, "Biomechanics
and motor control of human movement", 2009, section 3.4). Its two runs together have a
real gain; here it is applied to the series of sines of the clip, which a jitted
program does at once and without a transient at the start.
"""

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import rotations
from kinematics.motion import Motion
from kinematics.skeleton import Array


def low_pass(x: Array, fps: float, cutoff_hz: float) -> jax.Array:
    """Butterworth filter of second order, forward and backward.

    The line through the first and the last frame is left as it is, and the rest is
    continued as an odd function beyond both, so the first and last frame do not move.

    Args:
      x: [..., T, N] series in time.
      fps: frames per second.
      cutoff_hz: where the gain of both runs together is the root of 1/2. Half of the
        rate or more filters nothing.

    Returns:
      The filtered series [..., T, N].
    """
    x = jnp.asarray(x)
    count = x.shape[-2]
    if count < 3 or 2 * cutoff_hz >= fps:
        return x
    share = jnp.linspace(0.0, 1.0, count, dtype=x.dtype)[:, None]
    line = x[..., :1, :] + share * (x[..., -1:, :] - x[..., :1, :])
    rest = x - line
    period = jnp.concatenate([rest, -rest[..., -2:0:-1, :]], axis=-2)
    spectrum = jnp.fft.rfft(period, axis=-2)
    gain = _gain(np.fft.rfftfreq(2 * (count - 1), 1 / fps), fps, cutoff_hz)
    spectrum = spectrum * jnp.asarray(gain, x.dtype)[:, None]
    return line + jnp.fft.irfft(spectrum, 2 * (count - 1), axis=-2)[..., :count, :]


def _gain(frequencies: np.ndarray, fps: float, cutoff_hz: float) -> np.ndarray:
    """Gain of both runs at each frequency.

    One run has 1 / sqrt(1 + w^4) at w = tan(pi f / fps) / tan(pi f0 / fps), by the
    bilinear transform; f0 is chosen so that two have sqrt(1/2) at the cutoff.
    """
    edge = np.tan(np.pi * cutoff_hz / fps)
    ratio = np.tan(np.minimum(np.pi * frequencies / fps, np.pi / 2 - 1e-9)) / edge
    return 1 / (1 + (np.sqrt(2) - 1) * ratio**4)


def smooth(motion: Motion, cutoff_hz: float = 6.0) -> Motion:
    """A motion without what is faster than ``cutoff_hz``; see `low_pass`.

    Joint coordinates and the root's quaternion are filtered, so they should be
    continuous in time, as those of every reader of this package are.

    Args:
      motion: [..., T] frames.
      cutoff_hz: Winter's usual choice for walking is the default; running and jumping
        need 10 to 15.
    """
    fps = motion.fps
    turn = low_pass(motion.root_rotation, fps, cutoff_hz)
    return motion.replace(
        root_position=low_pass(motion.root_position, fps, cutoff_hz),
        root_rotation=rotations.quaternion_normalize(turn),
        joints=low_pass(motion.joints, fps, cutoff_hz),
    )
