"""Moments of the training clips, and which of them are most like another one.

Moments are compared as in motion matching (Clavet 2016, "Motion Matching and The Road
to Next-Gen Animation"): by where the joints are and how fast they move, wherever on the
floor and whichever way somebody faces.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Motion, Poses, Skeleton, rotations
from lmmjax.model import poses
from lmmjax.training import contact

Array = jax.Array

# Metres per second that count as much as a metre.
_SPEED = 5.0
# How much more feet count than other joints: who is led on with other feet slides.
_FEET = 3.0
# Seconds over which it is told how much an action looks like itself alone.
_STRETCH = 1.0
# An action is asked for by moments at least so many times as far from all other actions
# as those that are farthest: a third of dancing, and all of running.
_TELLING = 0.5
# Moments that are described at once.
_BLOCK = 1024
# Moments that are looked for, and looked at, at once: memory stays bounded.
_SOUGHT, _SEEN = 512, 16384


class Moments:
    """All moments of some clips.

    Attributes:
      poses: of all clips, one after another: [N].
      ahead: poses of its clip that follow every moment, at least.
    """

    def __init__(self, body: Skeleton, clips: Sequence[Motion], ahead: int):
        """Index the frames that have one before them and ``ahead`` after them.

        Args:
          body: skeleton of which the clips' own differ in offsets alone.
          clips: at one rate.
          ahead: how many poses have to follow.

        Raises:
          ValueError: every clip is too short to have a moment.
        """
        self.ahead = ahead
        self.poses = Poses(
            *(
                np.concatenate([np.asarray(x, np.float32) for x in arrays])
                for arrays in zip(*(clip.poses for clip in clips), strict=True)
            )
        )
        counts = np.array([len(clip) for clip in clips])
        starts = np.cumsum(counts) - counts
        # One subject after another, and of each one kind of movement after another.
        order = sorted(range(len(clips)), key=lambda n: _kind(clips[n]))
        frames = [
            np.arange(starts[n] + 1, starts[n] + counts[n] - ahead) for n in order
        ]
        self._frames = np.concatenate(frames)
        if not len(self._frames):
            raise ValueError(
                f"every clip is shorter than the {ahead + 2} frames of a moment and "
                "what follows it"
            )
        self._of: dict[tuple[str, ...], slice] = {}
        # Of all subjects who do the same.
        doing: dict[str, list[np.ndarray]] = {}
        end = 0
        for n, part in zip(order, frames, strict=True):
            begin, end = end, end + len(part)
            kind = _kind(clips[n])
            if len(part):
                doing.setdefault(kind[1], []).append(np.arange(begin, end))
                for key in (kind, kind[:1]):
                    first = self._of[key].start if key in self._of else begin
                    self._of[key] = slice(first, end)
        self._doing = {kind: np.concatenate(rows) for kind, rows in doing.items()}
        offsets = np.stack([np.asarray(c.skeleton.offsets, np.float32) for c in clips])
        owner = np.repeat(np.arange(len(clips)), counts)
        self._size = _size(offsets)[owner]
        seen = []
        for start in range(0, len(self._frames), _BLOCK):
            # The last block is filled up: one program for all.
            at = self._frames.take(np.arange(start, start + _BLOCK), mode="clip")
            before, now = self.poses.at(at - 1), self.poses.at(at)
            found = describe(body, offsets[owner[at]], before, now, clips[0].fps)
            seen.append(np.asarray(found))
        self._seen = np.concatenate(seen)[: len(self._frames)]
        self._stretch = max(1, round(_STRETCH * clips[0].fps))
        self._telling: dict[tuple[str, str], np.ndarray] = {}

    def size_at(self, frame: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """How many times as tall people are as those of some moments.

        Args:
          frame: [...] of moments in ``poses``.
          offsets: [..., J, 3] bones of the people, metres.
        """
        return _size(offsets) / self._size[frame]

    def nearest(
        self, clip: Motion, seen: np.ndarray, action: str = ""
    ) -> tuple[np.ndarray, np.ndarray]:
        """The moments like a clip's that are most like those described.

        They are of the same subject and action, or of the clip alone where its action
        is not known: who began to walk is led on walking, and not to the moments of
        rest to which any movement comes close. Where there are none they are of the
        subject, and else of everybody.

        Args:
          clip: whose kind of moments are looked at.
          seen: [..., F] metres; see `describe`.
          action: what is to be done, in place of what the clip shows: moments are
            of the same subject doing it, or else of anybody, and of these those
            that look like nothing else: among all of them somebody who walks would be
            led on by those who walk up to where they dance.

        Returns:
          The frame of each in ``poses`` [...], and how far it is [...]: root mean
          square over the features, metres.
        """
        own: slice | np.ndarray
        if action:
            own = self._asked(clip.subject, f"action {action}")
        else:
            kind = _kind(clip)
            own = self._of.get(kind, self._of.get(kind[:1], slice(None)))
        frames, ours = self._frames[own], self._seen[own]
        flat = np.asarray(seen).reshape(-1, seen.shape[-1])
        best = _nearest(flat, ours)
        distance = np.sqrt(np.mean(np.square(flat - ours[best]), axis=-1))
        shape = seen.shape[:-1]
        return frames[best].reshape(shape), distance.reshape(shape)

    def _asked(self, subject: str, action: str) -> slice | np.ndarray:
        """Rows of the moments that show what is asked of somebody."""
        if action not in self._doing:
            return slice(None)
        doing = self._doing[action]
        mine = (subject, action) in self._of
        key = (subject if mine else "", action)
        if key not in self._telling:
            # Whatever the person, it is not to look like what is done otherwise.
            other = np.ones(len(self._frames), bool)
            other[doing] = False
            rows = np.arange(len(other))[self._of[key]] if mine else doing
            if other.any():
                among = self._seen[other]
                far = self._seen[rows] - among[_nearest(self._seen[rows], among)]
                apart = np.sqrt(np.mean(np.square(far), axis=-1))
                apart = _smoothed(apart, self._frames[rows], self._stretch)
                rows = rows[apart >= _TELLING * np.percentile(apart, 95)]
            self._telling[key] = rows
        return self._telling[key]


def _smoothed(values: np.ndarray, frames: np.ndarray, width: int) -> np.ndarray:
    """Means [N] of those within half a width, as far as frames follow on each other."""
    parts = []
    for part in np.split(values, np.flatnonzero(np.diff(frames) != 1) + 1):
        total = np.concatenate([[0.0], np.cumsum(part)])
        at = np.arange(len(part))
        first = np.maximum(at - width // 2, 0)
        end = np.minimum(at + width // 2 + 1, len(part))
        parts.append((total[end] - total[first]) / (end - first))
    return np.concatenate(parts)


def _size(offsets: np.ndarray) -> np.ndarray:
    """Length of all bones together [...], metres."""
    return np.linalg.norm(offsets, axis=-1).sum(-1)


def _kind(clip: Motion) -> tuple[str, str]:
    return clip.subject, f"action {clip.action}" if clip.action else clip.name


@jax.jit
def describe(
    body: Skeleton, offsets: Array, before: Poses, now: Poses, fps: float
) -> Array:
    """What moments are compared by: joints and their speeds, in the heading frame.

    Args:
      body: the body.
      offsets: [..., J, 3] metres, in place of the body's.
      before: the poses [...] one frame earlier.
      now: the poses [...].
      fps: frames per second.

    Returns:
      [..., F] metres: places beside the root and above the floor, then speeds in a
      unit in which they count as much; feet count more than other joints.
    """
    body = body.replace(offsets=jnp.asarray(offsets))
    earlier, place = (poses.positions(body, x) for x in (before, now))
    speed = (place - earlier) * fps / _SPEED
    floor = jnp.array([1.0, 1.0, 0.0])
    both = jnp.stack([place - floor * place[..., :1, :], speed], axis=-3)
    facing = rotations.about_z(-rotations.heading(now.root_rotation))
    both = rotations.quaternion_rotate(facing[..., None, None, :], both)
    weight = np.ones(body.num_joints, np.float32)
    weight[contact.feet(body)] = _FEET
    both *= weight[:, None] / np.sqrt(np.mean(np.square(weight)))
    return both.reshape(*both.shape[:-3], -1)


def _nearest(sought: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Rows [Q] of what is seen [M, F] that are nearest to what is sought [Q, F]."""
    best = np.zeros(len(sought), int)
    least = np.full(len(sought), np.inf, np.float32)
    for start in range(0, len(seen), _SEEN):
        some = seen[start : start + _SEEN]
        square = np.sum(some * some, axis=-1)
        for n in range(0, len(sought), _SOUGHT):
            at = slice(n, n + _SOUGHT)
            # The squared distance, but for what is the same for all.
            far = square - 2 * sought[at] @ some.T
            found = np.argmin(far, axis=-1)
            far = np.take_along_axis(far, found[:, None], axis=-1)[:, 0]
            nearer = far < least[at]
            best[at] = np.where(nearer, start + found, best[at])
            least[at] = np.where(nearer, far, least[at])
    return best
