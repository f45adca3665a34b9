"""How likely a posture is, and what comes next, learned from motion."""

import dataclasses
import functools
import os
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.motion import Motion, Poses, in_blocks, resample
from kinematics.priors import em, features, transition
from kinematics.priors import mixture as mixtures
from kinematics.priors.mixture import Mixture
from kinematics.priors.transition import Transition
from kinematics.skeleton import Array, Skeleton

# Least standard deviations, of the order of the noise of optical motion capture
# (choices of this file): of postures, in radians or root heights, and of rates.
POSTURE_FLOOR = 0.01
RATE_FLOOR = 0.05


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["pose", "transition", "usual"],
    meta_fields=["names", "fps"],
)
@dataclasses.dataclass(frozen=True)
class Prior:
    """Densities of postures and of what follows them, as one frozen pytree.

    Both are the same for a movement and its mirror image. Vectors and their units are
    those of `features`.

    Attributes:
      pose: density of postures [D + 3].
      transition: density of the next rate [D + 6] given posture and rate; its
        ``states`` is the density of (posture, rate) [2 D + 9].
      usual: distance (see `distance`) that 95 % of the frames in training are within.
      names: what each entry of a posture is.
      fps: frames per second that rates are taken at.
    """

    pose: Mixture
    transition: Transition
    usual: Array
    names: tuple[str, ...]
    fps: float


def fit(
    motions: Sequence[Motion],
    components: int | Sequence[int] = 8,
    fps: float = 30.0,
    seed: int = 0,
) -> Prior:
    """Learn how a body moves.

    Args:
      motions: clips of one tree of joints in common joint coordinates (see
        `Motion.recoordinate`); sizes may differ. Frames with missing values are not
        looked at. Where the body has a mirror, every clip counts as its mirror image
        too.
      components: Gaussians of each mixture, or numbers of which the one is taken
        under which clips that were held out, every fifth, are most likely.
      fps: rate that the clips are brought to.
      seed: of the random starts.

    Returns:
      The prior; the same for the same clips and seed.

    Raises:
      ValueError: no frames, or clips of different joints.
    """
    if not len(motions):
        raise ValueError("a prior needs at least one motion to learn from")
    first = motions[0].skeleton
    for motion in motions:
        if not motion.skeleton.same_tree(first):
            raise ValueError(f"motion {motion.name!r} has other joints than the first")
        if not np.allclose(motion.skeleton.frames, first.frames, atol=1e-5):
            raise ValueError(
                f"motion {motion.name!r} has other joint coordinates than the first; "
                "bring it there with motion.recoordinate(motions[0].skeleton)"
            )
    clips = [_vectors(resample(motion, fps)) for motion in motions]
    if not isinstance(components, int):
        components = _best(clips, components, first, seed)
    postures = np.concatenate([posture for posture, _ in clips])
    pose = _fit_postures(postures, components, first, seed)
    states = np.concatenate([state for _, state in clips])
    gates = _fit_states(states, components, first, seed)
    # A state and the one after it, within one clip.
    before = np.concatenate([state[:-1] for _, state in clips])
    after = np.concatenate([state[1:, pose.size :] for _, state in clips])
    there = np.isfinite(before).all(axis=1) & np.isfinite(after).all(axis=1)
    mirror = None if first.mirror is None else features.rate_mirror(first)
    steps = transition.fit_transition(
        gates, before[there], after[there], _state_floor(first), fps, mirror
    )
    here = states[np.isfinite(states).all(axis=1)]
    usual = np.quantile(in_blocks(_distances, gates, here), 0.95)
    return Prior(
        pose, steps, np.asarray(usual, np.float32), features.names(first), float(fps)
    )


def log_prob(prior: Prior, skeleton: Skeleton, poses: Poses) -> jax.Array:
    """Log density [...] of the postures of poses [...], in nats."""
    check(prior, skeleton)
    return mixtures.log_prob(prior.pose, features.postures(skeleton, poses))


def residual(prior: Prior, skeleton: Skeleton, poses: Poses) -> jax.Array:
    """Residual [..., D + 4] of poses for least squares; see `mixture.residual`."""
    check(prior, skeleton)
    return mixtures.residual(prior.pose, features.postures(skeleton, poses))


def transition_log_prob(
    prior: Prior, skeleton: Skeleton, previous: Poses, poses: Poses, following: Poses
) -> jax.Array:
    """Log density [...] of the poses that follow two others, in nats.

    The density is with respect to the rate that leads there, per second; with respect
    to the next posture itself it is larger by ``log(fps)`` for each entry.
    """
    state = states(prior, skeleton, previous, poses)
    after = features.rates(skeleton, poses, following, prior.fps)
    return transition.log_prob(prior.transition, state, after)


def distance(
    prior: Prior, skeleton: Skeleton, previous: Poses, poses: Poses
) -> jax.Array:
    """How strange poses [...] and the rates that led there are: 0 or more.

    The Mahalanobis distance of posture and rate to the component of the mixture that
    makes them most probable. Values above ``prior.usual`` are rare in true motion.
    """
    state = states(prior, skeleton, previous, poses)
    return mixtures.distance(prior.transition.states, state)


def states(
    prior: Prior, skeleton: Skeleton, previous: Poses, poses: Poses
) -> jax.Array:
    """Postures and rates [..., 2 D + 9] of poses and those one frame before."""
    check(prior, skeleton)
    return _states(skeleton, previous, poses, prior.fps)


def sample(
    prior: Prior, skeleton: Skeleton, key: jax.Array, shape: tuple[int, ...] = ()
) -> Poses:
    """Random poses [*shape] over the origin, facing along x.

    Joint coordinates may be over a limit; `limits.apply` brings them inside.
    """
    check(prior, skeleton)
    posture = mixtures.sample(prior.pose, key, shape)
    return features.to_poses(
        skeleton, posture, jnp.zeros((*shape, 2)), jnp.zeros(shape)
    )


def rollout(
    prior: Prior,
    skeleton: Skeleton,
    key: jax.Array,
    previous: Poses,
    poses: Poses,
    steps: int,
) -> Poses:
    """Random continuations of two frames.

    Args:
      prior: what follows what.
      skeleton: the body.
      key: of the random numbers.
      previous: [...] poses one frame before.
      poses: [...] where to go on from.
      steps: frames to make.

    Returns:
      Poses [steps, ...], the first of them one frame after ``poses``.
    """
    state = states(prior, skeleton, previous, poses)

    def step(carry, key):
        here, state = carry
        rate = transition.sample(prior.transition, key, state)
        there = features.advance(skeleton, here, rate, prior.fps)
        state = jnp.concatenate([features.postures(skeleton, there), rate], axis=-1)
        return (there, state), there

    here = Poses(*(jnp.asarray(x) for x in poses))
    return jax.lax.scan(step, (here, state), jax.random.split(key, steps))[1]


def save(prior: Prior, path: str | os.PathLike) -> None:
    """Write a prior to an .npz file; it holds numbers and names alone."""
    values: dict[str, np.ndarray] = {
        "names": np.array(prior.names),
        "fps": np.array(prior.fps),
        "usual": np.asarray(prior.usual),
        "slopes": np.asarray(prior.transition.slopes),
    }
    for name, mixture in _mixtures(prior).items():
        values[f"{name}/log_weights"] = np.asarray(mixture.log_weights)
        values[f"{name}/means"] = np.asarray(mixture.means)
        values[f"{name}/whiteners"] = np.asarray(mixture.whiteners)
        if mixture.index is not None:
            values[f"{name}/index"] = np.array(mixture.index)
            values[f"{name}/signs"] = np.array(mixture.signs, np.float32)
    # An open file keeps its name; NumPy would append .npz.
    with open(path, "wb") as file:
        np.savez_compressed(file, allow_pickle=False, **values)


def load(path: str | os.PathLike) -> Prior:
    """Read a prior that `save` wrote.

    Raises:
      ValueError: the file holds no prior.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            values = dict(file)
        pose, gates, errors = (
            _mixture(values, n) for n in ("pose", "states", "errors")
        )
        return Prior(
            pose,
            Transition(gates, errors, values["slopes"]),
            values["usual"],
            tuple(values["names"].tolist()),
            float(values["fps"]),
        )
    except (KeyError, ValueError) as error:
        raise ValueError(f"{path} holds no prior; write one with save") from error


def _mixtures(prior: Prior) -> dict[str, Mixture]:
    return {
        "pose": prior.pose,
        "states": prior.transition.states,
        "errors": prior.transition.errors,
    }


def _mixture(values: dict[str, np.ndarray], name: str) -> Mixture:
    index, signs = (values.get(f"{name}/{part}") for part in ("index", "signs"))
    return Mixture(
        values[f"{name}/log_weights"],
        values[f"{name}/means"],
        values[f"{name}/whiteners"],
        None if index is None else tuple(index.tolist()),
        None if signs is None else tuple(signs.tolist()),
    )


def check(prior: Prior, skeleton: Skeleton) -> None:
    """ValueError where a prior is not of the joints of a body."""
    if features.names(skeleton) != prior.names:
        raise ValueError(
            f"the prior is of a body with coordinates {list(prior.names[3:])}, not "
            f"{list(features.names(skeleton)[3:])}"
        )


def _states(skeleton, previous: Poses, poses: Poses, fps: float) -> jax.Array:
    posture = features.postures(skeleton, poses)
    rate = features.rates(skeleton, previous, poses, fps)
    return jnp.concatenate([posture, rate], axis=-1)


@jax.jit
def _postures(skeleton, *poses):
    return features.postures(skeleton, Poses(*poses))


@jax.jit
def _changes(skeleton, *poses):
    return _states(skeleton, Poses(*poses[:3]), Poses(*poses[3:]), 1.0)


@jax.jit
def _distances(mixture, state):
    return mixtures.distance(mixture, state)


@jax.jit
def _log_probs(mixture, x):
    return mixtures.log_prob(mixture, x)


def _vectors(motion: Motion) -> tuple[np.ndarray, np.ndarray]:
    """Postures [T, D + 3] and states [T - 1, 2 D + 9] of a clip."""
    body, poses = motion.skeleton, motion.poses
    postures = in_blocks(_postures, body, *poses)
    ends = (*poses.at(slice(None, -1)), *poses.at(slice(1, None)))
    states = in_blocks(_changes, body, *ends)
    # Frames per second are no part of the compiled program.
    states[:, postures.shape[1] :] *= motion.fps
    return postures, states


def _fit_postures(x: np.ndarray, components: int, body: Skeleton, seed: int) -> Mixture:
    mirror = None if body.mirror is None else features.posture_mirror(body)
    floor = np.full(x.shape[1], POSTURE_FLOOR)
    return em.fit_mixture(x, components, floor, mirror, seed)


def _fit_states(x: np.ndarray, components: int, body: Skeleton, seed: int) -> Mixture:
    mirror = None if body.mirror is None else features.state_mirror(body)
    return em.fit_mixture(x, components, _state_floor(body), mirror, seed)


def _state_floor(body: Skeleton) -> np.ndarray:
    posture = body.num_coordinates + features.ROOT
    rate = posture + features.OVER_FLOOR
    return np.repeat([POSTURE_FLOOR, RATE_FLOOR], [posture, rate])


def _best(
    clips: list[tuple[np.ndarray, np.ndarray]],
    numbers: Sequence[int],
    body: Skeleton,
    seed: int,
) -> int:
    """The number of components under which held-out postures are most likely."""
    if len(clips) < 2:
        raise ValueError("to choose the number of components takes two motions or more")
    held = np.concatenate([posture for posture, _ in clips[::5]])
    held = held[np.isfinite(held).all(axis=1)]
    rest = np.concatenate([posture for k, (posture, _) in enumerate(clips) if k % 5])
    scores = [
        in_blocks(_log_probs, _fit_postures(rest, number, body, seed), held).mean()
        for number in numbers
    ]
    return numbers[int(np.argmax(scores))]
