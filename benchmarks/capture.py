"""Clocks, people and single views: how far off capture is where the truth is known.

    python -m benchmarks.capture

Procedural movement is filmed by virtual cameras with 10 % of the keypoints missing and
bodies that hide each other. *Clocks*: offsets of up to two seconds, 1 px of noise, 5 %
outliers, with and without calibration. *People*: four who cross at one point before
eight cameras, 2 px of noise, false people. *One camera*: single walks, kicks and
reaches of 3 s, lifted with the stature known.
"""

import numpy as np
from absl import app

from benchmarks import report
from kinematics import motion as motions
from kinematics import rotations
from kinematics.bodies.placement import stature
from kinematics.motion import Motion
from lmmjax.capture.associate import associate
from lmmjax.capture.lift import lift
from lmmjax.capture.synchronize import synchronize
from lmmjax.capture.synthetic import Clock, Footage, film, ring
from lmmjax.data import primitives

flags = report.flags_of(__name__)
_DRAWS = flags.DEFINE_integer("draws", 3, "Draws of every scene.", 1)
_FIRST = flags.DEFINE_integer("first_seed", 100, "Seed of the first draw.", 0)

FPS = 60.0
ALONE = ("walk", "run", "kick", "jump", "reach", "turn")
LIFTED = ("walk", "kick", "reach")


def clocks(action: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Errors [V - 1] in frames with a calibration and without; NaN where refused."""
    rng = np.random.default_rng(seed)
    clip = primitives.sample(action, seed, fps=FPS)
    offsets = np.append(0, rng.uniform(-2, 2, 4))
    footage = film(
        _centred([clip], [0.0]),
        ring(5, seed=seed),
        outliers=0.05,
        clocks=[Clock(FPS, offset) for offset in offsets],
        seed=seed,
    )
    rig = ring(5, seed=seed)

    def off(found) -> np.ndarray:
        told = found.offset_s - found.offset_s[0]
        return np.abs(told - offsets)[1:] * FPS

    views = footage.views
    return off(synchronize(views, rig, reference="cam_01")), off(
        synchronize(views, reference="cam_01")
    )


def people(seed: int, seconds: float = 20.0) -> tuple[int, int]:
    """Observations of four crossing people: given to the right one, and all."""
    last = round(seconds * FPS)
    walks = [primitives.sample("walk", seed, fps=FPS, index=n)[:last] for n in range(4)]
    rig = ring(8, seed=seed)
    turns = [n * np.pi / 2 for n in range(4)]
    footage = film(_centred(walks, turns), rig, noise_px=2.0, seed=seed)
    found = associate(footage.views, rig)
    given = np.concatenate(
        [_pairs(footage, view, v) for v, view in enumerate(found.views)]
    )
    names = np.unique(given[:, 0])
    # Each person that was found stands for the one that it mostly is.
    stands = {n: np.bincount(given[given[:, 0] == n, 1]).argmax() for n in names}
    right = sum(stands[n] == person for n, person in given)
    seen = zip(footage.views, footage.identity, strict=True)
    total = sum(
        int(((ids >= 0) & ((~view.missing).sum(-1) >= 4)).sum()) for view, ids in seen
    )
    return right, total


def _pairs(footage: Footage, view, v: int) -> np.ndarray:
    """[N, 2] found and true person of the detections that a view kept."""
    before = footage.views[v]
    pairs = []
    for t in range(len(view)):
        for p in range(view.xy.shape[1]):
            kept = ~view.missing[t, p]
            if kept.sum() < 4:
                continue
            # Sides may have been exchanged, which leaves the middle where it was.
            middle = view.xy[t, p][kept].mean(0)
            centers = [
                x[~m].mean(0) if (~m).any() else np.full(2, np.inf)
                for x, m in zip(before.xy[t], before.missing[t], strict=True)
            ]
            slot = int(np.abs(np.array(centers) - middle).sum(-1).argmin())
            if footage.identity[v][t, slot] >= 0:
                pairs.append((p, footage.identity[v][t, slot]))
    return np.array(pairs, int).reshape(-1, 2)


def single_view(action: str, seed: int) -> tuple[float, float, float]:
    """Millimetres of the most probable movement, of the best, and its probability."""
    clip = motions.resample(primitives.sample(action, seed, fps=FPS), 30.0)[:90]
    (clip,) = _centred([clip], [0.0])
    rig = ring(1, seed=seed)
    footage = film([clip], rig, fps=30.0, noise_px=2.0, false_people=0.0, seed=seed)
    found = lift(footage.views[0], rig.cameras[0], stature_m=stature(clip.skeleton))
    truth = motions.positions(clip)
    truth = truth - truth[:, :1]

    def off(motion: Motion) -> float:
        places = motions.positions(motion)
        away = places - places[:, :1] - truth[: len(places)]
        return 1e3 * float(np.linalg.norm(away, axis=-1).mean())

    errors = [off(hypothesis.motion) for hypothesis in found]
    return errors[0], min(errors), found[0].probability


def _centred(clips: list[Motion], turns: list[float]) -> list[Motion]:
    """The clips turned about z, the middles of their paths at the origin."""
    placed = []
    for clip, turn in zip(clips, turns, strict=True):
        root = np.asarray(clip.root_position)
        middle = root[len(root) // 2] * [1, 1, 0]
        about = np.asarray(rotations.about_z(np.array(turn, np.float32)))
        place = np.asarray(rotations.quaternion_rotate(about, root - middle))
        facing = rotations.quaternion_multiply(about, np.asarray(clip.root_rotation))
        placed.append(
            clip.replace(
                root_position=place.astype(np.float32),
                root_rotation=np.asarray(facing, np.float32),
            )
        )
    return placed


def _size(errors: np.ndarray) -> str:
    told = errors[np.isfinite(errors)]
    if not len(told):
        return f"refused | | {len(errors)} of {len(errors)}"
    refused = len(errors) - len(told)
    root = np.sqrt((told**2).mean())
    return f"{root:.3f} | {told.max():.3f} | {refused} of {len(errors)}"


def main(arguments: list[str]) -> None:
    """Measure and print."""
    del arguments
    seeds = range(_FIRST.value, _FIRST.value + _DRAWS.value)
    lines = [
        f"Seeds {seeds[0]} to {seeds[-1]}.",
        "",
        "| clocks, 5 cameras | calibrated: rms, frames | most | refused "
        "| motion alone: rms | most | refused |",
        "|---|---|---|---|---|---|---|",
    ]
    for action in ALONE:
        found = [clocks(action, seed) for seed in seeds]
        cells = [_size(np.concatenate(errors)) for errors in zip(*found, strict=True)]
        lines.append(f"| {action} | {cells[0]} | {cells[1]} |")
    counts = np.array([people(seed) for seed in seeds])
    shares = counts[:, 0] / counts[:, 1]
    lines += [
        "",
        f"Four crossing people, eight cameras: {shares.min():.2%} to "
        f"{shares.max():.2%} of {counts[:, 1].sum():,} observations given to the right "
        "person.",
        "",
        "| one camera, 3 s | most probable, mm | best of three, mm | probability |",
        "|---|---|---|---|",
    ]
    for action in LIFTED:
        for seed in seeds:
            first, best, share = single_view(action, seed)
            row = f"{action}, seed {seed} | {first:.0f} | {best:.0f} | {share:.2f}"
            lines.append(f"| {row} |")
    report.publish(lines)


if __name__ == "__main__":
    app.run(main)
