"""Prompts are brought to the body that a model was trained on."""

import pytest

from experiments import pipeline
from kinematics import formats
from lmmjax import pretrained
from lmmjax.data.mocap.common_body import common_body
from lmmjax.generation.continuation import PromptError, fit_to_model


def test_a_prompt_is_brought_to_the_body_of_the_training(shared_data):
    model, meta = pretrained.load("human-mocap")
    clip = formats.read(shared_data / "cmu_bvh" / "08" / "08_04.bvh", up="y")
    with pytest.raises(PromptError, match="another skeleton"):
        fit_to_model(model, clip)
    found = pipeline.on_trained_body(clip, meta)
    assert found.skeleton.same_tree(common_body())
    assert fit_to_model(model, found).fps == model.fps
    assert pipeline.on_trained_body(clip, {}) is clip
