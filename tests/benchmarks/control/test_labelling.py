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
    values = np.array([c[1:6] for c in cells[:2]], float)
    real, _, _, _, free = values.T
    assert (real > 90).all()
    # Every window is taken for one of the two.
    np.testing.assert_allclose(free.sum(), 100, atol=1)
    mean = [float(x) for x in cells[2][1:6]]
    np.testing.assert_allclose(mean, values.mean(axis=0), atol=1)
    assert all(float(c[6]) > 0 for c in cells)


def test_walks_are_played_in_the_style_of_a_label(monkeypatch):
    stream = Stream(tiny.fresh_model(), commit=2, steps=1, churn=0.0, inertia=0.25)
    asked = []

    def restyle(model, motion, label, seed, **options):
        asked.append((len(motion), label, seed, options["inertia"]))
        return motion

    monkeypatch.setattr(labelling, "restyle", restyle)
    walks = [clip(0, "slow", 100), clip(1, "slow", 160)]
    found = labelling._restyled(walks, stream, "fast")
    assert asked == [(100, "fast", 0, 0.25), (160, "fast", 1, 0.25)]
    last = round(2.0 * tiny.FPS)
    assert [len(motion) for motion in found] == 2 * [last]
    np.testing.assert_array_equal(found[1].joints, walks[1].joints[-last:])


def test_who_goes_on_begins_at_clips_that_show_it(clips, monkeypatch):
    config = dataclasses.replace(tiny.CONFIG, labels=("fast", "slow"))
    stream = Stream(tiny.lively_model(config), commit=2, steps=1, churn=0.0)
    begun = []

    def moved(among, stream, told, *people):
        begun.append(({c.action for c in among}, told is not None))
        # Half as fast as the clips that they go on from.
        return [c.replace(fps=c.fps / 2) for c in among]

    monkeypatch.setattr(labelling, "_moved", moved)
    monkeypatch.setattr(labelling, "_judged", list)
    monkeypatch.setattr(labelling, "_windows", lambda *_: ["fast"])
    rows = labelling.rows(clips, [clip(4, "slow")], stream, 3.0, 2, 1.5, 0)
    assert begun[0] == ({"slow"}, False)
    for n, label in enumerate(("fast", "slow")):
        asked = [({"slow"}, True), ({label}, True), ({label}, False)]
        assert sorted(begun[1 + 3 * n : 4 + 3 * n], key=str) == sorted(asked, key=str)
        cells = [x.strip() for x in rows[n].split("|")]
        assert cells[3:7] == 4 * ["100" if label == "fast" else "0"]
        assert cells[7] == "50"
