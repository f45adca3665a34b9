r"""Drive a character in real time, in a browser.

    python -m experiments.play --pretrained=human-mocap

or with a model of one's own, by --workdir=<run>. It prints the address of a page that
only this machine can open: there the character is pushed, a hand is led to a goal that
is dragged, and what it does is chosen among primitives, or --prompt=<file> is. All who
open the page see one character. Ctrl-C ends it.

The first start compiles for some minutes, later ones read what was compiled.
"""

import contextlib
import importlib.util
import math
import sys
from pathlib import Path

from experiments import program  # first: it sets up the compilation cache

from absl import flags  # isort: skip

from experiments import driving, prompts
from kinematics import Poses
from lmmjax import pretrained
from lmmjax.generation.character import prompt_of
from lmmjax.generation.continuation import PromptError
from lmmjax.model import MovementModel
from lmmjax.training.checkpoint import load_model

_WORKDIR = flags.DEFINE_string("workdir", "runs/train", "Folder of a trained run.")
_PRETRAINED = flags.DEFINE_string(
    "pretrained", None, "Name or folder of a pretrained model, in place of --workdir."
)
_PROMPT = flags.DEFINE_string(
    "prompt", None, "Motion file to begin with, on its bones; a primitive by default."
)
_UP = flags.DEFINE_enum("up", "y", ["y", "z"], "The axis that points up in the prompt.")
_PORT = flags.DEFINE_integer("port", 8080, "Port of the page, 0 for any.", 0, 65535)
_SECONDS = flags.DEFINE_float("seconds", math.inf, "How long; until Ctrl-C by default.")
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the movement.")


def _read(model: MovementModel, meta: dict) -> tuple[MovementModel, dict[str, Poses]]:
    """The model on the bones of the prompt, and all prompts."""
    if not _PROMPT.value:
        return model, _named(model)
    motion = prompts.of_file(model, meta, str(_PROMPT.value), _UP.value)
    model = model.with_offsets(motion.skeleton.offsets)
    found = {Path(_PROMPT.value).stem: prompt_of(model, motion)}
    # A body that primitives do not fit has its own motion.
    with contextlib.suppress(PromptError):
        found |= _named(model)
    return model, found


def _named(model: MovementModel) -> dict[str, Poses]:
    """Prompts of the model's own making, and of primitives."""
    own = pretrained.prompts(_PRETRAINED.value) if _PRETRAINED.value else {}
    found = {}
    for name in dict.fromkeys([*own, *prompts.PRIMITIVES]):
        motion = prompts.of_name(model, own, name)
        found[name] = prompt_of(model, motion, seconds=motion.duration)
    return found


def main() -> None:
    """Play."""
    if importlib.util.find_spec("viser") is None:
        sys.exit("error: the page needs viser: pip install 'lmmjax[viewer]'")
    if not _SECONDS.value > 0:
        raise PromptError(f"--seconds must be above 0; got {_SECONDS.value:g}")
    if _PRETRAINED.value:
        model, meta = pretrained.load(_PRETRAINED.value)
    else:
        model, meta = load_model(_WORKDIR.value)
    print("preparing the character; the first time takes some minutes", flush=True)
    model, found = _read(model, meta)
    session = driving.Session(model, found, _SEED.value)

    def opened(port: int) -> None:
        print(f"open http://127.0.0.1:{port} (Ctrl-C ends it)", flush=True)

    with contextlib.suppress(KeyboardInterrupt):
        session.run(_PORT.value, _SECONDS.value, opened)
    pulse = session.player.pulse()
    print(
        f"{pulse.shown} frames shown, {pulse.late} late, "
        f"a step took {1e3 * pulse.step:.0f} ms"
    )


if __name__ == "__main__":
    program.run(main)
