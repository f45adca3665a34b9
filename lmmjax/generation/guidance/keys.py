"""Key poses: a body is in a given posture, at a given place and time."""

import numpy as np

from kinematics import Poses, Skeleton, forward
from kinematics.bodies.segments import segments
from lmmjax.generation.guidance.schedule import Array
from lmmjax.generation.guidance.tracks import Track, minimum_jerk
from lmmjax.model.movement import MovementModel

# Metres that joints miss a key pose by, and that the root leaves the way to it by.
AT_KEY, ON_THE_WAY = 0.01, 0.1


def keyframe(
    model: MovementModel, past: Poses, key: Poses, seconds: float
) -> tuple[Track, Track]:
    """Joints are where those of a key pose are, in so many seconds.

    Beyond the model's horizon only the way of the root is wished, with the least jerk
    from how it moves now to how it moves in the key pose; the posture comes of itself.
    Wishes for several keys compose: those for a later one begin where ``past`` is the
    earlier one.

    Args:
      model: the model; offsets of its body broadcast with [B, T].
      past: newest poses [B, T] with T >= 2.
      key: poses [B, 2], the one before the key pose and the key pose: how it is to
        move there.
      seconds: from the newest pose until then.

    Returns:
      Two wishes: of the key pose, and of the way to it.

    Raises:
      ValueError: time is too short.
    """
    frames = round(seconds * model.fps)
    if frames < 1:
        raise ValueError(f"seconds must be a frame or more; got {seconds:g}")
    place = np.asarray(past.root_position, float)[:, -2:]
    goal = np.asarray(key.root_position, float)[:, -2:]
    here, there = (np.diff(x, axis=1)[:, 0] * model.fps for x in (place, goal))
    length = frames / model.fps
    time = np.arange(1, frames + 1) / model.fps
    # A curve to rest, and one that leaves it with the speed of the key pose, reversed.
    begins = minimum_jerk(place[:, 1], here, 0 * here, goal[:, 1], length)
    ends = minimum_jerk(0 * there, -there, 0 * there, 0 * there, length)
    powers = time[:, None] ** np.arange(6)
    back = (length - time)[:, None] ** np.arange(6)
    way = np.einsum("tn,bnx->btx", powers, begins)
    way += np.einsum("tn,bnx->btx", back, ends)
    joints = _telling(model.body)
    places = np.asarray(
        forward.positions(model.body, *key.at(slice(None), slice(-1, None)))
    )
    return (
        Track(
            joints,
            places[:, :, joints].astype(np.float32),
            np.full((1, 1, len(joints), 3), 1 / AT_KEY, np.float32),
            frames,
        ),
        Track(
            np.array([0]),
            way[:, :, None].astype(np.float32),
            np.full((1, frames, 1, 3), 1 / ON_THE_WAY, np.float32),
        ),
    )


def _telling(body: Skeleton) -> Array:
    """Joints whose places tell a posture; of a body that is no human's, all."""
    try:
        found = segments(body)
    except ValueError:
        return np.arange(body.num_joints)
    first = [s.joints[0] for s in found if s.name != "thigh"]
    last = [s.joints[-1] for s in found if s.name in ("trunk", "head", "foot", "hand")]
    return np.array(sorted({*first, *last}))
