"""Scene files: what they tell, and what is said of those that tell nonsense."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from experiments import scenes
from experiments.settings import SettingError
from lmmjax.generation.scene import Goal, Obstacle, Path, Push
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
pushes = [{ velocity = [0.5, 0], at = 2.0 }]

[[people]]
prompt = "sit"
from = 0.5

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
    assert asked == [("walk", None), ("sit", 1.0), ("sit", 0.5)]
    assert (anna.prompt, other.prompt) == (WALK, SIT)
    assert (anna.place, anna.facing) == ((0.0, 1.0), 90.0)
    assert anna.path == Path(((0.0, 1.0), (1.0, 4.0)), 1.2)
    assert anna.goals == (Goal("Head", (0.4, 0.5, 1.2), 1.5, 0.5),)
    assert anna.look == (2.0, 0.0, 1.6)
    assert anna.key == (SIT, 3.0)
    assert anna.pushes == (Push((0.5, 0.0), 2.0),)
    assert found.obstacles == (
        Obstacle(((1.0, 2.0, 0.0), (1.0, 2.0, 2.0)), 0.2, (0.0, 0.0, 0.0)),
    )
    assert (other.goals, other.path, other.key) == ((), None, None)


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
        (PERSON + "key = 3", r"people\[0\]\.key: needs a prompt"),
        (PERSON + "goals = [{joint = 'Head'}]", r"goals\[0\]\.place: is missing"),
        (PERSON + "[[obstacles]]\nends = [[0, 0, 0]]", r"obstacles\[0\]\.ends: a list"),
        (PERSON + "prompt.x = 1", "scene.toml"),
    ],
)
def test_what_is_wrong_is_said_with_the_file_and_the_place(read, text, told):
    with pytest.raises(SettingError, match=told) as error:
        read(text)
    assert "scene.toml" in str(error.value)


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


@given(JSON, st.sampled_from(["goals", "pushes", "key", "path", "look", "place"]))
def test_no_nonsense_breaks_the_reader(told, key):
    """A person of whom nonsense is told is told of in a sentence, or is fine."""
    said = f"people[0].{key}"
    try:
        scenes._scene({"people": [{"prompt": "walk", key: told}]}, lambda n, u: WALK)
    except scenes._Wrong as error:
        said = str(error)
    assert f"people[0].{key}" in said
