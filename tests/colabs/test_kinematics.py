"""The notebook about bodies runs, and shows what it says that it shows."""

import re

import numpy as np
import pytest

SMALL = "seconds, noise_mm, missing = 1.0, 30.0, 0.2"


@pytest.mark.filterwarnings("ignore::Warning")  # of the notebook machinery
def test_kinematics_runs_and_its_fit_is_nearer_than_the_points(run_notebook, tmp_path):
    notebook = run_notebook("kinematics.ipynb", SMALL)
    tagged = {t: c for c in notebook.cells for t in c.metadata.get("tags", [])}
    printed = "".join(o.text for o in tagged["fit"].outputs)
    observed, fitted, short, found = np.float64(re.findall(r"([\d.]+) mm", printed))
    assert fitted < 0.8 * observed
    assert found < short
    assert "text/html" in tagged["page"].outputs[-1].data
    images = [o for c in notebook.cells for o in c.get("outputs", ()) if "data" in o]
    assert sum("image/svg+xml" in image.data for image in images) >= 9
    assert {path.name for path in tmp_path.iterdir()} >= {
        "walk.bvh",
        "walk.c3d",
        "body.xml",
        "fitted.glb",
    }
