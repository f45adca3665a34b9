"""Laws of the native file: everything comes back bit for bit, and damage is said."""

import json

import jax
import numpy as np
import pytest

from kinematics.bodies import smpl
from kinematics.couplings import Couplings
from kinematics.formats import npz
from kinematics.formats.arrays import read_arrays, write_arrays
from kinematics.formats.errors import FormatError
from kinematics.motion import Motion
from tests.kinematics import reference


def coupled():
    """The human, a knee's range of which depends on the hip."""
    body = reference.human(asymmetric=True)
    knee, hip = (body.coordinates(name).start for name in ("LeftLeg", "LeftUpLeg"))
    ranges = (np.float32([x]) for x in (-1.0, 2.0))
    tables = (np.full((1, 4), x, np.float32) for x in (-0.5, 2.5))
    return body.replace(couplings=Couplings((knee,), (hip + 2,), *ranges, *tables))


BODIES = {
    **reference.TREES,
    "limited": reference.limited(),
    "coupled": coupled(),
    "sizes": smpl.smpl24(np.float32([1.6, 1.8])[:, None]),
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("batch", [(0,), (3,), (2, 3)])
def test_everything_comes_back_bit_for_bit(tmp_path, body, batch):
    poses = reference.poses(BODIES[body], batch)
    if body == "human" and batch == (3,):
        poses[2][1] = np.nan
    motion = Motion(BODIES[body], *poses, 120 / 1.001, "wälk", "s1", "walks")
    npz.write(tmp_path / "a.npz", motion)
    back = npz.read(tmp_path / "a.npz")
    assert jax.tree.structure(back) == jax.tree.structure(motion)
    for found, truth in zip(
        jax.tree.leaves(back), jax.tree.leaves(motion), strict=True
    ):
        assert found.dtype == truth.dtype
        np.testing.assert_array_equal(found, truth)


def change(**changes):
    def alter(arrays):
        about = json.loads(str(arrays["about"])) | changes
        arrays["about"] = np.array(json.dumps(about))

    return alter


def drop(key):
    return lambda arrays: arrays.pop(key)


def shape(key, value):
    return lambda arrays: arrays.update({key: value})


BAD = {
    "other archive": (drop("about"), "no motion of this library; read files of AMASS"),
    "no JSON": (shape("about", np.array("{")), "no motion of this library"),
    "list": (shape("about", np.array("[]")), "no motion of this library"),
    "later": (change(version=2), "it is of version 2; update this library"),
    "array": (drop("joints"), "it holds no whole motion: 'joints' is missing"),
    "body": (drop("skeleton.frames"), "'skeleton.frames' is missing"),
    "length": (shape("joints", np.zeros((2, 9))), "joints has shape"),
    "root": (shape("root_rotation", np.zeros((3, 3))), "root_rotation has shape"),
    "objects": (shape("joints", np.array("x")), "joints is of type <U1"),
    "tree": (change(parents=[0] * 18), "the root comes first"),
    "mirror": (change(mirror=[1, 0]), "mirror must name the twin"),
    "rate": (change(fps=0), "fps is 0"),
    "label": (change(name=7), "its labels are no text"),
    "finite": (shape("skeleton.offsets", np.full((18, 3), np.nan)), "is not finite"),
}


@pytest.mark.parametrize("case", BAD)
def test_errors_say_what_and_what_to_do(tmp_path, case):
    alter, message = BAD[case]
    body = reference.human()
    npz.write(tmp_path / "a.npz", Motion(body, *reference.poses(body, (3,)), 30.0))
    arrays = read_arrays(tmp_path / "a.npz")
    alter(arrays)
    write_arrays(tmp_path / "a.npz", arrays)
    with pytest.raises(FormatError, match=message) as error:
        npz.read(tmp_path / "a.npz")
    assert str(error.value).startswith(str(tmp_path / "a.npz"))
