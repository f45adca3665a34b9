"""Laws of the shelf: models by name, each whole and with an honest card."""

import pathlib
import shutil

import jax
import numpy as np
import pytest

import lmmjax
from kinematics import formats, limits
from lmmjax import pretrained
from lmmjax.pretrained import PretrainedError, shelf
from tests.lmmjax import tiny
from tests.lmmjax.pretrained import example

ROOT = pathlib.Path(__file__).parents[3]
CARD = """# {name}
The data used in this project was obtained from mocap.cs.cmu.edu.
The database was created with funding from NSF EIA-0196217.
## Licence
Apache-2.0
## Limits
None.
python -m experiments.train
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Folder of models and some other things."""
    folder = tmp_path_factory.mktemp("shelf")
    for name in ("walker", "dancer", "other/walker", "other/mine"):
        pretrained.save(example.model(), folder / name, meta={"name": name})
        (folder / name / "CARD.md").write_text(CARD.format(name=name))
    (folder / "__pycache__").mkdir()
    (folder / "model.json").write_text("{}")
    return folder


@pytest.fixture
def two(tmp_path, written, monkeypatch):
    """A shelf with two models."""
    folder = shutil.copytree(written, tmp_path / "shelf")
    monkeypatch.setattr(shelf, "SHELF", folder)
    return folder


def test_prompts_are_motions_by_what_is_done(two):
    assert pretrained.prompts("walker") == {}
    (two / "walker" / "prompts").mkdir()
    for n, name in enumerate(("walk", "run")):
        formats.write(two / "walker" / "prompts" / f"{name}.npz", tiny.motion(n))
    for where in ("walker", two / "walker"):
        found = pretrained.prompts(where)
        assert list(found) == ["run", "walk"]
        np.testing.assert_array_equal(found["run"].joints, tiny.motion(1).joints)
    with pytest.raises(PretrainedError, match="no pretrained model"):
        pretrained.prompts("wal")


def check(name):
    """A model that ships loads, is finite, and its card has what a card needs."""
    model = lmmjax.load_pretrained(name)
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(model.params))
    assert pretrained.load(name)[0].config == model.config
    card = pretrained.card(name)
    assert card.startswith(f"# {name}\n")
    for part in (
        "mocap.cs.cmu.edu",
        "NSF EIA-0196217",
        "## Licence",
        "## Limits",
        "python -m experiments.",
    ):
        assert part in card
    folder = shelf.SHELF / name
    assert sum(p.stat().st_size for p in folder.iterdir()) < 8.5e6
    assert {p.name for p in folder.iterdir()} - {"prompts"} == {
        "CARD.md",
        "model.json",
        "weights.safetensors",
    }
    for prompt in pretrained.prompts(name).values():
        assert prompt.skeleton.same_tree(model.body)
        assert np.max(limits.excess(model.body, prompt.joints)) == 0
        assert np.isfinite(prompt.root_position).all()


@pytest.mark.parametrize("name", pretrained.names())
def test_a_model_that_ships_is_whole_and_has_an_honest_card(name):
    check(name)


def test_models_are_listed_and_loaded_by_their_names(two):
    assert pretrained.names() == ("dancer", "walker")
    for name in pretrained.names():
        check(name)
        assert pretrained.load(name)[1] == {"name": name}


def test_the_check_of_a_model_that_ships_can_fail(two):
    (two / "walker" / "CARD.md").write_text("# walker\n")
    with pytest.raises(AssertionError):
        check("walker")
    (two / "dancer" / "notes.txt").write_text("")
    with pytest.raises(AssertionError):
        check("dancer")


def test_the_names_are_those_of_the_folders_of_the_package():
    folder = ROOT / "lmmjax" / "pretrained"
    found = {p.name for p in folder.iterdir() if p.is_dir()} - {"__pycache__"}
    assert set(pretrained.names()) == found


def test_an_unknown_name_lists_the_known_ones(two):
    for ask in (lmmjax.load_pretrained, pretrained.card, pretrained.load):
        with pytest.raises(PretrainedError) as told:
            ask("walkr")
        text = str(told.value)
        assert "'walkr', did you mean 'walker'?; there are dancer, walker" in text
        with pytest.raises(PretrainedError, match=r"folder '\.\./pretrained'"):
            ask("../pretrained")


def test_an_empty_shelf_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(shelf, "SHELF", tmp_path)
    assert pretrained.names() == ()
    with pytest.raises(PretrainedError, match="there are none yet"):
        lmmjax.load_pretrained("walker")


def test_a_folder_loads_like_a_name_and_a_name_goes_first(two, monkeypatch):
    monkeypatch.chdir(two / "other")
    # A path object is a folder all the same.
    for folder in (two / "other" / "mine", "mine", "./mine/", pathlib.Path("mine")):
        assert pretrained.load(folder)[1] == {"name": "other/mine"}
    assert pretrained.load("walker")[1] == {"name": "walker"}
    assert pretrained.load("./walker")[1] == {"name": "other/walker"}


def test_a_model_without_its_card_says_so(two):
    (two / "walker" / "CARD.md").unlink()
    with pytest.raises(PretrainedError, match=r"CARD.md: not here"):
        pretrained.card("walker")


def test_the_package_offers_models_beside_the_body():
    assert lmmjax.load_pretrained is pretrained.load_pretrained
    assert lmmjax.pretrained is pretrained
    assert {"pretrained", "load_pretrained", "kinematics"} <= set(dir(lmmjax))
    assert not hasattr(lmmjax, "nothing")
