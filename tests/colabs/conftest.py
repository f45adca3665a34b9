"""Running a notebook as a reader would, but at a small size."""

import pathlib

import nbformat
import pytest
from nbclient import NotebookClient

COLABS = pathlib.Path(__file__).parents[2] / "colabs"


@pytest.fixture
def run_notebook(tmp_path, monkeypatch):
    """Run a notebook in `tmp_path`, with these settings and nothing installed."""
    monkeypatch.setenv("PYTHONPATH", str(COLABS.parent))

    def run(name, settings):
        notebook = nbformat.read(COLABS / name, as_version=4)
        for cell in notebook.cells:
            tags = cell.metadata.get("tags", [])
            if "install" in tags:
                cell.source = ""
            if "parameters" in tags:
                cell.source = settings
        resources = {"metadata": {"path": str(tmp_path)}}
        NotebookClient(notebook, timeout=300, resources=resources).execute()
        return notebook

    return run
