"""Laws of values: what is written comes back, and what does not fit is named."""

import dataclasses
import json
from typing import Literal

import jax.numpy as jnp
import numpy as np
import pytest

from lmmjax.pretrained import PretrainedError
from lmmjax.pretrained.values import decode, encode


@dataclasses.dataclass(frozen=True)
class Part:
    scale: jnp.ndarray | np.ndarray
    kind: str = "plain"


@dataclasses.dataclass(frozen=True)
class Whole:
    sizes: tuple[int, ...]
    span: tuple[float, float]
    parts: dict[str, Part]
    rate: float
    flag: bool
    part: Part | None = None
    mode: Literal["fast", "exact"] = "fast"
    free: dict = dataclasses.field(default_factory=dict)
    derived: int = dataclasses.field(default=7, init=False)


def whole(**changes):
    values = {
        "sizes": (1, 2, 3),
        "span": (0.1, float(np.float32(0.7))),
        "parts": {
            "left": Part(jnp.arange(6.0).reshape(2, 3)),
            "right": Part(np.ones(0)),
        },
        "rate": 30.0,
        "flag": True,
        "mode": "exact",
        "part": Part(np.array(5, np.int32), "deep"),
        "free": {"a": [1, None, {"b": np.float64(2.5)}], "table": np.eye(2)},
    }
    return Whole(**(values | changes))


def through(value, kind=Whole):
    """A value after encoding, JSON text and decoding."""
    tensors = {}
    text = json.dumps(encode(value, "whole", tensors))
    return decode(kind, json.loads(text), "whole", tensors), tensors


def test_numbers_texts_tuples_and_nested_dataclasses_come_back():
    found, tensors = through(whole())
    assert (found.sizes, found.span) == (whole().sizes, whole().span)
    assert (found.rate, found.flag, found.derived) == (30.0, True, 7)
    assert found.mode == "exact"
    assert list(found.parts) == ["left", "right"]
    assert found.part.kind == "deep"
    assert found.free["a"] == [1, None, {"b": 2.5}]
    assert tensors.keys() == {
        "whole/parts/left/scale",
        "whole/parts/right/scale",
        "whole/part/scale",
        "whole/free/table",
    }


def test_arrays_of_every_shape_and_type_come_back_bit_by_bit():
    found, _ = through(whole())
    for ours, theirs in (
        (found.parts["left"].scale, np.arange(6, dtype=np.float32).reshape(2, 3)),
        (found.parts["right"].scale, np.ones(0)),
        (found.part.scale, np.array(5, np.int32)),
        (found.free["table"], np.eye(2)),
    ):
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
        np.testing.assert_array_equal(ours, theirs)


def test_an_absent_part_is_none_and_a_whole_number_may_stand_for_a_float():
    found, _ = through(whole(part=None, rate=30))
    assert found.part is None
    assert type(found.rate) is float


def test_what_cannot_be_stored_is_named():
    with pytest.raises(PretrainedError, match=r"^whole/free/f: a function cannot be"):
        through(whole(free={"f": lambda: 0}))
    with pytest.raises(PretrainedError, match=r"whole/part: a type cannot be stored"):
        through(whole(part=Part))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rate": "fast"}, r"whole/rate must be a number, not 'fast'"),
        ({"rate": None}, r"whole/rate must be a number"),
        ({"flag": 1}, r"whole/flag must be true or false, not '1'"),
        ({"sizes": [1, 2.5]}, r"whole/sizes/1 must be a whole number"),
        ({"sizes": [True]}, r"whole/sizes/0 must be a whole number"),
        ({"sizes": 3}, r"whole/sizes must be"),
        ({"span": [1.0]}, r"whole/span needs 2 values"),
        ({"part": 3}, r"whole/part must be Part or nothing"),
        ({"mode": "slow"}, r"whole/mode must be .*, not 'slow'"),
        ({"speed": 3}, r"whole has 'speed', which is not known here"),
        ({"derived": 8}, r"whole has 'derived', which is not known here"),
    ],
)
def test_what_does_not_fit_the_type_is_named(changes, told):
    tensors = {}
    values = encode(whole(), "whole", tensors)
    with pytest.raises(PretrainedError, match=told):
        decode(Whole, values | changes, "whole", tensors)


def test_a_missing_field_takes_its_default_or_is_named():
    tensors = {}
    values = encode(whole(), "whole", tensors)
    assert decode(Whole, {**values, "part": None}, "whole", tensors).part is None
    del values["part"], values["free"]
    assert decode(Whole, values, "whole", tensors).free == {}
    del values["flag"]
    with pytest.raises(PretrainedError, match="whole has no 'flag'"):
        decode(Whole, values, "whole", tensors)


def test_a_tensor_must_be_there_have_its_shape_and_stand_for_an_array():
    tensors = {}
    values = encode(whole(), "whole", tensors)
    with pytest.raises(PretrainedError, match=r"whole/rate must be a number"):
        decode(Whole, values | {"rate": values["part"]["scale"]}, "whole", tensors)
    for others in ({}, tensors | {"whole/part/scale": np.zeros(3)}):
        with pytest.raises(PretrainedError, match=r"whole/.*scale: no tensor whole/"):
            decode(Whole, values, "whole", others)


def test_a_class_that_refuses_its_values_is_told():
    @dataclasses.dataclass(frozen=True)
    class Even:
        number: int

        def __post_init__(self):
            if self.number % 2:
                raise ValueError("must be even")

    assert decode(Even, {"number": 4}, "even", {}) == Even(4)
    with pytest.raises(PretrainedError, match="even: must be even"):
        decode(Even, {"number": 3}, "even", {})
