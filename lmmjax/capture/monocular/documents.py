"""Files of strangers as plain data: JSON, tables, and folders with a file per frame."""

import csv
import io
import os
import pathlib
from collections.abc import Callable
from typing import Any, TypeVar

from kinematics.formats import FormatError
from kinematics.formats.text import read_text
from lmmjax.capture.detections.documents import load
from lmmjax.capture.detections.frame_files import last_integer
from lmmjax.capture.errors import CaptureError

T = TypeVar("T")


def problem(path: str | os.PathLike, wrong: str, remedy: str) -> CaptureError:
    """The error to raise about a file: ``path: what is wrong; what to do``."""
    return CaptureError(f"{os.fspath(path)}: {wrong}; {remedy}")


def checked(read: Callable[..., T], path: str | os.PathLike, **options: Any) -> T:
    """``read(path)`` of `kinematics.formats`, its errors those of capture."""
    try:
        return read(path, **options)
    except FormatError as error:
        raise CaptureError(str(error)) from error


def read_json(path: str | os.PathLike) -> Any:
    """A JSON file; bare NaN and Infinity, which JSON has not, are read as well.

    Raises:
      CaptureError: the file is damaged, or too large.
      OSError: it cannot be read.
    """
    return load(pathlib.Path(path))


def read_table(path: str | os.PathLike) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a CSV file; cells stripped, empty rows left out.

    Raises:
      CaptureError: it has no row, a column twice, or a row of another length.
      OSError: it cannot be read.
    """
    lines = csv.reader(io.StringIO(checked(read_text, path)))
    rows: list[list[str]] = []
    header: list[str] = []
    try:
        for cells in lines:
            row = [cell.strip() for cell in cells]
            if not any(row):
                continue
            if not header:
                header = row
            elif len(row) != len(header):
                raise problem(
                    f"{os.fspath(path)}:{lines.line_num}",
                    f"{len(row)} cells under {len(header)} columns",
                    "export it again",
                )
            else:
                rows.append(row)
    except csv.Error as error:
        raise problem(path, f"this is no table ({error})", "export it again") from error
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise problem(path, f"column {twice[0]!r} appears twice", "rename one of them")
    return header, rows


def frame_files(folder: str | os.PathLike, suffix: str) -> list[tuple[int, str]]:
    """The files of a folder with a file per frame, in the order of their frames.

    Args:
      folder: the folder.
      suffix: how the files end, such as ``.json``.

    Returns:
      Number and path of each; the number is the last whole number in the name.

    Raises:
      CaptureError: there are none, a name has no number, or two have the same.
    """
    numbered: dict[int, str] = {}
    for path in sorted(pathlib.Path(folder).iterdir()):
        if path.suffix.lower() != suffix:
            continue
        number = last_integer(path.name)
        if number is None:
            raise problem(path, "its name has no number", "name files by their frame")
        if number in numbered:
            raise problem(
                path,
                f"it is frame {number}, and so is {numbered[number]}",
                "keep one recording in a folder",
            )
        numbered[number] = os.fspath(path)
    if not numbered:
        raise problem(folder, f"no file ends in {suffix}", "give the folder of results")
    return sorted(numbered.items())
