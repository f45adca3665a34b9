"""VideoPose3D: 17 joints that were lifted from the keypoints of one camera.

Pavllo et al., "3D human pose estimation in video with temporal convolutions and
semi-supervised training" (CVPR 2019). ``run.py --viz-export`` writes float32
(T, 17, 3), the joints of Human3.6M in metres and in axes of the camera (x right, y
down, z forward).
"""

import os
import pathlib
import tokenize

import numpy as np

from kinematics.bodies import joint_set
from kinematics.formats.arrays import read_arrays
from kinematics.points import Points3D, make_points
from lmmjax.capture.monocular import world
from lmmjax.capture.monocular.documents import checked, problem
from lmmjax.capture.monocular.people import required_rate

JOINTS = joint_set("h36m17").landmarks
# What NumPy raises for a header that is no Python literal, or one of another kind.
_DAMAGE = (
    *(ValueError, TypeError, OverflowError, EOFError, SyntaxError),
    tokenize.TokenError,
)


def read(
    path: str | os.PathLike, *, fps: float | None = None, person: str = "0"
) -> dict[str, Points3D]:
    """Read the joints of one person.

    Where in the world they are is unknown: the root of VideoPose3D stays in place
    unless a trajectory model was loaded, the camera is taken to be level, and the
    lowest foot of the clip is put at z = 0.

    Args:
      path: the .npy, or an .npz with one array.
      fps: frames per second of the video; the file does not have it.
      person: the key of the result.

    Raises:
      CaptureError: the file holds something else.
      OSError: it cannot be read.
    """
    joints = read_array(path)
    if joints.ndim != 3 or joints.shape[1:] != (len(JOINTS), 3) or not len(joints):
        raise problem(
            path,
            f"it has shape {joints.shape}, not (frames, 17, 3)",
            "export it with --viz-export",
        )
    places = world.grounded(JOINTS, world.turn(joints.astype(float), world.CAMERA))
    name = f"{pathlib.Path(path).stem}/{person}@0"
    return {person: make_points(JOINTS, places, required_rate(path, fps), name=name)}


def read_array(path: str | os.PathLike) -> np.ndarray:
    """The numbers of an .npy, or of an .npz that has one array.

    Raises:
      CaptureError: there are none, or several.
      OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        archive = file.read(2) == b"PK"
    try:
        # Mapped, so that a header cannot ask for more than the file has.
        arrays = [] if archive else [np.load(path, mmap_mode="r", allow_pickle=False)]
    except _DAMAGE as error:
        reason = " ".join(str(error).split())[:120]
        raise problem(
            path, f"this is no array of NumPy ({reason})", "export it again"
        ) from error
    if archive:
        arrays = list(checked(read_arrays, path).values())
    if len(arrays) != 1 or arrays[0].dtype.kind not in "fiu":
        raise problem(
            path,
            f"it has {len(arrays)} arrays, or one that is not of numbers",
            "give one with a single array of joints",
        )
    return arrays[0]
