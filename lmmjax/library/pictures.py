"""A contact sheet: each primitive as a strip of poses."""

import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from kinematics import Motion, rotations
from kinematics.motion import positions
from lmmjax.library.prompts import Prompt

# Metres from pose to pose, and the height of a strip.
_APART, _HEIGHT = 0.9, 2.15
# Bodies are seen from their right, and a little from before and from above.
_AROUND, _ABOVE = np.radians(35.0), np.radians(8.0)
_INCHES, _COLUMNS = 0.9, 2
_COLOURS = {"left": "#2b6cb0", "right": "#c05621", "": "#4a5568"}


def page(
    prompts: Mapping[str, Prompt | Motion], path: str | os.PathLike, poses: int = 8
) -> None:
    """Draw prompts or motions, one strip each, into a picture such as a PNG.

    Poses stand side by side in order of time, each over its own place, seen from a
    fixed direction; the left side of the body is blue and the right one orange.

    Args:
      prompts: by name.
      path: of the picture; its suffix says the format.
      poses: in each strip.

    Raises:
      ImportError: matplotlib is not installed; says how to install it.
      ValueError: there is nothing to draw.
    """
    if not prompts or poses < 1:
        raise ValueError("a page needs a prompt and a pose at least")
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("pictures need matplotlib: pip install matplotlib") from error
    width = _APART * poses + 0.4
    columns = min(_COLUMNS, len(prompts))
    rows = math.ceil(len(prompts) / columns)
    size = (_INCHES * width * columns, _INCHES * _HEIGHT * rows)
    figure = Figure(figsize=size, dpi=90)
    FigureCanvasAgg(figure)
    cells = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in cells:
        axes.axis("off")
    for axes, (name, prompt) in zip(cells, prompts.items(), strict=False):
        if isinstance(prompt, Prompt):
            title = f"{prompt.label} ({prompt.source})"
            _strip(axes, prompt.motion, poses)
        else:
            title = name
            _strip(axes, prompt, poses)
        axes.text(-0.4, _HEIGHT - 0.2, title, fontsize=9, color="#1a202c")
        axes.set(xlim=(-0.45, width - 0.45), ylim=(-0.2, _HEIGHT), aspect="equal")
    figure.tight_layout(pad=0.3)
    figure.savefig(os.fspath(path))


def _strip(axes: Any, motion: Motion, poses: int) -> None:
    body = motion.skeleton
    frames = np.linspace(0, len(motion) - 1, poses).round().astype(int)
    flat = seen(positions(motion)[frames], motion)
    axes.plot([-0.4, _APART * poses], [0, 0], color="#cbd5e0", lw=1, zorder=0)
    for k, points in enumerate(flat):
        for j, parent in enumerate(body.parents):
            if parent >= 0:
                line = points[[parent, j]] + [k * _APART, 0]
                colour = _COLOURS[_side(body.names[j])]
                axes.plot(*line.T, color=colour, lw=1.6, solid_capstyle="round")


def seen(places: np.ndarray, motion: Motion) -> np.ndarray:
    """Places [N, J, 3] on the picture: right and up [N, J, 2], metres.

    Each pose is over its own root; the direction that the body faces at the end of the
    motion goes to the right and a little to the viewer.
    """
    facing = float(rotations.heading(np.asarray(motion.root_rotation)[-1]))
    turn = -facing + _AROUND - np.pi / 2
    ahead, aside = places[..., 0], places[..., 1]
    ahead = ahead - ahead[:, :1]
    aside = aside - aside[:, :1]
    right = -np.sin(turn) * ahead - np.cos(turn) * aside
    deep = np.cos(turn) * ahead - np.sin(turn) * aside
    return np.stack([right, places[..., 2] + np.sin(_ABOVE) * deep], axis=-1)


def _side(name: str) -> str:
    low = name.lower()
    for side in ("left", "right"):
        if low.startswith(side):
            return side
    return {"l_": "left", "r_": "right"}.get(low[:2], "")
