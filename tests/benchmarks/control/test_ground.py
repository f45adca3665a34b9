"""The benchmark of floors that are not level."""

import dataclasses

import numpy as np

from benchmarks.control import ground
from kinematics import rotations
from kinematics.bodies import segments
from kinematics.motion import positions
from lmmjax import pretrained
from lmmjax.evaluation.starts import moments
from lmmjax.generation import guidance
from lmmjax.model.movement import MovementModel
from tests.lmmjax import tiny

CLIPS = [tiny.motion(n) for n in range(3)]
LEVEL = guidance.slope(0.0)


def walk():
    return pretrained.prompts("human-mocap")["walk"]


def test_people_begin_in_one_place_and_face_along_x():
    starts = moments(tiny.fresh_model(), CLIPS, 5, seed=1)
    past = ground.along_x(starts.past)
    np.testing.assert_allclose(past.root_position[:, -1, :2], 0, atol=1e-6)
    heading = rotations.heading(past.root_rotation[:, -1])
    np.testing.assert_allclose(heading, 0, atol=1e-5)
    steps = [
        np.linalg.norm(np.diff(x.root_position, axis=1), axis=-1)
        for x in (past, starts.past)
    ]
    np.testing.assert_allclose(*steps, atol=1e-5)


def test_who_walks_as_over_a_level_floor_is_exactly_on_it():
    found = ground.walked(walk(), walk(), LEVEL)
    assert len(found.off) > 10
    np.testing.assert_allclose(found.off, 0, atol=1e-6)
    assert not found.fallen


def test_who_sinks_is_so_much_deeper_and_off_and_who_lies_has_fallen():
    place = np.asarray(walk().root_position)
    sunk = walk().replace(root_position=place - np.float32([0, 0, 0.05]))
    found = ground.walked(walk(), sunk, LEVEL)
    np.testing.assert_allclose(found.off, 0.05, atol=1e-5)
    feet = [j for foot in segments.feet(walk().skeleton) for j in foot]
    lowest = float(positions(sunk)[:, feet, 2].min())
    np.testing.assert_allclose(found.depth, -lowest, atol=1e-5)
    assert not found.fallen
    turn = rotations.quaternion_exp(np.float32([0, np.pi / 2, 0]))
    lying = walk().replace(
        root_rotation=np.asarray(
            rotations.quaternion_multiply(walk().root_rotation, turn)
        )
    )
    assert ground.walked(walk(), lying, LEVEL).fallen


@dataclasses.dataclass(frozen=True)
class Canned:
    """A stream that plays a walk, whatever is wished."""

    model: MovementModel
    commit: int = 5
    guide: guidance.Guide | None = None

    def init(self, past):
        return past

    def sample(self, past, key, frames):
        there = np.asarray(walk().root_position)[-1:] - walk().root_position[:1]
        poses = walk().poses
        on = poses._replace(root_position=poses.root_position + there)
        return type(past)(*(np.repeat(x[None, :frames], 2, axis=0) for x in on)), past


def test_rows_tell_of_all_floors_beside_the_level_one():
    model, _ = pretrained.load("human-mocap")
    rows = ground.rows([walk()] * 2, Canned(model), 1.0, 2, seed=0)
    assert {row.count("|") for row in (*ground.HEADER, *rows)} == {10}
    cells = [[x.strip() for x in row.strip("|").split("|")] for row in rows]
    assert [row[0] for row in cells] == list(ground.FLOORS)
    assert abs(float(cells[0][1])) < 0.05
    assert cells[0][6:8] == ["1.00", "1.00"]
    climbed = [float(row[1]) for row in cells]
    assert climbed[1] > 0.05
    assert climbed[2] < -0.05
    assert climbed[3] > climbed[1]
    assert positions(walk()).shape[1] == model.body.num_joints


def test_the_shortest_way_out_of_a_stair_may_be_aside():
    stairs = guidance.stairs(0.15, 0.3, 0.5, 3)
    # Above, on, and 5 cm in a tread; 1 cm behind the first riser, and in the middle.
    places = [(0.6, 0, 0.2), (0.6, 0, 0.15), (0.6, 0, 0.1), (0.52, 0, 0.02)]
    found = ground.inside(stairs, np.array([*places, (0.65, 0, 0.02)]))
    np.testing.assert_allclose(found[:3], [0, 0, 0.05], atol=1e-6)
    assert 0 < found[3] <= 0.05
    # Neither up nor aside it is nearer.
    np.testing.assert_allclose(found[4], 0.13, atol=1e-6)
