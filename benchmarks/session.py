"""How long a session takes from files to clips, and how much memory.

    python -m benchmarks.session --minutes=10

One person is filmed by eight virtual cameras at 60 fps with unlike clocks, 25 joints
each, and written as OpenPose JSON, a file per camera and frame. Measured is a fresh
process that makes the clips of a dataset from the files: reading, synchronisation,
association, triangulation, cleaning, fitting, phases and labels, compilation included.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np
from absl import app

from benchmarks import report
from lmmjax.capture import plan as planning
from lmmjax.capture import reconstruct
from lmmjax.capture.synthetic import make_session, random_clocks
from lmmjax.data import primitives
from lmmjax.data.triangulation import recorded

flags = report.flags_of(__name__)
_MINUTES = flags.DEFINE_float("minutes", 10.0, "Length of the session.", 0.01)
_CAMERAS = flags.DEFINE_integer("views", 8, "Cameras.", 2)
_SESSION = flags.DEFINE_string("made", None, "Measure this session, in this process.")

FPS = 60.0


def film(folder: Path, minutes: float, cameras: int) -> None:
    """Write the session: a kick and a reach there and back, over and over."""
    clip = primitives.sample("kick", 0, fps=FPS, index=1)
    frames = round(60 * minutes * FPS)
    way = np.abs(
        (np.arange(frames) + len(clip) - 1) % (2 * len(clip) - 2) + 1 - len(clip)
    )
    root, turn, joints = (np.asarray(x)[way] for x in clip.poses)
    motion = clip.replace(
        root_position=root, root_rotation=turn, joints=joints, subject="A"
    )
    clocks = random_clocks(cameras, FPS, seed=0)
    make_session(folder, [motion], cameras=cameras, fps=FPS, clocks=clocks)


@contextlib.contextmanager
def stages(seconds: dict[str, float]) -> Iterator[None]:
    """Count the seconds of each stage of a reconstruction."""

    def timed(name, function):
        def run(*args, **options):
            start = time.perf_counter()
            try:
                return function(*args, **options)
            finally:
                taken = time.perf_counter() - start
                seconds[name] = seconds.get(name, 0.0) + taken

        return run

    with contextlib.ExitStack() as patches:
        for room, name, called in (
            (planning.Source, "read", "reading JSON"),
            (planning, "synchronize", "synchronise"),
            (reconstruct, "associate", "associate"),
            (reconstruct, "triangulate", "triangulate"),
            (reconstruct, "smooth", "smooth"),
            (reconstruct, "fit_body", "fit the body"),
        ):
            function = timed(called, getattr(room, name))
            patches.enter_context(mock.patch.object(room, name, function))
        yield


def measure(session: Path) -> list[str]:
    """Rows of the report; the clips are made and thrown away."""
    import resource  # not on Windows

    seconds: dict[str, float] = {}
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as place, stages(seconds):
        found = recorded.record(session, place, 30.0)
        clips = len(list(found.glob("clip_*.npz")))
    total = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    rows = ["| stage | seconds | share |", "|---|---|---|"]
    seconds["all else"] = total - sum(seconds.values())
    for name, taken in seconds.items():
        rows.append(f"| {name} | {taken:.1f} | {taken / total:.1%} |")
    rows.append(f"| **all** | **{total:.1f}** | |")
    return [*rows, "", f"{clips} clips; at most {peak:.2f} GiB of memory."]


def main(arguments: list[str]) -> None:
    """Film, then measure in a process of its own."""
    del arguments
    if _SESSION.value:
        print("\n".join(measure(Path(_SESSION.value))))
        return
    folder = Path(tempfile.mkdtemp())
    try:
        film(folder / "session", _MINUTES.value, _CAMERAS.value)
        files = sum(len(names) for _, _, names in os.walk(folder / "session" / "pose"))
        command = [sys.executable, "-m", "benchmarks.session"]
        made = subprocess.run(
            [*command, f"--made={folder / 'session'}"],
            check=True,
            capture_output=True,
            text=True,
        )
    finally:
        shutil.rmtree(folder)
    rows = re.split(r"(?=^\| stage)", made.stdout, flags=re.M)[-1]
    report.publish(
        [
            f"{_MINUTES.value:g} minutes, {_CAMERAS.value} cameras, {files:,} files",
            "",
            *rows.splitlines(),
        ]
    )


if __name__ == "__main__":
    app.run(main)
