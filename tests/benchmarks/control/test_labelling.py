"""Laws of the table of labels: who does what he is told is told so."""

import dataclasses

import numpy as np
import pytest

from benchmarks.control import labelling
from lmmjax.generation import Stream
from tests.lmmjax import tiny


def clip(seed, action, frames=120):
    """Slow movement, or the same twice as fast."""
    motion = tiny.motion(seed, 2 * frames)
    motion = motion[::2] if action == "fast" else motion[:frames]
    return motion.replace(action=action, fps=tiny.FPS, name=f"{action} {seed}")


@pytest.fixture(scope="module")
def clips():
    return [clip(n, a) for n in range(3) for a in ("slow", "fast")]


def test_real_clips_are_recognized_and_generated_ones_judged(clips):
    config = dataclasses.replace(tiny.CONFIG, labels=("fast", "slow"))
    stream = Stream(tiny.lively_model(config), commit=2, steps=1, churn=0.0)
    held = [clip(4, "slow")]
    rows = labelling.rows(clips, held, stream, 3.0, 2, 1.5, 0)
    assert len(rows) == 3
    cells = [[x.strip() for x in row.strip("| ").split("|")] for row in rows]
    assert [c[0] for c in cells] == ["fast", "slow", "**mean**"]
    real, found, free = np.array([c[1:4] for c in cells[:2]], float).T
    assert (real > 90).all()
    # Every window is taken for one of the two.
    np.testing.assert_allclose(free.sum(), 100, atol=1)
    np.testing.assert_allclose(
        [float(x) for x in cells[2][1:4]],
        np.mean([real, found, free], axis=1),
        atol=1,
    )
