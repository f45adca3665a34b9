"""Files of movement: each format has a module with a `read`, a `write` or both.

`read` picks the module by the file's suffix.
"""

import os
import pathlib
from collections.abc import Callable
from typing import Any

from kinematics.formats import asf_amc, bvh
from kinematics.formats.errors import FormatError
from kinematics.motion import Motion

_READERS: dict[str, Callable[..., Motion]] = {
    ".bvh": bvh.read,
    ".amc": asf_amc.read_amc,
}
SUFFIXES = tuple(_READERS)

__all__ = ["SUFFIXES", "FormatError", "asf_amc", "bvh", "read"]


def read(path: str | os.PathLike, **options: Any) -> Motion:
    """Read a motion from a file of any format in `SUFFIXES`.

    Args:
      path: the file; its suffix, in any case, names the format.
      **options: passed on to the format's ``read``.

    Returns:
      The motion in canonical axes and metres. Its `name` is the file's stem;
      `subject` and `action` are left "" for whoever knows them.

    Raises:
      FormatError: one sentence that says where and what is wrong, and what to do.
      OSError: the file cannot be read.
    """
    reader = _READERS.get(pathlib.Path(path).suffix.lower())
    if reader is None:
        raise FormatError(
            f"{os.fspath(path)}: this kind of file is not known; give one that ends "
            f"in {' or '.join(SUFFIXES)}"
        )
    return reader(path, **options)
