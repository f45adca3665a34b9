"""How well a prior knows motion that it has not seen.

    python -m benchmarks.priors --data_dir=cmu_bvh --held_out=08,09

Reads <data_dir>/<subject>/*.bvh, fits `kinematics.priors` to all subjects but those
held out, and prints two Markdown tables for the latter: the log density in nats per
frame beside simpler densities, and how surely the distance tells true frames from
strange ones (the area under the ROC curve). Then how far continuations stray.
"""

from pathlib import Path

import jax
import numpy as np
from absl import app

from benchmarks import report
from kinematics import Motion, Poses, formats, motion, priors
from kinematics.priors import features
from kinematics.priors.mixture import Mixture

flags = report.flags_of(__name__)
_DATA = flags.DEFINE_string("data_dir", None, "Folder of subjects.", required=True)
_HELD = flags.DEFINE_list("held_out", ["08", "09"], "Subjects not learned from.")
_COMPONENTS = flags.DEFINE_integer("components", 8, "Gaussians of each mixture.")
_FPS = flags.DEFINE_float("fps", 30.0, "Frames per second.")
_SECONDS = flags.DEFINE_float("seconds", 10.0, "Length of the continuations.")

_LOG_PROB = jax.jit(priors.mixture.log_prob)
_DISTANCE = jax.jit(priors.mixture.distance)
_NEXT = jax.jit(priors.transition.log_prob)
_STATES = jax.jit(priors.states)


def read(folder: Path) -> list[Motion]:
    """Clips in common joint coordinates, less the first frame, often a T-pose."""
    clips: list[Motion] = []
    for path in sorted(folder.glob("*/*.bvh")):
        clip = motion.resample(formats.bvh.read(path)[1:], _FPS.value)
        clip = clip.recoordinate(clips[0].skeleton if clips else clip.skeleton)
        clips.append(clip.replace(subject=path.parent.name).numpy())
    return clips


def states(prior: priors.Prior, clips: list[Motion]) -> list[np.ndarray]:
    """Postures and rates [T - 1, 2 D + 9] of clips."""
    return [
        motion.in_blocks(
            lambda body, *x: _STATES(prior, body, Poses(*x[:3]), Poses(*x[3:])),
            clip.skeleton,
            *clip.poses.at(slice(None, -1)),
            *clip.poses.at(slice(1, None)),
        )
        for clip in clips
    ]


def independent(x: np.ndarray, mirror, floor: float) -> Mixture:
    """Each entry a Gaussian of its own, fitted to x [N, n] and its mirror image."""
    index, signs = mirror
    both = np.concatenate([x, x[:, index] * signs])
    spread = np.sqrt(both.var(axis=0) + floor**2)
    return Mixture(
        np.zeros(1, np.float32),
        both.mean(axis=0)[None],
        np.diag(1 / spread)[None].astype(np.float32),
        None,
        None,
    )


def strange(prior: priors.Prior, x: np.ndarray) -> dict[str, np.ndarray]:
    """States [N, 2 D + 9] that nobody was in, made of true ones."""
    rng = np.random.default_rng(0)
    size = prior.pose.size
    joints = {name.split("[")[0] for name in prior.names[3:]}
    columns = {
        joint: [
            start + k
            for start in (0, size)
            for k, name in enumerate(prior.names)
            if name.startswith(joint + "[")
        ]
        for joint in sorted(joints)
    }
    shuffled, swapped = x.copy(), x.copy()
    mirrored = np.asarray(priors.mixture.images(prior.transition.states, x))[1]
    for joint, where in columns.items():
        shuffled[:, where] = x[rng.permutation(len(x))][:, where]
        if any(part in joint for part in ("Leg", "Foot", "Toe", "HipJoint")):
            swapped[:, where] = mirrored[:, where]
    found = {"joints shuffled between frames": shuffled, "legs swapped": swapped}
    moving = (x.std(axis=0) > 0.02) & (np.arange(x.shape[1]) < size)
    moving[: features.ROOT] = False
    for degrees in (3, 6, 12):
        noise = np.deg2rad(degrees) * rng.normal(size=x.shape)
        found[f"noise of {degrees} degrees"] = x + np.float32(noise * moving)
    return found


def area(true: np.ndarray, false: np.ndarray) -> float:
    """Share of the pairs in which the false one is the larger."""
    rank = np.argsort(np.argsort(np.concatenate([true, false])))[len(true) :]
    return float((rank.mean() - (len(false) - 1) / 2) / len(true))


def main(_: list[str]) -> None:
    """Fit, measure, print."""
    clips = read(Path(_DATA.value))
    train = [clip for clip in clips if clip.subject not in _HELD.value]
    test = [clip for clip in clips if clip.subject in _HELD.value]
    body = train[0].skeleton
    prior = priors.fit(train, _COMPONENTS.value, _FPS.value)
    single = priors.fit(train, 1, _FPS.value)
    size = prior.pose.size
    seen, new = (np.concatenate(states(prior, part)) for part in (train, test))
    posture = features.posture_mirror(body)
    plain = independent(seen[:, :size], posture, priors.POSTURE_FLOOR)
    print(f"{len(seen):,} frames to learn from, {len(new):,} held out\n")
    print("| density | nats per posture | median | nats per step | median |")
    print("|---|---|---|---|---|")
    here = np.concatenate([x[:-1] for x in states(prior, test)])
    after = np.concatenate([x[1:, size:] for x in states(prior, test)])
    steady = independent(
        np.concatenate([x[1:, size:] - x[:-1, size:] for x in states(prior, train)]),
        features.rate_mirror(body),
        priors.RATE_FLOOR,
    )
    rows = {
        "independent Gaussians; of the change of rate": (
            _LOG_PROB(plain, new[:, :size]),
            _LOG_PROB(steady, after - here[:, size:]),
        ),
        "one Gaussian and its mirror image": (
            _LOG_PROB(single.pose, new[:, :size]),
            _NEXT(single.transition, here, after),
        ),
        f"{_COMPONENTS.value} and their mirror images": (
            _LOG_PROB(prior.pose, new[:, :size]),
            _NEXT(prior.transition, here, after),
        ),
    }
    for name, values in rows.items():
        cells = [f"{f(x):.1f}" for x in values for f in (np.mean, np.median)]
        print(f"| {name} | {' | '.join(cells)} |")
    true = np.asarray(_DISTANCE(prior.transition.states, new))
    print("\n| held-out frames | area under ROC | over the usual distance |")
    print("|---|---|---|")
    print(f"| true | | {np.mean(true > prior.usual):.1%} |")
    for name, x in strange(prior, new).items():
        false = np.asarray(_DISTANCE(prior.transition.states, x))
        print(
            f"| {name} | {area(true, false):.3f} | {np.mean(false > prior.usual):.1%} |"
        )
    long = [clip for clip in test if len(clip) > 1]
    start = Poses(
        *(np.stack(x) for x in zip(*(c.poses.at(0) for c in long), strict=True))
    )
    then = Poses(
        *(np.stack(x) for x in zip(*(c.poses.at(1) for c in long), strict=True))
    )
    steps = round(_SECONDS.value * _FPS.value)
    roll = jax.jit(
        lambda key, a, b: priors.rollout(prior, body, key, a, b, steps),
    )
    made = roll(jax.random.key(0), start, then)
    ends = made.at(slice(-2, -1)), made.at(slice(-1, None))
    far = np.asarray(_STATES(prior, body, *ends))
    strayed = np.asarray(_DISTANCE(prior.transition.states, far))
    print(
        f"\n{len(long)} continuations end after {_SECONDS.value:g} s at a median "
        f"distance of {np.median(strayed):.1f}, at most {strayed.max():.1f}; usual "
        f"in training is up to {prior.usual:.1f}"
    )


if __name__ == "__main__":
    app.run(main)
