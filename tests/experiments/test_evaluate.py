"""Reports: the benchmark's table, the sampler kept with a model, provenance."""

import re

import numpy as np
import pytest

from experiments import results
from experiments.settings import SettingError
from lmmjax import pretrained
from tests.experiments import binary
from tests.lmmjax import cmu_files, tiny


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory):
    return str(cmu_files.folder(tmp_path_factory.mktemp("cmu"), count=160))


def still(observed):
    return np.repeat(observed.positions[:, -1:], 25, axis=1)


@pytest.mark.parametrize(
    ("windows", "held"),
    [("all", None), ("seeded8", None), ("all", ("walking_1",))],
)
def test_the_table_of_the_benchmark_is_written_with_its_provenance(
    benchmark, tmp_path, windows, held
):
    out = tmp_path / "new" / "folder"
    text = results.evaluate_benchmark(still, "mine", benchmark, windows, held, out)
    assert (out / "cmu.md").read_text() == text + "\n"
    assert "| mine | " in text
    assert "| zero velocity | " in text
    assert ("PGBIG (published)" in text) == ((windows, held) == ("all", None))
    line = text.splitlines()[-1]
    which = "held out of train" if held else "test"
    assert re.match(rf"Provenance: data CMU benchmark, {which}, \w{{10}}; ", line)
    assert ("seed 1234567890" in line) == (windows == "seeded8")
    assert results.commit() in line


def test_a_model_of_another_rate_is_refused_by_name(benchmark, tmp_path):
    with pytest.raises(SettingError, match="tiny: the model forecasts 3 frames at 30"):
        results.evaluate_benchmark(
            tiny.fresh_model(), "tiny", benchmark, "all", None, tmp_path
        )


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--protocol=cmu",), "--protocol=cmu needs --data_dir="),
        ((), "does not tell how its data was divided"),
        (("--protocol=h36m",), "flag --protocol=h36m: value should be one of"),
        (("--pretrained=nobody",), "no pretrained model or folder 'nobody'"),
    ],
)
def test_what_is_missing_is_one_sentence(monkeypatch, flags, message):
    if "--pretrained=nobody" not in flags:
        monkeypatch.setattr(pretrained, "load", lambda name: (None, {}))
        flags = (*flags, "--pretrained=some")
    found = binary.run("evaluate", *flags)
    assert (found.code, found.out) == (1, "")
    assert found.err.startswith("error: ")
    assert message in found.err
