"""The benchmark of effort, at a small size."""

import numpy as np

from benchmarks.control import effort
from kinematics import Motion
from lmmjax.generation import Stream
from lmmjax.generation.guidance.exertion import Physique
from tests.lmmjax import tiny
from tests.lmmjax.generation.guidance import walker

FRAMES = 31
BODY = walker.body()


def cells(row):
    return [x.strip() for x in row.strip("|").split("|")]


def gliding(speed, swing):
    """Poses [1, 31] that crouch and rise as they are carried along x."""
    time = np.arange(FRAMES) / tiny.FPS
    poses = walker.crouching(0.5 + swing * np.sin(6 * time))
    place = poses.root_position + speed * time[:, None] * [1, 0, 0]
    return poses._replace(root_position=np.float32(place))


def test_cost_is_of_work_mass_and_way():
    poses = gliding(1.0, 0.3)
    lots = [
        effort.taken(walker.model(), Physique.of(walker.model(), poses, mass), poses)
        for mass in (50.0, 100.0)
    ]
    for found in lots:
        np.testing.assert_allclose(found.speed, 1.0, rtol=0.02)
        np.testing.assert_allclose(found.cost, lots[0].cost, rtol=1e-3)
    assert lots[0].cost[0] > 0.5
    # Who weighs twice as much strains his knees more often.
    assert lots[0].knees[0] < lots[1].knees[0]


def test_windows_share_their_ends_and_leave_nothing_out():
    poses = tiny.poses(count=2, frames=13)
    found = effort.windows(poses, 5)
    assert found.joints.shape[:2] == (6, 5)
    for n in range(3):
        np.testing.assert_array_equal(
            found.joints[2 * n : 2 * n + 2], poses.joints[:, 4 * n : 4 * n + 5]
        )


def test_paths_go_straight_on_at_the_speed_of_before():
    past = gliding(1.5, 0.0)
    path, speed = effort.straight(past, tiny.FPS, 2.0)
    np.testing.assert_allclose(speed, 1.5, rtol=1e-3)
    np.testing.assert_allclose(path[0, 0], past.root_position[0, -1, :2], atol=1e-5)
    np.testing.assert_allclose(path[0, 1] - path[0, 0], [5.0, 0.0], atol=0.01)


def test_rows_are_of_the_truth_and_of_each_bound():
    clips = [
        Motion(BODY, *(np.asarray(x)[0] for x in gliding(speed, 0.2)), tiny.FPS)
        for speed in (0.8, 1.2)
    ]
    stream = Stream(walker.model(), commit=2, steps=1, churn=0.0)
    rows = effort.rows("x", clips, stream, 1, 2, seed=0)
    assert {row.count("|") for row in (*effort.HEADER, *rows)} == {14}
    names = [cells(row)[0] for row in rows]
    assert names == [
        "x, truth",
        "x, unguided",
        "x, led",
        "x, led, cheaper",
        "x, led, knees spared",
        "x, led, balanced",
    ]
    assert cells(rows[0])[2] == "1.000"
    assert cells(rows[0])[3].startswith("1.0")
    # Limits hold, whatever is wished.
    assert {cells(row)[10] for row in rows[1:]} == {"0"}
