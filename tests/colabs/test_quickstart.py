"""The notebooks run from the first to the last cell, at a small size."""

import pathlib

import nbformat
import pytest

COLABS = pathlib.Path(__file__).parents[2] / "colabs"
SMALL = "steps, seconds, samples = 3, 0.5, 2"


@pytest.mark.filterwarnings("ignore::Warning")  # of the notebook machinery
def test_quickstart_runs_from_top_to_bottom(run_notebook, tmp_path):
    notebook = run_notebook("quickstart.ipynb", SMALL)
    page = next(c for c in notebook.cells if "page" in c.metadata.get("tags", []))
    assert "text/html" in page.outputs[-1].data
    assert (tmp_path / "runs" / "quickstart" / "future.bvh").exists()


def test_notebooks_begin_with_a_badge_and_one_install_cell():
    for path in COLABS.glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        assert "colab-badge" in notebook.cells[0].source, path.name
        tagged = [c for c in notebook.cells if "install" in c.metadata.get("tags", [])]
        assert len(tagged) == 1, path.name
