"""CMU Panoptic: bodies of several people, a JSON file per frame.

Joo et al., "Panoptic Studio" (ICCV 2015), http://domedb.perception.cs.cmu.edu. Points
are in centimetres in a world with y down, and become (x, z, -y) in metres, as
VoxelPose turns them.
"""

import os
import pathlib
import re
from typing import Any

from kinematics.bodies import joint_set
from kinematics.points import Points3D
from lmmjax.capture.monocular import world
from lmmjax.capture.monocular.documents import frame_files, problem, read_json
from lmmjax.capture.monocular.people import Seen, known, points_of, required_rate

_CENTIMETRE = 0.01
_SETS = {"joints19": "panoptic19"}


def read(path: str | os.PathLike, *, fps: float | None = None) -> dict[str, Points3D]:
    """Read ``body3DScene_*.json``: a folder of them, or one.

    Args:
      path: the folder or file.
      fps: frames per second; by default what ``fpsType`` says, such as hd_29_97.

    Returns:
      Points by ``id``, missing (NaN) where the confidence is not above 0.

    Raises:
      CaptureError: a file holds something else, or nobody is in any.
      OSError: a file cannot be read.
    """
    folder = pathlib.Path(path).is_dir()
    files = frame_files(path, ".json") if folder else [(0, os.fspath(path))]
    seen: list[Seen] = []
    for frame, file in files:
        raw = read_json(file)
        if not is_bodies(raw):
            raise problem(file, "it has no bodies", "give body3DScene files")
        fps = fps if fps is not None else _rate(raw)
        for n, body in enumerate(raw["bodies"]):
            try:
                (key,) = [key for key in _SETS if key in body]
                centimetres = known(body[key], 4)
                if len(centimetres) != len(joint_set(_SETS[key])):
                    raise ValueError(f"{len(centimetres)} joints")
                places = world.turn(centimetres * _CENTIMETRE, world.PANOPTIC)
                seen.append(Seen(frame, str(body["id"]), places))
            except (KeyError, TypeError, ValueError) as error:
                raise problem(
                    file,
                    f"body {n} (from 0) has no joints19 and id ({error})",
                    "export the 19 joints (coco19)",
                ) from error
    names = joint_set("panoptic19").landmarks
    rate = required_rate(path, fps)
    return points_of(path, seen, names, rate, [frame for frame, _ in files])


def is_bodies(raw: Any) -> bool:
    """Whether JSON is a frame of bodies."""
    return isinstance(raw, dict) and isinstance(raw.get("bodies"), list)


def _rate(raw: dict[str, Any]) -> float | None:
    """Frames per second of names such as ``hd_29_97`` and ``vga_25``."""
    found = re.fullmatch(r"[a-z]+_(\d+)(?:_(\d+))?", str(raw.get("fpsType")))
    return float(f"{found[1]}.{found[2] or 0}") if found else None
