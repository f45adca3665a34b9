"""TFDS builder: a folder of motion files to clips of one skeleton and rate."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from kinematics import Motion, Skeleton, formats
from kinematics.motion import positions, resample
from lmmjax.data import catalog, serialize
from lmmjax.data.catalog import Clip, DataError
from lmmjax.data.features import motion_features

# No part of a body is faster: a jump of the first frame is a pose set by hand,
# like the T-pose that many conversions put before the take.
_FASTEST_M_S = 25.0
_SET_BY_HAND = 3  # at most so many frames


@dataclasses.dataclass
class MocapConfig(tfds.core.BuilderConfig):
    """How a folder becomes a dataset.

    Attributes:
      rate_hz: frames per second of the clips.
      test_subjects: subjects to hold out; by default a tenth of them.
      validation_share: share of the remaining files to validate on.
      up: the axis that points up in files that do not say: ``y`` or ``z``.
      scale: metres per unit of the files, 0 to find out by the size of the body.
    """

    rate_hz: float = 30.0
    test_subjects: tuple[str, ...] = ()
    validation_share: float = 0.1
    up: str = "y"
    scale: float = 0.0


class Builder(tfds.core.GeneratorBasedBuilder):
    """Dataset ``mocap``: examples are whole clips; see `motion_features`."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "BVH and ASF/AMC files."}
    BUILDER_CONFIGS = [MocapConfig(name="default")]
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "manual_dir is a folder with motion files (.bvh, .amc beside its .asf), in "
        "any depth. All files must have the same joints; bones may differ."
    )

    def __init__(self, **options):
        """Create the builder; options are those of TFDS."""
        self.skipped: list[str] = []
        self.trimmed = 0
        self._reference: tuple[Skeleton, str] | None = None
        super().__init__(**options)

    @property
    def report(self) -> list[str]:
        """What a user should know of the build, one line each."""
        lines = []
        if self.skipped:
            lines.append(f"{len(self.skipped)} files skipped:")
            lines += [f"  {line}" for line in self.skipped]
        if self.trimmed:
            lines.append(
                f"{self.trimmed} clips began with a pose set by hand; it was dropped"
            )
        return lines

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=motion_features(),
            disable_shuffling=True,
            metadata=tfds.core.MetadataDict(),
        )

    def _split_generators(self, dl_manager) -> dict[str, Any]:
        clips = catalog.scan(dl_manager.manual_dir)
        config = self.builder_config
        parts = catalog.split(clips, config.test_subjects, config.validation_share)
        return {
            name: self._generate_examples(name, part) for name, part in parts.items()
        }

    def _generate_examples(
        self, split: str, clips: list[Clip]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        whole = 0
        for clip in clips:
            try:
                motion = self._read(clip)
            except (formats.FormatError, OSError) as error:
                self.skipped.append(str(error))
                continue
            whole += 1
            yield clip.key, serialize.motion_to_example(motion)
        if not whole:
            raise DataError(
                f"none of the {len(clips)} files of split {split!r} could be read; "
                f"the first: {self.skipped[-len(clips)]}"
            )
        # Metadata is written with the dataset, so a later run can tell as well.
        self.info.metadata["report"] = self.report

    def _read(self, clip: Clip) -> Motion:
        """One clip on the coordinates shared by the dataset, at its rate."""
        config = self.builder_config
        motion = formats.read(clip.path, up=config.up, scale=config.scale or "auto")
        if self._reference is None:
            self._reference = motion.skeleton, clip.key
        skeleton, first = self._reference
        if not skeleton.same_tree(motion.skeleton):
            raise DataError(
                f"files of different skeletons: {first} has {skeleton.num_joints} "
                f"joints and {clip.key} {motion.skeleton.num_joints}, or they are "
                "joined otherwise; put each skeleton in a folder of its own"
            )
        motion = self._trim(motion.recoordinate(skeleton))
        motion = resample(motion, config.rate_hz)
        return motion.replace(
            name=clip.key, subject=clip.subject, action=clip.action
        ).numpy()

    def _trim(self, motion: Motion) -> Motion:
        """The motion without the first frames where they were set by hand."""
        start = positions(motion[: _SET_BY_HAND + 2])
        speed = np.linalg.norm(np.diff(start, axis=0), axis=-1).max(-1) * motion.fps
        jumps = np.flatnonzero(speed[:_SET_BY_HAND] > _FASTEST_M_S)
        if len(jumps) and len(motion) > _SET_BY_HAND:
            self.trimmed += 1
            return motion[jumps[-1] + 1 :]
        return motion
