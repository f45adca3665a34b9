"""Laws of style: the way and the time are the clip's, the rest is the label's."""

import dataclasses

import numpy as np
import pytest

import lmmjax
from kinematics import limits, rotations
from kinematics.motion import positions
from lmmjax import pretrained
from lmmjax.generation import continue_motion
from lmmjax.generation.restyle import restyle
from tests.lmmjax import tiny

OPTIONS = {"commit": 2, "steps": 2, "churn": 0.0, "inertia": 0.5}


def model():
    config = dataclasses.replace(tiny.CONFIG, labels=("hop", "walk"))
    body = limits.widen(tiny.body(), tiny.motion(0, 75).joints)
    return tiny.lively_model(config).replace(body=body)


def test_a_clip_keeps_its_length_its_bones_and_its_first_second():
    clip = tiny.motion(2, 75)
    hop, walk = (restyle(model(), clip, x, **OPTIONS) for x in ("hop", "walk"))
    first = round(tiny.FPS) + 1
    for found, label in ((hop, "hop"), (walk, "walk")):
        assert (len(found), found.fps, found.action) == (75, tiny.FPS, label)
        np.testing.assert_allclose(found.joints[:first], clip.joints[:first], atol=1e-5)
        np.testing.assert_allclose(
            found.skeleton.offsets, clip.skeleton.offsets, atol=1e-6
        )
        assert np.max(limits.excess(model().body, found.joints[first:])) == 0
    assert np.abs(np.asarray(hop.joints) - walk.joints).max() > 1e-3


def test_the_clip_is_gone_along_with():
    trained = lmmjax.load_pretrained("human-actions")
    walk = pretrained.prompts("human-actions")["walk"]
    how = {"steps": 2, "churn": 0.0, "temperature": 0.5}
    (clip,) = continue_motion(trained, walk, 2.5, **how)
    found = restyle(trained, clip, "sword", heed=3.0, **how)
    off = np.asarray(found.root_position - clip.root_position)[:, :2]
    assert np.linalg.norm(off, axis=-1).max() < 0.15
    turned = [np.asarray(rotations.heading(x.root_rotation)) for x in (found, clip)]
    assert np.median(np.cos(turned[0] - turned[1])) > np.cos(0.2)
    # It is not the clip again.
    hands = [
        positions(x)[:, trained.body.names.index("RightHand")] for x in (found, clip)
    ]
    assert np.linalg.norm(hands[0] - hands[1], axis=-1).max() > 0.1


def test_what_cannot_be_done_is_said():
    with pytest.raises(ValueError, match=r"lasts .* it needs more than 1"):
        restyle(model(), tiny.motion(0, 31), "hop")
    with pytest.raises(ValueError, match="no label 'hopp'; did you mean 'hop'"):
        restyle(model(), tiny.motion(0, 75), "hopp", **OPTIONS)
