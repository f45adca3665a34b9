"""Laws of NumPy archives: no pickle is run, and no size is believed."""

import io
import os
import pickle
import zipfile

import numpy as np
import pytest

from kinematics.formats import arrays
from kinematics.formats.errors import FormatError


def test_what_is_written_is_read(tmp_path):
    truth = {"a": np.arange(6.0).reshape(2, 3), "b": np.array("text"), "c": np.zeros(0)}
    arrays.write_arrays(tmp_path / "a.npz", truth)
    found = arrays.read_arrays(tmp_path / "a.npz")
    assert list(found) == list(truth)
    for key, value in truth.items():
        np.testing.assert_array_equal(found[key], value)
        assert found[key].dtype == value.dtype
    assert list(arrays.read_arrays(tmp_path / "a.npz", ("c", "z"))) == ["c"]
    assert os.listdir(tmp_path) == ["a.npz"]


def test_objects_are_read_as_data(tmp_path):
    value = np.array({"S1": {"walk": [np.arange(3)]}}, object)
    np.savez(tmp_path / "a.npz", positions=value)
    found = arrays.read_arrays(tmp_path / "a.npz")["positions"]
    np.testing.assert_array_equal(found.item()["S1"]["walk"][0], np.arange(3))


class Evil:
    def __reduce__(self):
        return os.system, ("touch hacked",)


def test_objects_are_never_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez(tmp_path / "a.npz", a=np.array([Evil()], object))
    with pytest.raises(FormatError, match=r"npz:a: this pickle names \w+\.system"):
        arrays.read_arrays(tmp_path / "a.npz")
    assert os.listdir(tmp_path) == ["a.npz"]


def member(header, data=b""):
    """An .npy file with any header."""
    text = repr(header).encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def archive(path, data, name="a.npy"):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, data)
    return path


FLOATS = {"descr": "<f8", "fortran_order": False}
BAD = {
    "size": (member(FLOATS | {"shape": (10**12,)}), "this array is damaged"),
    "negative": (member(FLOATS | {"shape": (-1,)}), "this array is damaged"),
    "overflow": (member(FLOATS | {"shape": (2**62, 4)}), "this array is damaged"),
    "cut off": (member(FLOATS | {"shape": (2,)}, bytes(8)), "this array is damaged"),
    "call": (b"\x93NUMPY\x01\x00\x0e\x00print('boo!')\n", "this array is damaged"),
    "other": (b"hello", "this array is damaged"),
    "objects": (
        member(
            {"descr": "|O", "fortran_order": False, "shape": (1,)}, b"cos\nsystem\n"
        ),
        "names os.system",
    ),
    "object": (
        member(
            {"descr": "|O", "fortran_order": False, "shape": (1,)}, pickle.dumps([1])
        ),
        "its objects are no array",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_damage_is_a_format_error(tmp_path, case):
    data, message = BAD[case]
    path = archive(tmp_path / "a.npz", data)
    with pytest.raises(FormatError, match=message) as error:
        arrays.read_arrays(path)
    assert str(error.value).startswith(f"{path}:a: ")


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "_MAX_BYTES", 10**6)
    path = archive(tmp_path / "a.npz", bytes(2 * 10**6))
    with pytest.raises(FormatError, match="; keep less than 2 GiB"):
        arrays.read_arrays(path)
    assert arrays.read_arrays(path, ()) == {}


def test_files_that_are_no_archives(tmp_path):
    buffer = io.BytesIO()
    np.savez(buffer, a=np.arange(100.0))
    whole = buffer.getvalue()
    flipped = whole.replace(np.float64(7).tobytes(), np.float64(8).tobytes())
    for data in (b"", b"PK\3\4", whole[:300], flipped):
        (tmp_path / "a.npz").write_bytes(data)
        with pytest.raises(FormatError, match="no NumPy archive, or a damaged one"):
            arrays.read_arrays(tmp_path / "a.npz")
    with pytest.raises(FileNotFoundError):
        arrays.read_arrays(tmp_path / "b.npz")
