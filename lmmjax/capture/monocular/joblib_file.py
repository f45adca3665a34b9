"""Files of joblib, in which VIBE and PARE write their results.

A file is a pickle with the arrays between its opcodes, which
`kinematics.formats.restricted_pickle` reads without running anything, and it may be
compressed as a whole. The compression is told from the first bytes, as joblib's
``numpy_pickle_utils.py`` does.
"""

import bz2
import lzma
import os
import pathlib
import zlib
from collections.abc import Callable
from typing import Any, Protocol

from kinematics.formats import FormatError, restricted_pickle
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.monocular.documents import problem

# Unpacked size of one file, a choice: the vertices of 6 minutes of one person, as VIBE
# writes them at 30 Hz, are 0.9 GB.
MAX_BYTES = 2**31
# Memory that unpacking may take besides; the highest preset of xz needs 65 MiB.
_MAX_DICTIONARY = 2**28


class _Decompressor(Protocol):
    eof: bool

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """At most so many bytes of what ``data`` and earlier input unpack to."""


_COMPRESSIONS: dict[bytes, Callable[[], Any]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    b"BZ": bz2.BZ2Decompressor,
    b"\xfd7zXZ": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _MAX_DICTIONARY),
    b"\x5d\x00": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, _MAX_DICTIONARY),
    b"\x78": zlib.decompressobj,
}
_UNREAD = {b"\x04\x22\x4d\x18": "lz4", b"ZF": "the compression of joblib before 0.10"}


def load(path: str | os.PathLike, max_bytes: int | None = None) -> Any:
    """Read a file of joblib, or a pickle.

    Args:
      path: the file; zlib, gzip, bz2, lzma and xz are unpacked.
      max_bytes: the most that it may unpack to; by default `MAX_BYTES`.

    Raises:
      CaptureError: the file is damaged, too large, of another compression, or
        names something that is no plain data.
      OSError: it cannot be read.
    """
    data = pathlib.Path(path).read_bytes()
    for magic, name in _UNREAD.items():
        if data.startswith(magic):
            raise problem(
                path,
                f"it is packed by {name}, which is not read",
                "load it with joblib and dump it with compress=0, if you trust it",
            )
    for magic, make in _COMPRESSIONS.items():
        if data.startswith(magic):
            data = _unpack(path, data, make(), max_bytes or MAX_BYTES)
            break
    try:
        return restricted_pickle.loads(data, path)
    except FormatError as error:
        raise CaptureError(str(error)) from error


def _unpack(path, data: bytes, stream: _Decompressor, most: int) -> bytes:
    """What compressed bytes unpack to, up to a limit."""
    try:
        unpacked = stream.decompress(data, most)
        if not stream.eof and len(unpacked) < most:
            raise EOFError("it is cut off")
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
        raise problem(
            path, f"its compression is damaged ({error})", "copy or download it again"
        ) from error
    if not stream.eof:
        raise problem(
            path,
            f"it unpacks to more than {most / 2**30:.3g} GiB",
            "write results without the vertices, or of shorter videos",
        )
    return unpacked
