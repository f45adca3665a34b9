"""Laws of choosing a format by the file's suffix."""

import numpy as np
import pytest

from kinematics import Motion, formats, motion, points
from kinematics.bodies import human
from kinematics.formats import FormatError
from tests.kinematics import reference

BODY = human()
POSITION, ROTATION, Q = reference.poses(BODY, (4,))
CLIP = Motion(BODY, POSITION, ROTATION, Q, fps=30.0)


@pytest.mark.parametrize("suffix", [".bvh", ".npz", ".glb", ".GLTF"])
def test_a_motion_comes_back_from_every_format(tmp_path, suffix):
    path = tmp_path / f"clip{suffix}"
    formats.write(path, CLIP)
    found = formats.read(path)
    order = [found.skeleton.index(name) for name in BODY.names]
    places = motion.positions(found)[:, order]
    np.testing.assert_allclose(places, motion.positions(CLIP), atol=2e-5)
    assert found.fps == pytest.approx(30.0, rel=1e-5)


@pytest.mark.parametrize("suffix", [".trc", ".c3d", ".csv"])
def test_points_come_back_from_every_format(tmp_path, suffix):
    path = tmp_path / f"clip{suffix}"
    whole = points.of_joints(CLIP)
    formats.write(path, whole)
    found = formats.read_points(path)
    assert found.names == whole.names
    np.testing.assert_allclose(found.positions, whole.positions, atol=2e-5)


def test_an_archive_that_is_not_ours_is_read_as_amass(tmp_path):
    np.savez(tmp_path / "clip.npz", poses=np.zeros((2, 7)))
    with pytest.raises(FormatError, match="poses"):
        formats.read(tmp_path / "clip.npz")


def test_unknown_kinds_of_files_are_refused_by_name(tmp_path):
    with pytest.raises(FormatError, match=r"a\.xyz: this kind .* \.bvh or \.amc or"):
        formats.read("a.xyz")
    with pytest.raises(FormatError, match=r"a\.bvh: .* \.trc or \.c3d or \.csv"):
        formats.write("a.bvh", points.of_joints(CLIP))
    assert formats.SUFFIXES == (".bvh", ".amc", ".npz", ".glb", ".gltf")
