"""Laws of JSON: what can be read is, and what cannot is named."""

import math

import pytest

from lmmjax.capture.detections import documents
from lmmjax.capture.errors import CaptureError


def test_what_strict_readers_refuse_is_read():
    assert math.isnan(documents.parse(b'{"a": [NaN]}')["a"][0])
    assert documents.parse(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}
    assert documents.parse(b"[1.5, null]") == [1.5, None]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 200000, b"[1,]"])
def test_damage_names_the_file(tmp_path, data):
    with pytest.raises(ValueError):  # noqa: PT011
        documents.parse(data)
    path = tmp_path / "a.json"
    path.write_bytes(data)
    with pytest.raises(CaptureError, match="this is no JSON, or a cut one") as error:
        documents.load(path)
    assert str(error.value).startswith(str(path))


def test_documents_larger_than_memory_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    path.write_text("[1, 2, 3]")
    monkeypatch.setattr(documents, "_MAX_BYTES", 8)
    with pytest.raises(CaptureError, match="split the recording"):
        documents.load(path)


def test_rows_of_tables_have_their_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b'\xef\xbb\xbfa,b\r\n\r\n"1\n2",3\n')
    assert list(documents.table(path)) == [(1, ["a", "b"]), (2, []), (4, ["1\n2", "3"])]
