"""TFDS builder: procedural movement, the built-in default."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import tensorflow_datasets as tfds

from lmmjax.data import primitives, serialize
from lmmjax.data.features import motion_features


@dataclasses.dataclass
class ProceduralConfig(tfds.core.BuilderConfig):
    """What is made.

    Attributes:
      seed: everything follows from it.
      clips: number of clips.
      subjects: number of people, three at least.
      rate_hz: frames per second.
    """

    seed: int = 0
    clips: int = 96
    subjects: int = 12
    rate_hz: float = 30.0


class Builder(tfds.core.GeneratorBasedBuilder):
    """Dataset ``procedural``: the same examples as ``mocap``, made by us."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Walk, run, turn, reach, jump, squat, kick, stand."}
    BUILDER_CONFIGS = [ProceduralConfig(name="default")]

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=motion_features(), disable_shuffling=True
        )

    def _split_generators(self, dl_manager) -> dict[str, Any]:
        config = self.builder_config
        # The last people are for the test, the ones before them for validation.
        people, held_out = config.subjects, max(1, config.subjects // 6)
        parts = {
            "train": range(people - 2 * held_out),
            "validation": range(people - 2 * held_out, people - held_out),
            "test": range(people - held_out, people),
        }
        return {
            name: self._generate_examples(name, subjects)
            for name, subjects in parts.items()
        }

    def _generate_examples(
        self, split: str, subjects: range
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        config = self.builder_config
        for motion in primitives.library(
            config.seed, config.clips, config.rate_hz, config.subjects, only=subjects
        ):
            yield motion.name, serialize.motion_to_example(motion)
