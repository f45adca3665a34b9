"""What befalls a running stream: blows, and sensors that tell nothing for a while.

    blow = perturb.push(velocity, frame)
    poses, state = perturb.sample(stream, state, key, 75, blow)

A blow moves the body beside what the model does: for `BLOW_SECONDS` the poses that are
handed out are carried along, ever more slowly. The stream reads them as they became and
goes on from there, so that what follows is the model's own way back. Joints stay within
their limits whatever befalls them.

    poses, state = perturb.follow(stream, state, key, observed, known)

follows a real movement of which only some is known, and fills in what the model
expects; `hold` fills in what was known last.
"""

import dataclasses
import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses, Skeleton, limits, rotations
from kinematics.skeleton import DOFS, coordinate_joints, coordinate_table
from lmmjax.generation.guidance.guide import Guide
from lmmjax.generation.guidance.posterior import Ahead
from lmmjax.generation.stream import Plan, Stream, StreamState, rolled_out
from lmmjax.model import poses as poses_of

Array = jax.Array

BLOW_SECONDS = 0.15
# Metres and radians that observed poses are not sure of.
_TOLERANCE = 0.01


class Blow(NamedTuple):
    """M blows against each of B streams, which add up; None is no change.

    Attributes:
      frame: [B, M] the last pose before each, in the count of `StreamState.frame`; of
        one that never comes, beyond all poses.
      shift: [B, M, 3] how far each moves the root in all, world, metres.
      turn: [B, M, 3] how far it turns the body about its root in all: rotation vector,
        world, radians.
      joints: [B, M, D] change of the unconstrained joint coordinates in all, radians.
    """

    frame: Array | np.ndarray
    shift: Array | np.ndarray | None = None
    turn: Array | np.ndarray | None = None
    joints: Array | np.ndarray | None = None


def push(velocity: Array | np.ndarray, frame: Array | np.ndarray) -> Blow:
    """An impulse on the root: velocity is added at once and decays linearly to 0.

    Args:
      velocity: [B, M, 2] what is added at first, world, m/s.
      frame: [B, M] the last pose before.
    """
    far = jnp.asarray(velocity) * (BLOW_SECONDS / 2)
    return Blow(frame, shift=jnp.pad(far, ((0, 0), (0, 0), (0, 1))))


def tilt(turn: Array | np.ndarray, frame: Array | np.ndarray) -> Blow:
    """The body is turned about its root, as if it had slipped or been pulled.

    Args:
      turn: [B, M, 3] rotation vector, world, radians.
      frame: [B, M] the last pose before.
    """
    return Blow(frame, turn=turn)


def knock(
    body: Skeleton, joint: str, change: Array | np.ndarray, frame: Array | np.ndarray
) -> Blow:
    """A joint is knocked, as far as its limits let it go.

    Args:
      body: the body.
      joint: name of the joint.
      change: [B, M, d] change of its d unconstrained coordinates, radians.
      frame: [B, M] the last pose before.

    Raises:
      ValueError: the body has no such joint, or it does not have d coordinates.
    """
    if joint not in body.names:
        raise ValueError(f"no joint {joint!r}; there are {', '.join(body.names)}")
    number = body.names.index(joint)
    count = DOFS[body.kinds[number]]
    change = jnp.asarray(change)
    if not count or change.shape[-1] != count:
        raise ValueError(
            f"joint {joint} has {count} coordinates to knock; got {change.shape[-1]}"
        )
    at = coordinate_table(body.kinds)[number, :count]
    joints = jnp.zeros((*change.shape[:-1], body.num_coordinates))
    return Blow(frame, joints=joints.at[..., at].set(change))


def struck(
    body: Skeleton,
    blow: Blow,
    poses: Poses,
    since: Array | np.ndarray,
    ahead: Array | np.ndarray,
    fps: float,
) -> Poses:
    """Poses carried along by what blows do from one frame on.

    Where they do nothing meanwhile, poses are the same to the last bit.

    Args:
      body: the body.
      blow: M blows against each of B bodies.
      poses: [B, T] as they would be without what happens after ``since``.
      since: [B] frame from which on blows count.
      ahead: [T] how many frames later each pose is.
      fps: frames per second.
    """
    time = jnp.asarray(since[:, None] - blow.frame)[:, None] / fps
    done = _done(time + jnp.asarray(ahead)[:, None] / fps) - _done(time)

    def total(change):
        return jnp.sum(done[..., None] * jnp.asarray(change)[:, None], axis=2)

    position, rotation, joints = poses
    if blow.shift is not None:
        position = position + total(blow.shift)
    if blow.turn is not None:
        turn = total(blow.turn)
        turned = rotations.quaternion_multiply(rotations.quaternion_exp(turn), rotation)
        rotation = jnp.where(jnp.any(turn != 0, -1, keepdims=True), turned, rotation)
    if blow.joints is not None:
        change = total(blow.joints)
        knocked = limits.apply(body, limits.invert(body, joints) + change)
        joints = jnp.where(jnp.any(change != 0, -1, keepdims=True), knocked, joints)
    return Poses(position, rotation, joints)


def _done(seconds: Array) -> Array:
    """Share of what a blow does that it has done so long after it began."""
    part = jnp.clip(seconds / BLOW_SECONDS, 0, 1)
    return part * (2 - part)


@jax.jit
def step(
    stream: Stream, state: StreamState, key: jax.Array, blow: Blow
) -> tuple[Poses, StreamState]:
    """`Stream.step` of streams that may be struck: [B, commit], and the state after.

    The stream learns of a blow only by reading the poses that it led to. What it had
    planned is carried along.
    """
    _, after = stream.step(state, key)
    return carried(stream, state, after, blow)


def carried(
    stream: Stream, before: StreamState, after: StreamState, blow: Blow
) -> tuple[Poses, StreamState]:
    """What a step becomes of a stream that may be struck meanwhile; see `step`.

    Args:
      stream: whose step it was.
      before: its state before.
      after: its state after, as if nothing had happened.
      blow: what happened.
    """
    model = stream.model
    ahead = jnp.minimum(jnp.arange(1, 1 + model.config.horizon), stream.commit)
    plan = struck(model.body, blow, after.plan.poses, before.frame, ahead, model.fps)
    poses = plan.at(slice(None), slice(stream.commit))
    after = stream.observe(before, poses)
    return poses, after._replace(plan=Plan(plan, jnp.ones(len(before.frame))))


def sample(
    stream: Stream, state: StreamState, key: jax.Array, frames: int, blow: Blow
) -> tuple[Poses, StreamState]:
    """`Stream.sample` of streams that may be struck: [B, frames] in one scan."""
    return _sample(stream, state, key, frames, blow)


def filled(body: Skeleton, observed: Poses, known: Array, expected: Poses) -> Poses:
    """Poses of which what is not known is taken from others.

    Args:
      body: the body.
      observed: [...] poses; what is not known of them may be NaN.
      known: [..., J] which joints' coordinates are known; for the root, its place and
        rotation.
      expected: [...] what stands in for the rest.

    Returns:
      Poses [...], within the limits where anything was filled in, and elsewhere as
      observed.
    """
    known = jnp.asarray(known)
    told = known[..., coordinate_joints(body.kinds)]
    joints = jnp.where(told, observed.joints, expected.joints)
    # Coordinates of a joint are known together, but limits may depend on other joints.
    within = limits.apply(body, limits.invert(body, joints))
    root = known[..., :1]
    return Poses(
        jnp.where(root, observed.root_position, expected.root_position),
        jnp.where(root, observed.root_rotation, expected.root_rotation),
        jnp.where(jnp.all(told, axis=-1, keepdims=True), joints, within),
    )


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["observed", "known"],
    meta_fields=["poses"],
)
@dataclasses.dataclass(frozen=True)
class _Seen:
    """The next pose [B, 1] is as observed, where it is known: a wish.

    So that what is not known is expected in the light of what is.
    """

    observed: Poses
    known: Array
    poses: int = 1

    def residuals(self, ahead: Ahead) -> Array:
        """[B, 1, C]; see `Wish`."""
        body = ahead.body
        far = poses_of.difference(body, self.observed, ahead.poses)
        owner = [0] * poses_of.ROOT_CHANNELS + list(coordinate_joints(body.kinds))
        return jnp.where(self.known[..., owner], far / _TOLERANCE, 0.0)


@jax.jit
def follow(
    stream: Stream, state: StreamState, key: jax.Array, observed: Poses, known: Array
) -> tuple[Poses, StreamState]:
    """Read poses of which only some is known, and expect the rest pose by pose.

    What is known of a pose is an observation of it, as wishes are: the rest is expected
    in its light. Frames that were dropped are those of which nothing is known.

    Args:
      stream: how the next pose is drawn.
      state: of B streams.
      key: of the noise.
      observed: poses [B, T]; what is not known of them may be NaN.
      known: [B, T, J], see `filled`.

    Returns:
      The poses [B, T] that were read, and the state after them.
    """
    one, model = dataclasses.replace(stream, commit=1), stream.model
    wishes = () if stream.guide is None else stream.guide.wishes
    basis = (stream.guide or Guide.to(model)).basis
    # The plan counts from the poses of a whole step.
    state = state._replace(plan=state.plan._replace(known=0 * state.plan.known))

    def body(state, now):
        key, pose, known = now
        pose, known = jax.tree.map(lambda x: x[:, None], (pose, known))
        told = filled(model.body, pose, known, state.last.at(slice(None), None))
        guide = Guide((*wishes, _Seen(told, known)), basis)
        expected, _ = dataclasses.replace(one, guide=guide).step(state, key)
        read = filled(model.body, pose, known, expected)
        return one.observe(state, read), read.at(slice(None), 0)

    keys = jax.random.split(key, known.shape[1])
    now = (keys, *_swapped((observed, known)))
    state, read = jax.lax.scan(body, state, now)
    return _swapped(read), state


@jax.jit
def hold(body: Skeleton, last: Poses, observed: Poses, known: Array) -> Poses:
    """Poses [B, T] of which what is not known stays as it was last.

    Args:
      body: the body.
      last: [B] the poses before.
      observed: poses [B, T]; what is not known of them may be NaN.
      known: [B, T, J], see `filled`.
    """

    def step(before, now):
        pose, known = now
        read = filled(body, pose, known, before)
        return read, read

    _, poses = jax.lax.scan(step, last, _swapped((observed, known)))
    return _swapped(poses)


def _swapped(tree):
    """Arrays [B, T, ...] as [T, B, ...], and back."""
    return jax.tree.map(lambda x: jnp.swapaxes(x, 0, 1), tree)


@functools.partial(jax.jit, static_argnames="frames")
def _sample(
    stream: Stream, state: StreamState, key: jax.Array, frames: int, blow: Blow
) -> tuple[Poses, StreamState]:
    return rolled_out(
        lambda state, key: step(stream, state, key, blow), state, key, frames
    )
