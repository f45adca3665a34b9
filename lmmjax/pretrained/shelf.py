"""The models that come with the package, by name: a folder each, beside this file."""

import difflib
import os
from pathlib import Path
from typing import Any

from kinematics import Motion, formats
from lmmjax.model import MovementModel
from lmmjax.pretrained import package
from lmmjax.pretrained.errors import PretrainedError

SHELF = Path(__file__).parent
CARD = "CARD.md"
PROMPTS = "prompts"


def names() -> tuple[str, ...]:
    """Names of the models, in alphabetical order."""
    return tuple(sorted(p.parent.name for p in SHELF.glob(f"*/{package.DESCRIPTION}")))


def card(name: str) -> str:
    """What there is to know of a model, as markdown.

    Raises:
      PretrainedError: no model has this name, or it has no card.
    """
    path = _named(name) / CARD
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PretrainedError(f"{path}: not here; install lmmjax anew") from None


def load_pretrained(name: str) -> MovementModel:
    """A model that comes with the package; `names` lists them.

    Raises:
      PretrainedError: no model has this name, or its files are damaged.
    """
    return package.load(_named(name))[0]


def load(name_or_folder: str | os.PathLike) -> tuple[MovementModel, dict[str, Any]]:
    """A model by its name, or by a folder that `save` wrote to, and its ``meta``.

    A name goes before a folder of that name; write ``./name`` for the folder.

    Raises:
      PretrainedError: there is no such model, or its files are damaged.
    """
    return package.load(_folder(name_or_folder))


def prompts(name_or_folder: str | os.PathLike) -> dict[str, Motion]:
    """Movement of a model's own making for others to go on from, by what is done.

    Not all models have some.

    Raises:
      PretrainedError: there is no such model.
      FormatError: a file is damaged.
    """
    files = sorted((_folder(name_or_folder) / PROMPTS).glob("*.npz"))
    return {path.stem: formats.read(path) for path in files}


def _folder(name_or_folder: str | os.PathLike) -> Path:
    if str(name_or_folder) not in names() and Path(name_or_folder).is_dir():
        return Path(name_or_folder)
    return _named(str(name_or_folder))


def _named(name: str) -> Path:
    """Folder of a model by its name."""
    known = names()
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f", did you mean {close[0]!r}?" if close else ""
        raise PretrainedError(
            f"no pretrained model or folder {name!r}{hint}; there are "
            f"{', '.join(known) or 'none yet'}"
        )
    return SHELF / name
