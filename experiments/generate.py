r"""Continue a motion with a trained model.

    python -m experiments.generate --workdir=runs/mine --prompt=clip.bvh \
        --seconds=4 --samples=8

or with a pretrained one, by --pretrained=<name>.

The continuation starts at the end of the prompt, or at --at seconds into it; the
rest of the file is then shown as what really happened. In --out it writes
motion.html (open it in a browser: orbit, play, scrub), one BVH file per sample
with the observed past before it, and report.md.
"""

import dataclasses
from pathlib import Path

from experiments import program  # first: it sets up the compilation cache

from absl import flags  # isort: skip

from experiments import pipeline, results, samplers
from kinematics import formats
from lmmjax import pretrained
from lmmjax.generation.continuation import fit_to_model
from lmmjax.training.checkpoint import load_model

_WORKDIR = flags.DEFINE_string("workdir", "runs/train", "Folder of a trained run.")
_PRETRAINED = flags.DEFINE_string(
    "pretrained", None, "Name or folder of a pretrained model, in place of --workdir."
)
_PROMPT = flags.DEFINE_string("prompt", None, "Motion file to continue.", required=True)
_AT = flags.DEFINE_float("at", None, "Seconds into the prompt; its end by default.")
_SECONDS = flags.DEFINE_float("seconds", 4.0, "Length of each continuation.")
_SAMPLES = flags.DEFINE_integer("samples", 8, "Number of continuations.", 1, 64)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the sampling.")
_TEMPERATURE = flags.DEFINE_float(
    "temperature",
    None,
    "Scale of the noise: lower is more typical, higher more varied. By default what "
    "experiments.evaluate chose for the model, or else 1.",
)
_UP = flags.DEFINE_enum("up", "y", ["y", "z"], "The axis that points up in the prompt.")
_OUT = flags.DEFINE_string(
    "out",
    None,
    "Folder to write to; <workdir>/generated/<prompt> by default, runs/<pretrained> in "
    "place of <workdir>.",
)


def main() -> None:
    """Generate and write."""
    if _PRETRAINED.value:
        model, meta = pretrained.load(_PRETRAINED.value)
        workdir = Path("runs") / Path(_PRETRAINED.value).name
    else:
        model, meta = load_model(_WORKDIR.value)
        workdir = Path(_WORKDIR.value)
        meta |= samplers.read(workdir)
    sampler = samplers.of(meta, samplers.ROLLOUTS) or samplers.CALM
    if _TEMPERATURE.value is not None:
        sampler = dataclasses.replace(sampler, temperature=_TEMPERATURE.value)
    prompt = Path(_PROMPT.value)
    options = {"up": _UP.value} if prompt.suffix.lower() == ".bvh" else {}
    motion = pipeline.on_trained_body(formats.read(prompt, **options), meta)
    motion = fit_to_model(model, motion)
    out = Path(_OUT.value or workdir / "generated" / prompt.stem)
    report = results.continue_and_write(
        model,
        motion,
        out,
        at_seconds=_AT.value,
        seconds=_SECONDS.value,
        samples=_SAMPLES.value,
        seed=_SEED.value,
        **dataclasses.asdict(sampler),
    )
    text = f"# Continuation of {motion.name}\n\n{report.markdown()}\n"
    (out / "report.md").write_text(text)
    print(f"wrote {out / 'motion.html'}\n      {out / 'report.md'}")


if __name__ == "__main__":
    program.run(main)
