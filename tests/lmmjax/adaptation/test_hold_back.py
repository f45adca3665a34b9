"""Laws of holding back: nothing leaks, and there is enough of both."""

import numpy as np
import pytest

from lmmjax.adaptation.hold_back import hold_back, windows
from tests.lmmjax import tiny

HORIZON, CONTEXT = 3, 8


def numbered(lengths):
    """Clips whose root is at the number of the frame, 1,000 apart."""
    clips, first = [], 0
    for n, frames in enumerate(lengths):
        number = np.float32(first + np.arange(frames))[:, None]
        clip = tiny.motion(0, frames)
        clips.append(
            clip.replace(name=f"clip{n}", root_position=np.tile(number, (1, 3)))
        )
        first += frames + 1000
    return clips


@pytest.mark.parametrize("lengths", [[240], [200, 11, 12], [60] * 5, [200, *[15] * 8]])
def test_no_frame_is_both_learned_from_and_held_back(lengths):
    clips = numbered(lengths)
    learned, held = hold_back(clips, CONTEXT, HORIZON, 0.25)
    ours, theirs = (
        np.concatenate([c.root_position[:, 0] for c in x]) for x in (learned, held)
    )
    assert np.abs(ours[:, None] - theirs).min() > CONTEXT
    assert 0.1 < len(theirs) / sum(lengths) < 0.5
    if len(lengths) > 3:
        whole = {c.name: len(c) for c in clips}
        assert all(len(c) == whole[c.name] for c in (*learned, *held))


@pytest.mark.parametrize("lengths", [[], [6], [3] * 40, [33], [22, 10]])
def test_of_too_little_nothing_is_held_back(lengths):
    clips = numbered(lengths)
    learned, held = hold_back(clips, CONTEXT, HORIZON, 0.25)
    assert held == []
    assert sum(map(len, learned)) == sum(lengths)


def test_each_moment_with_half_a_context_before_it_is_in_one_later_half():
    (clip,) = numbered([61])
    cut = windows([clip], CONTEXT, HORIZON)
    # Windows are moved over the ground, not up or down.
    frames = cut.take(np.arange(len(cut))).poses.root_position[..., 2]
    later = frames[:, CONTEXT // 2 : CONTEXT].ravel()
    assert later.tolist() == list(range(CONTEXT // 2, CONTEXT // 2 + len(later)))
    # What is left at the end is less than a half.
    assert len(clip) - HORIZON - later[-1] <= CONTEXT // 2
