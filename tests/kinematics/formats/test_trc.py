"""Laws of TRC files: what is written is read, odd layouts, and errors that help."""

import numpy as np
import pytest

from kinematics.formats import trc
from kinematics.formats.errors import FormatError
from kinematics.points import make_points

SMALL = (
    "PathFileType\t4\t(X/Y/Z)\twalk.trc\n"
    "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\t"
    "OrigDataStartFrame\tOrigNumFrames\n"
    "50\t50\t2\t2\tmm\t50\t0\t2\n"
    "Frame#\tTime\tR Hip\t\t\tLHip\t\t\t\n"
    "\t\tX1\tY1\tZ1\tX2\tY2\tZ2\n"
    "0\t0.0\t1000\t2000\t3000\t-4\t5e0\t6\n"
    "1\t0.02\t7\t8\t9\t10\t11\t12\n"
)


def save(folder, text):
    path = folder / "walk.trc"
    path.write_text(text)
    return path


def test_places_are_metres_with_z_up(tmp_path):
    found = trc.read(save(tmp_path, SMALL))
    assert (found.names, found.fps, found.name) == (("R Hip", "LHip"), 50.0, "walk")
    # x of the world is z of the file, y is x and z, which is up, is y.
    expected = [[[3, 1, 2], [6e-3, -4e-3, 5e-3]], [[9e-3, 7e-3, 8e-3], None]]
    expected[1][1] = [12e-3, 10e-3, 11e-3]
    np.testing.assert_allclose(found.positions, expected, rtol=1e-6)
    upright = trc.read(save(tmp_path, SMALL), up="z")
    np.testing.assert_allclose(upright.positions[0, 0], [1, 2, 3], rtol=1e-6)


@pytest.mark.parametrize("up", ["y", "z"])
@pytest.mark.parametrize("units", ["m", "cm", "mm"])
def test_what_is_written_is_read(tmp_path, up, units):
    rng = np.random.default_rng(0)
    places = rng.normal(size=(5, 3, 3)).astype(np.float32)
    places[1, 2] = np.nan
    places[4, 0] = np.nan
    points = make_points(("a", "left b", "c"), places, 29.97)
    trc.write(tmp_path / "a.trc", points, up=up, units=units)
    back = trc.read(tmp_path / "a.trc", up=up)
    assert (back.names, back.fps) == (points.names, points.fps)
    np.testing.assert_allclose(back.positions, points.positions, rtol=2e-7)
    if units == "m":
        np.testing.assert_array_equal(back.positions, points.positions)
    none = make_points((), np.zeros((2, 0, 3)), 10)
    trc.write(tmp_path / "b.trc", none)
    assert trc.read(tmp_path / "b.trc").positions.shape == (2, 0, 3)


ODD = {
    "CRLF": lambda t: t.replace("\n", "\r\n"),
    "blank line after the header": lambda t: t.replace("Z2\n", "Z2\n\n"),
    "blank line of tabs": lambda t: t.replace("Z2\n", "Z2\n\t\t\t\t\n"),
    "no tab at the end": lambda t: t.replace("LHip\t\t\t", "LHip"),
    "one tab between names": lambda t: t.replace("Hip\t\t\t", "Hip\t"),
    "tab at the end of rows": lambda t: t.replace("12\n", "12\t\n"),
    "byte order mark": lambda t: "\ufeff" + t,
    "blanks": lambda t: t.replace("\t2000\t", "\t 2000 \t"),
    "header words": lambda t: t.replace("Units", "units").replace("mm", "MM"),
    "no number of frames": lambda t: t.replace("NumFrames", "Frames"),
}


@pytest.mark.parametrize("change", ODD)
def test_layout_does_not_matter(tmp_path, change):
    plain = trc.read(save(tmp_path, SMALL))
    odd = trc.read(save(tmp_path, ODD[change](SMALL)))
    np.testing.assert_array_equal(odd.positions, plain.positions)
    assert odd.names == plain.names


@pytest.mark.parametrize(
    "fields", ["\t\t", "nan\tNaN\tnan", "0\t0\t0", "0.000\t-0.0\t0", "10\t\t12", None]
)
def test_missing_points(tmp_path, fields):
    row = "1\t0.02\t7\t8\t9" + ("" if fields is None else "\t" + fields) + "\n"
    text = SMALL[: SMALL.index("1\t0.02")] + row
    found = trc.read(save(tmp_path, text))
    np.testing.assert_array_equal(found.missing, [[False, False], [False, True]])


def edit(old, new):
    assert old in SMALL
    return SMALL.replace(old, new, 1)


BAD = {
    "empty": ("", "the file is empty"),
    "other": ("time,x\n0,1\n", "trc:1: a TRC file starts with PathFileType"),
    "cut off": (SMALL[:100], "trc:1: a TRC file starts with PathFileType"),
    "rate": (edit("50\t50", "0\t50"), "trc:3: DataRate is no rate"),
    "no rate": (edit("50\t50", "\t50"), "trc:3: DataRate is no rate"),
    "pixels": (edit("mm", "px"), "trc:3: Units are 'px'; .* pixels have no place"),
    "markers": (edit("2\t2\tmm", "2\t3\tmm"), "trc:4: 2 names for 3 markers"),
    "no name": (edit("R Hip", ""), "trc:4: 2 names for 2 markers"),
    "twice": (edit("R Hip", "LHip"), "trc:4: marker 'LHip' appears twice"),
    "frames": (edit("50\t2\t2", "50\t9\t2"), "trc:3: NumFrames says 9, but 2 are"),
    "word": (edit("2000", "2,0"), "trc:6: '2,0' is not a finite number"),
    "huge": (edit("12\n", "1e30\n"), "trc:7: '1e30' is not a finite number"),
    "wide": (edit("12\n", "12\t13\n"), "trc:7: 7 coordinates for 2 markers"),
}


@pytest.mark.parametrize("case", BAD)
def test_errors_say_where_what_and_what_to_do(tmp_path, case):
    text, message = BAD[case]
    path = save(tmp_path, text)
    with pytest.raises(FormatError, match=message) as error:
        trc.read(path)
    assert str(error.value).startswith(str(path))
    assert "; " in str(error.value)


def test_what_cannot_be_written(tmp_path):
    points = make_points(("a\tb",), np.zeros((1, 1, 3)), 10)
    with pytest.raises(ValueError, match="cannot be named"):
        trc.write(tmp_path / "a.trc", points)
    points = points.replace(names=("a",))
    with pytest.raises(ValueError, match="units must be one of m, cm, mm"):
        trc.write(tmp_path / "a.trc", points, units="px")
    with pytest.raises(ValueError, match="up must be"):
        trc.write(tmp_path / "a.trc", points, up="x")
    with pytest.raises(ValueError, match="one recording"):
        trc.write(tmp_path / "a.trc", points.replace(positions=np.zeros((2, 1, 1, 3))))
    assert not list(tmp_path.iterdir())


def test_recordings_of_pose2sim(tmp_path, shared_data):
    files = list((shared_data / "capture" / "pose2sim_demo").rglob("*.trc"))
    assert files
    for path in files:
        found = trc.read(path)
        assert found.positions.shape == (100, 21, 3)
        assert not np.asarray(found.missing).any()
        hips = found.select(["RHip", "LHip", "Head", "RHeel"]).positions
        # The person stands: head above hips above heels.
        assert (hips[:, 2, 2] > hips[:, :2, 2].max(1)).all()
        assert (hips[:, :2, 2].min(1) > hips[:, 3, 2]).all()
        trc.write(tmp_path / "back.trc", found)
        back = trc.read(tmp_path / "back.trc")
        np.testing.assert_array_equal(back.positions, found.positions)
