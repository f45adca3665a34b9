"""Build a dataset once, then load it into memory."""

import contextlib
import dataclasses
import io
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import tensorflow_datasets as tfds
import tqdm

from kinematics import Motion
from lmmjax.data import catalog, serialize
from lmmjax.data.catalog import DataError
from lmmjax.data.mocap import mocap_dataset_builder as mocap_builder
from lmmjax.data.procedural import procedural_dataset_builder as procedural_builder

# Beside the shards: what was skipped while they were made, one line each.
_REPORT = "build_report.json"


@dataclasses.dataclass(frozen=True)
class Dataset:
    """Clips by split, in memory.

    Attributes:
      splits: motions of each split; all of one tree of joints and one rate.
      name: name and version of the dataset, for provenance.
      summary: what was read, skipped and trimmed, one line each.
    """

    splits: dict[str, list[Motion]]
    name: str
    summary: tuple[str, ...]

    def __getitem__(self, split: str) -> list[Motion]:
        return self.splits.get(split, [])


def mocap(
    folder: str | os.PathLike,
    prepared_dir: str | os.PathLike,
    rate_hz: float = 30.0,
    test_subjects: Sequence[str] = (),
    validation_share: float = 0.1,
    up: str = "y",
    scale: float = 0.0,
    shard: tuple[int, int] = (0, 1),
) -> Dataset:
    """The dataset of a folder of motion files, built if that was not done before.

    Args:
      folder: motion files; when they change, the dataset is built anew.
      prepared_dir: where built datasets are kept.
      rate_hz: frames per second.
      test_subjects: subjects to hold out; by default a tenth of them.
      validation_share: share of the remaining files to validate on.
      up: the axis that points up in the files, ``y`` or ``z``.
      scale: metres per unit of the files, 0 to find out.
      shard: number of this process and of all: training clips are divided.

    Returns:
      The clips of this process.

    Raises:
      DataError: says which file is wrong and what to do.
    """
    clips = catalog.scan(folder)
    options = (float(rate_hz), tuple(test_subjects), validation_share, up, scale)
    # Names of folders are free text; those of TFDS are not.
    safe = "".join(c if c.isalnum() else "_" for c in Path(folder).resolve().name)
    config = mocap_builder.MocapConfig(
        name=f"{safe}_{catalog.fingerprint(clips, options)}",
        rate_hz=options[0],
        test_subjects=options[1],
        validation_share=validation_share,
        up=up,
        scale=scale,
    )
    with _quiet():
        builder = mocap_builder.Builder(config=config, data_dir=os.fspath(prepared_dir))
    return load(builder, folder, len(clips), shard)


def procedural(
    prepared_dir: str | os.PathLike,
    rate_hz: float = 30.0,
    clips: int = 96,
    seed: int = 0,
    shard: tuple[int, int] = (0, 1),
) -> Dataset:
    """The dataset of procedural movement, built if that was not done before.

    Args:
      prepared_dir: where built datasets are kept.
      rate_hz: frames per second.
      clips: number of clips.
      seed: of the movement.
      shard: number of this process and of all.

    Returns:
      The clips of this process.
    """
    config = procedural_builder.ProceduralConfig(
        name=f"seed{seed}_clips{clips}_rate{rate_hz:g}".replace(".", "_"),
        seed=seed,
        clips=clips,
        rate_hz=rate_hz,
    )
    with _quiet():
        builder = procedural_builder.Builder(
            config=config, data_dir=os.fspath(prepared_dir)
        )
    return load(builder, None, clips, shard)


def load(
    builder: tfds.core.GeneratorBasedBuilder,
    manual_dir: str | os.PathLike | None,
    files: int,
    shard: tuple[int, int] = (0, 1),
) -> Dataset:
    """Build if needed, then read all clips of this process into memory.

    A build that is interrupted leaves nothing behind that a later run would read:
    TFDS writes to a temporary folder and renames it when it is whole.
    """
    download = tfds.download.DownloadConfig(
        manual_dir=None if manual_dir is None else os.fspath(manual_dir)
    )
    report = Path(builder.data_path) / _REPORT
    if not builder.data_path.exists():
        with _progress(builder, files), _original_errors(builder):
            builder.download_and_prepare(
                file_format="array_record", download_config=download
            )
        report.write_text(json.dumps(getattr(builder, "report", [])))
    splits = {}
    for name in builder.info.splits:
        part = name
        if name == "train" and shard[1] > 1:
            part = tfds.even_splits(name, shard[1], drop_remainder=False)[shard[0]]
        source = builder.as_data_source(part)
        splits[name] = [
            serialize.example_to_motion(source[n]) for n in range(len(source))
        ]
    counts = ", ".join(
        f"{name} {len(part)} clips ({sum(len(m) for m in part)} poses)"
        for name, part in splits.items()
    )
    summary = [f"{builder.info.full_name}: {counts}"]
    if report.exists():
        summary += json.loads(report.read_text())
    return Dataset(splits, builder.info.full_name, tuple(summary))


@contextlib.contextmanager
def _progress(builder, files: int) -> Iterator[None]:
    """One bar over the files of all splits in place of one per split and phase."""
    generate = builder._generate_examples
    with tqdm.tqdm(total=files, desc="reading motion", unit="clip") as bar:

        def counted(split, clips):
            for item in generate(split, clips):
                yield item
                bar.update()

        builder._generate_examples = counted
        with _quiet():
            yield
        bar.update(files - bar.n)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """TFDS prints banners and bars of its own; they are kept off the console."""
    tfds.disable_progress_bar()
    with contextlib.redirect_stdout(io.StringIO()):
        yield
    tfds.enable_progress_bar()


@contextlib.contextmanager
def _original_errors(builder) -> Iterator[None]:
    """Errors of ours come out as they were raised, not wrapped by TFDS."""
    try:
        yield
    except Exception as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, DataError):
                raise cause from None
            if isinstance(cause, OSError):
                raise DataError(
                    f"{builder.data_path}: the dataset could not be written "
                    f"({cause.strerror or cause}); free some space or set "
                    "--set data.prepared_dir to another disk"
                ) from error
            cause = cause.__cause__ or cause.__context__
        raise
