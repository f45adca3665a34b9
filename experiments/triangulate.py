r"""From the footage of several cameras to 3D movement.

    python -m experiments.triangulate --session=<folder> --out=runs/session

The session has keypoints of each camera and a calibration: a folder with a
session.toml, or one laid out as a project of Pose2Sim. Cameras are synchronised, people
told apart, their keypoints triangulated and smoothed, and a body fitted to them. --out
gets, for each person and unbroken part of the recording,

    <person>_<frame>.trc   points, z up (and .c3d where ezc3d is installed)
    <person>_<frame>.bvh   the fitted body, for animation
    <person>_<frame>.npz   the same, exactly, for kinematics.formats.read

and report.html, which says how good it is and where not. Without --session it films
the built-in movement with virtual cameras first, as a demonstration.
"""

import importlib.util
import tempfile
from pathlib import Path

from experiments import program  # first: it sets up the compilation cache

from absl import flags  # isort: skip

from experiments.settings import SettingError
from kinematics import Motion, bodies, formats
from lmmjax.capture import CaptureError, reconstruct
from lmmjax.capture.plan import make_plan
from lmmjax.capture.reconstruct import Take
from lmmjax.capture.report import Collector, report_page
from lmmjax.capture.session import find_sessions, open_session
from lmmjax.capture.synthetic import make_session
from lmmjax.data import primitives
from lmmjax.viewer import view

_SESSION = flags.DEFINE_string(
    "session", None, "Session, or folder of some; built-in footage without it."
)
_OUT = flags.DEFINE_string("out", "runs/triangulated", "Folder to write to.")
_BODY = flags.DEFINE_enum(
    "body", "human", ["human", "body25", "coco17", "halpe26", "smpl24"], "Body to fit."
)
_FORMATS = flags.DEFINE_list(
    "formats", ["trc", "c3d", "bvh", "npz"], "Files to write of each person."
)
_POINTS, _MOTIONS = ("trc", "c3d"), ("bvh", "npz")
_DONE = "report.html"


def main() -> None:
    """Reconstruct each session that has no report yet."""
    unknown = set(_FORMATS.value) - {*_POINTS, *_MOTIONS}
    if unknown:
        raise SettingError(
            f"--formats has {', '.join(sorted(unknown))}; there are trc, c3d, bvh, npz"
        )
    out = Path(_OUT.value)
    if _SESSION.value:
        found = find_sessions(_SESSION.value)
        for session in found:
            _reconstruct(session, out if len(found) == 1 else out / session.name)
        return
    with tempfile.TemporaryDirectory() as folder:
        motions = [primitives.sample(a, 0, fps=60.0, index=3) for a in ("walk", "kick")]
        make_session(Path(folder) / "demonstration", motions, cameras=6, outliers=0.02)
        _reconstruct(Path(folder) / "demonstration", out)


def _reconstruct(session: Path, out: Path) -> None:
    """One session; its report is written last, and stands for the whole."""
    if (out / _DONE).exists():
        print(f"{out / _DONE} is there already; delete it to do {session.name} again")
        return
    out.mkdir(parents=True, exist_ok=True)
    plan = make_plan(open_session(session))
    for note in plan.notes:
        print(f"note: {note}")
    collected = Collector(plan)
    shown: list[Motion] = []  # of the first block: a page has its limits
    first = 0
    body = getattr(bodies, _BODY.value)()
    for take in reconstruct.takes(plan, body, progress=True):
        collected.add(take)
        _write(take, out)
        first = first if shown else take.start
        if take.start == first:
            shown.append(take.motion)
    if not shown:
        raise CaptureError(
            f"{session}: nobody could be followed: " + "; ".join(plan.notes)
        )
    view(shown, out / "motion.html", title=plan.session.name)
    (out / _DONE).write_text(report_page([collected.report()]), encoding="utf-8")
    print(f"{len(collected.quality.people)} people; look at")
    print(f"  {out / _DONE}")
    print(f"  {out / 'motion.html'}")


def _write(take: Take, out: Path) -> None:
    safe = "".join(c if c.isalnum() or c in "-_" else "_" for c in take.person)
    stem = f"{safe}_{take.start:06d}"
    for kind in _FORMATS.value:
        if kind == "c3d" and importlib.util.find_spec("ezc3d") is None:
            continue
        formats.write(
            out / f"{stem}.{kind}", take.points if kind in _POINTS else take.motion
        )


if __name__ == "__main__":
    program.run(main)
