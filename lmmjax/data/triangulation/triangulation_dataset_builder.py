"""TFDS builder: sessions of several cameras to labelled clips of movement."""

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from lmmjax.capture import CaptureError
from lmmjax.capture.session import find_sessions, open_session
from lmmjax.data import catalog
from lmmjax.data.catalog import Clip, DataError
from lmmjax.data.features import motion_features
from lmmjax.data.triangulation import recorded


@dataclasses.dataclass
class TriangulationConfig(tfds.core.BuilderConfig):
    """How sessions become a dataset.

    Attributes:
      rate_hz: frames per second of the clips.
      split_by: what is held out whole, ``session`` or ``subject``.
      test: sessions or subjects to hold out; by default a tenth of them where there
        are three or more.
      validation_share: share of the rest to validate on.
      recordings: where reconstructed sessions are kept; they are made if need be.
      beam: whether Apache Beam runs over the sessions.
    """

    rate_hz: float = 30.0
    split_by: str = "session"
    test: tuple[str, ...] = ()
    validation_share: float = 0.1
    recordings: str = ""
    beam: bool = False


class Builder(tfds.core.GeneratorBasedBuilder):
    """Dataset ``triangulation``: the examples of `motion_features`, and more.

    Of each clip there are also the points that the body was fitted to with their
    covariances, labels, phases, provenance and quality, the latter four as JSON.
    """

    VERSION = tfds.core.Version("1.1.0")
    RELEASE_NOTES = {
        "1.0.0": "Keypoints of several cameras.",
        "1.1.0": "Validation clips are of all subjects alike.",
    }
    BUILDER_CONFIGS = [TriangulationConfig(name="default")]
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "manual_dir is a session, or a folder of sessions: keypoints of two or more "
        "cameras and their calibration; see lmmjax.capture.session."
    )

    def __init__(self, **options):
        """Create the builder; options are those of TFDS."""
        self.skipped: list[str] = []
        super().__init__(**options)

    def _info(self) -> tfds.core.DatasetInfo:
        def text() -> tfds.features.Text:
            return tfds.features.Text()

        def array(*shape):
            return tfds.features.Tensor(
                shape=shape,
                dtype=np.float32,
                encoding=tfds.features.Encoding.BYTES,
            )

        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    **motion_features(),
                    "points": array(None, None, 3),
                    "covariances": array(None, None, 3, 3),
                    "point_names": text(),
                    "labels": text(),
                    "phases": text(),
                    "provenance": text(),
                    "quality": text(),
                }
            ),
            metadata=tfds.core.MetadataDict(),
        )

    def _split_generators(self, dl_manager) -> dict[str, Any]:
        config = self.builder_config
        sessions = find_sessions(dl_manager.manual_dir)
        parts = split(sessions, config)
        return {
            name: self._generate_examples(name, units) for name, units in parts.items()
        }

    def _generate_examples(self, split: str, units: dict[str, list[str] | None]):
        """Examples of one split; see `split` for ``units``."""
        config = self.builder_config
        place = functools.partial(
            recorded.record, recordings=config.recordings, rate_hz=config.rate_hz
        )
        if config.beam:
            import apache_beam as beam

            return beam.Create(sorted(units.items())) | beam.FlatMap(
                functools.partial(_examples, place)
            )
        return self._in_turn(split, units, place)

    def _in_turn(self, split: str, units, place) -> Iterator[tuple[str, Any]]:
        whole = 0
        for unit in sorted(units.items()):
            try:
                for example in _examples(place, unit, progress=True):
                    whole += 1
                    yield example
            except CaptureError as error:
                self.skipped.append(str(error))
        if not whole:
            why = f"; {self.skipped[-1]}" if self.skipped else ""
            raise DataError(f"the sessions of split {split!r} gave no clip{why}")
        lines = [f"session skipped: {line}" for line in self.skipped]
        self.info.metadata["report"] = lines


def _examples(place, unit, progress: bool = False) -> Iterator[tuple[str, Any]]:
    """The clips of a session, or of some of its people."""
    session, people = unit
    folder = place(session, progress=progress)
    for key, example in recorded.read(folder):
        if people is None or example["subject"] in people:
            yield key, example


def split(
    sessions: list[Path], config: TriangulationConfig
) -> dict[str, dict[str, list[str] | None]]:
    """Sessions of each split, with the people of it, or None for all of them.

    Raises:
      DataError: names that are not there, no people's names to split by, or sessions
        of the same name.
    """
    if config.split_by not in ("session", "subject"):
        raise DataError(
            f"split_by must be 'session' or 'subject', not {config.split_by!r}"
        )
    opened = {path: open_session(path) for path in sessions}
    names = [session.name for session in opened.values()]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(
            f"two sessions are called {twice[0]!r}; give one another name in its "
            "session.toml"
        )
    if config.split_by == "session":
        units = [Clip(path, s.name, s.name, "") for path, s in opened.items()]
    else:
        units = [
            Clip(path, f"{s.name}/{person}", person, "")
            for path, s in opened.items()
            for person in s.people
        ]
        nameless = [s.name for s in opened.values() if not s.people]
        if nameless:
            raise DataError(
                f"session {nameless[0]!r} does not say who is in it, which a split by "
                "subject needs; add people = [...] to its session.toml"
            )
    parts = catalog.split(units, config.test, config.validation_share)
    result: dict[str, dict[str, list[str] | None]] = {}
    for name, part in parts.items():
        chosen: dict[str, list[str] | None] = {}
        for unit in part:
            if config.split_by == "session":
                chosen[str(unit.path)] = None
            else:
                people = chosen.setdefault(str(unit.path), [])
                assert people is not None
                people.append(unit.subject)
        result[name] = chosen
    return result
