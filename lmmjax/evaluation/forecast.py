"""The forecast protocol: joint error at fixed times, beside trivial baselines."""

import dataclasses
import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Motion, Poses
from lmmjax.data.windows import WindowBatch
from lmmjax.evaluation import metrics
from lmmjax.evaluation.windows import JudgedWindows, judged_frames
from lmmjax.model import movement, poses
from lmmjax.model.movement import MovementModel

_BATCH = 64


@dataclasses.dataclass(frozen=True)
class ForecastRow:
    """Errors of one method at one horizon, millimetres.

    Attributes:
      method: ``model``, ``zero velocity`` or ``constant velocity``.
      milliseconds: the true time of the frame that is judged.
      error: mean root-relative joint error.
      low: lower end of its 95 % interval over sequences.
      high: upper end.
      world: mean joint error in the world, the path of the root included.
    """

    method: str
    milliseconds: float
    error: float
    low: float
    high: float
    world: float


@dataclasses.dataclass(frozen=True)
class ForecastTable:
    """The result of the protocol.

    Attributes:
      rows: one per method and horizon.
      windows: number of windows.
      clips: number of sequences.
      context: observed frames per window.
      fps: frames per second.
    """

    rows: tuple[ForecastRow, ...]
    windows: int
    clips: int
    context: int
    fps: float

    def error(self, method: str, milliseconds: float) -> float:
        """Root-relative error of a method at the horizon nearest to a time."""
        mine = [row for row in self.rows if row.method == method]
        return min(mine, key=lambda r: abs(r.milliseconds - milliseconds)).error

    def beats_baselines(self) -> bool:
        """Whether the model is better than both baselines at every horizon."""
        return all(
            self.error("model", row.milliseconds) < row.error
            for row in self.rows
            if row.method != "model"
        )

    def markdown(self) -> str:
        """The table for people."""
        times = sorted({row.milliseconds for row in self.rows})
        head = "| joint error, mm | " + " | ".join(f"{t:.0f} ms" for t in times) + " |"
        lines = [head, "|---" * (len(times) + 1) + "|"]
        for method in dict.fromkeys(row.method for row in self.rows):
            cells = [
                f"{row.error:.1f}"
                + (f" [{row.low:.1f}, {row.high:.1f}]" if self.clips > 1 else "")
                for row in sorted(
                    (r for r in self.rows if r.method == method),
                    key=lambda r: r.milliseconds,
                )
            ]
            lines.append(f"| {method} | " + " | ".join(cells) + " |")
        lines.append("")
        lines.append(
            "Root-relative mean over joints, "
            + ("95 % interval over sequences" if self.clips > 1 else "no interval")
            + f"; "
            f"{self.windows} windows of {self.clips} clips, {self.context} frames "
            f"observed at {self.fps:g} fps."
        )
        return "\n".join(lines)


def forecast(
    model: MovementModel,
    motions: Sequence[Motion],
    milliseconds: Sequence[float] = (100, 200, 400),
    context: int = 15,
    stride: int = 5,
    limit: int | None = None,
) -> ForecastTable:
    """Judge the one-shot forecast on clips.

    Args:
      model: the model.
      motions: clips, in the model's joint coordinates and at its rate.
      milliseconds: times to judge; the nearest frame within the model's horizon
        is taken, and its true time is reported.
      context: observed frames.
      stride: frames between windows.
      limit: use so many windows, spread evenly; all by default.

    Returns:
      The table, with zero and constant velocity beside the model.

    Raises:
      ValueError: no clip is long enough for a window.
    """
    steps = judged_frames(model, milliseconds)
    windows = JudgedWindows(motions, context, max(steps), stride, limit)
    parts = []
    for batch, count in windows.blocks(_BATCH):
        predicted = _predict(model, batch, context, max(steps))
        parts.append({k: np.asarray(v)[:count] for k, v in predicted.items()})
    futures = {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}
    truth = futures.pop("truth")
    rows = []
    for method, future in futures.items():
        for step in steps:
            ours, true = future[:, step - 1], truth[:, step - 1]
            errors = 1e3 * metrics.joint_error(
                metrics.root_relative(ours), metrics.root_relative(true)
            )
            low, high = metrics.bootstrap_interval(errors, windows.clip)
            world = 1e3 * float(metrics.joint_error(ours, true).mean())
            time = 1e3 * step / model.fps
            rows.append(
                ForecastRow(method, time, float(errors.mean()), low, high, world)
            )
    return ForecastTable(tuple(rows), len(windows), windows.clips, context, model.fps)


@functools.partial(jax.jit, static_argnames=("context", "steps"))
def _predict(
    model: MovementModel, batch: WindowBatch, context: int, steps: int
) -> dict[str, jax.Array]:
    """Joint positions [B, steps, J, 3] of the truth and of every method."""
    every = slice(None)
    model = model.with_offsets(jnp.asarray(batch.offsets)[:, None])
    frames = Poses(*(jnp.asarray(x) for x in batch.poses))
    observed = frames.at(every, slice(context))
    z = movement.read(model, observed)[:, -1]
    future = movement.forecast(model, observed.at(every, -1), z)
    places = poses.positions(model.body, frames)
    last, velocity = (
        places[:, context - 1],
        places[:, context - 1] - places[:, context - 2],
    )
    ahead = jnp.arange(1, steps + 1)[:, None, None]
    still = jnp.broadcast_to(last[:, None], places[:, context:].shape)
    return {
        "truth": places[:, context:],
        "model": poses.positions(model.body, future)[:, :steps],
        "zero velocity": still,
        "constant velocity": still + ahead * velocity[:, None],
    }
