"""Trained models, ready to use: by name from the package, or from a folder.

`package` writes and reads a model's folder, `weights` its tensors, `values` all else;
`shelf` holds the models that come with the package, each with a card that says what it
was made from, how well it does and what it cannot do.
"""

from lmmjax.pretrained.errors import PretrainedError
from lmmjax.pretrained.package import save
from lmmjax.pretrained.shelf import card, load, load_pretrained, names, prompts

__all__ = [
    "PretrainedError",
    "card",
    "load",
    "load_pretrained",
    "names",
    "prompts",
    "save",
]
