"""Laws of joblib's files: every compression, and no file that harms."""

import gzip
import lzma
import os
import pickle
import zlib

import joblib
import numpy as np
import pytest

from lmmjax.capture import CaptureError
from lmmjax.capture.monocular import joblib_file

DATA = {1: {"pose": np.arange(720, dtype=np.float32).reshape(10, 72), "joints2d": None}}
KINDS = [0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3)]


def written(tmp_path, compress, value=DATA):
    path = tmp_path / "vibe_output.pkl"
    joblib.dump(value, path, compress=compress)
    return path


@pytest.mark.parametrize("compress", KINDS)
def test_every_compression_is_read(tmp_path, compress):
    found = joblib_file.load(written(tmp_path, compress))
    np.testing.assert_array_equal(found[1]["pose"], DATA[1]["pose"])
    assert found[1]["joints2d"] is None


def test_a_plain_pickle_is_read(tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(DATA))
    np.testing.assert_array_equal(joblib_file.load(path)[1]["pose"], DATA[1]["pose"])


@pytest.mark.parametrize("compress", KINDS)
def test_a_file_that_is_cut_off_is_named(tmp_path, compress):
    path = written(tmp_path, compress)
    data = path.read_bytes()
    for end in (8, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:end])
        with pytest.raises(CaptureError, match=r"vibe_output\.pkl: .*; copy or"):
            joblib_file.load(path)


class Evil:
    """Pickles as a call of os.system."""

    def __reduce__(self):
        return os.system, ("true",)


@pytest.mark.parametrize("compress", KINDS)
def test_code_is_refused(tmp_path, compress, monkeypatch):
    path = written(tmp_path, compress, {1: {"pose": np.zeros(3), "x": Evil()}})
    monkeypatch.setattr(os, "system", lambda *_: pytest.fail("it was run"))
    with pytest.raises(CaptureError, match=r"names \w+\.system, which is code"):
        joblib_file.load(path)


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress, lzma.compress])
def test_a_bomb_is_stopped_at_the_limit(tmp_path, pack):
    path = tmp_path / "bomb.pkl"
    path.write_bytes(pack(bytes(10**7)))
    with pytest.raises(CaptureError, match=r"unpacks to more than 0\.000931 GiB"):
        joblib_file.load(path, max_bytes=10**6)


def test_other_compressions_are_named(tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(b"\x04\x22\x4d\x18rest")
    with pytest.raises(CaptureError, match=r"packed by lz4, .*compress=0"):
        joblib_file.load(path)
