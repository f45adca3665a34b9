"""Errors about a file: one sentence that says where, what is wrong, what to do."""

import os


class FormatError(ValueError):
    """A file does not hold what its format promises.

    The message is one sentence: ``path:line: what is wrong; what to do``.
    """


def problem(
    path: str | os.PathLike, line: int | None, wrong: str, remedy: str
) -> FormatError:
    """The error to raise about a line (counted from 1) of a file, or about it all."""
    where = os.fspath(path) if line is None else f"{os.fspath(path)}:{line}"
    return FormatError(f"{where}: {wrong}; {remedy}")
