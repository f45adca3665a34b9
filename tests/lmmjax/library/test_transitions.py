import functools

import jax
import numpy as np
import pytest

from kinematics import limits, priors, rotations
from kinematics.motion import concatenate
from lmmjax import library
from lmmjax.generation import Stream
from lmmjax.generation.scene import placed
from lmmjax.library.prompts import Prompt
from lmmjax.library.transitions import Transition
from tests.lmmjax import tiny

SECONDS = 0.2
FRAMES = 6


@functools.cache
def prompts():
    body = tiny.fresh_model().body
    found = {}
    for seed, name in enumerate(("sway", "roll")):
        motion = tiny.motion(seed, 12).replace(skeleton=body)
        found[name] = Prompt(placed(motion, (0, 0), 0.0).numpy(), name, "here")
    return found


@functools.cache
def going(first="sway", second="roll"):
    stream = Stream(tiny.lively_model(), commit=3, steps=1, temperature=0.5)
    return library.transition(stream, prompts(), first, second, SECONDS)


def test_it_holds_the_first_what_is_between_and_the_second():
    found, first, second = going(), prompts()["sway"].motion, prompts()["roll"].motion
    assert (found.begins, found.ends) == (12, 12 + FRAMES)
    assert len(found.between) == FRAMES
    assert len(found.motion) == 12 + FRAMES + 11
    np.testing.assert_array_equal(found.motion.joints[:12], first.joints)
    np.testing.assert_array_equal(found.motion.joints[found.ends :], second.joints[1:])
    assert found.motion.name == "sway to roll"


def test_the_second_goes_on_from_where_the_way_ends():
    found = going()
    before, after = found.ends - 1, found.ends
    place = np.asarray(found.motion.root_position)
    second = prompts()["roll"].motion
    step = np.linalg.norm(np.diff(np.asarray(second.root_position)[:2, :2], axis=0))
    gap = np.linalg.norm(place[after, :2] - place[before, :2])
    assert gap == pytest.approx(step, abs=1e-4)
    turns = [
        float(rotations.heading(np.asarray(found.motion.root_rotation)[k]))
        for k in (before, after)
    ]
    ours = np.asarray(rotations.heading(np.asarray(second.root_rotation)[:2]))
    assert turns[1] - turns[0] == pytest.approx(ours[1] - ours[0], abs=1e-3)


def test_what_is_between_obeys_the_limits():
    between = going().between
    assert jax.jit(limits.excess)(between.skeleton, between.joints).max() == 0.0


def test_an_unknown_or_foreign_primitive_is_told_in_a_sentence():
    stream = Stream(tiny.lively_model(), commit=3, steps=1, temperature=0.5)
    with pytest.raises(library.LibraryError, match="no primitive 'fly'; there are sw"):
        library.transition(stream, prompts(), "sway", "fly", SECONDS)
    other = prompts()["sway"].motion.replace(fps=25.0)
    some = prompts() | {"slow": Prompt(other, "slow", "here")}
    with pytest.raises(library.LibraryError, match="not on the model's body"):
        library.transition(stream, some, "slow", "sway", SECONDS)
    with pytest.raises(library.LibraryError, match="a frame or more"):
        library.transition(stream, prompts(), "sway", "roll", 0.0)


def test_a_jump_scores_worse_than_going_on():
    clips = [tiny.motion(seed, 90) for seed in range(3)]
    prior = priors.fit(clips, 2, tiny.FPS)
    smooth = Transition(clips[0][:30], 12, 18)
    apart = concatenate(clips[0][:18], clips[0][60:72])
    broken = Transition(apart, 12, 18)
    good, bad = library.score(prior, smooth), library.score(prior, broken)
    assert good.worst < bad.worst
    assert good.seam < 0.02 < bad.seam
    # The frames before and after are not judged.
    elsewhere = Transition(apart, 4, 12)
    assert library.score(prior, elsewhere).worst < bad.worst
