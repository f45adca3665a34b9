"""Functions that treat left and right alike, and those that do not."""

import numpy as np
import pytest

from lmmjax.evaluation import metrics

PAST = {"q": np.array([1.0, 2.0]), "noise": np.array([0.3, -4.0])}


def swap(tree):
    return {name: x[::-1] for name, x in tree.items()}


def blend(tree):
    return (tree["q"] + 2 * tree["q"][::-1] + tree["noise"],)


def flip(result):
    return (result[0][::-1],)


def test_an_equivariant_function_is_consistent():
    assert metrics.mirror_consistency(blend, PAST, swap, flip) == 0.0


def test_the_largest_difference_is_found():
    def lefty(tree):
        return (tree["q"] * [1.0, 1.5],)

    # f(M x) = (2, 1.5), M f(x) = (3, 1).
    assert metrics.mirror_consistency(lefty, PAST, swap, flip) == 1.0
    # The noise has its mirror image, too.
    found = metrics.mirror_consistency(
        blend, PAST, lambda t: {"q": t["q"][::-1], "noise": t["noise"]}, flip
    )
    assert found == pytest.approx(4.3)


def test_a_number_that_is_none_is_not_overlooked():
    broken = {"q": np.array([1.0, np.nan]), "noise": np.zeros(2)}
    assert np.isnan(metrics.mirror_consistency(blend, broken, swap, flip))


def test_results_of_different_form_are_refused():
    with pytest.raises(ValueError, match="different types"):
        metrics.mirror_consistency(blend, PAST, swap, lambda r: list(r))
    with pytest.raises(ValueError, match=r"shape: \[2\], \[1\]"):
        metrics.mirror_consistency(blend, PAST, swap, lambda r: (r[0][:1],))
