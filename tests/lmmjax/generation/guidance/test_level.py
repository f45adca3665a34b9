"""Laws of hips on a level floor."""

import numpy as np
import pytest

from lmmjax.generation import guidance
from tests.lmmjax.generation.guidance.wishing import sampled, walk


def test_hips_keep_the_height_that_they_had():
    wish = guidance.stay_level(walk(), 0.02)
    height = np.asarray(walk().root_position)[..., 2]
    np.testing.assert_allclose(wish.height, height.mean(axis=1), rtol=1e-6)
    # Hips that are asked to be lower go lower.
    lower = guidance.Level(wish.height - np.float32(0.2), np.float32(0.02))
    free, led = (sampled(w)[0][:, :, 0] for w in ((), (lower,)))
    off = [np.abs(x[..., 2] - np.asarray(lower.height)[:, None]) for x in (free, led)]
    assert off[1].mean() < 0.7 * off[0].mean()


def test_a_tolerance_of_nothing_is_said():
    with pytest.raises(ValueError, match="tolerance must be above 0 m; got 0"):
        guidance.stay_level(walk(), 0.0)
