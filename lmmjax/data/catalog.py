"""What a folder of motion files holds: who moves, what they do, which split."""

import collections
import dataclasses
import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from kinematics import formats

_SUBJECT = re.compile(r"^(?:subject|subj|sub|person|actor|s|p)[-_ ]?0*(\d+)$", re.I)
SPLITS = ("train", "validation", "test")


class DataError(ValueError):
    """Data that cannot be used; the message names the file and what to do."""


@dataclasses.dataclass(frozen=True)
class Clip:
    """One motion file.

    Attributes:
      path: where it is.
      key: its path within the folder, which names it.
      subject: who moves, "" where the names do not tell.
      action: what they do, or "".
    """

    path: Path
    key: str
    subject: str
    action: str


def scan(*folders: str | os.PathLike) -> list[Clip]:
    """The motion files below one folder or several, by name.

    Where there are several, keys begin with the name of their folder.

    Raises:
      DataError: there is no such folder, or no motion in it, or two of one name.
    """
    if len(folders) == 1:
        return _scan_one(Path(folders[0]))
    clips: dict[str, Clip] = {}
    for folder in map(Path, folders):
        name = folder.resolve().name
        for clip in _scan_one(folder):
            key = f"{name}/{clip.key}"
            if key in clips:
                raise DataError(
                    f"{folder}: its files have the names of those in another folder "
                    f"called {name!r}; rename one, or give it once"
                )
            clips[key] = dataclasses.replace(clip, key=key)
    return list(clips.values())


def _scan_one(folder: Path) -> list[Clip]:
    """The motion files below a folder."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; give --data_dir a folder of motion")
    paths = sorted(
        p
        for p in folder.rglob("*")
        if p.suffix.lower() in formats.SUFFIXES and p.is_file()
    )
    if not paths:
        kinds = ", ".join(sorted(formats.SUFFIXES))
        raise DataError(
            f"{folder}: no motion files here or below (looked for {kinds}); put some "
            "there, or leave --data_dir out for the built-in motion"
        )
    clips = []
    for path in paths:
        key = path.relative_to(folder).as_posix()
        clips.append(Clip(path, key, *labels(key)))
    return clips


def labels(key: str) -> tuple[str, str]:
    """Subject and action of a file by its path within the folder.

    CMU names (``08/08_01.bvh``), labelled subjects (``walk1_subject5.bvh``,
    ``S3/run.bvh``) and folders of actions (``jump/clip7.bvh``) are understood.
    """
    *folders, stem = Path(key).with_suffix("").parts
    subject = action = ""
    for part in folders:
        if found := _subject(part):
            subject = found
        else:
            action = _action(part)
    words = re.split(r"[_\-. ]+", stem)
    for word in words:
        if not subject and (found := _subject(word, bare=len(words) > 1)):
            subject = found
    if not action:
        left = [w for w in words if not _subject(w, bare=True)]
        action = _action(left[0]) if left else ""
    return subject, action


def _subject(word: str, bare: bool = True) -> str:
    """The subject that a word names, or ""."""
    if bare and word.isdigit():
        return word
    found = _SUBJECT.match(word)
    return found.group(1) if found else ""


def _action(word: str) -> str:
    return re.sub(r"[\d_\-. ]+$", "", word).lower()


def without_twins(clips: Sequence[Clip]) -> tuple[list[Clip], list[Clip]]:
    """Clips without those that are there twice, and those that were left out.

    Files of one name and one known subject are one clip. Of these the AMC file stays,
    since its skeleton says how joints turn, or else the first.
    """
    best: dict[tuple[str, str], Clip] = {}
    for clip in clips:
        key = clip.subject, clip.path.stem.lower()
        if key not in best or (_is_amc(clip) and not _is_amc(best[key])):
            best[key] = clip
    kept = [
        c for c in clips if not c.subject or best[c.subject, c.path.stem.lower()] is c
    ]
    return kept, [c for c in clips if c not in kept]


def _is_amc(clip: Clip) -> bool:
    return clip.path.suffix.lower() == ".amc"


def split(
    clips: Sequence[Clip],
    test_subjects: Sequence[str] = (),
    validation_share: float = 0.1,
    validation_subjects: Sequence[str] = (),
) -> dict[str, list[Clip]]:
    """Divide clips into train, validation and test.

    Test holds whole subjects where subjects are known: those that are named, or a
    tenth of them (at least one). Validation is cut, by file, from what remains, of
    every subject in proportion to its files, or is of whole subjects that are named;
    test is cut by file where subjects are not known. The division depends on the names
    alone.

    Args:
      clips: the clips.
      test_subjects: subjects to hold out.
      validation_share: share of the remaining files to validate on.
      validation_subjects: subjects to validate on, in place of a share.

    Returns:
      Split names to clips; a split without clips is left out.

    Raises:
      DataError: a named subject is not there or named twice, or nothing is left to
        train on.
    """
    subjects = sorted({c.subject for c in clips if c.subject})
    for part, named in (("test", test_subjects), ("validation", validation_subjects)):
        if unknown := [s for s in named if s not in subjects]:
            raise DataError(
                f"no clips of {part} subject {', '.join(unknown)}; subjects here are "
                f"{', '.join(subjects) or 'not known'}"
            )
    if both := set(test_subjects) & set(validation_subjects):
        raise DataError(f"subject {min(both)} is for the test and for validation")
    chosen = set(test_subjects)
    if not chosen and len(subjects) >= 3:
        chosen = set(_part([s for s in subjects if s not in validation_subjects], 0.1))
    rest = [c for c in clips if c.subject not in chosen]
    test = [c for c in clips if c.subject in chosen]
    if not chosen and len(rest) >= 3:
        keys = set(_part([c.key for c in rest], 0.1, "test"))
        test = [c for c in rest if c.key in keys]
        rest = [c for c in rest if c.key not in keys]
    keys = {c.key for c in rest if c.subject in validation_subjects}
    if not validation_subjects and len(rest) >= 2 and validation_share > 0:
        keys = set(_evenly(rest, validation_share))
    parts = {
        "train": [c for c in rest if c.key not in keys],
        "validation": [c for c in rest if c.key in keys],
        "test": test,
    }
    if not parts["train"]:
        raise DataError(
            f"nothing is left to train on: of {len(clips)} clips {len(test)} are for "
            f"the test and {len(parts['validation'])} for validation; hold out fewer"
        )
    return {name: part for name, part in parts.items() if part}


def _part(names: Sequence[str], share: float, salt: str = "") -> list[str]:
    """A share of some names, at least one, by the order of their hashes."""
    ordered = sorted(names, key=lambda name: _hash(name, salt))
    return ordered[: max(1, round(share * len(names)))]


def _evenly(clips: Sequence[Clip], share: float) -> list[str]:
    """The keys of a share of some clips, at least one, of all subjects alike."""
    files = collections.Counter(clip.subject for clip in clips)
    seen: collections.Counter[str] = collections.Counter()
    place: dict[str, float] = {}
    for clip in sorted(clips, key=lambda clip: _hash(clip.key, "validation")):
        place[clip.key] = (seen[clip.subject] + 0.5) / files[clip.subject]
        seen[clip.subject] += 1
    # Of equals the order of their hashes stays.
    ordered = sorted(place, key=lambda key: place[key])
    return ordered[: max(1, round(share * len(ordered)))]


def _hash(name: str, salt: str) -> bytes:
    return hashlib.sha256(f"{salt}/{name}".encode()).digest()


def fingerprint(clips: Sequence[Clip], *options) -> str:
    """Short name of these files and options: changes when any of them does."""
    digest = hashlib.sha256(repr(options).encode())
    for clip in clips:
        stat = clip.path.stat()
        digest.update(f"{clip.key}/{stat.st_size}/{stat.st_mtime_ns};".encode())
    return digest.hexdigest()[:10]
