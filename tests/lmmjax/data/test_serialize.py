"""Laws of plain values: what is written comes back bit by bit."""

import json

import jax
import numpy as np
import pytest

from kinematics import limits
from kinematics.bodies.human import human
from lmmjax.data import serialize
from tests.lmmjax import tiny


def equal(one, other):
    assert jax.tree.structure(one) == jax.tree.structure(other)
    for x, y in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        assert np.asarray(x).dtype == np.asarray(y).dtype == np.float32
        np.testing.assert_array_equal(x, y)


def odd(skeleton):
    """The skeleton with sizes that are no short decimal numbers."""
    rng = np.random.default_rng(0)
    shape = np.shape(skeleton.offsets)
    offsets = np.float32(rng.normal(size=shape) * 10.0 ** rng.integers(-20, 2, shape))
    offsets[0] = 0
    return skeleton.replace(offsets=offsets)


@pytest.mark.parametrize(
    "body",
    [
        tiny.body(),
        tiny.body(mirror=None),
        odd(tiny.body()),
        human(1.7),
        limits.anatomical(human(1.7)),
    ],
    ids=["tiny", "no mirror", "odd sizes", "human", "couplings"],
)
def test_a_skeleton_comes_back_exactly_through_json(body):
    text = json.dumps(serialize.skeleton_to_dict(body))
    equal(serialize.skeleton_from_dict(json.loads(text)), body)
    assert ("couplings" in json.loads(text)) == (body.couplings is not None)


@pytest.mark.parametrize("kind", [str, str.encode], ids=["text", "bytes"])
def test_a_motion_comes_back_exactly_from_its_example(kind):
    motion = tiny.motion(2).replace(name="günther/1", subject="07", action="walk")
    example = serialize.motion_to_example(motion)
    texts = {k: kind(v) for k, v in example.items() if isinstance(v, str)}
    assert set(texts) == {"skeleton", "name", "subject", "action"}
    equal(serialize.example_to_motion(example | texts), motion)
