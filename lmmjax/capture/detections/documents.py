"""JSON and csv as detectors write them."""

import csv
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import orjson

from lmmjax.capture.errors import CaptureError

# Python's objects need several times the memory of their JSON.
_MAX_BYTES = 2**30


def parse(data: bytes) -> Any:
    """The value of a JSON document; ValueError says what is wrong.

    orjson is fast and strict; what it refuses, such as a bare NaN, the standard
    library may still take.
    """
    try:
        return orjson.loads(data)
    except ValueError:
        try:
            return json.loads(data.decode("utf-8-sig"))
        except RecursionError:
            raise ValueError("it is nested too deep") from None


def load(path: pathlib.Path) -> Any:
    """The document in a file.

    Raises:
      CaptureError: it is no JSON, or larger than 1 GiB.
      OSError: the file cannot be read.
    """
    size = path.stat().st_size
    if size > _MAX_BYTES:
        raise CaptureError(
            f"{path}: {size / 2**30:.1f} GiB of JSON do not fit into memory; split the "
            "recording"
        )
    try:
        return parse(path.read_bytes())
    except ValueError as error:
        reason = " ".join(str(error).split())[:120]
        raise CaptureError(
            f"{path}: this is no JSON, or a cut one ({reason}); get it again"
        ) from error


def table(path: pathlib.Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a csv file, each with the number of its line.

    Raises:
      CaptureError: it is no csv.
      OSError: the file cannot be read.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = csv.reader(file)
            for cells in rows:
                yield rows.line_num, cells
    except (csv.Error, UnicodeError) as error:
        raise CaptureError(f"{path}: this is no csv table ({error})") from error
