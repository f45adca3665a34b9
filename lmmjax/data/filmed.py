"""The built-in movement, filmed: sessions that anybody can make, with known truth."""

import os
import shutil
from pathlib import Path

import tqdm

from lmmjax.capture.session import FILE
from lmmjax.capture.synthetic import make_session, random_clocks
from lmmjax.data import primitives


def film_library(
    folder: str | os.PathLike,
    sessions: int = 12,
    people: int = 5,
    cameras: int = 4,
    fps: float = 30.0,
    seed: int = 0,
    progress: bool = True,
) -> Path:
    """Film procedural movement with virtual cameras whose clocks do not agree.

    A session that is there already is left alone, so that a stopped call goes on.

    Args:
      folder: gets a folder for each session.
      sessions: how many.
      people: of a session, at most 4 for footage that is easy to tell apart.
      cameras: around them.
      fps: of the cameras.
      seed: equal seeds give equal footage.
      progress: whether to show a bar.

    Returns:
      The folder.
    """
    folder = Path(folder)
    motions = list(
        primitives.library(seed, sessions * people, fps, subjects=max(people, 12))
    )
    numbers = range(sessions)
    for n in tqdm.tqdm(numbers, "filming", unit="session", disable=not progress):
        target = folder / f"session_{n:02d}"
        if (target / FILE).is_file():
            continue
        shutil.rmtree(target, ignore_errors=True)  # of a stopped call
        make_session(
            target,
            motions[n * people : (n + 1) * people],
            cameras=cameras,
            fps=fps,
            clocks=random_clocks(cameras, fps, seed=seed + n),
            outliers=0.02,
            seed=seed + n,
            name=target.name,
        )
    return folder
