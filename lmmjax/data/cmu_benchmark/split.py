"""The benchmark's clips divided into what is trained on, chosen by and reported."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from kinematics import Motion
from lmmjax.data.catalog import DataError
from lmmjax.data.cmu_benchmark.files import OBSERVED, BenchmarkClip
from lmmjax.data.cmu_benchmark.movement import pinned, to_motion


@dataclasses.dataclass(frozen=True, eq=False)
class BenchmarkSplit:
    """Clips to train on, to choose by, and to report.

    The constructor refuses a clip of a folder called test anywhere but in the test,
    two clips of one name in what is trained on and chosen by, and the same movement
    in two places. (Train and test both have a ``walking_1``; they are two.)

    Attributes:
      train: clips to train on.
      validation: clips to stop, tune and choose by.
      test: clips to report, and for nothing else.
    """

    train: tuple[BenchmarkClip, ...]
    validation: tuple[BenchmarkClip, ...] = ()
    test: tuple[BenchmarkClip, ...] = ()

    def __post_init__(self):
        for name in ("train", "validation", "test"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for clip in (*self.train, *self.validation):
            if clip.is_test:
                raise DataError(
                    f"{clip.path}: lies in a folder of the test; neither train on it "
                    "nor choose by it"
                )
        _refuse_twins((*self.train, *self.validation), lambda clip: clip.name)
        _refuse_twins((*self.train, *self.validation, *self.test), _beginning)

    def motions(self, phases: Sequence[int] = (0, 1)) -> dict[str, list[Motion]]:
        """Motions at 60 Hz to train on and to validate by.

        Args:
          phases: which rows to train on; both double the data. Validation is on those
            of the benchmark alone.

        Returns:
          ``train`` and ``validation``, without T-poses and seen from the pelvis, as the
          published methods see them. The test is not among them:
          `lmmjax.evaluation.protocols` reads it.
        """
        return {
            "train": [
                pinned(to_motion(c, phase)) for c in self.train for phase in phases
            ],
            "validation": [pinned(to_motion(c)) for c in self.validation],
        }


def _beginning(clip: BenchmarkClip) -> bytes:
    """The first movement of a clip: all T-poses are alike."""
    return clip.rows[1 : 1 + OBSERVED].tobytes()


def _refuse_twins(clips: Iterable[BenchmarkClip], key) -> None:
    seen: dict = {}
    for clip in clips:
        if key(clip) in seen:
            raise DataError(
                f"{clip.path}: the same clip as {seen[key(clip)].path}; a clip has one "
                "place in a division"
            )
        seen[key(clip)] = clip


def numbers(names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Clips such as ``walking_1`` as numbers by action, for `hold_out`.

    Raises:
      DataError: a name does not end in a number.
    """
    found: dict[str, tuple[int, ...]] = {}
    for name in names:
        action, _, number = name.rpartition("_")
        if not (action and number.isdecimal()):
            raise DataError(f"{name}: not a clip of the benchmark, such as walking_1")
        found[action] = (*found.get(action, ()), int(number))
    return found


def hold_out(
    clips: Sequence[BenchmarkClip],
    held: Mapping[str, Sequence[int]] | None = None,
    test: Sequence[BenchmarkClip] = (),
) -> BenchmarkSplit:
    """Cut validation clips, as whole files, from the training files.

    Args:
      clips: clips of the training folder.
      held: numbers to hold out by action, such as ``{"walking": (5,)}``; by default
        the last of every action that has more than one.
      test: clips of the test, where they are at hand: none of their movement may be
        among the others.

    Raises:
      DataError: a clip to hold out is not there, nothing is left, or see
        `BenchmarkSplit`.
    """
    if held is None:
        numbers: dict[str, list[int]] = {}
        for clip in clips:
            numbers.setdefault(clip.action, []).append(clip.number)
        held = {a: (max(own),) for a, own in numbers.items() if len(own) > 1}
    wanted = {(action, k) for action, numbers in held.items() for k in numbers}
    missing = wanted - {(clip.action, clip.number) for clip in clips}
    if missing:
        action, k = min(missing)
        raise DataError(
            f"no clip {action}_{k} to hold out; there are "
            f"{', '.join(clip.name for clip in clips) or 'none'}"
        )
    validation = [c for c in clips if (c.action, c.number) in wanted]
    train = [c for c in clips if (c.action, c.number) not in wanted]
    if not train:
        raise DataError(
            f"all of the {len(clips)} clips are held out; leave some to train on"
        )
    return BenchmarkSplit(tuple(train), tuple(validation), tuple(test))
