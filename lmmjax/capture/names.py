"""Names of cameras and files: numbers in them count as numbers."""

import re
from collections.abc import Iterable

_NUMBER = re.compile(r"(\d+)")


def natural_key(name: object) -> tuple[list[str | int], str]:
    """Key that sorts ``cam_2`` before ``cam_10``, of names, paths and numbers."""
    text = str(name)
    # re.split puts numbers at the odd places.
    parts = _NUMBER.split(text)
    return [int(p) if n % 2 else p for n, p in enumerate(parts)], text


def natural_order(names: Iterable[str]) -> list[str]:
    """Names sorted with their numbers as numbers."""
    return sorted(names, key=natural_key)


def plain_name(name: str) -> tuple[str | int, ...]:
    """What is left of a name without its spelling: ``Cam1`` is ``cam_01``."""
    letters = "".join(c for c in name.lower() if c.isalnum())
    return tuple(natural_key(letters)[0])
