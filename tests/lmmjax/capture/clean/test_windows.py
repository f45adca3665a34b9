"""Laws of windows: what is cut and joined is as it was."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lmmjax.capture.clean.windows import windows


@given(st.integers(1, 700), st.integers(1, 30))
def test_joining_what_was_cut_gives_it_back(count, margin):
    x = np.arange(2.0 * count).reshape(count, 2)
    cut = windows(count, margin)
    pieces = cut.cut(x, -1.0)
    assert pieces.shape == (cut.length, len(cut.starts), 2)
    np.testing.assert_array_equal(cut.join(pieces), x)


@given(st.integers(1, 700), st.integers(1, 30))
def test_every_window_sees_its_margin_of_the_neighbours(count, margin):
    cut = windows(count, margin)
    number = cut.cut(np.arange(count), -1)
    for t in range(count):
        # The window that answers for t, and what it sees.
        w = t // (cut.length - 2 * cut.margin)
        near = set(range(max(t - margin, 0), min(t + margin + 1, count)))
        assert near <= set(number[:, w].tolist())
