"""The notebook about capture runs, and its figures are what they should be."""

import re

import numpy as np
import pytest

SMALL = "seconds, cameras = 2.4, 4"


@pytest.mark.filterwarnings("ignore::Warning")  # of the notebook machinery
def test_capture_runs_and_finds_clocks_people_and_movement(run_notebook):
    notebook = run_notebook("capture.ipynb", SMALL)
    tagged = {t: c for c in notebook.cells for t in c.metadata.get("tags", [])}

    def printed(tag):
        return "".join(o.get("text", "") for o in tagged[tag].outputs)

    clocks = np.float64(re.findall(r"(-?[\d.]+) ms", printed("clocks"))).reshape(-1, 2)
    assert np.abs(clocks[:, 0] - clocks[:, 1]).max() < 1e3 / 30 / 4
    errors = np.float64(re.findall(r"([\d.]+) mm", printed("takes"))).reshape(-1, 2)
    assert len(errors) == 2
    assert (errors[:, 1] < errors[:, 0]).all()
    assert "'kick'" in printed("clips")
    assert "text/html" in tagged["page"].outputs[-1].data
    for tag in ("views", "report"):
        assert any("image/png" in o.get("data", {}) for o in tagged[tag].outputs)
