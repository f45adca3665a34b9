"""The benchmarks of capture run, at a small size and without other tools."""

import numpy as np
import pytest

from benchmarks import session, triangulation


def test_the_table_has_a_row_for_ours_and_the_oracles():
    given = triangulation.make_set(6, 17, 4)
    rows = triangulation.table(given, [], rounds=1)
    assert [row.split("|")[1].strip() for row in rows] == [
        "ours",
        "DLT, told",
        "ours, told",
    ]


def test_missing_answers_and_large_errors_are_counted():
    given = triangulation.make_set(6, 17, 4)
    points = given.truth.copy()
    points[0] = np.nan
    points[1] += 1.0
    cells = [cell.strip() for cell in triangulation.accuracy(given, points).split("|")]
    fair = (given.inlier.sum(0) >= 2).sum()
    assert float(cells[0]) == pytest.approx(1e3 * 3**0.5 / (fair - 1), abs=0.01)
    assert cells[3] == f"{1 / (fair - 1):.3%}"
    assert cells[4] == f"{1 / fair:.3%}"


def test_a_session_is_timed_by_its_stages(tmp_path):
    session.film(tmp_path / "session", 0.02, 3)
    rows = session.measure(tmp_path / "session")
    stages = [row.split("|")[1].strip() for row in rows if row.startswith("| ")]
    assert stages[0] == "stage"
    assert "reading JSON" in stages
    assert stages[-1] == "**all**"
