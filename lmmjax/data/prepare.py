"""Build a dataset once, then load it into memory."""

import contextlib
import dataclasses
import hashlib
import io
import logging
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import tensorflow_datasets as tfds
import tqdm

from kinematics import Motion
from lmmjax.capture import CaptureError
from lmmjax.capture.session import find_sessions, open_session
from lmmjax.data import catalog, cmu_benchmark, serialize
from lmmjax.data.catalog import DataError
from lmmjax.data.mocap import mocap_dataset_builder as mocap_builder
from lmmjax.data.procedural import procedural_dataset_builder as procedural_builder
from lmmjax.data.triangulation import recorded
from lmmjax.data.triangulation import triangulation_dataset_builder as footage_builder


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
    folder: str | os.PathLike | Sequence[str | os.PathLike],
    prepared_dir: str | os.PathLike,
    rate_hz: float = 30.0,
    test_subjects: Sequence[str] = (),
    validation_share: float = 0.1,
    up: str = "y",
    scale: float = 0.0,
    shard: tuple[int, int] = (0, 1),
    body: str = "",
    validation_subjects: Sequence[str] = (),
) -> Dataset:
    """The dataset of motion files in folders, built if that was not done before.

    Args:
      folder: motion files, or several folders of them; when they change, the dataset
        is built anew.
      prepared_dir: where built datasets are kept.
      rate_hz: frames per second.
      test_subjects: subjects to hold out; by default a tenth of them.
      validation_share: share of the remaining files to validate on.
      up: the axis that points up in the files, ``y`` or ``z``.
      scale: metres per unit of the files, 0 to find out.
      shard: number of this process and of all: training clips are divided.
      body: the body to bring files of different skeletons to, ``cmu`` for those of
        CMU's library (see `lmmjax.data.mocap.common_body`), or "" where all files
        have one skeleton.
      validation_subjects: subjects to validate on, in place of a share: what is chosen
        by people who are in the training suits nobody else.

    Returns:
      The clips of this process.

    Raises:
      DataError: says which file is wrong and what to do.
    """
    if body and body not in mocap_builder.BODIES:
        raise DataError(
            f"no body {body!r}; there is {', '.join(mocap_builder.BODIES)}, or none"
        )
    if isinstance(folder, str | os.PathLike):
        folder = [folder]
    folders = [os.fspath(f) for f in folder]
    clips = catalog.scan(*folders)
    options = (float(rate_hz), tuple(test_subjects), validation_share, up, scale)
    chosen = (*options, body) if body else options
    if validation_subjects:
        chosen = (*chosen, tuple(validation_subjects))
    name = "_".join(map(_safe, folders))
    config = mocap_builder.MocapConfig(
        name=f"{name}_{catalog.fingerprint(clips, chosen)}",
        rate_hz=options[0],
        test_subjects=options[1],
        validation_share=validation_share,
        validation_subjects=tuple(validation_subjects),
        up=up,
        scale=scale,
        body=body,
        folders=tuple(folders),
    )
    with _quiet():
        builder = mocap_builder.Builder(config=config, data_dir=os.fspath(prepared_dir))
    return load(builder, None, len(clips), shard)


def benchmark(
    folder: str | os.PathLike,
    held_out: Sequence[str],
    validation: Sequence[str] = (),
) -> Dataset:
    """The training files of the CMU motion prediction benchmark, divided by clip.

    Args:
      folder: the benchmark's, see `lmmjax.data.cmu_benchmark`. Its test is not read.
      held_out: clips such as ``walking_1`` that become the test.
      validation: clips to choose by.

    Raises:
      DataError: a clip is not there, or in both.
    """
    clips = cmu_benchmark.read_part(folder, "train")
    if both := set(held_out) & set(validation):
        raise DataError(f"{min(both)} is held out and is validated on; choose one")
    held = cmu_benchmark.hold_out(clips, cmu_benchmark.numbers(held_out))
    chosen = cmu_benchmark.hold_out(held.train, cmu_benchmark.numbers(validation))
    splits = chosen.motions()
    splits["test"] = held.motions()["validation"]
    name = f"cmu_benchmark/{cmu_benchmark.fingerprint(clips)}"
    counts = ", ".join(f"{len(clips)} {split}" for split, clips in splits.items())
    return Dataset(
        splits, name, (f"{name}: {counts} clips at {cmu_benchmark.FPS:g} Hz",)
    )


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


def triangulation(
    folder: str | os.PathLike,
    prepared_dir: str | os.PathLike,
    rate_hz: float = 30.0,
    split_by: str = "session",
    test: Sequence[str] = (),
    validation_share: float = 0.1,
    shard: tuple[int, int] = (0, 1),
    beam_runner: str = "",
    beam_options: Sequence[str] = (),
) -> Dataset:
    """The dataset of footage of several cameras, built if that was not done before.

    A session is reconstructed once and kept; a build that was stopped goes on with
    the sessions that are missing.

    Args:
      folder: a session or a folder of some; see `lmmjax.capture.session`.
      prepared_dir: where built datasets and reconstructed sessions are kept.
      rate_hz: frames per second of the clips.
      split_by: what is held out whole, ``session`` or ``subject``.
      test: which of them; by default a tenth where there are three or more.
      validation_share: share of the rest to validate on.
      shard: number of this process and of all: training clips are divided.
      beam_runner: name of a runner of Apache Beam, or "" for this process alone.
      beam_options: options of that runner, such as ``--direct_num_workers=2``.

    Returns:
      The clips of this process. Beside the dataset there is a page on its quality, see
      `report_of`.

    Raises:
      CaptureError: a session cannot be used; says why.
      DataError: says what is wrong and what to do.
    """
    sessions = find_sessions(folder)
    options = (float(rate_hz), split_by, tuple(test), validation_share)
    made = [recorded.fingerprint(open_session(s), rate_hz, None) for s in sessions]
    digest = hashlib.sha256(repr((options, made)).encode()).hexdigest()[:10]
    config = footage_builder.TriangulationConfig(
        name=f"{_safe(folder)}_{digest}",
        rate_hz=options[0],
        split_by=split_by,
        test=options[2],
        validation_share=validation_share,
        recordings=os.fspath(Path(prepared_dir) / "recordings"),
        beam=bool(beam_runner),
    )
    with _quiet():
        builder = footage_builder.Builder(
            config=config, data_dir=os.fspath(prepared_dir)
        )
    dataset = load(builder, folder, 0, shard, beam_runner, beam_options)
    page = report_of(dataset, prepared_dir)
    if not page.exists():
        text = recorded.capture_page(folder, config.recordings, rate_hz)
        page.write_text(text, encoding="utf-8")
    return dataset


def report_of(dataset: Dataset, prepared_dir: str | os.PathLike) -> Path:
    """Where the page is that says how good a dataset of footage is."""
    return Path(prepared_dir) / dataset.name / "report.html"


def _safe(folder: str | os.PathLike) -> str:
    """The name of a folder as TFDS takes names."""
    return recorded.plain(Path(folder).resolve().name)


def load(
    builder: tfds.core.GeneratorBasedBuilder,
    manual_dir: str | os.PathLike | None,
    files: int,
    shard: tuple[int, int] = (0, 1),
    beam_runner: str = "",
    beam_options: Sequence[str] = (),
) -> Dataset:
    """Build if needed, then read all clips of this process into memory.

    A build that is interrupted leaves nothing behind that a later run would read:
    TFDS writes to a temporary folder and renames it when it is whole.
    """
    download = tfds.download.DownloadConfig(
        manual_dir=None if manual_dir is None else os.fspath(manual_dir)
    )
    if beam_runner:
        download = _with_beam(download, beam_runner, beam_options)
    if not builder.data_path.exists():
        progress = _progress(builder, files) if files else _quiet()
        with progress, _original_errors(builder):
            builder.download_and_prepare(
                file_format="array_record", download_config=download
            )
    # Read back what is on disk: another process may have been the one to write it.
    with _quiet():
        builder = tfds.builder_from_directory(builder.data_path)
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
    summary += (builder.info.metadata or {}).get("report", [])
    return Dataset(splits, builder.info.full_name, tuple(summary))


def _with_beam(download, runner: str, options: Sequence[str]):
    """The same configuration with a pipeline of Apache Beam."""
    try:
        from apache_beam.options.pipeline_options import PipelineOptions
    except ImportError as error:
        raise DataError(
            "Apache Beam is not installed; pip install 'lmmjax[beam]', or build "
            "without a runner"
        ) from error
    # Beam tells of every type hint that it reads.
    logging.getLogger("apache_beam").setLevel(logging.ERROR)
    return dataclasses.replace(
        download, beam_runner=runner, beam_options=PipelineOptions(list(options))
    )


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
    """TFDS prints banners, bars and warnings; they are kept off the console."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    tfds.disable_progress_bar()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        tfds.enable_progress_bar()
        logger.setLevel(level)


@contextlib.contextmanager
def _original_errors(builder) -> Iterator[None]:
    """Errors of ours come out as they were raised, not wrapped by TFDS.

    Files of motion that cannot be opened are dealt with where they are read; what
    is left of the system's errors is about writing.
    """
    try:
        yield
    except Exception as error:
        causes = _causes(error)
        for cause in causes:
            if isinstance(cause, DataError | CaptureError):
                raise cause from None
        if builder.data_path.exists():
            return  # another process was building it too, and was first
        for cause in causes:
            if reason := _trouble(cause):
                raise DataError(
                    f"{builder.data_path}: the dataset could not be written "
                    f"({reason}); free some space, or choose another place with "
                    "--set data.prepared_dir=<folder>"
                ) from error
        raise


def _trouble(error: BaseException) -> str:
    """What kept the system from writing, or "" for other errors."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    # The writer of array_record reports errors of the system as a RuntimeError.
    found = re.search(r"\b\w+\(\) failed: ([^;\[]+)", str(error))
    return found.group(1).strip() if found else ""


def _causes(error: BaseException | None) -> list[BaseException]:
    """An error and what it was raised from, the newest first."""
    found = []
    while error is not None:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
