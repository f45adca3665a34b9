"""Laws of matches: everybody is where his track is, in the way he began."""

import functools

import numpy as np
import pytest

import lmmjax
from kinematics import limits, rotations
from kinematics.bodies import segments
from kinematics.motion import positions
from lmmjax import pretrained
from lmmjax.evaluation import metrics
from lmmjax.generation import match
from lmmjax.generation.match import Player
from tests.lmmjax import tiny

FPS, FRAMES = tiny.FPS, 45
OPTIONS = {"commit": 5, "steps": 4, "churn": 0.0, "temperature": 0.5, "inertia": 0.5}


@functools.cache
def model():
    """A trained one, of the same rate: what an untrained one draws is no way to go."""
    return lmmjax.load_pretrained("human-mocap")


def ways():
    """Places [3, FRAMES, 2]: straight, in a curve, and nearly still."""
    time = np.arange(FRAMES) / FPS
    straight = np.stack([1.2 * time, 0 * time], axis=-1)
    curve = [5, 3] + 1.5 * np.stack([np.cos(time), np.sin(time)], axis=-1)
    still = np.tile([-3.0, 2.0], (FRAMES, 1))
    return np.stack([straight, curve, still])


def prompts():
    """Somebody who stands, and somebody who walks."""
    own = pretrained.prompts("human-mocap")
    return {name: own[name] for name in ("stand", "walk")}


@functools.cache
def played(seed=0):
    players = [Player(f"p{n}", way) for n, way in enumerate(ways())]
    return match.play(model(), players, prompts(), seed, **OPTIONS)


def test_roots_stay_within_15_cm_of_their_tracks():
    for motion, way in zip(played(), ways(), strict=True):
        place = np.asarray(motion.root_position)[:, :2]
        assert np.linalg.norm(place - way, axis=-1).max() < 0.15


def test_everybody_is_there_in_every_frame_of_his_track_and_within_limits():
    assert [motion.name for motion in played()] == ["p0", "p1", "p2"]
    for motion in played():
        assert (len(motion), motion.fps) == (FRAMES, FPS)
        assert np.max(limits.excess(model().body, motion.joints)) == 0


def test_who_goes_faces_where_he_goes():
    straight, curve, _ = played()
    ahead = np.arange(FRAMES) / FPS + np.pi / 2
    for motion, way in ((straight, 0 * ahead), (curve, ahead)):
        off = np.asarray(rotations.heading(motion.root_rotation)) - way
        off = np.abs(np.arctan2(np.sin(off), np.cos(off)))
        assert np.median(off) < 0.3


def test_who_is_fast_is_told_to_run_and_who_is_slow_to_walk():
    speeds = np.array([0.1, 1.2, 3.0])
    led = speeds[:, None, None] * np.arange(40)[:, None] / FPS * [0.6, 0.8]
    told = match._gaits(model(), led, 2.0)
    assert told.scale == 2.0
    said = np.asarray(told.said)
    labels = model().config.labels
    assert said.shape == (3, 39, len(labels))
    assert not said[0].any()
    for n, label in ((1, "walk"), (2, "run")):
        only = np.eye(len(labels))[labels.index(label)]
        np.testing.assert_array_equal(said[n], np.tile(only, (39, 1)))
    assert match._gaits(model(), led, 0.0) is None
    assert match._gaits(tiny.lively_model(), led, 2.0) is None


def test_feet_glide_less_where_gaits_are_told():
    players = [Player(f"p{n}", way) for n, way in enumerate(ways())]
    plain = match.play(model(), players, prompts(), 0, feet=False, heed=0.0, **OPTIONS)

    def gliding(motions):
        places = np.stack([positions(motion) for motion in motions])
        toes = list(segments.toe_joints(model().body))
        floor = places[..., toes, 2].min()
        skate = metrics.foot_skate(places, toes, FPS, floor)
        slide = np.nan_to_num(skate.speed * skate.contacts)
        return slide.sum() / skate.contacts.sum()

    # Of those who go somewhere.
    assert gliding(played()[:2]) < 0.75 * gliding(plain[:2])


def test_before_their_tracks_people_come_straight_at_their_first_velocity():
    led, velocity, lead = match._led(ways(), FPS)
    assert lead == round(match.LEAD * FPS)
    np.testing.assert_array_equal(led[:, lead : lead + FRAMES], ways())
    np.testing.assert_allclose(velocity[0], [1.2, 0], atol=1e-6)
    np.testing.assert_array_equal(velocity[2], [0, 0])
    steps = np.diff(led[0, : lead + 2], axis=0)
    np.testing.assert_allclose(steps, np.tile([1.2 / FPS, 0], (lead + 1, 1)), atol=1e-6)


def test_everybody_begins_with_the_prompt_nearest_to_his_speed():
    led, velocity, _ = match._led(ways(), FPS)
    past, _ = match._starts(model(), led[:, 0], velocity, ways(), prompts())
    place = np.asarray(past.root_position)
    np.testing.assert_allclose(place[:, -1, :2], led[:, 0], atol=1e-5)
    gone = np.linalg.norm(place[:, -1, :2] - place[:, 0, :2], axis=-1)
    assert (gone[:2] > 0.5).all()
    assert gone[2] < 0.1


@pytest.mark.parametrize(
    ("players", "told"),
    [
        ([], "needs players"),
        ([Player("a", np.zeros((9, 3)))], r"\[F, 2\]"),
        ([Player("a", np.zeros((1, 2)))], "F >= 2"),
        ([Player("a", np.zeros((9, 2))), Player("b", np.zeros((8, 2)))], "of all"),
        ([Player("a", np.full((9, 2), np.nan))], "finite"),
    ],
)
def test_what_is_no_match_is_said(players, told):
    with pytest.raises(ValueError, match=told):
        match.play(model(), players, prompts(), **OPTIONS)
