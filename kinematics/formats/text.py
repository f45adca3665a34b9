"""Text files in, whole; files out, whole or not at all."""

import contextlib
import os
import pathlib
import secrets

from kinematics.formats.errors import problem


def read_text(path: str | os.PathLike) -> str:
    r"""The text of a file, its line ends all ``\n``.

    Raises:
      FormatError: the file is empty or not text.
      OSError: it cannot be read.
    """
    data = pathlib.Path(path).read_bytes()
    # Ctrl-Z marked the end of a text file under DOS and is still met.
    data = data.rstrip(b"\x1a")
    if not data.strip():
        raise problem(path, None, "the file is empty", "copy or download it again")
    if b"\0" in data:
        raise problem(path, None, "this is not plain text", "save it as UTF-8 text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Old exporters wrote names in the code page of their machine.
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write a file as UTF-8, see `write_bytes`."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: str | os.PathLike, data: bytes) -> None:
    """Write a file so that a reader sees the old one or all of the new.

    Raises:
      OSError: names the file; nothing half-written is left behind.
    """
    path = pathlib.Path(path)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(beside, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"cannot write {path}: {reason}; nothing was changed"
        raise OSError(error.errno, message) from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


def number(token: str) -> float | None:
    """The finite number that a word spells, or None.

    Beyond 1e9, in any unit and for any angle, a number is damage and not movement.
    """
    try:
        value = float(token)
    except ValueError:
        return None
    return value if abs(value) < 1e9 and "_" not in token else None
