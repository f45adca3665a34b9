"""Laws of reading pickles: data as Python reads them, and nothing is ever run."""

import collections
import contextlib
import io
import os
import pickle
import struct
import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from kinematics.formats import restricted_pickle
from kinematics.formats.errors import FormatError
from kinematics.formats.pickle_types import Global, Sparse

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def read(data):
    return restricted_pickle.loads(data, "a.pkl")


def same(found, truth):
    if isinstance(truth, np.ndarray) and truth.dtype != object:
        assert found.dtype == truth.dtype.newbyteorder("=")
        np.testing.assert_array_equal(found, truth)
    elif isinstance(truth, np.ndarray):
        assert found.shape == truth.shape
        for a, b in zip(found.ravel(), truth.ravel(), strict=True):
            same(a, b)
    elif isinstance(truth, dict):
        assert list(found) == list(truth)
        for key in truth:
            same(found[key], truth[key])
    else:
        assert found == truth
        assert type(found) is type(truth)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_containers_and_scalars_are_as_python_reads_them(protocol):
    truth = {
        "numbers": [0, 1, -1, 255, 256, 65536, -(2**31), 2**31, 10**40, -(10**40)],
        "floats": (0.0, -1.5, 1e308, float("inf")),
        "single": [True, False, None],
        "text": ["", "é", "日本", "\ud800", "a" * 300, "line\nand \\n"],
        "bytes": [b"", b"\x00\xff", b"a" * 300],
        "sets": [{1, 2}, frozenset({3, "a"}), set()],
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "complex": 1 - 2j,
        7: {"nested": {(1, "a"): []}},
    }
    same(read(pickle.dumps(truth, protocol)), truth)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_arrays_are_as_numpy_reads_them(protocol):
    values = np.linspace(-3, 3, 24)
    truth = {
        "f8": values.reshape(2, 3, 4),
        "f4": values.astype(np.float32),
        "fortran": np.asfortranarray(values.reshape(4, 6)),
        "strided": values.reshape(4, 6)[::2, 1::2],
        "big endian": values.astype(">f8"),
        "ints": np.arange(5, dtype=np.uint32),
        "big ints": np.arange(5, dtype=">i2"),
        "bool": values > 0,
        "complex": values * 1j,
        "text": np.array(["ab", "é"]),
        "bytes": np.array([b"ab", b"c"]),
        "empty": np.zeros((0, 3)),
        "single": np.array(2.5),
        "objects": np.array([{"a": np.arange(3)}, None], object),
        "scalar": np.float32(1.5),
        "scalar int": np.int64(-3),
    }
    same(read(pickle.dumps(truth, protocol)), truth)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("form", ["csc", "csr", "coo"])
@pytest.mark.parametrize("kind", ["matrix", "array"])
def test_sparse_matrices_need_no_scipy(protocol, form, kind):
    dense = np.random.default_rng(0).normal(size=(5, 9))
    dense[dense < 0.7] = 0
    matrix = getattr(sp, f"{form}_{kind}")(dense)
    found = read(pickle.dumps({"m": matrix}, protocol))["m"]
    assert isinstance(found, Sparse)
    np.testing.assert_array_equal(found.dense(), dense)


def test_objects_that_are_one_stay_one():
    array = np.arange(3)
    found = read(pickle.dumps({"a": array, "b": [array, array]}))
    assert found["a"] is found["b"][0] is found["b"][1]


def text(string):
    return b"X" + struct.pack("<I", len(string)) + string.encode()


def test_arrays_of_python_2_and_chumpy():
    # What cPickle wrote for a dictionary with a chumpy.ch.Ch of array([1., 2.]).
    raw = repr(np.array([1.0, 2.0]).tobytes())[1:]
    data = (
        "(dp1\nS'v_template'\np2\nccopy_reg\n_reconstructor\np3\n(cchumpy.ch\nCh\np4\n"
        "c__builtin__\nobject\np5\nNtRp6\n(dp7\nS'x'\np8\n"
        "cnumpy.core.multiarray\n_reconstruct\np9\n(cnumpy\nndarray\np10\n(I0\nt"
        "S'b'\ntRp11\n(I1\n(I2\ntcnumpy\ndtype\np12\n(S'f8'\nI0\nI1\ntRp13\n"
        f"(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\nS{raw}\ntbsS'_dirty_vars'\n"
        "c__builtin__\nset\np14\n((lp15\nS'x'\natRp16\nsS'_itr'\nNsbs."
    ).encode("latin-1")
    same(read(data), {"v_template": np.array([1.0, 2.0])})


class Calls:
    """Pickles as a call of something with something."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def reduce(module, name, args=b")", protocol=b"\x80\x02"):
    """A pickle that calls a name; ``args`` are opcodes."""
    return protocol + f"c{module}\n{name}\n".encode() + args + b"R."


EVIL = {
    "os.system": reduce("os", "system", text("touch hacked") + b"\x85"),
    "posix": reduce("posix", "system", text("touch hacked") + b"\x85"),
    "nt": reduce("nt", "system", text("touch hacked") + b"\x85"),
    "eval": reduce("builtins", "eval", text("open('hacked','w')") + b"\x85"),
    "python 2": reduce("__builtin__", "eval", text("open('hacked','w')") + b"\x85"),
    "getattr": reduce("builtins", "getattr", text("a") + text("join") + b"\x86"),
    "import": reduce("builtins", "__import__", text("antigravity") + b"\x85"),
    "dotted": b"\x80\x04" + text("os") + text("path.os.system") + b"\x93.",
    "allowed module, dotted": b"\x80\x04"
    + text("numpy")
    + text("ndarray.__class__")
    + b"\x93.",
    "instance": b"(" + text("touch hacked") + b"ios\nsystem\n.",
    "object": b"(cos\nsystem\n" + text("touch hacked") + b"o.",
    "newobj": b"\x80\x02csubprocess\nPopen\n" + text("ls") + b"\x85\x81.",
    "newobj with keywords": b"\x80\x04csubprocess\nPopen\n)}\x92.",
    "numpy.load": reduce("numpy", "load", text("a.npy") + b"\x85"),
    "numpy runs strings": reduce("numpy.f2py.crackfortran", "getlincoef"),
    "other numpy": reduce("numpy.core.multiarray", "fromfile", text("a") + b"\x85"),
    "scipy": reduce("scipy.sparse.csc", "isspmatrix_csc", b"N\x85"),
    "chumpy": reduce("chumpy.ch", "ChLambda"),
    "ctypes": reduce("_ctypes", "PyObj_FromPtr", b"K\x01\x85"),
    "codecs": reduce("_codecs", "decode", text("a") + b"\x85"),
    "functools": reduce("functools", "partial"),
    "operator": reduce("operator", "attrgetter", text("a") + b"\x85"),
    "copyreg": reduce("copyreg", "add_extension"),
    "extension": b"\x80\x02\x82\x01.",
    "persistent": b"Pdatabase\n.",
    "binary persistent": text("database") + b"Q.",
    "own buffers": b"\x80\x05\x97.",
    "reconstructor itself": b"ccopyreg\n_reconstructor\n)R.",
    "object itself": reduce("builtins", "object"),
}


@pytest.mark.parametrize("case", EVIL)
def test_code_is_refused_by_name_and_never_runs(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for function in ("system", "popen"):
        monkeypatch.setattr(os, function, lambda *_: pytest.fail("it was run"))
    with pytest.raises(FormatError, match=r"^a\.pkl: this .*; \w+") as error:
        read(EVIL[case])
    assert "\n" not in str(error.value)
    assert os.listdir(tmp_path) == []
    words = EVIL[case].split(b"\n")
    if words[0][-3:] == b"cos":
        assert "names os.system" in str(error.value)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_code_inside_of_data_is_refused(protocol):
    for evil in (Calls(os.system, "true"), Calls(np.load, "a"), Calls(io.BytesIO)):
        data = pickle.dumps({"v_template": np.zeros(3), "f": [evil]}, protocol)
        with pytest.raises(FormatError, match=r"this pickle names"):
            read(data)


ARRAY = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n)K\x00"
F8 = b"cnumpy\ndtype\n" + text("f8") + b"\x85R"
HUGE = b"\x8a\x06" + (2**40).to_bytes(6, "little")
BAD = {
    "empty": (b"", "cut off"),
    "no pickle": (b"\x89PNG\r\n", "opcode b'P', which data do not need"),
    "cut off": (pickle.dumps(np.arange(100.0))[:300], "cut off"),
    "empty stack": (b".", "empty list"),
    "no mark": (b"t.", "pop from empty"),
    "no such memo": (b"h\x07.", "7"),
    "length beyond the file": (b"X\xff\xff\xff\xff.", "cut off"),
    "64-bit length": (b"\x8e" + b"\xff" * 8 + b".", "cut off"),
    "negative length": (b"T\xff\xff\xff\xff.", "cut off"),
    "array of any size": (
        ARRAY + b"\x87R(K\x01" + HUGE + b"\x85" + F8 + b"\x89C\x00tb.",
        r"shape \(1099511627776,\) has 0 bytes",
    ),
    "negative size": (
        ARRAY + b"\x87R(K\x01J\xff\xff\xff\xff\x85" + F8 + b"\x89C\x00tb.",
        r"shape \(-1,\)",
    ),
    "array called": (reduce("numpy", "ndarray", HUGE + b"\x85"), "a class stands"),
    "zeros out of nothing": (reduce("builtins", "bytes", HUGE + b"\x85"), "unpack"),
    "array of no state": (ARRAY + b"\x87R.", "NoneType"),
    # Object pointers cannot come from bytes.
    "pointers": (
        ARRAY
        + b"\x87R(K\x01K\x01\x85cnumpy\ndtype\n"
        + text("O8")
        + b"\x85R\x89C\x08AAAAAAAAtb.",
        "has not as many objects",
    ),
    "structured": (
        reduce("numpy", "dtype", text("V8") + b"\x85"),
        "arrays of type 'V8' are not read",
    ),
    "huge type": (reduce("numpy", "dtype", text("S9999999") + b"\x85"), "not read"),
    "other codec": (
        reduce("_codecs", "encode", text("a") + text("idna") + b"\x86"),
        "not spelled in latin-1",
    ),
    "unhashable key": (b"}]Ns.", "a key is of type list"),
    "key that costs a stack overflow to hash": (
        b"})" + b"\x85" * 200_000 + b"Ns.",
        "nested more than 100 deep",
    ),
    "deep": (b"]" * 20_000 + b"a" * 19_999 + b".", "nested more than 100 deep"),
    "itself": (b"]q\x00h\x00a.", "contains itself"),
    "odd items": (b"}(K\x01u.", "shorter|argument"),
    "state of a list": (b"]}b.", "no object"),
    "append to a tuple": (b")Na.", "no list"),
    "call of a number": (b"K\x01)R.", "no name"),
    "digits": (b"I" + b"9" * 10_000 + b"\n.", "digits"),
    "memo far away, unread": (b"Nr\xff\xff\xff\x7fh\x00.", "0"),
}


@pytest.mark.parametrize("case", BAD)
def test_damage_is_a_format_error_and_costs_little(case):
    data, message = BAD[case]
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match=message) as error:
            read(data)
        assert tracemalloc.get_traced_memory()[1] < 1e6 + 200 * len(data)
    finally:
        tracemalloc.stop()
    assert str(error.value).startswith("a.pkl: this ")
    assert "\n" not in str(error.value)


def test_lists_of_lists_of_one_list_do_not_explode():
    # Nine levels of ten references each: 10^9 numbers if they were copied.
    data = b"]"
    for level in range(9):
        data += bytes([ord("q"), level]) + b"0](" + bytes([ord("h"), level]) * 10
        data += b"e"
    found = read(data + b".")
    assert len(found) == 10
    assert found[0] is found[9]


@pytest.mark.parametrize(
    "state",
    [
        {"indptr": [0, 1, 9]},
        {"indptr": [0, 2, 1]},
        {"indptr": [0, 1]},
        {"indices": [0, 3]},
        {"indices": [0, -1]},
        {"_shape": (3, -2)},
        {"data": [1.0]},
    ],
)
def test_broken_sparse_matrices_are_found(state):
    whole = {"_shape": (3, 2), "indptr": [0, 1, 2], "indices": [0, 2]}
    whole = whole | {"data": [1.0, 2.0]} | state
    make = restricted_pickle.MAKERS[Global("scipy.sparse.csc", "csc_matrix")]
    with pytest.raises(ValueError, match="sparse"):
        make(restricted_pickle.Parts((), whole, []))


def test_a_huge_sparse_matrix_is_not_filled_in():
    empty = np.zeros(0)
    with pytest.raises(ValueError, match="too large"):
        Sparse((10**6, 10**6), empty.astype(int), empty.astype(int), empty).dense()


def test_more_may_be_allowed():
    name = Global("collections", "Counter")
    data = pickle.dumps(collections.Counter("aab"))
    with pytest.raises(FormatError, match=r"names collections\.Counter"):
        read(data)
    makers = {**restricted_pickle.MAKERS, name: lambda parts: dict(parts.args[0])}
    assert restricted_pickle.loads(data, "a.pkl", makers) == {"a": 2, "b": 1}


SAMPLE = pickle.dumps(
    {"a": np.arange(4.0), "b": [1, 2.5, "x", b"y"], "c": {(1, 2): {3}}}, 2
)


@given(
    at=st.integers(0, len(SAMPLE) - 1),
    length=st.integers(0, 4),
    other=st.binary(max_size=4),
)
def test_any_damage_is_harmless(at, length, other):
    data = SAMPLE[:at] + other + SAMPLE[at + length :]
    with contextlib.suppress(FormatError):
        read(data)


@given(st.binary(max_size=60))
def test_any_bytes_are_harmless(data):
    with contextlib.suppress(FormatError):
        read(data)
