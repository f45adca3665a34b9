"""The notebook about forecasts runs, and its figures are what they should be."""

import re

import numpy as np
import pytest

SMALL = 'name, steps, windows, action = "", 60, 16, "walk"'


@pytest.mark.filterwarnings("ignore::Warning")  # of the notebook machinery
def test_forecasting_runs_and_is_better_than_what_is_trivial(run_notebook):
    notebook = run_notebook("forecasting.ipynb", SMALL)
    tagged = {t: c for c in notebook.cells for t in c.metadata.get("tags", [])}

    def printed(tag):
        return "".join(o.get("text", "") for o in tagged[tag].outputs)

    model, still = np.float64(re.findall(r"([\d.]+) mm after", printed("error")))
    assert 0 < model < still
    skills = np.float64(re.findall(r"CRPS skill (-?[\d.]+)", printed("calibration")))
    assert len(skills) == 2
    assert ((skills > 0) & (skills < 1)).all()
    network, rounding = re.findall(r"at most ([\d.e-]+)", printed("mirror"))
    assert float(network) == 0.0
    assert float(rounding) < 0.01
    for tag in ("error", "skeletons", "fan", "coverage"):
        assert any("image/png" in o.get("data", {}) for o in tagged[tag].outputs), tag
    assert "text/html" in tagged["page"].outputs[-1].data
