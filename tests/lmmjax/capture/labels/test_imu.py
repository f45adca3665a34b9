"""Laws of sensor files: m/s^2 at 100 Hz whatever the unit of time, holes as holes."""

import numpy as np
import pytest

from lmmjax.capture import CaptureError, labels
from lmmjax.capture.labels import imu


def write(path, header, rows):
    lines = [header, *(",".join(f"{x:.10g}" for x in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def samples(seconds):
    """Acceleration [T, 3] in g: gravity and a slow sway."""
    sway = 0.1 * np.sin(2 * np.pi * 0.5 * seconds)
    return np.stack([sway, 0 * seconds, 1 + 0 * seconds], axis=1)


@pytest.mark.parametrize("rate", [50.0, 100.0, 120.0, 250.0])
@pytest.mark.parametrize("unit", imu.UNITS)
def test_the_unit_of_time_is_found_and_the_rate_is_100(tmp_path, unit, rate):
    seconds = np.arange(int(3 * rate)) / rate
    ticks = (12 + seconds) / imu.UNITS[unit]
    rows = np.column_stack([ticks, samples(seconds)])
    found = imu.read(write(tmp_path / "a.csv", "t,a,b,c", rows))
    assert found.rate_hz == 100
    assert found.start_s == pytest.approx(12)
    assert len(found) == int(np.floor((len(seconds) - 1) / rate * 100 + 1e-6)) + 1
    truth = samples(found.times - 12) * 9.80665
    np.testing.assert_allclose(found.acceleration, truth, atol=5e-3)
    assert found.angular_velocity is None


def test_a_name_of_the_unit_is_believed_where_it_can_be(tmp_path):
    seconds = np.arange(3000) / 1000
    rows = np.column_stack([seconds * 1000, samples(seconds)])
    assert len(imu.read(write(tmp_path / "a.csv", "ms,a,b,c", rows))) == 300
    assert len(imu.read(write(tmp_path / "b.csv", "t,a,b,c", rows))) == 3000
    given = imu.read(tmp_path / "b.csv", time_unit="ms")
    assert len(given) == 300
    rows[:, 0] = seconds * 10
    # In milliseconds these would be 100 kHz.
    assert len(imu.read(write(tmp_path / "c.csv", "ms,a,b,c", rows))) > 1000
    with pytest.raises(ValueError, match="time_unit must be of s, ds, cs, ms"):
        imu.read(tmp_path / "b.csv", time_unit="us")


def test_a_gyroscope_stays_in_radians_and_a_unit_may_be_upside_down(tmp_path):
    seconds = np.arange(100) / 100
    turn = np.column_stack([0.5 + 0 * seconds, 0 * seconds, 2 + 0 * seconds])
    rows = np.column_stack([seconds, samples(seconds) * [1, 1, -1], turn])
    path = write(tmp_path / "a.csv", "t,a,b,c,d,e,f", rows)
    found = imu.read(path, z_down=True)
    np.testing.assert_allclose(found.angular_velocity, turn * [1, 1, -1], rtol=1e-6)
    np.testing.assert_allclose(found.acceleration[:, 2], 9.80665, rtol=1e-6)


def test_long_holes_stay_holes(tmp_path):
    seconds = np.arange(300) / 100
    keep = ((seconds < 1) | (seconds > 1.5)) & ~np.isclose(seconds, 2.2)
    rows = np.column_stack([seconds, samples(seconds)])[keep]
    found = imu.read(write(tmp_path / "a.csv", "t,a,b,c", rows))
    hole = np.isnan(found.acceleration).all(1)
    np.testing.assert_array_equal(hole, (found.times > 0.995) & (found.times < 1.505))


def test_the_real_recording_is_at_rest_at_its_start(shared_data):
    path = shared_data / "capture/opentrack_imu/example_upload_acc_only.csv"
    found = imu.read(path)
    assert found.start_s == 1.063
    lines = path.read_text().splitlines()
    first, last = (int(lines[k].split(",")[0]) for k in (1, -1))
    assert len(found) == (last - first) // 10 + 1
    rest = np.linalg.norm(found.acceleration[:300], axis=1)
    assert np.median(rest) == pytest.approx(9.80665, rel=0.02)
    assert 0 < np.isnan(found.acceleration).all(1).mean() < 0.01


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        ("t,a,b", [[0, 0, 1]], "it has 3 columns; give 4"),
        ("t,a,b,c", [[0, 0, 0, 1]], "less than two whole samples"),
        ("t,a,b,c", [[0, 0, 0, 1], [2, 0, 0, 1], [1, 0, 0, 1]], "goes back at 1"),
        ("t,a,b,c", [[k, 0, 0, 1] for k in (0, 1, 2, 1e9)], "span .* hours"),
        ("t,a,b,c", [[0, 0, 0, 9.8], [1, 0, 0, 9.8]], r"9\.8 at rest, .* in g"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, header, rows, message):
    with pytest.raises(CaptureError, match=message):
        imu.read(write(tmp_path / "a.csv", header, rows))


@pytest.mark.parametrize(
    "header",
    [
        "ms,xacc,yacc,zacc,res.acc,f.time,Jump,jh",
        "row_number,time,a,b,C_res_acc,C_f_time,C_Jump,C_jh",
    ],
)
def test_jumps_have_flight_and_height(tmp_path, header):
    scale = 1000 if header.startswith("ms") else 1
    rows = [[0, 0, 0, 1, 1, 0, 0], [2.5, 0, 0, 1, 1, 50, 1], [4, 0, 0, 1, 1, 30, 0]]
    text = [header]
    for time, *rest in rows:
        height = "27.6" if rest[-1] else "NA"
        text.append(",".join(map(str, [time * scale, *rest, height])))
    path = tmp_path / "session.csv"
    path.write_text("\n".join(text) + "\n")
    (jump,) = labels.read(path)
    assert (jump.label, jump.time_s, jump.end_s) == ("jump", 2.5, 3.0)
    assert jump.extra["height_m"] == pytest.approx(0.276)


def test_the_header_of_the_program_is_known(shared_data):
    path = shared_data / "capture/opentrack_imu/frame.csv"
    assert labels.read(path) == []
