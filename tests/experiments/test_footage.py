"""From footage to files and to a dataset that training takes."""

import pytest

from kinematics import formats
from tests.experiments import binary
from tests.experiments.test_binaries import SMALL
from tests.lmmjax.capture import stage


@pytest.mark.parametrize("name", ["triangulate", "build_dataset"])
def test_help_says_what_the_binary_is_for(name):
    result = binary.run(name, "--help")
    assert (result.code, result.err) == (0, "")
    assert f"python -m experiments.{name}" in result.out


def triangulation_writes_files_of_each_person_and_a_report(place):
    out = place / "out"
    result = binary.run("triangulate", f"--session={place / 'all/s0'}", f"--out={out}")
    assert result.code == 0, result.err
    assert str(out / "report.html") in result.out
    names = {path.suffix for path in out.iterdir()}
    assert names == {".trc", ".c3d", ".bvh", ".npz", ".html"}
    motion = formats.read(next(out.glob("*.npz")))
    points = formats.read_points(next(out.glob("*.trc")))
    assert len(motion) == len(points)
    assert "<html" in (out / "motion.html").read_text()


def doing_it_again_says_that_it_is_done(place):
    out = place / "out"
    result = binary.run("triangulate", f"--session={place / 'all/s0'}", f"--out={out}")
    assert result.code == 0
    assert "there already" in result.out


def a_dataset_is_built_and_trained_on(place):
    flags = (f"--sessions={place / 'all'}", f"--data_dir={place / 'prepared'}")
    result = binary.run("build_dataset", *flags, "--validation_share=0")
    assert result.code == 0, result.err
    assert result.out.startswith("triangulation/all_")
    page = next((place / "prepared").rglob("report.html"))
    assert "s0" in page.read_text()
    changes = SMALL | {
        "data.prepared_dir": place / "prepared",
        "data.test_subjects": "",
        "data.validation_share": 0,
        "loop.steps": 2,
    }
    trained = binary.run(
        "train",
        f"--data_dir={place / 'all'}",
        f"--workdir={place / 'run'}",
        *(f"--set={key}={value}" for key, value in changes.items()),
    )
    assert trained.code == 0, trained.err
    assert "trained:" in trained.out


def mistakes_are_one_sentence(place):
    for flags, sentence in (
        (["--session=nowhere"], "no such folder"),
        (["--formats=obj"], "--formats has obj"),
    ):
        result = binary.run("triangulate", *flags, f"--out={place / 'no'}")
        assert result.code == 1
        assert result.err.startswith("error: ")
        assert sentence in result.err
        assert "Traceback" not in result.err


def test_the_way_of_footage_from_files_to_a_model(tmp_path):
    stage.write(tmp_path / "all" / "s0", 2.1, people=1, name="s0")
    triangulation_writes_files_of_each_person_and_a_report(tmp_path)
    doing_it_again_says_that_it_is_done(tmp_path)
    a_dataset_is_built_and_trained_on(tmp_path)
    mistakes_are_one_sentence(tmp_path)
