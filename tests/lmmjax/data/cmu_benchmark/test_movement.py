import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinematics.formats import bvh
from kinematics.motion import positions
from lmmjax.data import cmu_benchmark
from lmmjax.data.cmu_benchmark.movement import exponential_map
from lmmjax.evaluation.protocols import positions as protocol
from tests.lmmjax import cmu_files


@pytest.fixture
def clip(tmp_path):
    path = cmu_files.write(tmp_path / "walking_1.txt", cmu_files.rows())
    return cmu_benchmark.read_clip(path)


def _pinned(motion):
    """Positions [T, 38, 3] m with the root at the origin, not turned."""
    still = np.zeros((len(motion), 4), np.float32)
    still[:, 0] = 1
    return positions(
        motion.replace(
            root_position=np.zeros((len(motion), 3), np.float32), root_rotation=still
        )
    )


def test_rotations_are_those_of_row_vectors():
    vectors = np.random.default_rng(0).normal(size=(50, 3))
    vectors[0] = 0
    theirs = Rotation.from_rotvec(vectors).as_matrix()
    # The axis of the published formula is 1e-7 short of a unit vector.
    np.testing.assert_allclose(exponential_map(vectors), theirs, atol=1e-6)


def test_motion_has_the_positions_of_the_protocol(clip):
    motion = cmu_benchmark.to_motion(clip, first_row=True)
    ours = protocol.from_metres(_pinned(motion))
    # Float32 metres, of which the unit is 1240 to a metre.
    np.testing.assert_allclose(ours, protocol.positions(clip.frames), atol=1e-3)


def test_labels_and_rate(clip):
    motion = cmu_benchmark.to_motion(clip)
    assert (motion.fps, motion.name, motion.action) == (60.0, "walking_1", "walking")
    assert motion.subject == ""


def test_the_root_goes_forward_at_true_size(clip):
    motion = cmu_benchmark.to_motion(clip, first_row=True)
    # 20 units a second along z of the file are 1.13 m/s along x.
    moved = motion.root_position[-1] - motion.root_position[0]
    assert moved[0] / motion.duration == pytest.approx(20 * 0.0254 / 0.45, rel=1e-4)
    np.testing.assert_allclose(
        motion.root_position[:, 2], 17 * 0.0254 / 0.45, rtol=1e-5
    )


def test_phases_take_turns_and_the_t_pose_is_dropped(clip):
    even, odd = (cmu_benchmark.to_motion(clip, phase) for phase in (0, 1))
    whole = cmu_benchmark.to_motion(clip, first_row=True)
    assert (len(whole), len(even), len(odd)) == (50, 49, 50)
    np.testing.assert_array_equal(even.joints, whole[1:].joints)
    height = np.float32(clip.rows[:, 0] * 0.0254 / 0.45)
    np.testing.assert_allclose(odd.root_position[:, 1], height[1::2], rtol=1e-6)
    np.testing.assert_allclose(even.root_position[:, 1], height[2::2], rtol=1e-6)
    with pytest.raises(ValueError, match="phase is 2"):
        cmu_benchmark.to_motion(clip, 2)


def test_the_angles_of_the_root_are_multiplied_as_captured(tmp_path):
    rows = cmu_files.rows()
    # y turns all the way round, x and z tilt.
    angles = np.linspace([-0.4, 3.0, 0.3], [0.3, -3.0, -0.5], len(rows))
    x, y, z = (Rotation.from_euler(n, angles[:, [k]]) for k, n in enumerate("xyz"))
    # The files hold the rotation of row vectors, the inverse.
    rows[:, 3:6] = (z * x * y).inv().as_rotvec()
    path = cmu_files.write(tmp_path / "walking_1.txt", rows)
    motion = cmu_benchmark.to_motion(cmu_benchmark.read_clip(path), 1)
    ours = Rotation.from_quat(motion.root_rotation, scalar_first=True)
    # From x left, y up, z forward to x forward, y left, z up.
    axes = Rotation.from_matrix([[0, 0, 1], [1, 0, 0], [0, 1, 0]])
    captured = axes * (z * y * x)[1::2] * axes.inv()
    assert (ours.inv() * captured).magnitude().max() < 2e-6


def test_a_clip_is_where_the_library_has_it(shared_data):
    path = shared_data / "cmu_benchmark/train/walking/walking_1.txt"
    motion = cmu_benchmark.to_motion(cmu_benchmark.read_clip(path), first_row=True)
    library = bvh.read(shared_data / "cmu_bvh/02/02_01.bvh")[::2][: len(motion)]
    np.testing.assert_allclose(positions(motion), positions(library), atol=2e-6)
