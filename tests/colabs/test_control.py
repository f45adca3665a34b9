"""The notebook about control runs, and what is wished in it comes true."""

import re

import numpy as np
import pytest

SMALL = 'prompt, seconds, people, steps = "walk", 2.0, 3, 1'


@pytest.mark.filterwarnings("ignore::Warning")  # of the notebook machinery
def test_control_runs_and_what_is_wished_comes_true(run_notebook, tmp_path):
    notebook = run_notebook("control.ipynb", SMALL)
    tagged = {t: c for c in notebook.cells for t in c.metadata.get("tags", [])}

    def printed(tag):
        return "".join(o.get("text", "") for o in tagged[tag].outputs)

    number = r"([\d.]+) cm from the goal.*?([\d.]+) cm from the path"
    free, reach, path, both = np.float64(re.findall(number, printed("wishes")))
    for wished in (reach, both):
        assert wished[0] < 5 < free[0]
    for wished in (path, both):
        assert wished[1] < free[1] / 2
    close, post, crowd = np.float64(re.findall(r"([\d.]+) m\b", printed("scene")))
    assert min(close, crowd) > 0.4
    assert post > 0.1  # the radius; the path passes at half of that
    for tag in ("reach", "path", "scene_picture", "crowd_picture", "docs"):
        assert any("image/png" in o.get("data", {}) for o in tagged[tag].outputs), tag
    assert "text/html" in tagged["page"].outputs[-1].data
    assert (tmp_path / "control.png").stat().st_size > 10_000
