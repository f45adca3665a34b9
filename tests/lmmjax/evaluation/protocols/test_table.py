import numpy as np
import pytest

from lmmjax.evaluation.protocols import published
from lmmjax.evaluation.protocols.table import (
    AVERAGE,
    CAVEATS,
    TRUE_MS,
    CmuRow,
    CmuTable,
)

ERRORS = (10.0, 20.0, 40.0, 50.0, 60.0, 100.0)


def _table(kind="all", split="test", intervals=()):
    rows = [
        CmuRow(method, action, ERRORS, intervals, 48, 1)
        for method in ("model", "zero velocity")
        for action in ("running", "walking", AVERAGE)
    ]
    return CmuTable(tuple(rows), kind, split, "0123456789")


def test_true_times_of_the_labels():
    assert [round(t) for t in TRUE_MS] == [33, 67, 133, 167, 233, 417]
    assert "| 80 (33 ms) | 160 (67 ms) |" in _table().markdown()


def test_both_units_are_printed():
    text = _table().markdown()
    assert "| model | 10.0 | 20.0 | 40.0 |" in text
    assert "| model | 8.1 | 16.1 | 32.3 | 40.3 | 48.4 | 80.6 |" in text


def test_published_rows_stand_beside_the_same_windows_alone():
    assert "| PGBIG (published) | 9.5 | 16.8 |" in _table().markdown()
    for other in (_table("seeded8"), _table(split="validation")):
        assert "(published)" not in other.markdown()
        assert "cannot stand beside" in other.markdown()


def test_what_is_not_published_is_left_open():
    text = _table().markdown()
    average = next(line for line in text.splitlines() if line.startswith("| LTD"))
    assert average.split("|")[6].strip() == "-"


def test_intervals_and_caveats():
    text = _table(intervals=tuple((x - 1, x + 1) for x in ERRORS)).markdown()
    assert "10.0 [9.0, 11.0]" in text
    for caveat in CAVEATS:
        assert caveat in text
    assert "0123456789" in text


def test_rows_by_name():
    table = _table()
    assert table.methods == ("model", "zero velocity")
    assert table.actions == ("running", "walking")
    assert table.row("model", "running").action == "running"
    with pytest.raises(KeyError, match="model, zero velocity"):
        table.row("models")


FIVE = ("basketball", "jumping", "running", "soccer", "walking")


@pytest.mark.parametrize(
    ("method", "average"),
    [
        (published.LTD, (12.7, 22.5, 39.9, 47.6, np.nan, 84.0)),
        (published.MSR_GCN, (11.2, 19.6, 35.4, 43.1, 56.5, 78.9)),
        (published.PGBIG, (10.7, 19.9, 37.2, 44.8, 57.3, 79.1)),
        (published.ZERO_VELOCITY, (24.2, 46.2, 85.5, 102.5, 131.3, 173.8)),
    ],
)
def test_averages_of_five_actions(method, average):
    np.testing.assert_allclose(method.average(FIVE), average, atol=0.0501)


def test_an_average_over_what_is_not_given_is_missing():
    assert np.isnan(published.ZERO_VELOCITY.average(("basketball_signal",))).all()
    eight = published.PGBIG.average(published.PGBIG.rows)
    np.testing.assert_allclose(eight, (8.2, 15.4, 30.1, 37.3, 50.2, 76.7), atol=0.0501)
