"""The descent: poses of least cost, each by itself or bound together in time.

Each step linearises the keypoints and solves for a turn of every joint, damped after
Levenberg and Marquardt. Poses by themselves are solved exactly on the tree, see
`articulated`. Bound together, by the accelerations of keypoints or by a prior that
couples joints, they are solved by conjugate gradients with that solution as the
preconditioner, low-passed in time: were a clip's poses all alike, it would be exact.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import rotations
from kinematics.inverse import articulated, energy, geometry
from kinematics.inverse.rig import Rig
from kinematics.motion import Poses
from kinematics.skeleton import Skeleton, coordinate_table

Array = jax.Array

# Damping relative to a joint's own block: at the start, and its range.
_START = 1e-3
_LOWEST = 1e-7
_HIGHEST = 1e6
# Frames on either side that a bound frame's step is judged with.
_NEIGHBOURS = 8
# Cost per rad^2 and m^2 of a step, relative to the weight of all keypoints: holds what
# none of them shows. The least it may be.
_FLOOR, _LEAST = 5e-5, 1e-6


class Prior(Protocol):
    """What is known of poses before any is seen."""

    def residual(self, q: Array) -> Array:
        """Whitened residuals [..., R] of joint coordinates [..., D].

        Half their sum of squares is minus the log probability, up to a constant.
        """


class PosePrior(Protocol):
    """The same where it is also known how the root stands."""

    def pose_residual(self, pose: Poses) -> Array:
        """Whitened residuals [..., R] of poses [...], as of `Prior.residual`."""


class Problem(NamedTuple):
    """N poses to find.

    Attributes:
      skeleton: the body.
      places: [K, 3] of keypoints on their joints.
      observed: what is known of the keypoints.
      stiffness: [K, N] weight of (x[t-1] - 2 x[t] + x[t+1])^2, 1/m^2, at t.
      prior: a `Prior` or `PosePrior` that is a pytree, or None.
    """

    skeleton: Skeleton
    places: Array
    observed: energy.Observations
    stiffness: Array
    prior: Prior | PosePrior | None = None


class Step(NamedTuple):
    """A change of the pose: of the root [6, N] and of coordinates [B, 3, N]."""

    root: Array
    joints: Array


@functools.partial(jax.jit, static_argnames=("rig", "loss"))
def descend(
    rig: Rig,
    loss: str,
    problem: Problem,
    pose: Poses,
    steps: int,
    inner: int,
) -> tuple[Poses, Array]:
    """Poses [N] of lower cost, and that cost [N].

    Args:
      rig: bodies and keypoints.
      loss: one of `energy.LOSSES`.
      problem: what is sought.
      pose: [N] where to start, inside the limits.
      steps: steps to try.
      inner: steps of conjugate gradients in each; 0 takes poses by themselves.
    """
    together = jnp.asarray(inner > 0)
    stiffness = jnp.where(together, problem.stiffness, 0.0)[:, None]
    problem = problem._replace(stiffness=stiffness)

    def body(_, carry):
        pose, damping, _ = carry
        step, cost = _step(rig, loss, problem, pose, damping, inner)
        trial = geometry.move(rig, problem.skeleton, pose, step.root, step.joints)
        x = geometry.points(problem.skeleton, rig, problem.places, trial)
        near = energy.local(problem.observed, loss, x)
        found = near.cost + _binding(problem, trial, x)
        better = jnp.where(together, _around(found) < _around(cost), found < cost)
        pose = jax.tree.map(
            lambda new, old: jnp.where(better[:, None], new, old), trial, pose
        )
        damping = damping * jnp.where(better, 0.2, 8.0)
        damping = jnp.clip(damping, _LOWEST, _HIGHEST)
        return pose, damping, jnp.where(better, found, cost)

    zero = jnp.zeros(pose.joints.shape[0])
    carry = (pose, jnp.full_like(zero, _START), zero)
    pose, _, cost = jax.lax.fori_loop(0, steps, body, carry)
    return pose, cost


def _around(cost: Array) -> Array:
    """Cost [N] of each frame and its neighbours, who step together or not at all.

    By the whole clip, one bad frame would keep all others from their step.
    """
    return jnp.convolve(cost, jnp.ones(2 * _NEIGHBOURS + 1), mode="same")


def _binding(problem, pose, x):
    """Cost [N] of accelerations and of the prior."""
    cost = 0.5 * (problem.stiffness * _second(x) ** 2).sum((0, 1))
    if problem.prior is not None:
        cost += 0.5 * (_known(problem.prior, pose) ** 2).sum(-1)
    return cost


def _known(prior: Prior | PosePrior, pose: Poses) -> Array:
    """Residuals [N, R] of either kind of prior."""
    if hasattr(prior, "pose_residual"):
        return prior.pose_residual(pose)
    return prior.residual(jnp.asarray(pose.joints))


def _second(x: Array) -> Array:
    """Second differences of [..., N] in time, 0 at both ends."""
    inner = x[..., 2:] - 2 * x[..., 1:-1] + x[..., :-2]
    return jnp.pad(inner, [(0, 0)] * (x.ndim - 1) + [(1, 1)])[..., : x.shape[-1]]


def _second_transposed(y: Array) -> Array:
    inner = y[..., 1:-1]
    wide = [(0, 0)] * (y.ndim - 1)
    return (
        jnp.pad(inner, [*wide, (2, 0)])
        - 2 * jnp.pad(inner, [*wide, (1, 1)])
        + jnp.pad(inner, [*wide, (0, 2)])
    )[..., : y.shape[-1]]


def _step(rig, loss, problem, pose, damping, inner) -> tuple[Step, Array]:
    """The damped step of Gauss and Newton, and the cost [N] where it starts."""
    at = geometry.geometry(problem.skeleton, rig, problem.places, pose)
    near = energy.local(problem.observed, loss, at.points)
    stiffness = problem.stiffness
    force = near.force - _second_transposed(stiffness * _second(at.points))
    pull, stiff, curve = _prior(rig, problem, pose)

    def gather(force: Array) -> Step:
        wrench = geometry.wrenches(rig, at, force)
        return Step(*articulated.forces(rig.parents, at.columns, wrench))

    target = gather(force)
    target = Step(target.root + pull.root, target.joints + pull.joints)
    guard = geometry.guard(problem.skeleton, rig, pose.joints, target.joints)
    floor = floor_of(near.precision)
    factor = articulated.factorise(
        rig.parents,
        at.columns,
        geometry.inertias(rig, at, _lifted(near.precision, stiffness[:, 0])),
        damping,
        diagonal(floor + stiff.joints) + guard,
        floor + stiff.root,
    )

    def operator(step: Step) -> Step:
        moved = geometry.point_velocities(rig, at, *step)
        bent = _second_transposed(stiffness * _second(moved))
        back = gather(articulated.contract(near.precision, moved) + bent)
        joints = articulated.contract(factor.armature, step.joints)
        held = curve(step)
        joints = joints - stiff.joints * step.joints + held.joints
        root = (factor.root_armature - stiff.root) * step.root + held.root
        return Step(back.root + root, back.joints + joints)

    gain = _gain(rig, near.precision, stiffness[:, 0])

    def precondition(step: Step) -> Step:
        def low_pass(step):
            return jax.lax.cond(
                inner > 0, lambda x: _filter(gain, x), lambda x: x, step
            )

        return low_pass(Step(*articulated.solve(rig.parents, factor, *low_pass(step))))

    # Poses by themselves are exact after one step.
    step = conjugate_gradients(operator, precondition, target, jnp.maximum(inner, 1))
    return step, near.cost + _binding(problem, pose, at.points)


def diagonal(x: Array) -> Array:
    """Diagonal blocks [B, 3, 3, N] of [B, 3, N] or of [N]."""
    spread = x[:, None] if x.ndim > 1 else x
    return jnp.eye(3, dtype=x.dtype)[..., None] * spread


def floor_of(precision: Array) -> Array:
    """Least damping [N] for keypoints of precision [K, 3, 3, N]."""
    weight = jnp.einsum("kiin->n", precision)
    return _FLOOR * weight + _LEAST


def _prior(rig, problem, pose):
    """Force of the prior, its diagonal ([6, 1] and [B, 3, 1]), and its curvature."""
    bodies, count = len(rig.joints), problem.skeleton.num_coordinates
    frames = pose.joints.shape[0]
    if problem.prior is None:
        nothing = Step(jnp.zeros((6, frames)), jnp.zeros((bodies, 3, frames)))
        zeros = functools.partial(jax.tree.map, jnp.zeros_like)
        return nothing, Step(jnp.zeros((6, 1)), jnp.zeros((bodies, 3, 1))), zeros
    table = coordinate_table(problem.skeleton.kinds)[list(rig.joints)]
    body, axis = np.nonzero(table < count)

    def residual(root, q):
        place = pose.root_position + root[:, 3:]
        turn = rotations.quaternion_exp(root[:, :3])
        turned = rotations.quaternion_multiply(turn, pose.root_rotation)
        return _known(problem.prior, Poses(place, turned, q))

    still = jnp.zeros((frames, 6))
    value, push = jax.linearize(residual, still, pose.joints)
    pull = jax.linear_transpose(push, still, pose.joints)

    def to_step(root, q):
        return Step(root.T, geometry.coordinates(rig, problem.skeleton, q))

    def curve(step):
        q = (
            jnp.zeros_like(pose.joints)
            .at[:, table[body, axis]]
            .set(step[1][body, axis].T)
        )
        return to_step(*pull(push(step.root.T, q)))

    center = (problem.skeleton.lower + problem.skeleton.upper) / 2

    def at_rest(root, q):
        turn = rotations.quaternion_exp(root[:3])
        return _known(problem.prior, Poses(root[3:], turn, q))

    upright = jnp.zeros(6), jnp.asarray(center, jnp.float32)
    slopes = jax.jacfwd(at_rest, (0, 1))(*upright)
    root, joints = ((slope**2).sum(0) for slope in slopes)
    stiff = Step(root[:, None], jnp.append(joints, 0.0)[table][..., None])
    force = jax.tree.map(jnp.negative, to_step(*pull(value)))
    return force, stiff, curve


def _usual(precision: Array, stiffness: Array) -> Array:
    """Mean weight [K] of keypoints over the frames that are bound in time."""
    bound = (stiffness > 0).any(0)
    share = bound / jnp.maximum(bound.sum(), 1)
    return jnp.einsum("kiin,n->k", precision, share) / 3


def _lifted(precision: Array, stiffness: Array) -> Array:
    """Precisions [K, 3, 3, N], no less than usual where frames are bound in time.

    What is missing is known from its neighbours then. A preconditioner that did not
    know would give all its steps to the frames where nothing is seen.
    """
    now = jnp.einsum("kiin->kn", precision) / 3
    lack = jnp.maximum(_usual(precision, stiffness)[:, None] - now, 0.0)
    return precision + energy.isotropic(lack)


def _gain(rig, precision, stiffness) -> Array:
    """Square root [B, 1, N + 1] of a filter that inverts what binds poses in time.

    Of white observations of weight m and second differences of weight w, the mean
    keeps m / (m + w (2 - 2 cos f)^2) of a wave of frequency f.
    """
    count = precision.shape[-1]
    hangs = articulated.descent(rig.parents).T
    m = geometry.body_sums(rig, _usual(precision, stiffness))
    w = geometry.body_sums(rig, stiffness.max(1))
    # What a joint moves is all that hangs on it.
    ratio = (hangs @ w) / jnp.maximum(hangs @ m, 1e-12)
    wave = jnp.asarray((2 - 2 * np.cos(np.pi * np.arange(count + 1) / count)) ** 2)
    return jax.lax.rsqrt(1 + ratio[:, None, None] * wave.astype(jnp.float32))


def _filter(gain: Array, step: Step) -> Step:
    """Low-pass coordinates in time, reflected at both ends of the clip."""

    def smooth(x, gain):
        both = jnp.concatenate([x, x[..., ::-1]], axis=-1)
        waves = jnp.fft.rfft(both) * gain
        return jnp.fft.irfft(waves, both.shape[-1])[..., : x.shape[-1]]

    return Step(smooth(step.root, gain[0]), smooth(step.joints, gain))


def conjugate_gradients(
    operator: Callable,
    precondition: Callable,
    target,
    steps: int | Array,
    tolerance: float = 1e-3,
):
    """Solve ``operator(x) = target``, a symmetric positive definite system.

    Hestenes and Stiefel (1952). Ends when the preconditioned residual has fallen by
    ``tolerance``, or after ``steps``.
    """

    def dot(a, b):
        pairs = zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
        return jnp.stack([jnp.vdot(x, y) for x, y in pairs]).sum()

    def add(a, scale, b):
        return jax.tree.map(lambda x, y: x + scale * y, a, b)

    def body(carry):
        k, x, r, p, before, _ = carry
        z = precondition(r)
        now = dot(r, z)
        p = add(z, jnp.where(k > 0, now / before, 0.0), p)
        q = operator(p)
        curvature = dot(p, q)
        alpha = jnp.where(
            curvature > 0, now / jnp.where(curvature > 0, curvature, 1), 0
        )
        first = jnp.where(k > 0, carry[5], now)
        return k + 1, add(x, alpha, p), add(r, -alpha, q), p, now, first

    zero = jax.tree.map(jnp.zeros_like, target)
    one = jnp.ones(())
    carry = (jnp.asarray(0), zero, target, zero, one, one)
    return jax.lax.while_loop(
        lambda c: (c[0] < steps) & (c[4] > tolerance**2 * c[5]), body, carry
    )[1]
