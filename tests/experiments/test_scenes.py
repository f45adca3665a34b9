"""Scene files: what they tell, and what is said of those that tell nonsense."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from experiments import scenes
from experiments.settings import SettingError
from lmmjax.generation.scene import Goal, Grasp, Obstacle, Path, Push
from tests.lmmjax import tiny

WALK, SIT = tiny.motion(0), tiny.motion(1)
WHOLE = """
seconds = 6
apart = 0.5

[[people]]
name = "anna"
prompt = "walk"
place = [0.0, 1]
facing = 90
path = { points = [[0, 1], [1, 4]], speed = 1.2 }
goals = [{ joint = "Head", place = [0.4, 0.5, 1.2], at = 1.5 }]
look = [2.0, 0.0, 1.6]
key = { prompt = "sit", from = 1.0, at = 3 }
grasps = [{ hand = "left", place = [0.4, 0.5, 1], at = 2, axis = [0, 1, 0] }]
pushes = [{ velocity = [0.5, 0], at = 2.0 }]
effort = 0.8
torque = { LeftLeg = 80, RightLeg = 90.5 }
balance = true
mass = 60

[[people]]
prompt = "sit"
from = 0.5
along = { prompt = "walk", from = 1.2, begin = 0.5 }
label = "run"

[[obstacles]]
ends = [[1, 2, 0], [1, 2, 2]]
radius = 0.2
"""


@pytest.fixture
def read(tmp_path):
    def read(text, asked=None):
        def prompt_of(name, until):
            if asked is not None:
                asked.append((name, until))
            return {"walk": WALK, "sit": SIT}[name]

        path = tmp_path / "scene.toml"
        path.write_text(text)
        return scenes.read(path, prompt_of)

    return read


def test_all_that_a_scene_may_tell_is_read(read):
    asked = []
    found = read(WHOLE, asked)
    anna, other = found.people
    assert (found.seconds, found.apart) == (6.0, 0.5)
    assert (anna.name, other.name) == ("anna", "person_2")
    assert asked == [("walk", None), ("sit", 1.0), ("sit", 0.5), ("walk", 1.2)]
    assert (anna.prompt, other.prompt) == (WALK, SIT)
    assert (anna.place, anna.facing) == ((0.0, 1.0), 90.0)
    assert anna.path == Path(((0.0, 1.0), (1.0, 4.0)), 1.2)
    assert anna.goals == (Goal("Head", (0.4, 0.5, 1.2), 1.5, 0.5),)
    assert anna.grasps == (
        Grasp("left", (0.4, 0.5, 1.0), 2.0, 0.03, 0.0, (0.0, 1.0, 0.0)),
    )
    assert anna.look == (2.0, 0.0, 1.6)
    assert anna.key == (SIT, 3.0)
    assert (anna.effort, anna.balance, anna.mass) == (0.8, True, 60.0)
    assert anna.torque == {"LeftLeg": 80.0, "RightLeg": 90.5}
    assert (other.effort, other.torque, other.balance) == (None, None, False)
    assert anna.pushes == (Push((0.5, 0.0), 2.0),)
    assert found.obstacles == (
        Obstacle(((1.0, 2.0, 0.0), (1.0, 2.0, 2.0)), 0.2, (0.0, 0.0, 0.0)),
    )
    assert (other.goals, other.path, other.key) == ((), None, None)
    begun = round(0.5 * WALK.fps)
    assert len(other.along) == len(WALK) - begun
    np.testing.assert_array_equal(other.along.joints, WALK.joints[begun:])
    assert (anna.along, anna.label, other.label) == (None, "", "run")


PERSON = '[[people]]\nprompt = "walk"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", r"needs \[\[people\]\]"),
        ("people = 3", "people: a list of tables"),
        ("seconds = ", "Invalid value"),
        ("[[people]]\nname = 'a'", r"people\[0\]\.prompt: str; got None"),
        (PERSON + "nmae = 'a'", r"people\[0\]\.nmae: no such key; there are name"),
        (PERSON + "name = '../a'", r"people\[0\]\.name: letters"),
        (PERSON + PERSON.replace("walk", "sit") + "name = 'person_1'", "two people"),
        (PERSON + "place = [1]", r"people\[0\]\.place: a list of 2; got \[1\]"),
        (PERSON + "facing = 'x'", r"people\[0\]\.facing: a finite number; got 'x'"),
        (PERSON + "facing = true", "a finite number; got True"),
        (PERSON + "facing = nan", "a finite number; got nan"),
        (PERSON + "path = [[0, 1]]", r"people\[0\]\.path: a table"),
        (PERSON + "torque = 3", r"people\[0\]\.torque: a table; got 3"),
        (PERSON + "torque = { a = 'b' }", r"\.torque\.a: a finite number; got 'b'"),
        (PERSON + "balance = 1", r"people\[0\]\.balance: bool; got 1"),
        (PERSON + "key = 3", r"people\[0\]\.key: needs a prompt"),
        (PERSON + "along = 3", r"people\[0\]\.along: needs a prompt"),
        (PERSON + "along = {prompt = 'walk', x = 1}", r"along: no key 'x'"),
        (PERSON + "along = {prompt = 'walk', begin = 99}", r"along\.begin: within"),
        (PERSON + "goals = [{joint = 'Head'}]", r"goals\[0\]\.place: is missing"),
        (PERSON + "[[obstacles]]\nends = [[0, 0, 0]]", r"obstacles\[0\]\.ends: a list"),
        (PERSON + "prompt.x = 1", "scene.toml"),
        (PERSON + "[floor]", "floor: a table with one of slope, stairs, heights"),
        (PERSON + "[floor]\nslope = 8\nstairs = {}", "floor: a table with one of"),
        (PERSON + "[floor]\nslope = 'x'", r"floor\.slope: a finite number; got 'x'"),
        (PERSON + "[floor]\nslope = 70", r"floor\.slope: a slope is less than 60"),
        (PERSON + "[floor]\nstairs = {rise = 0.1}", r"floor\.stairs\.run: is missing"),
        (PERSON + "[floor]\nstairs = {rise = 0.1, run = 0}", r"stairs: a step rises"),
        (PERSON + "[floor]\nheights = 3", r"floor\.heights: str; got 3"),
        (PERSON + "[floor]\nheights = 'none.npz'", r"none\.npz: No such file"),
    ],
)
def test_what_is_wrong_is_said_with_the_file_and_the_place(read, text, told):
    with pytest.raises(SettingError, match=told) as error:
        read(text)
    assert "scene.toml" in str(error.value)


@pytest.mark.parametrize(
    ("told", "heights"),
    [
        ("slope = 8", [0, 0, np.tan(np.radians(8))]),
        ("stairs = {rise = 0.15, run = 0.3, begin = 0.5, count = 1}", [0, 0, 0.15]),
        ("heights = 'hill.npz'", [0, 0.5, 1]),
    ],
)
def test_a_floor_is_as_told(read, tmp_path, told, heights):
    hill = {"heights": np.array([[0, 0], [1, 1]]), "corner": [-1, 0], "step": 2.0}
    np.savez(tmp_path / "hill.npz", **hill)
    places = np.array([[-1.0, 0], [0, 0], [1, 0]])
    found = read(f"{PERSON}[floor]\n{told}").floor.height(places)
    np.testing.assert_allclose(found, heights, atol=1e-6)
    assert read(PERSON).floor is None


def test_a_floor_may_be_told_in_words():
    floor = scenes.of_words(
        ['prompt = "walk"'], [], lambda name, until: WALK, "slope = 45"
    ).floor
    np.testing.assert_allclose(floor.height(np.array([2.0, 0])), 2, atol=1e-5)
    with pytest.raises(SettingError, match="--floor=slope"):
        scenes.of_words(['prompt = "walk"'], [], lambda name, until: WALK, "slope")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"heights", "is not an npz file"),
        (
            {"heights": np.zeros((2, 2))},
            r"needs heights \[X, Y\], corner \[2\] and step",
        ),
        ({"heights": np.array([["a"]]), "corner": [0, 0], "step": 1}, "numbers"),
        ({"heights": np.array([{}, 1]), "corner": [0, 0], "step": 1}, "allow_pickle"),
        ({"heights": np.zeros(4), "corner": [0, 0], "step": 1}, "X and Y from 2"),
    ],
)
def test_a_file_of_heights_that_is_none_says_so(read, tmp_path, content, told):
    path = tmp_path / "hill.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.savez(path, **content)
    with pytest.raises(SettingError, match=told) as error:
        read(f"{PERSON}[floor]\nheights = 'hill.npz'")
    assert "scene.toml: floor.heights" in str(error.value)


def test_a_file_of_too_many_heights_is_not_unpacked(read, tmp_path):
    """It takes no more memory than its name: what is packed may be a bomb."""
    path = tmp_path / "hill.npz"
    np.savez_compressed(path, heights=np.zeros((3000, 3000)), corner=[0, 0], step=1)
    assert path.stat().st_size < 200_000
    with pytest.raises(SettingError, match="holds more than 64 MB"):
        read(f"{PERSON}[floor]\nheights = 'hill.npz'")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingError, match=r"none\.toml: No such file"):
        scenes.read(tmp_path / "none.toml", lambda name, until: WALK)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["people", "goals", "at", "key"]), inner)
    ),
    max_leaves=8,
)


@given(
    JSON, st.sampled_from(["goals", "torque", "pushes", "key", "path", "look", "place"])
)
def test_no_nonsense_breaks_the_reader(told, key):
    """A person of whom nonsense is told is told of in a sentence, or is fine."""
    said = f"people[0].{key}"
    try:
        scenes._scene({"people": [{"prompt": "walk", key: told}]}, lambda n, u: WALK)
    except scenes._Wrong as error:
        said = str(error)
    assert f"people[0].{key}" in said
