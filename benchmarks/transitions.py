r"""How plausibly a model goes from each primitive to each other.

    python -m benchmarks.transitions --data_dir=<folders of motion>

Every primitive of `lmmjax.library`, the model's own and procedural ones, is gone on
from with the first pose of each other one as a key pose (`library.transition`). The
table holds how strange the frames between are: the distance to a prior that is fitted
on the training clips, as in the recovery benchmark, over what is usual of held-out
movement. Nothing is chosen on these clips.
"""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks import report
from benchmarks.recovery import calm
from experiments import pipeline, program  # program sets up the cache
from experiments.results import provenance
from experiments.settings import SettingError
from kinematics import Motion
from kinematics.priors import Prior
from lmmjax import library, pretrained
from lmmjax.evaluation.drift import fit_plausibility
from lmmjax.evaluation.metrics.plausibility import plausibility, usual
from lmmjax.generation import Stream

flags = report.flags_of(__name__)
_PRETRAINED = flags.DEFINE_string("pretrained", "human-mocap", "Name or folder.")
_DATA = flags.DEFINE_string("data_dir", None, "Folders of motion.", required=True)
_PREPARED = flags.DEFINE_string("prepared_dir", None, "Where prepared data are kept.")
_SPLIT = flags.DEFINE_enum("split", "test", ["test", "validation"], "Whose clips.")
_NAMES = flags.DEFINE_list(
    "primitives", ["stand", "walk", "run", "squat", "throw"], "Names, or all."
)
_SECONDS = flags.DEFINE_float("seconds", 1.0, "Of each transition.", 0.1)
_DRAWS = flags.DEFINE_integer("draws", 2, "Transitions of each pair.", 1)
_PICTURE = flags.DEFINE_string("picture", None, "PNG with a strip of each pair.")

_CLIPS = 20


def known(prompts: Mapping[str, library.Prompt], names: Sequence[str]) -> list[str]:
    """The names of primitives that are gone between.

    Raises:
      SettingError: there is no such primitive.
    """
    if list(names) == ["all"]:
        return list(prompts)
    missing = [name for name in names if name not in prompts]
    if missing:
        raise SettingError(
            f"no primitive {missing[0]!r}; there are {', '.join(prompts)}"
        )
    return list(names)


def usual_of(prior: Prior, clips: Sequence[Motion]) -> float:
    """What 95 % of the frames of held-out movement stay below."""
    some = clips[:: max(1, len(clips) // _CLIPS)]
    return usual(np.concatenate([plausibility(prior, clip) for clip in some]))


def table(
    stream: Stream,
    prompts: Mapping[str, library.Prompt],
    names: Sequence[str],
    prior: Prior,
    threshold: float,
    seconds: float,
    draws: int,
) -> tuple[list[str], dict[str, Motion]]:
    """Rows of the report, and the first transition of each pair.

    Args:
      stream: how the model moves.
      prompts: of the library.
      names: of those that are gone between.
      prior: fitted on training clips.
      threshold: see `usual_of`.
      seconds: of each transition.
      draws: transitions of each pair.
    """
    rows = [
        "| from, to | " + " | ".join(names) + " |",
        "|" + "---|" * (len(names) + 1),
    ]
    shown: dict[str, Motion] = {}
    cells: dict[tuple[str, str], str] = {}
    for first, second in itertools.product(names, repeat=2):
        scores = []
        for seed in range(draws):
            found = library.transition(stream, prompts, first, second, seconds, seed)
            scores.append(library.score(prior, found))
            shown.setdefault(f"{first} to {second}", found.motion)
        mean, worst = np.mean([(s.mean, s.worst) for s in scores], axis=0) / threshold
        seam = 100 * np.mean([s.seam for s in scores])
        cells[first, second] = f"{mean:.2f}, {worst:.2f}, {seam:.1f}"
    for first in names:
        row = " | ".join(cells[first, second] for second in names)
        rows.append(f"| {first} | {row} |")
    return rows, shown


def main() -> None:
    """Measure and print."""
    name = _PRETRAINED.value
    model, meta = pretrained.load(name)
    prompts = library.library(name)
    names = known(prompts, _NAMES.value)
    config = pipeline.config_of(meta)
    if _PREPARED.value:
        data = dataclasses.replace(config.data, prepared_dir=_PREPARED.value)
        config = dataclasses.replace(config, data=data)
    dataset = pipeline.load_data(config, _DATA.value)
    prior = fit_plausibility(dataset["train"], model.fps)
    threshold = usual_of(prior, dataset[_SPLIT.value])
    rows, shown = table(
        calm(model), prompts, names, prior, threshold, _SECONDS.value, _DRAWS.value
    )
    if _PICTURE.value:
        library.page(shown, _PICTURE.value, 12)
    rows += [
        "",
        "Distance over the usual, mean and worst frame of the transition; jump of the "
        f"joints where the second begins, cm. Usual is at most {threshold:.2f}, which "
        "95 % of the frames of held-out movement are.",
        "",
        provenance(
            f"{dataset.name}, {_SPLIT.value}",
            f"{name}, {_DRAWS.value} transitions of {_SECONDS.value:g} s for each pair",
            f"seeds 0 to {_DRAWS.value - 1}",
        ),
    ]
    report.publish(rows)


if __name__ == "__main__":
    program.run(main)
