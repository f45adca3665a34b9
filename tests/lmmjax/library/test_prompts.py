import numpy as np
import pytest

from kinematics import rotations
from lmmjax import library, pretrained
from lmmjax.data import primitives
from lmmjax.library import prompts
from tests.lmmjax import tiny


@pytest.fixture(scope="module")
def listed():
    return library.library()


def test_all_procedural_primitives_are_listed(listed):
    assert set(listed) == set(primitives.PRIMITIVES)
    assert {prompt.source for prompt in listed.values()} == {"procedural"}
    assert listed["get_up"].label == "get up"


def test_each_is_a_second_that_ends_at_the_origin_facing_along_x(listed):
    for prompt in listed.values():
        motion = prompt.motion
        assert motion.duration == pytest.approx(1.0)
        np.testing.assert_allclose(motion.root_position[-1, :2], 0, atol=1e-5)
        assert float(rotations.heading(motion.root_rotation[-1])) == pytest.approx(
            0, abs=1e-4
        )


def test_each_shows_what_its_name_says(listed):
    """Something goes on in the second that is shown, but where one stands."""
    for name, prompt in listed.items():
        motion = prompt.motion
        moved = np.ptp(motion.joints, axis=0).max()
        assert (moved > 0.4) == (name != "stand"), name
    height = listed["jump"].motion.root_position[:, 2]
    assert height.argmax() > 10
    assert np.ptp(height) > 0.2
    assert listed["sit"].motion.root_position[-1, 2] < 0.6


def test_a_models_own_prompts_go_first_and_others_keep_a_name(monkeypatch, listed):
    model = tiny.fresh_model()
    own = {"walk": tiny.motion(0, 60), "wave": tiny.motion(1, 60)}
    monkeypatch.setattr(pretrained, "load", lambda name: (model, {}))
    monkeypatch.setattr(pretrained, "prompts", lambda name: own)
    monkeypatch.setattr(prompts, "retarget", lambda motion, body: motion)
    found = library.library("mine")
    assert list(found)[:2] == ["walk", "wave"]
    assert found["walk"].source == "mine"
    assert found["procedural_walk"].source == "procedural"
    assert set(found) == {*listed, "wave", "procedural_walk"}
    assert len(found["wave"].motion) == 31
    np.testing.assert_array_equal(
        found["wave"].motion.skeleton.offsets, model.body.offsets
    )


def test_a_body_that_is_no_humans_is_told_in_a_sentence():
    with pytest.raises(library.LibraryError, match="cannot be brought to this body"):
        library.library(body=tiny.body())


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_prompt_has_some_length(seconds):
    with pytest.raises(library.LibraryError, match="seconds long"):
        library.library(seconds=seconds)
