"""Laws of moments: what they are compared by, and that the nearest one is found."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import Poses, bodies, rotations
from kinematics.bodies import segments
from kinematics.motion import positions
from kinematics.skeleton import rest_places
from lmmjax.training import moments
from lmmjax.training.moments import Moments, describe
from tests.lmmjax import tiny

AHEAD = 3
LENGTHS = (20, 25, 30, 6)
SUBJECTS = ("b", "a", "b", "c")


def clip(seed, frames, subject, action="walk"):
    return tiny.motion(seed, frames).replace(subject=subject, action=action)


def like(subject, action="walk"):
    return clip(0, 5, subject, action)


CLIPS = [clip(n, *x) for n, x in enumerate(zip(LENGTHS, SUBJECTS, strict=True))]


@pytest.fixture(scope="module")
def found():
    return Moments(tiny.body(), CLIPS, AHEAD)


def described(motion):
    """Places and speeds [T - 1, F] of a clip, in float64."""
    place = np.float64(positions(motion))
    speed = np.diff(place, axis=0) * motion.fps / 5
    w, _, _, z = np.float64(motion.root_rotation).T
    yaw = 2 * np.arctan2(z, w)[1:]
    place = place[1:] - place[1:, :1] * [1, 1, 0]
    c, s = np.cos(yaw), np.sin(yaw)
    zero, one = np.zeros_like(c), np.ones_like(c)
    turn = np.stack([[c, s, zero], [-s, c, zero], [zero, zero, one]])
    both = np.stack([place, speed], axis=1)
    return np.einsum("ijt,tkaj->tkai", turn, both).reshape(len(yaw), -1)


def seen(motion):
    before, now = motion.poses.at(slice(None, -1)), motion.poses.at(slice(1, None))
    offsets = motion.skeleton.offsets
    return np.asarray(describe(tiny.body(), offsets, before, now, motion.fps))


def test_feet_count_more_and_a_metre_stays_a_metre():
    body = bodies.human()
    pose = Poses(
        np.array([0.0, 0.0, 0.9]),
        np.array([1.0, 0.0, 0.0, 0.0]),
        np.zeros(body.num_coordinates),
    )
    features = describe(body, np.asarray(body.offsets), pose, pose, 30.0)
    places, speeds = np.asarray(features).reshape(2, -1, 3)
    weight = np.linalg.norm(places, axis=-1) / np.linalg.norm(
        rest_places(body) + np.array([0, 0, 0.9]), axis=-1
    )
    left, right = segments.feet(body)
    on_feet = np.isin(np.arange(body.num_joints), (*left, *right))
    np.testing.assert_allclose(weight[on_feet], 3 * weight[0], rtol=1e-4)
    np.testing.assert_allclose(weight[~on_feet], weight[0], rtol=1e-4)
    np.testing.assert_allclose(np.mean(weight**2), 1, rtol=1e-4)
    np.testing.assert_array_equal(speeds, 0)


def test_moments_are_described_by_places_and_speeds():
    motion = CLIPS[1]
    np.testing.assert_allclose(seen(motion), described(motion), atol=2e-5)


def test_place_and_heading_do_not_matter():
    motion = CLIPS[2]
    turn = rotations.about_z(jnp.float32(2.0))
    moved = motion.replace(
        root_position=rotations.quaternion_rotate(turn, motion.root_position)
        + np.float32([2, -1, 0]),
        root_rotation=rotations.quaternion_multiply(turn, motion.root_rotation),
    )
    np.testing.assert_allclose(seen(moved), seen(motion), atol=2e-5)
    higher = motion.root_position + np.float32([0, 0, 0.1])
    assert (
        np.abs(seen(motion.replace(root_position=higher)) - seen(motion)).max() > 0.09
    )


def test_a_clips_own_frames_are_found_at_no_distance(found):
    first = LENGTHS[0]
    frame, distance = found.nearest(like("a"), seen(CLIPS[1])[:-AHEAD])
    np.testing.assert_array_equal(frame, first + np.arange(1, LENGTHS[1] - AHEAD))
    np.testing.assert_allclose(distance, 0, atol=1e-6)
    for ours, theirs in zip(found.poses.at(frame), CLIPS[1].poses, strict=True):
        np.testing.assert_array_equal(ours, theirs[1:-AHEAD])


@pytest.mark.parametrize("blocks", [(1024, 512, 16384), (16, 7, 9)])
@pytest.mark.parametrize(
    ("subject", "clips"), [("a", [1]), ("b", [0, 2]), ("c", [3]), ("nobody", range(4))]
)
def test_the_nearest_moment_is_that_of_brute_force(monkeypatch, blocks, subject, clips):
    for name, value in zip(("_BLOCK", "_SOUGHT", "_SEEN"), blocks, strict=True):
        monkeypatch.setattr(moments, name, value)
    found = Moments(tiny.body(), CLIPS, AHEAD)
    other = tiny.motion(9, 22)
    sought = seen(other).reshape(3, 7, -1)
    frame, distance = found.nearest(like(subject), sought)
    firsts = np.cumsum(LENGTHS) - LENGTHS
    theirs = np.concatenate([described(CLIPS[n])[:-AHEAD] for n in clips])
    frames = np.concatenate(
        [np.arange(firsts[n] + 1, firsts[n] + LENGTHS[n] - AHEAD) for n in clips]
    )
    far = described(other).reshape(3, 7, 1, -1) - theirs
    far = np.sqrt(np.mean(far * far, axis=-1))
    np.testing.assert_array_equal(frame, frames[far.argmin(-1)])
    np.testing.assert_allclose(distance, far.min(-1), atol=2e-5)


def test_who_has_no_moment_is_compared_with_all():
    clips = [*CLIPS, clip(7, AHEAD + 1, "short")]
    found = Moments(tiny.body(), clips, AHEAD)
    sought = seen(CLIPS[0])
    for subject in ("short", "unknown"):
        frame, _ = found.nearest(like(subject), sought)
        assert (frame[:-AHEAD] == 1 + np.arange(len(frame) - AHEAD)).all()
        assert frame.max() < sum(LENGTHS)


def test_moments_are_of_the_same_kind_of_movement():
    kinds = [("a", "walk"), ("a", "run"), ("b", "walk"), ("a", "walk")]
    clips = [clip(n, 20, *kind) for n, kind in enumerate(kinds)]
    alone = [c.replace(action="") for c in clips]
    # Each finds itself, where it is looked for.
    sought = np.concatenate([seen(clip)[:-AHEAD] for clip in clips])

    def clips_of(among, whose):
        frame, _ = Moments(tiny.body(), among, AHEAD).nearest(whose, sought)
        return set(frame // 20)

    assert clips_of(clips, clips[0]) == {0, 3}
    assert clips_of(clips, clips[1]) == {1}
    assert clips_of(clips, like("a", "jump")) == {0, 1, 3}
    # Where actions are not known, a clip is a kind of its own.
    assert clips_of(alone, alone[3]) == {3}


def test_what_is_asked_is_shown_by_what_looks_like_nothing_else():
    """A dance of which the first half is somebody's walk."""
    walk, dance = clip(0, 100, "a", "walk"), clip(1, 100, "b", "dance")
    half = jax.tree.map(
        lambda x, y: np.concatenate([x[:50], y[50:]]), walk.poses, dance.poses
    )
    both = dance.replace(**half._asdict())
    found = Moments(tiny.body(), [walk, both, clip(2, 30, "b", "walk")], AHEAD)
    sought = seen(walk)
    frame, _ = found.nearest(like("a", "walk"), sought, "dance")
    # Not by the frames that are as near as can be, up to half a second from the seam.
    assert frame.min() >= 150 - 15
    # What somebody shows himself is any of it.
    frame, _ = found.nearest(like("b", "dance"), sought)
    assert frame.min() < 150 - 15
    # There may be no other action, and nobody who does what is asked.
    alone = Moments(tiny.body(), [walk], AHEAD)
    for action in ("walk", "swim"):
        frame, _ = alone.nearest(like("a", "walk"), sought, action)
        np.testing.assert_array_equal(frame[:-AHEAD], np.arange(1, 100 - AHEAD))


def test_running_means_stop_at_gaps():
    frames = np.array([3, 4, 5, 9, 10])
    smooth = moments._smoothed(np.array([1.0, 2, 6, 5, 7]), frames, 3)
    np.testing.assert_allclose(smooth, [1.5, 3, 4, 6, 6])


def test_clips_that_are_all_too_short_are_told():
    clips = [clip(0, AHEAD + 1, "a"), clip(1, 1, "b")]
    with pytest.raises(ValueError, match=f"shorter than the {AHEAD + 2} frames"):
        Moments(tiny.body(), clips, AHEAD)
    assert Moments(tiny.body(), [clip(0, AHEAD + 2, "a")], AHEAD).poses.joints.any()


def test_all_that_a_moment_needs_is_in_its_clip(found):
    frame, _ = found.nearest(like("unknown"), seen(tiny.motion(11, 200)))
    ends = np.cumsum(LENGTHS)
    clip_of = np.searchsorted(ends, frame, side="right")
    assert (np.searchsorted(ends, frame - 1, side="right") == clip_of).all()
    assert (np.searchsorted(ends, frame + AHEAD, side="right") == clip_of).all()
