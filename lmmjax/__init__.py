"""lmmjax: a Large Movement Model predicts the next pose.

The rooms: `lmmjax.data` reads motion, `lmmjax.model` is the network with the body
as its output layer, `lmmjax.training` trains it, `lmmjax.generation` lets it move,
`lmmjax.evaluation` measures it, `lmmjax.pretrained` holds trained models,
`lmmjax.viewer` shows it. The body itself is the package `kinematics`, which is here
as `lmmjax.kinematics` too.
"""

import importlib
import typing

import kinematics as kinematics
from kinematics import __version__ as __version__

if typing.TYPE_CHECKING:
    from lmmjax import pretrained as pretrained
    from lmmjax.pretrained import load_pretrained as load_pretrained


def __getattr__(name: str) -> typing.Any:
    """Trained models need the network's libraries, which are imported on use."""
    if name == "pretrained":
        return importlib.import_module("lmmjax.pretrained")
    if name == "load_pretrained":
        return importlib.import_module("lmmjax.pretrained").load_pretrained
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), "load_pretrained", "pretrained"})
