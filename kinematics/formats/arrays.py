"""NumPy archives (npz) in and out, without pickle.

An array of Python objects inside of an archive is a pickle; such a one is read by
`restricted_pickle`, and never written.
"""

import io
import os
import pathlib
import zipfile
import zlib
from collections.abc import Collection, Mapping

import numpy as np

from kinematics.formats import restricted_pickle
from kinematics.formats.errors import FormatError, problem
from kinematics.formats.text import write_bytes

# Unpacked size of what is read from one archive: a model of SMPL-X has 0.3 GB.
_MAX_BYTES = 2**31
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_arrays(
    path: str | os.PathLike, keys: Collection[str] | None = None
) -> dict[str, np.ndarray]:
    """Read the arrays of an archive.

    Args:
      path: an .npz file, compressed or not.
      keys: names of the arrays to read where they are there; by default all.

    Returns:
      Arrays by name.

    Raises:
      FormatError: the file is no archive of arrays, damaged, or unpacks to more
        than 2 GiB.
      OSError: the file cannot be read.
    """
    arrays = {}
    try:
        with zipfile.ZipFile(path) as archive:
            members = {
                member.filename.removesuffix(".npy"): member
                for member in archive.infolist()
                if member.filename.endswith(".npy")
            }
            if keys is not None:
                members = {key: members[key] for key in keys if key in members}
            size = sum(member.file_size for member in members.values())
            if size > _MAX_BYTES:
                raise problem(
                    path,
                    None,
                    f"it unpacks to {size / 2**30:.1f} GiB",
                    "keep less than 2 GiB in one file",
                )
            for key, member in members.items():
                arrays[key] = _array(f"{os.fspath(path)}:{key}", archive.read(member))
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError) as error:
        raise problem(
            path,
            None,
            f"this is no NumPy archive, or a damaged one ({error})",
            "copy or download it again",
        ) from error
    return arrays


def write_arrays(path: str | os.PathLike, arrays: Mapping[str, np.ndarray]) -> None:
    """Write a compressed archive, whole or not at all.

    Raises:
      OSError: names the file; nothing half-written is left behind.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_bytes(pathlib.Path(path), buffer.getvalue())


def _array(path: str, data: bytes) -> np.ndarray:
    """One array from the bytes of an .npy file."""
    stream = io.BytesIO(data)
    try:
        header = _HEADERS.get(np.lib.format.read_magic(stream))
        if header is not None and header(stream)[2].hasobject:
            value = restricted_pickle.loads(data[stream.tell() :], path)
            if not isinstance(value, np.ndarray):
                raise ValueError("its objects are no array")
            return value
        stream.seek(0)
        return np.lib.format.read_array(stream, allow_pickle=False)
    except FormatError:
        raise
    except (ValueError, TypeError, MemoryError, SyntaxError) as error:
        reason = " ".join(str(error).split())[:120]
        raise problem(
            path, None, f"this array is damaged ({reason})", "get the file again"
        ) from error
