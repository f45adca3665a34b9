"""Laws of C3D files: ezc3d reads what is written, and we read what others write."""

import struct

import ezc3d
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinematics.formats import c3d, c3d_parameters
from kinematics.formats.errors import FormatError
from kinematics.points import make_points


def recording(frames=7, count=3, fps=120.0):
    rng = np.random.default_rng(0)
    places = rng.normal(size=(frames, count, 3)).astype(np.float32)
    places[frames // 2, count - 1] = np.nan
    return make_points([f"mark {k}" for k in range(count)], places, fps)


@pytest.mark.parametrize(("units", "metres"), [("m", 1), ("cm", 0.01), ("mm", 0.001)])
@pytest.mark.parametrize("count", [1, 3, 600])
def test_ezc3d_reads_what_is_written(tmp_path, units, metres, count):
    points = recording(count=count)
    c3d.write(tmp_path / "a.c3d", points, units=units)
    other = ezc3d.c3d(str(tmp_path / "a.c3d"))
    values = other["parameters"]["POINT"]
    labels = values["LABELS"]["value"]
    for more in ("LABELS2", "LABELS3"):
        labels = labels + (values[more]["value"] if more in values else [])
    # ezc3d may also chain them itself.
    assert tuple(labels[:count]) == points.names
    assert values["UNITS"]["value"] == [units]
    assert values["RATE"]["value"][0] == 120
    assert other["header"]["points"]["last_frame"] == 6
    places = other["data"]["points"][:3].transpose(2, 1, 0) * metres
    np.testing.assert_allclose(places, points.positions, rtol=2e-7)
    residuals = other["data"]["meta_points"]["residuals"][0].T
    np.testing.assert_array_equal(residuals < 0, points.missing)


@pytest.mark.parametrize("up", ["y", "z"])
@pytest.mark.parametrize(("frames", "count"), [(1, 1), (7, 3), (2, 600), (40000, 1)])
def test_what_is_written_is_read(tmp_path, up, frames, count):
    points = recording(frames, count, 59.94)
    c3d.write(tmp_path / "a.c3d", points, up=up, units="m")
    back = c3d.read(tmp_path / "a.c3d", up=up)
    assert (back.names, back.name) == (points.names, "a")
    assert back.fps == pytest.approx(59.94, rel=1e-7)
    np.testing.assert_array_equal(back.positions, points.positions)
    if up == "y":
        turned = c3d.read(tmp_path / "a.c3d", up="z").positions
        # The file's x, y, z are our y, z, x.
        np.testing.assert_array_equal(turned, points.positions[..., [1, 2, 0]])


def test_we_read_what_ezc3d_writes(tmp_path):
    rng = np.random.default_rng(1)
    other = ezc3d.c3d()
    places = np.ones((4, 2, 5))
    places[:3] = 1000 * rng.normal(size=(3, 2, 5))
    places[:3, 1, 2] = np.nan
    other["parameters"]["POINT"]["RATE"]["value"] = [100]
    other["parameters"]["POINT"]["LABELS"]["value"] = ["a", "b"]
    other["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    other["parameters"]["ANALOG"]["RATE"]["value"] = [300]
    other["parameters"]["ANALOG"]["LABELS"]["value"] = ["x", "y"]
    other["data"]["points"] = places
    other["data"]["analogs"] = rng.normal(size=(1, 2, 15))
    other.write(str(tmp_path / "a.c3d"))
    found = c3d.read(tmp_path / "a.c3d")
    assert (found.names, found.fps) == (("a", "b"), 100.0)
    expected = places[:3].transpose(2, 1, 0) / 1000
    np.testing.assert_allclose(found.positions, expected, rtol=2e-7)


def build(processor=84, scale=-1.0, points=((1.0, 2.0, 3.0, 0.0),), **more):
    """A C3D file by hand: one group, one frame, any processor and scale."""
    order = ">" if processor == 86 else "<"

    def real(value):
        data = struct.pack(order + "f", value * (4 if processor == 85 else 1))
        return data[2:] + data[:2] if processor == 85 else data

    def short(value):
        return struct.pack(order + "H", value & 0xFFFF)

    def parameter(name, body):
        return bytes([len(name), 1]) + name + short(len(body) + 3) + body + b"\0"

    labels = b"".join(f"p{k}".encode().ljust(4) for k in range(len(points)))
    section = bytes([1, 0x50, 1, processor]) + bytes([5, 0xFF]) + b"POINT"
    section += short(3) + b"\0"
    section += parameter(b"USED", b"\x02\0" + short(len(points)))
    section += parameter(b"SCALE", b"\x04\0" + real(scale))
    section += parameter(b"RATE", b"\x04\0" + real(50.0))
    section += parameter(b"DATA_START", b"\x02\0" + short(3))
    section += parameter(b"UNITS", b"\xff\x01\x04" + more.get("units", b"m   "))
    section += parameter(b"LABELS", b"\xff\x02\x04" + bytes([len(points)]) + labels)
    header = b"\x02\x50" + b"".join(
        short(x) for x in (len(points), 0, 1, more.get("last", 1), 0)
    )
    header += real(scale) + short(3) + short(0) + real(50.0)
    kind = real if scale < 0 else lambda x: short(round(x))
    data = b"".join(kind(x) for point in points for x in point)
    return header.ljust(512, b"\0") + section.ljust(512, b"\0") + data


@pytest.mark.parametrize("processor", [84, 85, 86])
@pytest.mark.parametrize("scale", [-1.0, 0.5])
def test_processors_and_kinds_of_numbers(tmp_path, processor, scale):
    points = ((1.0, -2.0, 300.0, 0.0), (4.0, 5.0, 6.0, -1.0), (7.0, 8.0, 9.0, 513.0))
    path = tmp_path / "a.c3d"
    path.write_bytes(build(processor, scale, points))
    found = c3d.read(path)
    factor = 1.0 if scale < 0 else scale
    expected = factor * np.array([points[0][:3], [np.nan] * 3, points[2][:3]])
    np.testing.assert_allclose(found.positions[0], expected)
    assert (found.names, found.fps) == (("p0", "p1", "p2"), 50.0)


def test_vax_numbers():
    # 1.0 is stored as 80 40 00 00: "The C3D file format user guide", DEC numbers.
    data = bytes.fromhex("80400000 80c10000 00000000")
    found = c3d_parameters.numbers(data, "f4", c3d_parameters.DEC)
    np.testing.assert_array_equal(found, [1.0, -4.0, 0.0])


def test_labels_that_are_missing_or_twice(tmp_path):
    data = build(points=((1.0, 2.0, 3.0, 0.0),) * 4)
    for labels, names in (
        (b"p0  p0  p0  p3  ", ("p0", "p0_2", "p0_3", "p3")),
        (b"p0      \0\0\0\0p3  ", ("p0", "*1", "*2", "p3")),
    ):
        (tmp_path / "a.c3d").write_bytes(data.replace(b"p0  p1  p2  p3  ", labels))
        assert c3d.read(tmp_path / "a.c3d").names == names


GOOD = build()
BAD = {
    "empty": (b"", "no C3D file"),
    "text": (b"PathFileType\t4" * 100, "no C3D file"),
    "short": (GOOD[:600], "no C3D file, or a cut one"),
    "processor": (build(processor=87), "does not name Intel, DEC or MIPS"),
    "frames": (build(last=9), "of 9 frames 1 are there; get the whole file"),
    "cut off": (GOOD[:-2], "of 1 frames 0 are there"),
    "units": (build(units=b"V   "), "POINT:UNITS are 'v'; convert the file to m, cm"),
    "scale": (build(scale=0.0), r"scale 0\.0 .* make no sense"),
    "dimensions": (
        GOOD.replace(b"\xff\x01\x04m", b"\xff\x02\xff\xff"),
        "is damaged at",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_errors_say_what_and_what_to_do(tmp_path, case):
    data, message = BAD[case]
    path = tmp_path / "a.c3d"
    path.write_bytes(data)
    with pytest.raises(FormatError, match=message) as error:
        c3d.read(path)
    assert str(error.value).startswith(str(path))


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, len(GOOD) - 1), value=st.integers(0, 255))
def test_damage_is_a_format_error_or_harmless(tmp_path_factory, at, value):
    path = tmp_path_factory.getbasetemp() / "damaged.c3d"
    path.write_bytes(GOOD[:at] + bytes([value]) + GOOD[at + 1 :])
    try:
        found = c3d.read(path)
    except FormatError:
        return
    assert found.positions.size < 1e5


def test_what_cannot_be_written(tmp_path):
    points = recording()
    for wrong, message in (
        (recording(frames=1)[:0], "some frames and points"),
        (points.replace(positions=np.zeros((2, 4, 3, 3))), "one recording"),
        (points.replace(names=("a", "b", "c" * 256)), "names of 255 letters"),
        (make_points("a", np.zeros((65536, 1, 3)), 50), "65535 frames"),
    ):
        with pytest.raises(ValueError, match=message):
            c3d.write(tmp_path / "a.c3d", wrong)
    with pytest.raises(ValueError, match="units must be"):
        c3d.write(tmp_path / "a.c3d", points, units="inch")
    assert not list(tmp_path.iterdir())


def test_recordings_of_two_writers(shared_data):
    folder = shared_data / "capture" / "c3d_samples"
    clips = {}
    for path in folder.glob("*.c3d"):
        found = clips[path.stem.split("_")[-1]] = c3d.read(path)
        other = ezc3d.c3d(str(path))
        metres = {"m": 1.0, "mm": 0.001}[path.stem.split("_")[-1]]
        places = other["data"]["points"][:3].transpose(2, 1, 0) * metres
        np.testing.assert_allclose(found.positions, places, rtol=1e-6)
        assert found.names == tuple(other["parameters"]["POINT"]["LABELS"]["value"])
        assert found.fps == other["parameters"]["POINT"]["RATE"]["value"][0]
    # One of them rounded to whole millimetres, towards 0.
    apart = np.abs(clips["m"].positions - clips["mm"].positions)
    assert 0.0005 < apart.max() < 0.001
