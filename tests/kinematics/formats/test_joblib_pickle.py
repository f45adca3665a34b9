"""Laws of reading joblib's files: as joblib reads them, and nothing is ever run."""

import contextlib
import io
import os
import pickle
import struct

import joblib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinematics.formats import restricted_pickle
from kinematics.formats.errors import FormatError


def dumped(value, protocol=None):
    buffer = io.BytesIO()
    joblib.dump(value, buffer, protocol=protocol)
    return buffer.getvalue()


def read(data):
    return restricted_pickle.loads(data, "a.pkl")


VALUES = np.linspace(-3, 3, 24)
ARRAYS = {
    "f4": VALUES.astype(np.float32).reshape(2, 12),
    "fortran": np.asfortranarray(VALUES.reshape(4, 6)),
    "strided": VALUES.reshape(4, 6)[::2, 1::2],
    "big endian": VALUES.astype(">f8"),
    "ints": np.arange(5, dtype=np.uint32),
    "bool": VALUES > 0,
    "text": np.array(["ab", "é"]),
    "empty": np.zeros((0, 3)),
    "single": np.array(2.5),
    "scalar": np.float32(1.5),
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_are_as_joblib_reads_them(protocol):
    found = read(dumped({"between": 1, **ARRAYS, "after": "x"}, protocol))
    assert (found.pop("between"), found.pop("after")) == (1, "x")
    for key, truth in ARRAYS.items():
        np.testing.assert_array_equal(found[key], truth, err_msg=key)
        assert found[key].dtype == truth.dtype.newbyteorder("=")


def test_arrays_of_objects_stand_as_a_pickle_of_their_own():
    objects = np.array([None, np.arange(3), {"a": "b"}], object)
    found = read(dumped([objects, np.arange(2)]))
    assert found[0][0] is None
    np.testing.assert_array_equal(found[0][1], np.arange(3))
    assert found[0][2] == {"a": "b"}
    np.testing.assert_array_equal(found[1], np.arange(2))


def unaligned(array):
    """A file as versions before 1.2 wrote it: no alignment, bytes follow at once."""
    wrapper = joblib.numpy_pickle.NumpyArrayWrapper(
        np.ndarray, array.shape, "C", array.dtype, allow_mmap=True
    )
    del wrapper.numpy_array_alignment_bytes
    head = pickle.dumps(wrapper, 3)
    return head[:-1] + array.tobytes() + b"."


def test_files_without_alignment_are_read():
    array = VALUES.reshape(6, 4)
    np.testing.assert_array_equal(read(unaligned(array)), array)
    np.testing.assert_array_equal(joblib.load(io.BytesIO(unaligned(array))), array)


class Calls:
    """Pickles as a call of something with something."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "hidden",
    [
        lambda evil: {"pose": np.zeros((2, 72)), "evil": evil},
        lambda evil: np.array([evil], object),
        lambda evil: np.array([np.array([evil, 1], object), 2], object),
    ],
)
def test_code_is_refused_wherever_it_stands(hidden, monkeypatch):
    data = dumped(hidden(Calls(os.system, "true")))
    monkeypatch.setattr(os, "system", lambda *_: pytest.fail("it was run"))
    with pytest.raises(FormatError, match=r"names \w+\.\w+, which is code"):
        read(data)


SAMPLE = dumped({1: {"pose": np.zeros((3, 4), np.float32), "ids": np.arange(3)}})


def test_a_file_that_is_cut_off_is_found_wherever_it_is_cut():
    for end in range(len(SAMPLE)):
        with pytest.raises(FormatError, match=r"^a\.pkl: this "):
            read(SAMPLE[:end])


def test_sizes_beyond_the_file_cost_nothing():
    shape = b"\x8a\x06" + (2**40).to_bytes(6, "little") + b"\x85"
    data = pickle.dumps(
        joblib.numpy_pickle.NumpyArrayWrapper(np.ndarray, (7,), "C", np.dtype("f8")), 2
    )
    assert b"K\x07\x85" in data
    with pytest.raises(FormatError, match="cut off"):
        read(data.replace(b"K\x07\x85", shape))


def test_a_description_that_is_none_is_found():
    name = b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81"
    for state in (b"N", b"}", b"}X" + struct.pack("<I", 5) + b"dtypeNs", b"]"):
        with pytest.raises(FormatError, match=r"^a\.pkl: this is no pickle"):
            read(name + state + b"b.")


@given(
    at=st.integers(0, len(SAMPLE) - 1),
    length=st.integers(0, 4),
    other=st.binary(max_size=4),
)
def test_any_damage_is_harmless(at, length, other):
    with contextlib.suppress(FormatError):
        read(SAMPLE[:at] + other + SAMPLE[at + length :])
