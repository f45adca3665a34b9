"""Laws of continuing a motion: it goes on from its end, on its own bones."""

import jax
import numpy as np
import pytest

from kinematics import limits, make_skeleton
from kinematics.motion import positions
from lmmjax.generation import continue_motion
from lmmjax.generation.continuation import PromptError
from lmmjax.model import movement
from tests.lmmjax import tiny

SECONDS, FRAMES = 0.2, 6


@pytest.fixture(scope="module")
def model():
    return tiny.lively_model()


@pytest.fixture(scope="module")
def prompt():
    return tiny.motion(2, frames=20)


def proceed(model, prompt, samples=2, seed=0, **options):
    return continue_motion(
        model, prompt, SECONDS, samples, seed, commit=2, steps=2, **options
    )


@pytest.fixture(scope="module")
def futures(model, prompt):
    return proceed(model, prompt)


def test_futures_have_their_length_rate_names_and_numbers(futures, prompt):
    assert [len(m) for m in futures] == [FRAMES, FRAMES]
    assert [m.name for m in futures] == ["clip2 sample 1", "clip2 sample 2"]
    assert all(m.fps == tiny.FPS and m.subject == prompt.subject for m in futures)


def test_futures_are_on_the_bones_of_the_prompt(futures, prompt, model):
    assert np.abs(prompt.skeleton.offsets - model.body.offsets).max() > 0.01
    for motion in futures:
        np.testing.assert_array_equal(motion.skeleton.offsets, prompt.skeleton.offsets)
        np.testing.assert_array_equal(motion.skeleton.upper, model.body.upper)


def test_futures_differ_among_themselves_and_repeat_with_their_seed(
    futures, model, prompt
):
    again = proceed(model, prompt)
    for a, b in zip(again, futures, strict=True):
        np.testing.assert_array_equal(a.joints, b.joints)
    assert np.abs(futures[0].joints - futures[1].joints).max() > 1e-3
    other = proceed(model, prompt, seed=1)
    assert np.abs(other[0].joints - futures[0].joints).max() > 1e-3


def test_the_first_frame_follows_the_last_of_the_prompt(prompt):
    # A model without any movement of its own stays where the prompt ends.
    model = tiny.fresh_model()
    still = proceed(model, prompt, temperature=0.0)[0]
    ends = positions(prompt)[-1], positions(still)[0]
    assert np.linalg.norm(ends[0] - ends[1], axis=-1).max() < 5e-3
    assert np.abs(ends[0] - positions(prompt)[0]).max() > 0.3


def test_a_prompt_at_another_rate_is_taken_to_the_models(model, prompt):
    whole = tiny.motion(2, frames=77, fps=4 * tiny.FPS)
    np.testing.assert_allclose(whole.joints[::4], prompt.joints, atol=1e-5)
    # Its end counts, wherever it began.
    fine = whole[2:]
    (motion, _), (expected, _) = proceed(model, fine), proceed(model, prompt)
    assert motion.fps == tiny.FPS
    np.testing.assert_allclose(motion.joints, expected.joints, atol=1e-3)


def test_the_far_past_changes_nothing(model, prompt, futures):
    window = tiny.CONFIG.window
    joints = np.array(prompt.joints)
    joints[: -2 * window] += 0.2
    found = proceed(model, prompt.replace(joints=joints))
    np.testing.assert_array_equal(found[0].joints, futures[0].joints)
    joints[-window:] += 0.1
    found = proceed(model, prompt.replace(joints=joints))
    assert np.abs(found[0].joints - futures[0].joints).max() > 1e-3


def test_a_prompt_outside_the_limits_is_continued_inside(model, prompt):
    wild = prompt.replace(joints=prompt.joints + np.float32(1.5))
    assert limits.share_outside(model.body, wild.joints) == 1.0
    for motion in proceed(model, wild):
        assert np.max(limits.excess(model.body, motion.joints)) == 0
        assert all(np.isfinite(x).all() for x in motion.poses)


def test_a_prompt_in_other_joint_axes_is_understood(model, prompt, futures):
    body = prompt.skeleton
    turned = make_skeleton(
        body.names,
        body.parents,
        body.offsets,
        body.kinds,
        frames=body.frames * np.float32([-1, -1, 1]),
    )
    found = proceed(model, prompt.recoordinate(turned))
    np.testing.assert_allclose(found[0].joints, futures[0].joints, atol=2e-3)


def test_another_skeleton_is_told_by_its_joints(model, prompt):
    body = prompt.skeleton
    renamed = body.replace(names=("Hips", "Trunk", *body.names[2:]))
    with pytest.raises(PromptError, match=r"missing \['Chest'\], unknown \['Trunk'\]"):
        proceed(model, prompt.replace(skeleton=renamed))
    rebuilt = body.replace(kinds=(*body.kinds[:3], "fixed", *body.kinds[4:]))
    with pytest.raises(PromptError, match="other parents or degrees of freedom"):
        proceed(model, prompt.replace(skeleton=rebuilt))


def test_prompts_and_wishes_that_make_no_sense_are_told(model, prompt):
    with pytest.raises(PromptError, match="clip2 needs two frames at least"):
        proceed(model, prompt[:1])
    with pytest.raises(PromptError, match="above 0"):
        proceed(model, prompt, samples=0)
    with pytest.raises(PromptError, match="above 0"):
        continue_motion(model, prompt, 0.0)


def test_one_step_of_the_flow_continues_with_the_forecast(model, prompt):
    motion = continue_motion(model, prompt, 0.1, commit=3, steps=1, churn=0.0)[0]
    own = model.with_offsets(prompt.skeleton.offsets)
    past = jax.tree.map(lambda x: x[None, -8:], prompt.poses)
    z = jax.jit(movement.read)(own, past)[:, -1]
    last = past.at(slice(None), -1)
    future = jax.jit(movement.forecast)(own, last, z)
    np.testing.assert_allclose(motion.joints, future.joints[0], atol=1e-5)
