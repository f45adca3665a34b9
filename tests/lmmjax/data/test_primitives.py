import functools
import itertools

import jax
import numpy as np
import pytest

from kinematics import limits
from kinematics.bodies.human import coordinate
from kinematics.motion import in_blocks, positions
from lmmjax.data import primitives
from lmmjax.data.primitives import curves, gait
from lmmjax.data.primitives.samples import ORDER, TRACKS

ACTIONS = tuple(primitives.PRIMITIVES)
SOLE = ("heel", "toes", "toes_end")
excess = jax.jit(limits.excess)


@functools.cache
def clips():
    return tuple(primitives.library(seed=3, clips=27, subjects=9))


@functools.cache
def example(action):
    person = primitives.random_subject(1, 4)
    return primitives.with_contacts(action, 5, person)


def every_motion():
    return [*clips(), *(example(action)[0] for action in ACTIONS)]


def test_library_has_all_actions_people_and_unique_names():
    motions = clips()
    assert len(motions) == 27
    assert {m.action for m in motions} == set(ORDER)
    assert len({m.subject for m in motions}) == 9
    assert len({m.name for m in motions}) == 27
    assert len({float(m.skeleton.offsets[1, 2]) for m in motions}) == 9
    assert all(3.0 < m.duration < 17.0 and m.fps == 30.0 for m in motions)
    # A held-out person is not only seen in one action.
    assert all(
        len({m.action for m in motions if m.subject == name}) >= 2
        for name in {m.subject for m in motions}
    )


def test_equal_seeds_give_equal_motions():
    again = next(iter(primitives.library(seed=3, clips=1, subjects=9)))
    first = clips()[0]
    np.testing.assert_array_equal(first.joints, again.joints)
    np.testing.assert_array_equal(first.root_position, again.root_position)
    np.testing.assert_array_equal(first.root_rotation, again.root_rotation)
    other = primitives.sample("walk", seed=4)
    assert other.joints.shape != first.joints.shape or np.any(
        other.joints != first.joints
    )


def test_everything_is_within_the_limits():
    for motion in every_motion():
        outside = in_blocks(excess, motion.skeleton, motion.joints)
        assert outside.max() == 0.0
        assert np.isfinite(motion.root_position).all()
        norms = np.linalg.norm(motion.root_rotation, axis=-1)
        np.testing.assert_allclose(norms, 1, atol=1e-5)


def test_knees_bend_backward():
    for motion in every_motion():
        for side in ("left", "right"):
            knee = motion.joints[:, coordinate(motion.skeleton, f"{side}_knee_flexion")]
            assert knee.min() > np.deg2rad(2)


def test_nothing_goes_through_the_floor():
    for motion in every_motion():
        where, body = positions(motion), motion.skeleton
        for side in ("left", "right"):
            for name in SOLE:
                lowest = where[:, body.index(f"{side}_{name}"), 2].min()
                assert lowest > -0.01, (motion.name, side, name)


def test_movement_is_smooth():
    for motion in every_motion():
        speed = np.diff(motion.joints, axis=0) * motion.fps
        acceleration = np.diff(speed, axis=0) * motion.fps
        # Knees in running and kicking reach about 20 rad/s.
        assert np.abs(speed).max() < 22, motion.name
        assert np.abs(acceleration).max() < 600, motion.name
        root = np.diff(motion.root_position, axis=0) * motion.fps
        assert np.abs(np.diff(root, axis=0)).max() * motion.fps < 45, motion.name


@pytest.mark.parametrize("action", ACTIONS)
def test_planted_feet_do_not_slide(action):
    motion, contacts = example(action)
    where, body = positions(motion), motion.skeleton
    assert contacts.shape == (len(motion), 4)
    names = ("left_heel", "left_toes", "right_heel", "right_toes")
    for k, name in enumerate(names):
        planted = contacts[1:, k] & contacts[:-1, k]
        path = where[:, body.index(name)]
        slide = np.linalg.norm(np.diff(path[:, :2], axis=0), axis=1) * motion.fps
        assert slide[planted].max(initial=0) < 0.03
        assert np.abs(path[contacts[:, k], 2]).max(initial=0) < 0.01


@pytest.mark.parametrize("speed", [0.8, 1.3, 1.7])
def test_walking_has_the_speed_asked_for(speed):
    motion = primitives.walk(0, speed=speed, seconds=6.0)
    travelled = np.linalg.norm(motion.root_position[-1] - motion.root_position[0])
    assert travelled / motion.duration == pytest.approx(speed, rel=0.05)


def test_walking_always_has_a_foot_on_the_floor_and_running_does_not():
    assert example("walk")[1].any(axis=1).all()
    running = example("run")[1].any(axis=1)
    assert 0.2 < 1 - running.mean() < 0.6


def test_stance_and_swing_look_like_walking():
    """The knee's angle follows the table that the swing was made from."""
    motion, contacts = primitives.with_contacts("walk", 0, fps=60.0, speed=1.35)
    down = contacts[:, :2].any(axis=1)
    landings = np.flatnonzero(down[1:] & ~down[:-1]) + 1
    knee = motion.joints[:, coordinate(motion.skeleton, "left_knee_flexion")]
    phase = np.arange(50) / 50
    strides = [
        np.interp(a + phase * (b - a), np.arange(len(knee)), knee)
        for a, b in itertools.pairwise(landings)
    ]
    percent, table = np.array(gait.WALK_KNEE, float).T
    expected = np.interp(100 * phase, percent, table, period=100)
    error = np.rad2deg(np.mean(strides, axis=0)) - expected
    assert np.sqrt(np.mean(error**2)) < 12
    # Arms swing against the legs.
    hips = motion.joints[:, coordinate(motion.skeleton, "left_hip_flexion")]
    arm = motion.joints[:, coordinate(motion.skeleton, "left_shoulder_protraction")]
    assert np.corrcoef(hips, arm)[0, 1] < -0.5


def test_a_jump_falls_freely():
    motion, contacts = primitives.with_contacts("jump", 2, fps=120.0, height=0.3)
    air = np.flatnonzero(~contacts.any(axis=1))[2:-2]
    height = motion.root_position[air, 2].astype(float)
    fit = np.polyfit(np.arange(len(air)) / motion.fps, height, 2)
    assert 2 * fit[0] == pytest.approx(-9.81, rel=0.02)
    feet = positions(motion)[air][:, motion.skeleton.index("left_toes"), 2]
    assert feet.max() > 0.2


def test_a_reach_has_a_bell_shaped_speed_and_arrives():
    motion = primitives.reach(1, side="right", height=0.8, direction=0.2, distance=0.8)
    wrist = positions(motion)[:, motion.skeleton.index("right_wrist")]
    speed = np.linalg.norm(np.diff(wrist, axis=0), axis=1) * motion.fps
    going = speed[: np.argmax(speed > 0.98 * speed.max()) * 2]
    assert 0.6 < speed.max() < 3.0
    rising = np.diff(going[: len(going) // 2])
    assert (rising > -0.05).mean() > 0.9
    highest = wrist[:, 2].max()
    assert highest == pytest.approx(0.8 * 1.75, abs=0.05)


def test_a_turn_turns():
    for angle in (1.2, -2.0):
        motion = primitives.turn(0, angle=angle)
        first, last = motion.root_rotation[0], motion.root_rotation[-1]
        yaw = 2 * (np.arctan2(last[3], last[0]) - np.arctan2(first[3], first[0]))
        assert np.cos(yaw - angle) > 0.999


def heights(motion, *names):
    where, body = positions(motion), motion.skeleton
    return np.stack([where[:, body.index(name), 2] for name in names], axis=1)


@pytest.mark.parametrize("seat", [0.25, 0.45])
def test_who_sits_has_the_hips_over_the_seat_and_gets_up_the_same_way(seat):
    down, up = primitives.sit(0, seat=seat), primitives.get_up(0, seat=seat)
    stand = primitives.stand(0).root_position[0, 2]
    hips = 0.05 * 1.75
    assert down.root_position[0, 2] == pytest.approx(stand, abs=0.01)
    assert down.root_position[-1, 2] == pytest.approx(seat + hips, abs=0.005)
    assert up.root_position[0, 2] == pytest.approx(seat + hips, abs=0.005)
    assert up.root_position[-1, 2] == pytest.approx(stand, abs=0.01)
    # The seat is behind the feet, and nobody dips below it on the way.
    assert down.root_position[:, 2].min() > seat + hips - 0.01
    assert down.root_position[0, 0] - down.root_position[-1, 0] > 0.25
    # The trunk is ahead of the hips where they leave the seat, and upright after.
    head = positions(up)[:, up.skeleton.index("head"), 0] - up.root_position[:, 0]
    leaving = np.argmax(up.root_position[:, 2] > seat + hips + 0.05)
    assert head[leaving] > 0.2 > abs(head[-1])


def test_a_seat_too_high_is_one_sentence():
    with pytest.raises(
        ValueError, match=r"seat for someone of 1\.75 m is 0\.21 to 0\.7"
    ):
        primitives.sit(0, seat=1.2)


@pytest.mark.parametrize("side", ["left", "right"])
def test_who_gets_up_kneels_first_and_sets_up_one_foot(side):
    motion, contacts = primitives.with_contacts("get_up", 0, side=side)
    other = {"left": "right", "right": "left"}[side]
    knees = heights(motion, f"{side}_knee", f"{other}_knee")
    assert 0.03 < knees[0].min() <= knees[0].max() < 0.09
    assert knees.min() > 0.03
    # While the other knee is still on the floor this one's foot is flat.
    own = contacts[:, :2] if side == "left" else contacts[:, 2:]
    half = own.all(axis=1) & (knees[:, 1] < 0.1)
    assert half.any()
    assert (knees[half, 0] > 0.35).all()
    # A foot or a toe is on the floor all the time.
    assert contacts.any(axis=1).all()
    assert contacts[-1].all()


def test_a_throw_goes_from_behind_to_the_front_over_the_head():
    motion = primitives.throw(0, side="right", vigour=1.0, fps=60.0)
    where, body = positions(motion), motion.skeleton
    hand = where[:, body.index("right_wrist")] - motion.root_position
    speed = np.diff(hand[:, 0]) * motion.fps
    fastest = speed.argmax()
    assert speed[fastest] > 3.5
    head = where[:, body.index("head"), 2] - motion.root_position[:, 2]
    assert hand[fastest, 2] > head[fastest]
    assert hand[: fastest + 1, 0].min() < -0.1
    assert hand[fastest:, 0].max() > 0.4
    # The foot across from the hand steps ahead.
    step = (
        where[-1, body.index("left_ankle"), 0] - where[0, body.index("left_ankle"), 0]
    )
    assert step > 0.2


def test_what_is_grasped_comes_to_the_chest():
    motion = primitives.grasp(0, side="left", height=0.6)
    where, body = positions(motion), motion.skeleton
    wrist = where[:, body.index("left_wrist")]
    away = np.linalg.norm(wrist[:, :2] - motion.root_position[:, :2], axis=1)
    taken = away.argmax()
    assert wrist[taken, 2] == pytest.approx(0.6 * 1.75, abs=0.04)
    speed = np.linalg.norm(np.diff(wrist, axis=0), axis=1) * motion.fps
    assert speed[taken + 2] < 0.1
    assert wrist[taken + 10 :, 2].max() > 0.66 * 1.75


@pytest.mark.parametrize("fps", [25.0, 60.0])
def test_any_rate(fps):
    slow = primitives.squat(0, fps=fps)
    assert slow.fps == fps
    assert slow.duration == pytest.approx(primitives.squat(0).duration, abs=0.1)


@pytest.mark.parametrize("action", sorted(set(ACTIONS) - {"walk", "run", "sit"}))
def test_parts_of_a_chain_fit_together(action):
    person = primitives.random_subject(2, 1)
    tracks = [
        TRACKS[name](np.random.default_rng(k), person, fps=30.0)
        for k, name in enumerate((action, "stand"))
    ]
    joint = len(tracks[0]) // tracks[0].every
    motion, _ = tracks[0].then(tracks[1]).finish()
    around = motion.joints[joint - 2 : joint + 3]
    assert np.abs(np.diff(around, axis=0)).max() < 0.01
    assert (
        np.abs(np.diff(motion.root_position[joint - 2 : joint + 3], axis=0)).max()
        < 0.01
    )


def test_min_jerk_and_spline():
    s = np.linspace(0, 1, 201)
    speed = np.gradient(curves.min_jerk(s), s)
    assert speed.max() == pytest.approx(1.875, rel=1e-3)
    np.testing.assert_allclose(speed, speed[::-1], atol=1e-9)
    times, values = [0.0, 1.0, 2.5, 4.0], np.array([[0.0], [1.0], [-1.0], [2.0]])
    t = np.linspace(0, 4, 4001)
    line = curves.spline(t, times, values)[:, 0]
    np.testing.assert_allclose(np.interp(times, t, line), values[:, 0], atol=1e-6)
    bend = np.gradient(np.gradient(line, t), t)
    assert np.abs(np.diff(bend[5:-5])).max() < 0.1
