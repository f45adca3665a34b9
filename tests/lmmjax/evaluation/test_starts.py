"""Moments of clips."""

import numpy as np
import pytest

from lmmjax.evaluation.starts import moments
from tests.lmmjax import tiny

CLIPS = [tiny.motion(n) for n in range(3)]


def test_moments_are_of_all_clips_alike_on_the_bones_of_each():
    model = tiny.fresh_model()
    found = moments(model, CLIPS, 6, seed=1, after=4)
    np.testing.assert_array_equal(found.clip, [0, 1, 2, 0, 1, 2])
    assert found.past.joints.shape[:2] == (6, 31)
    for n in range(6):
        clip = CLIPS[n % 3]
        np.testing.assert_allclose(
            found.model.body.offsets[n, 0], clip.skeleton.offsets, atol=1e-6
        )
        whole = np.concatenate([found.past.joints[n], found.future.joints[n]])
        assert len(whole) == 35
        assert any(np.array_equal(whole, clip.joints[i : i + 35]) for i in range(6))


def test_clips_that_are_too_short_say_so():
    with pytest.raises(ValueError, match="31 frames"):
        moments(tiny.fresh_model(), [tiny.motion(0, frames=20)], 2, seed=0)
