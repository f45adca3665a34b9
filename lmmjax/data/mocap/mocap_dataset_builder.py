"""TFDS builder: folders of motion files to clips of one skeleton and rate."""

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
from lmmjax.data.mocap import cmu_library
from lmmjax.data.mocap.common_body import bring, joints_of
from lmmjax.data.mocap.floor import Floor, level
from lmmjax.data.mocap.repair import repair

# No part of a body is faster: a jump of the first frame is a pose set by hand,
# like the T-pose that many conversions put before the take.
_FASTEST_M_S = 25.0
_SET_BY_HAND = 8  # at most so many frames
# Names of bodies that files of different skeletons can be brought to.
BODIES = ("cmu",)


@dataclasses.dataclass
class MocapConfig(tfds.core.BuilderConfig):
    """How a folder becomes a dataset.

    Attributes:
      rate_hz: frames per second of the clips.
      test_subjects: subjects to hold out; by default a tenth of them.
      validation_share: share of the remaining files to validate on.
      validation_subjects: subjects to validate on, in place of a share.
      up: the axis that points up in files that do not say: ``y`` or ``z``.
      scale: metres per unit of the files, 0 to find out by the size of the body.
      body: one of `BODIES` to bring all files to, or "" where all have one skeleton.
      folders: where the files are; by default in TFDS's manual_dir.
    """

    rate_hz: float = 30.0
    test_subjects: tuple[str, ...] = ()
    validation_share: float = 0.1
    validation_subjects: tuple[str, ...] = ()
    up: str = "y"
    scale: float = 0.0
    body: str = ""
    folders: tuple[str, ...] = ()


class Builder(tfds.core.GeneratorBasedBuilder):
    """Dataset ``mocap``: examples are whole clips; see `motion_features`."""

    VERSION = tfds.core.Version("1.3.0")
    RELEASE_NOTES = {
        "1.0.0": "BVH and ASF/AMC files.",
        "1.1.0": "Several folders and one body for both; longer T-poses are dropped.",
        "1.2.0": "Validation clips are of all subjects alike.",
        "1.3.0": "Clips of CMU's library tell their actions.",
    }
    BUILDER_CONFIGS = [MocapConfig(name="default")]
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "manual_dir is a folder with motion files (.bvh, .amc beside its .asf), in "
        "any depth. All files must have the same joints; bones may differ. With "
        "body='cmu' BVH and AMC files of CMU's library may be mixed."
    )

    def __init__(self, **options):
        """Create the builder; options are those of TFDS."""
        self.skipped: list[str] = []
        self.trimmed = 0
        self._reference: tuple[Skeleton, str] | None = None
        self._twins: list[Clip] = []
        self._faults = np.zeros(3)  # seconds: hands filled in, bodies, cut out
        self._farthest = 0.0, ""
        self._floors: list[Floor | None] = []
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
        if self._twins:
            names = ", ".join(clip.key for clip in self._twins)
            lines.append(f"{len(self._twins)} clips are there twice; without {names}")
        if self.builder_config.body:
            metres, name = self._farthest
            hands, filled, cut = self._faults
            lines += [
                f"on the body {self.builder_config.body!r} no joint but the tips of "
                f"fingers and thumbs is more than {1000 * metres:.2f} mm from where "
                f"the files' rotations take it ({name})",
                f"joints turned beyond reach: {cut:.1f} s cut out, {filled:.1f} s "
                f"filled in, and {hands:.1f} s of hands",
            ]
        if found := [floor for floor in self._floors if floor]:
            slope = np.median([np.linalg.norm(f.slope) for f in found])
            height = np.median([abs(f.height) for f in found])
            lines.append(
                f"{len(found)} of {len(self._floors)} clips put on a level floor: "
                f"medians of what they were off, {100 * height:.1f} cm and {slope:.1%}"
            )
        return lines

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=motion_features(),
            disable_shuffling=True,
            metadata=tfds.core.MetadataDict(),
        )

    def _split_generators(self, dl_manager) -> dict[str, Any]:
        config = self.builder_config
        clips = catalog.scan(*(config.folders or [dl_manager.manual_dir]))
        if config.body:
            clips, self._twins = catalog.without_twins(clips)
        parts = catalog.split(
            clips,
            config.test_subjects,
            config.validation_share,
            config.validation_subjects,
        )
        return {
            name: self._generate_examples(name, part) for name, part in parts.items()
        }

    def _generate_examples(
        self, split: str, clips: list[Clip]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        whole = 0
        for clip in clips:
            try:
                pieces = self._read(clip)
            except (formats.FormatError, OSError) as error:
                self.skipped.append(str(error))
                continue
            if not pieces:
                self.skipped.append(f"{clip.path}: no second of it is without faults")
                continue
            whole += 1
            for motion in pieces:
                yield motion.name, serialize.motion_to_example(motion)
        if not whole:
            raise DataError(
                f"none of the {len(clips)} files of split {split!r} could be read; "
                f"the first: {self.skipped[-len(clips)]}"
            )
        # Metadata is written with the dataset, so a later run can tell as well.
        self.info.metadata["report"] = self.report

    def _read(self, clip: Clip) -> list[Motion]:
        """The pieces of one clip in the shared coordinates, at the dataset's rate."""
        config = self.builder_config
        motion = formats.read(clip.path, up=config.up, scale=config.scale or "auto")
        action = clip.action
        if config.body:
            action = action or cmu_library.action(clip.path.stem)
        motion = motion.replace(name=clip.key, subject=clip.subject, action=action)
        if config.body:
            pieces = self._on_common_body(motion)
        else:
            pieces = [self._trim(self._recoordinated(motion))]
        pieces = [resample(piece, config.rate_hz) for piece in pieces]
        if config.body and pieces:
            pieces, floors = map(list, zip(*map(level, pieces), strict=True))
            self._floors += floors
        return [piece.numpy() for piece in pieces]

    def _recoordinated(self, motion: Motion) -> Motion:
        """The motion in the coordinates of the first file."""
        if self._reference is None:
            self._reference = motion.skeleton, motion.name
        skeleton, first = self._reference
        if not skeleton.same_tree(motion.skeleton):
            remedy = "put each skeleton in a folder of its own"
            if joints_of(skeleton) and joints_of(motion.skeleton):
                remedy += ", or bring both to one body with --set data.body=cmu"
            raise DataError(
                f"files of different skeletons: {first} has {skeleton.num_joints} "
                f"joints and {motion.name} {motion.skeleton.num_joints}, or they are "
                f"joined otherwise; {remedy}"
            )
        return motion.recoordinate(skeleton)

    def _on_common_body(self, motion: Motion) -> list[Motion]:
        """The motion on the common body, without its faults."""
        joints = joints_of(motion.skeleton)
        if joints is None:
            raise DataError(
                f"{motion.name} does not have the skeleton of CMU's library, which "
                f"body {self.builder_config.body!r} needs; leave the body out, or "
                "the file"
            )
        found, off = bring(self._trim(motion), joints)
        self._farthest = max(self._farthest, (off, motion.name))
        pieces, *seconds = repair(found)
        self._faults += seconds
        return pieces

    def _trim(self, motion: Motion) -> Motion:
        """The motion without the first frames where they were set by hand."""
        start = positions(motion[: _SET_BY_HAND + 2])
        speed = np.linalg.norm(np.diff(start, axis=0), axis=-1).max(-1) * motion.fps
        jumps = np.flatnonzero(speed[:_SET_BY_HAND] > _FASTEST_M_S)
        if len(jumps) and len(motion) > _SET_BY_HAND:
            self.trimmed += 1
            return motion[jumps[-1] + 1 :]
        return motion
