"""The recovery protocol: does a perturbed stream find back to what people do?

Streams go on from moments of held-out clips. The same streams with the same noise,
unperturbed, say what is usual: a frame is plausible where its distance from training
motion (`metrics.plausibility`) is below their 95th percentile, and a movement has
recovered once that lasts for half a second. Those that see all of a gap say it of gaps,
which need other moments, with as much of the clip after them. It succeeds where it has
recovered within two seconds, and its fastest joint after the perturbation was no faster
than that of the truth: the 99.9th percentile over all stretches as long of the clips. A
body that stops is soon plausible, so that how fast people move in the end stands
beside; and so does who keeps below the 99.9th percentile of single joints in single
frames, which few of those who truly run do.

Blows (`RecoveryStudy.strike`) come right after the moment; time counts from the first
pose that they move.

Gaps (`RecoveryStudy.lose`) are spans of the clip in which some joints of each stream,
another choice for each, are not seen, or nothing is. What was filled in is read, and
then the stream goes on by itself; time counts from its first own pose. Success is also
that the estimate was never farther than `BOUND` from the truth, mean over all joints.
"""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np

from kinematics import Motion, Poses, Skeleton, priors
from kinematics.motion import positions
from kinematics.priors import Prior
from kinematics.skeleton import DOFS
from lmmjax.evaluation import metrics
from lmmjax.evaluation.calibration import Interval
from lmmjax.evaluation.metrics.plausibility import HOLD, IN_TIME
from lmmjax.evaluation.starts import Starts, moments
from lmmjax.generation import Stream, StreamState, perturb
from lmmjax.generation.continuation import fit_to_model
from lmmjax.model import poses as poses_of

# Metres that an estimate may be off, mean over joints, in any frame of a gap: a hand's
# breadth.
BOUND = 0.1
# The end of a movement, that its speed is told of.
_END_SECONDS = 1.0
# What answers a perturbation: the stream, or nothing that has learned.
MODEL, STATUE, HOLDING = "model", "statue that coasts", "last value held"


@dataclasses.dataclass(frozen=True)
class RecoveryRow:
    """What became of perturbed streams.

    Attributes:
      method: `MODEL`, `STATUE` or `HOLDING`.
      success: share that recovered in time, without a jump and, after a gap, with
        estimates within `BOUND`.
      slower: share that succeeded and moved no joint faster than
        `RecoveryStudy.joint_limit`.
      strange: share that was not plausible all along.
      seconds: median time to recovery of these, s; inf where it is never, NaN if there
        are none.
      jumped: share with a joint faster than the truth's.
      speed: mean joint speed of the last second over that of the unperturbed streams.
      bounded: share whose estimates stayed within `BOUND`; NaN without a gap.
      error: distance of the estimate from the truth at the end of a gap, mean over
        joints, metres: median and 95th percentile of the streams; NaN without one.
    """

    method: str
    success: Interval
    slower: float
    strange: float
    seconds: float
    jumped: float
    speed: Interval
    bounded: float = float("nan")
    error: tuple[float, float] = (float("nan"), float("nan"))


class _Gap(NamedTuple):
    """Gaps of one length.

    Attributes:
      begin: where B of them begin.
      stream: of models on the bones of each.
      state: of the streams there.
      usual: how those go on who see all of it, from its last frame on, with the one
        before.
      threshold: highest plausible distance.
    """

    begin: Starts
    stream: Stream
    state: StreamState
    usual: Poses
    threshold: float


class RecoveryStudy:
    """The protocol for one stream: what is usual of it is measured once."""

    def __init__(
        self,
        stream: Stream,
        clips: Sequence[Motion],
        prior: Prior,
        count: int = 128,
        like: "RecoveryStudy | None" = None,
        seed: int = 0,
    ):
        """Move unperturbed.

        Args:
          stream: how the model moves.
          clips: held-out clips.
          prior: see `lmmjax.evaluation.drift.fit_plausibility`.
          count: B, moments that movement goes on from.
          like: the study of another model, to judge both by what is usual of that.
          seed: of moments, noise and perturbations.

        Raises:
          DataError: no clip is long enough.
        """
        model = stream.model
        self._prior, self._clips, self._fps = prior, clips, model.fps
        self._count, self._seed, self._key = count, seed, jax.random.key(seed)
        # So long that a way back can begin just in time, and last.
        self._frames = int(np.ceil((IN_TIME + HOLD) * model.fps - 1e-6)) + 1
        true = [positions(fit_to_model(model, clip)) for clip in clips if len(clip) > 1]
        speeds = [metrics.joint_speeds(x, model.fps) for x in true]
        self._starts = moments(model, clips, count, seed)
        self._stream = dataclasses.replace(stream, model=self._starts.model)
        self._usual = self._struck(self.push(0.0))
        fastest = [metrics.fastest_joint(x, self._frames) for x in speeds]
        self.speed_limit = metrics.teleport_speed(np.concatenate(fastest))
        self.joint_limit = metrics.teleport_speed(np.concatenate(speeds))
        self.true_slower = np.mean([(x <= self.joint_limit).all() for x in speeds])
        self._like, self._gaps = like, dict[int, _Gap]()
        most = like.threshold if like else self._most(self._stream, self._usual)
        self.threshold: float = most

    def push(self, speed: float) -> perturb.Blow:
        """Pushes over the floor, each another way, by a velocity of so many m/s."""
        return perturb.push(speed * self._ways(2), self._now)

    def tilt(self, angle: float) -> perturb.Blow:
        """Turns of the body about its root, each another way, by so many radians."""
        return perturb.tilt(angle * self._ways(3), self._now)

    def knock(self, joint: str, angle: float) -> perturb.Blow:
        """Knocks of a joint, each another way, by so many unconstrained radians.

        Raises:
          ValueError: see `perturb.knock`.
        """
        body = self._stream.model.body
        count = DOFS[body.kinds[body.names.index(joint)]] if joint in body.names else 0
        return perturb.knock(body, joint, angle * self._ways(count), self._now)

    def strike(self, blow: perturb.Blow, method: str = MODEL) -> RecoveryRow:
        """Strike every stream right after its moment.

        Args:
          blow: M blows against each stream, with frames that count from the moment.
          method: `MODEL`; or `STATUE`, a body that keeps the pose and the velocity over
            the floor that it had, and is struck the same.
        """
        path = self._struck(blow) if method == MODEL else self._coasted(blow)
        ended = np.max(blow.frame) + perturb.BLOW_SECONDS * self._fps
        ended = int(np.ceil(ended - 1e-6))
        found, slow = self._found(self._stream, path, ended, self.threshold)
        return self._row(
            method, self._stream, path, self._usual, self._starts, found, slow
        )

    def lose(
        self, share: float, seconds: float, method: str = MODEL, noise: int = 0
    ) -> RecoveryRow:
        """Lose sight of some joints, others of each stream, for some time.

        Args:
          share: of the joints that can turn, the root left out.
          seconds: for how long.
          method: `MODEL` fills in what the stream expects, `HOLDING` the last values.
          noise: another number for other noise than that of those who see all. Then
            some of these are no longer usual, either: what is lost comes on top.

        Raises:
          DataError: no clip goes on for so long.
        """
        body = self._stream.model.body
        turning = [j for j, k in enumerate(body.kinds) if j and DOFS[k]]
        rng = np.random.default_rng([self._seed, len(turning)])
        known = np.ones((self._count, body.num_joints), bool)
        for row in known:
            row[rng.permutation(turning)[: round(share * len(turning))]] = False
        return self._missed(known, seconds, method, noise)

    def drop(self, seconds: float, method: str = MODEL) -> RecoveryRow:
        """Lose sight of the whole body, the root too; see `lose`."""
        joints = self._stream.model.body.num_joints
        return self._missed(np.zeros((self._count, joints), bool), seconds, method)

    def gap_threshold(self, seconds: float) -> float:
        """What is usual after a gap of so long of which all was seen."""
        return self._gap(seconds).threshold

    def _gap(self, seconds: float) -> "_Gap":
        """Where gaps of so long begin, and how all go on who see them."""
        frames = max(1, round(seconds * self._fps))
        if frames not in self._gaps:
            model = self._stream.model
            begin = moments(model, self._clips, self._count, self._seed, frames)
            stream = dataclasses.replace(self._stream, model=begin.model)
            state = stream.init(begin.past)
            seen = stream.observe(state, begin.future)
            usual = self._goes_on(stream, begin, begin.future, seen, self._key)
            like = self._like
            most = like.gap_threshold(seconds) if like else self._most(stream, usual)
            self._gaps[frames] = _Gap(begin, stream, state, usual, most)
        return self._gaps[frames]

    def _goes_on(
        self,
        stream: Stream,
        begin: Starts,
        gap: Poses,
        after: StreamState,
        key: jax.Array,
    ) -> Poses:
        """From the last frame of a gap on, with the one before it."""
        _, then = jax.random.split(key)
        future, _ = stream.sample(after, then, self._frames)
        whole = _joined(begin.past.at(_EVERY, slice(-1, None)), gap, future)
        return whole.at(_EVERY, slice(gap.joints.shape[1] - 1, None))

    def _missed(
        self, known: np.ndarray, seconds: float, method: str, noise: int = 0
    ) -> RecoveryRow:
        """What becomes of streams that are shown joints [B, J] alone for a while."""
        begin, stream, state, usual, most = self._gap(seconds)
        body, truth = stream.model.body, begin.future
        known = np.repeat(known[:, None], truth.joints.shape[1], axis=1)
        key = jax.random.fold_in(self._key, noise) if noise else self._key
        if method == MODEL:
            first, _ = jax.random.split(key)
            read, after = perturb.follow(stream, state, first, truth, known)
        else:
            read = perturb.hold(body, begin.past.at(_EVERY, -1), truth, known)
            after = stream.observe(state, read)
        path = self._goes_on(stream, begin, read, after, key)
        ours, theirs = (np.asarray(poses_of.positions(body, x)) for x in (read, truth))
        error = np.linalg.norm(ours - theirs, axis=-1).mean(axis=-1)
        bounded = (error <= BOUND).all(axis=-1)
        median, largest = np.percentile(error[:, -1], [50, 95])
        found, slow = self._found(stream, path, 0, most)
        found = found._replace(success=found.success & bounded)
        return dataclasses.replace(
            self._row(method, stream, path, usual, begin, found, slow),
            bounded=float(bounded.mean()),
            error=(float(median), float(largest)),
        )

    def _ways(self, size: int) -> np.ndarray:
        """Random directions [B, 1, size], the same whatever the magnitude."""
        rng = np.random.default_rng([self._seed, size])
        way = rng.normal(size=(self._count, 1, size))
        way /= np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-9)
        return way.astype(np.float32)

    @property
    def _now(self) -> np.ndarray:
        """Frames [B, 1] of blows right after the moment."""
        return np.zeros((self._count, 1), np.float32)

    def _struck(self, blow: perturb.Blow) -> Poses:
        """Poses [B, 2 + N] from the one before the moment on."""
        past, state = self._starts.past, self._stream.init(self._starts.past)
        future, _ = perturb.sample(self._stream, state, self._key, self._frames, blow)
        return _joined(past.at(_EVERY, slice(-2, None)), future)

    def _coasted(self, blow: perturb.Blow) -> Poses:
        """The same of who keeps pose and velocity."""
        model, past = self._stream.model, self._starts.past
        before, last = (past.at(_EVERY, slice(n, n + 1 or None)) for n in (-2, -1))
        ahead = np.arange(1, 1 + self._frames, dtype=np.float32)
        floor = np.array([1.0, 1.0, 0.0], np.float32)
        speed = floor * (last.root_position - before.root_position)
        still = jax.tree.map(lambda x: np.repeat(x, self._frames, axis=1), last)
        moved = still._replace(
            root_position=still.root_position + ahead[:, None] * speed
        )
        since = np.zeros(self._count, np.float32)
        moved = perturb.struck(model.body, blow, moved, since, ahead, model.fps)
        return _joined(before, last, moved)

    def _distances(self, stream: Stream, path: Poses) -> np.ndarray:
        """Plausibility [B, N] of what follows the moment."""
        ends = path.at(_EVERY, slice(1, -1)), path.at(_EVERY, slice(2, None))
        return np.asarray(_distance(self._prior, stream.model.body, *ends))

    def _most(self, stream: Stream, path: Poses) -> float:
        """The highest distance that is usual of unperturbed streams."""
        return metrics.usual(self._distances(stream, path))

    def _found(
        self, stream: Stream, path: Poses, ended: int, most: float
    ) -> tuple[metrics.Recovery, np.ndarray]:
        """Whether streams recovered from what ended so many frames from the moment.

        And which of them [B] moved no joint faster than single ones truly move.
        """
        places = np.asarray(poses_of.positions(stream.model.body, path))
        speeds = metrics.joint_speeds(places[:, 1 + ended :], self._fps)
        distances = self._distances(stream, path)
        found = metrics.recovery(distances, speeds, most, self.speed_limit, self._fps)
        return found, np.asarray((speeds <= self.joint_limit).all(axis=(-2, -1)))

    def _row(
        self,
        method: str,
        stream: Stream,
        path: Poses,
        usual: Poses,
        begin: Starts,
        found: metrics.Recovery,
        slow: np.ndarray,
    ) -> RecoveryRow:
        end = slice(-1 - round(_END_SECONDS * self._fps), None)
        ours, theirs = (
            metrics.joint_speed(
                np.asarray(poses_of.positions(stream.model.body, x.at(_EVERY, end))),
                self._fps,
            ).mean(axis=-1)
            for x in (path, usual)
        )
        strange = found.seconds > 0
        success = found.success.astype(float)
        return RecoveryRow(
            method,
            Interval(
                float(success.mean()), *metrics.bootstrap_interval(success, begin.clip)
            ),
            float((found.success & slow).mean()),
            float(strange.mean()),
            float(np.median(found.seconds[strange])) if strange.any() else float("nan"),
            float(found.teleported.mean()),
            Interval(
                float(ours.sum() / theirs.sum()),
                *metrics.bootstrap_ratio_interval(ours, theirs, begin.clip),
            ),
        )


_EVERY = slice(None)


def _joined(*parts: Poses) -> Poses:
    """Poses [B, T] one after another."""
    return jax.tree.map(
        lambda *x: np.concatenate([np.asarray(y) for y in x], axis=1), *parts
    )


@jax.jit
def _distance(prior: Prior, body: Skeleton, before: Poses, now: Poses) -> jax.Array:
    return priors.distance(prior, body, before, now)
