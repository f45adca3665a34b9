"""Prompts are brought to the body that a model was trained on."""

import numpy as np
import pytest

from experiments import pipeline
from experiments.settings import SettingError
from kinematics import formats
from lmmjax import pretrained
from lmmjax.data.mocap.common_body import common_body
from lmmjax.generation.continuation import PromptError, fit_to_model
from tests.lmmjax import tiny


def test_a_prompt_is_brought_to_the_body_of_the_training(shared_data):
    model, meta = pretrained.load("human-mocap")
    clip = formats.read(shared_data / "cmu_bvh" / "08" / "08_04.bvh", up="y")
    with pytest.raises(PromptError, match="another skeleton"):
        fit_to_model(model, clip)
    found = pipeline.on_trained_body(clip, meta)
    assert found.skeleton.same_tree(common_body())
    assert fit_to_model(model, found).fps == model.fps
    assert pipeline.on_trained_body(clip, {}) is clip


def test_embeddings_are_read_by_the_names_of_clips(tmp_path):
    path = tmp_path / "text.npz"
    np.savez(path, **{"0": np.ones(3), "somebody else": np.zeros(3)})
    found = pipeline.read_embeddings(str(path), [tiny.motion(0).replace(name="0")])
    assert found is not None
    assert list(found) == ["0"]
    assert pipeline.read_embeddings("", [tiny.motion(0)]) is None
    with pytest.raises(SettingError, match=r"text\.npz has none of the clips, such"):
        pipeline.read_embeddings(str(path), [tiny.motion(0).replace(name="x")])
    path.write_bytes(b"no archive")
    with pytest.raises(SettingError, match=r"text\.npz cannot be read"):
        pipeline.read_embeddings(str(path), [tiny.motion(0)])
    np.savez(path, **{"0": np.array([{}], dtype=object)})
    with pytest.raises(SettingError, match=r"text\.npz cannot be read"):
        pipeline.read_embeddings(str(path), [tiny.motion(0).replace(name="0")])
