import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinematics.bodies import cmu38
from lmmjax.evaluation.protocols import positions as protocol
from tests.lmmjax import cmu_files


def test_positions_are_a_chain_of_rotations_from_a_still_pelvis():
    rows = cmu_files.rows(3, 5)
    body = cmu38()
    places = protocol.positions(rows)
    # The files' vectors turn rows, so columns turn the other way.
    turn = [Rotation.from_rotvec(-v) for v in rows[2, 3:].reshape(38, 3)]
    for j, name in enumerate(body.names):
        bone, up = body.offsets[j].astype(float), body.parents[j]
        offset = 70 * 0.45 / 0.0254 * np.array([bone[1], bone[2], bone[0]])
        while up > 0:
            offset, up = (
                turn[up].apply(offset) + 0,
                body.parents[up],
            )
        parent = body.parents[j]
        start = places[2, parent] if parent > 0 else 0
        np.testing.assert_allclose(
            places[2, j], start + offset, atol=2e-4, err_msg=name
        )


def test_the_root_is_dropped():
    rows = cmu_files.rows(count=3)
    moved = rows.copy()
    moved[:, :6] += 1.0
    np.testing.assert_array_equal(protocol.positions(rows), protocol.positions(moved))


def test_a_thigh_of_the_t_pose_in_units_of_the_benchmark():
    places = protocol.positions(np.zeros((1, 117)))[0]
    np.testing.assert_allclose(
        places[3] - places[2], 70 * np.array([2.5972, -7.13576, 0.0]), rtol=1e-12
    )


def test_metres_and_units():
    assert pytest.approx(0.806, abs=5e-4) == protocol.TRUE_MM
    unit = protocol.from_metres(np.array([0.0, 0.0, 1.0]))
    np.testing.assert_allclose(unit, [0, 1000 / protocol.TRUE_MM, 0])


def test_25_joints_are_predicted():
    assert len(protocol.PREDICTED_JOINTS) == 25
    ignored = set(range(38)) - set(protocol.PREDICTED_JOINTS)
    assert sorted(ignored) == [0, 1, 2, 7, 8, 13, 16, 20, 24, 27, 29, 33, 36]


def test_joints_that_are_not_predicted_are_true_or_copied():
    rng = np.random.default_rng(0)
    true, predicted = rng.normal(size=(2, 4, 38, 3))
    full = protocol.judged(predicted, true)
    for j in (0, 1, 2, 7, 8, 13):
        np.testing.assert_array_equal(full[:, j], true[:, j])
    copies = {16: 15, 20: 15, 29: 15, 24: 23, 27: 23, 33: 32, 36: 32}
    for j in range(38):
        if j not in (0, 1, 2, 7, 8, 13):
            np.testing.assert_array_equal(full[:, j], predicted[:, copies.get(j, j)])


def test_copied_joints_lie_where_their_sources_lie():
    places = protocol.positions(cmu_files.rows())
    for copy, source in protocol.COPIED.items():
        np.testing.assert_allclose(places[:, copy], places[:, source], atol=1e-12)
    np.testing.assert_allclose(np.ptp(places[:, protocol.STILL], axis=0), 0, atol=1e-12)
