"""Folders of small BVH files."""

import pathlib
from collections.abc import Iterable

from kinematics.formats import bvh
from tests.lmmjax import tiny


def write(folder: pathlib.Path, keys: Iterable[str], **options) -> pathlib.Path:
    """One clip per key, each of its own seed, person and movement."""
    for seed, key in enumerate(keys):
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        bvh.write(path, tiny.motion(seed, **options))
    return folder
