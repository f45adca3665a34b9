"""Laws of the filter: the Butterworth gain, SciPy's filtfilt, ends, motions."""

import jax
import numpy as np
import pytest
from scipy import signal

from kinematics.dynamics import low_pass, smooth
from tests.kinematics.dynamics import bodies

FPS = 120.0
LOW_PASS = jax.jit(low_pass, static_argnums=(1, 2))


def test_away_from_the_ends_it_is_scipys_filtfilt():
    rng = np.random.default_rng(0)
    x = np.cumsum(rng.normal(size=(600, 3)), axis=0)
    # Two runs at this cutoff have a gain of sqrt(1/2) at 6 Hz (Winter 2009, 3.4.4.2).
    edge = np.tan(np.pi * 6 / FPS) / (np.sqrt(2) - 1) ** 0.25
    numbers = signal.butter(2, np.arctan(edge) / np.pi * 2)
    wanted = signal.filtfilt(*numbers, x, axis=0)
    with jax.enable_x64(True):
        found = np.asarray(LOW_PASS(x, FPS, 6.0))
    np.testing.assert_allclose(found[100:-100], wanted[100:-100], atol=1e-6)


@pytest.mark.parametrize(("hertz", "gain"), [(0.5, 1.0), (6.0, 0.5**0.5), (40.0, 0.0)])
def test_the_gain_at_the_cutoff_is_the_root_of_a_half(hertz, gain):
    times = np.arange(1201) / FPS
    wave = np.sin(2 * np.pi * hertz * times)[:, None]
    found = np.asarray(LOW_PASS(np.float32(wave), FPS, 6.0))
    np.testing.assert_allclose(found[300:-300], gain * wave[300:-300], atol=2e-3)


def test_lines_and_both_ends_stay_where_they_are():
    line = np.linspace([1.0, -2.0], [3.0, 5.0], 50, dtype=np.float32)
    np.testing.assert_allclose(LOW_PASS(line, FPS, 5.0), line, atol=1e-6)
    noise = np.float32(np.random.default_rng(1).normal(size=(2, 51, 4)))
    found = LOW_PASS(noise, FPS, 5.0)
    np.testing.assert_allclose(found[:, [0, -1]], noise[:, [0, -1]], atol=1e-6)


@pytest.mark.parametrize(("count", "cutoff"), [(0, 5.0), (2, 5.0), (20, 60.0)])
def test_nothing_to_filter_is_left_alone(count, cutoff):
    x = np.float32(np.random.default_rng(2).normal(size=(count, 3)))
    np.testing.assert_array_equal(low_pass(x, FPS, cutoff), x)


def test_a_smooth_motion_stays_and_its_rotations_stay_rotations():
    skeleton, _ = bodies.small()
    motion, *_ = bodies.swinging(skeleton, FPS, count=121)
    noise = np.random.default_rng(3).normal(size=motion.joints.shape)
    noisy = motion.replace(joints=motion.joints + np.float32(0.01 * noise))
    found = jax.jit(smooth, static_argnums=1)(noisy, 6.0)
    norms = np.linalg.norm(found.root_rotation, axis=-1)
    np.testing.assert_allclose(norms, 1.0, atol=1e-6)
    error = np.abs(found.joints - motion.joints)[10:-10]
    assert error.std() < 0.4 * np.abs(0.01 * noise).std()
    np.testing.assert_allclose(
        found.root_position[10:-10], motion.root_position[10:-10], atol=3e-3
    )
