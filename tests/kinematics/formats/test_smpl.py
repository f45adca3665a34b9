"""Laws of SMPL model files: every packing is one model, and damage is said."""

import pickle
import sys
import types

import jax
import numpy as np
import pytest
import scipy.sparse as sp

from kinematics.formats import smpl
from kinematics.formats.arrays import write_arrays
from kinematics.formats.errors import FormatError
from tests.kinematics import body_models

TO_BODY = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]])


class Ch:
    """A chumpy variable as it is pickled."""

    def __init__(self, x):
        self.x = x
        self._dirty_vars = {"x"}
        self._itr = None


Ch.__module__, Ch.__qualname__ = "chumpy.ch", "Ch"


def chumpy_pickle(raw, protocol, monkeypatch):
    """Bytes of a file with chumpy arrays and a sparse regressor, as the real ones."""
    module = types.ModuleType("chumpy.ch")
    module.Ch = Ch
    monkeypatch.setitem(sys.modules, "chumpy.ch", module)
    monkeypatch.setitem(sys.modules, "chumpy", types.ModuleType("chumpy"))
    packed = {key: Ch(raw[key]) for key in ("v_template", "shapedirs", "weights")}
    packed |= {"J_regressor": sp.csc_matrix(raw["J_regressor"]), "bs_type": "lrotmin"}
    return pickle.dumps(raw | packed, protocol)


@pytest.mark.parametrize("joints", [24, 52, 55])
def test_every_packing_is_the_same_model(tmp_path, monkeypatch, joints):
    raw = body_models.raw(joints, shapes=20)
    write_arrays(tmp_path / "model.npz", raw)
    truth = smpl.read(tmp_path / "model.npz")
    for protocol in (0, 2, 5):
        path = tmp_path / "model.pkl"
        path.write_bytes(chumpy_pickle(raw, protocol, monkeypatch))
        jax.tree.map(np.testing.assert_array_equal, smpl.read(path), truth)
    assert truth.skeleton.names == smpl.standard_body(joints).names
    assert list(truth.skeleton.parents) == body_models.PARENTS[joints]
    assert set(truth.skeleton.kinds[1:]) == {"ball"}
    assert (truth.num_shapes, truth.num_expressions) == (
        (10, 10) if joints == 55 else (20, 0)
    )
    assert truth.hand_means.shape == (2, 45 if joints > 24 else 0)


def test_a_model_of_real_size(tmp_path):
    raw = body_models.raw(24, vertices=6890, shapes=10)
    raw["J_regressor"] = sp.csc_matrix(raw["J_regressor"])
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(raw, 4))
    model = smpl.read(tmp_path / "model.pkl")
    assert model.pose_directions.shape == (207, 3, 6890)
    rest = (raw["J_regressor"] @ raw["v_template"]) @ TO_BODY.T
    np.testing.assert_allclose(model.joints, rest, atol=1e-6)


def test_axes_become_canonical_without_rounding(tmp_path):
    raw = body_models.raw()
    write_arrays(tmp_path / "model.npz", raw)
    model = smpl.read(tmp_path / "model.npz")
    # x of ours is forward, z of the file; y is left, x; z is up, y.
    np.testing.assert_array_equal(
        model.template, raw["v_template"][:, [2, 0, 1]].astype(np.float32)
    )
    body = model.skeleton
    rest = raw["J_regressor"] @ raw["v_template"]
    for name, (x, y, z) in zip(body.names[1:], rest[1:] - rest[0], strict=True):
        place, at = np.zeros(3), name
        while body.parents[body.index(at)] >= 0:
            place += body.offsets[body.index(at)]
            at = body.names[body.parents[body.index(at)]]
        np.testing.assert_allclose(place, [z, x, y], atol=1e-6)


def test_pose_vectors_and_rotations_are_inverse():
    rng = np.random.default_rng(0)
    pose = np.float32(rng.uniform(-1.8, 1.8, size=(5, 72)))
    matrices = jax.jit(smpl.rotations)(pose)
    assert matrices.shape == (5, 24, 3, 3)
    np.testing.assert_allclose(jax.jit(smpl.pose)(matrices), pose, atol=2e-6)
    # A turn about the file's y, which is up, is one about z.
    up = smpl.rotations(np.float32([0, 0.3, 0]))[0]
    np.testing.assert_allclose(up[:2, :2].ravel()[1], -np.sin(0.3), atol=1e-7)
    np.testing.assert_allclose(up[2], [0, 0, 1], atol=1e-7)


def test_hands_are_means_and_principal_components(tmp_path):
    raw = body_models.raw(52)
    write_arrays(tmp_path / "model.npz", raw)
    model = smpl.read(tmp_path / "model.npz")
    rng = np.random.default_rng(1)
    pose, few = rng.normal(size=(3, 156)), rng.normal(size=(3, 2, 6))
    hands = [few[:, k] @ raw[f"hands_components{s}"][:6] for k, s in enumerate("lr")]
    found = smpl.hand_pose(model, np.float32(few))
    np.testing.assert_allclose(found, np.concatenate(hands, 1), atol=1e-6)
    found = smpl.add_hand_means(model, np.float32(pose))
    pose[:, 66:111] += raw["hands_meanl"]
    pose[:, 111:] += raw["hands_meanr"]
    np.testing.assert_allclose(found, pose, atol=1e-6)


def without(*keys):
    return lambda raw: [raw.pop(key) for key in keys]


def changed(key, change):
    return lambda raw: raw.update({key: change(np.array(raw[key]))})


def spoiled(value):
    value[3, 1] = np.nan
    return value


BAD = {
    "keys": (without("f", "weights"), "it has no weights, f; give a model file"),
    "joints": (
        changed("kintree_table", lambda x: x[:, :16]),
        r"it has 16 joints; give a model of SMPL \(24 joints\), SMPL-H",
    ),
    "shape": (
        changed("posedirs", lambda x: x[..., :200]),
        r"posedirs has shape \(60, 3, 200\), not \(60, 3, 207\)",
    ),
    "finite": (changed("weights", spoiled), "weights has values that are not finite"),
    "tree": (
        changed("kintree_table", lambda x: x[:, ::-1]),
        "its kintree_table is not that of SMPL; give",
    ),
    "face": (changed("f", lambda x: x + 60), "a face is not of the 60 vertices"),
    "text": (changed("f", lambda x: np.array("triangles")), "f is no array of numbers"),
    "hands": (
        changed("hands_meanl", lambda x: x[:44]),
        r"hands_meanl has shape \(44,\), not \(45\)",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_errors_say_what_and_what_to_do(tmp_path, case):
    change, message = BAD[case]
    raw = body_models.raw(52 if case == "hands" else 24)
    change(raw)
    write_arrays(tmp_path / "model.npz", raw)
    with pytest.raises(FormatError, match=message) as error:
        smpl.read(tmp_path / "model.npz")
    assert str(error.value).startswith(str(tmp_path / "model.npz"))


def test_other_files(tmp_path):
    path = tmp_path / "model.pkl"
    for data, message in (
        (b"", "no pickle of plain data"),
        (b"PK\3\4", "no NumPy archive"),
        (pickle.dumps([1]), "no model"),
        (pickle.dumps({"v_template": np.load}), r"names numpy\.load"),
    ):
        path.write_bytes(data)
        with pytest.raises(FormatError, match=message):
            smpl.read(path)
