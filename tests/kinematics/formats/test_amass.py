"""Laws of AMASS files: joints are where the body model puts them, and round trips."""

import jax
import numpy as np
import pytest

from kinematics import motion as motions
from kinematics import skinning
from kinematics.formats import amass, smpl
from kinematics.formats.arrays import write_arrays
from kinematics.formats.errors import FormatError
from tests.kinematics import body_models

RATES = {52: "mocap_framerate", 55: "mocap_frame_rate", 24: "mocap_framerate"}


def contents(joints=52, frames=4, seed=0):
    """What a file of AMASS holds."""
    rng = np.random.default_rng(seed)
    poses = 0.5 * rng.normal(size=(frames, 3 * joints))
    # A standing body: the file's y, up at rest, is turned to the world's z.
    poses[:, :3] = [np.pi / 2, 0, 0] + 0.3 * rng.normal(size=(frames, 3))
    return {
        "poses": poses,
        "trans": rng.normal(size=(frames, 3)),
        "betas": rng.normal(size=16),
        "gender": np.array("female"),
        RATES[joints]: np.array(120.0),
    }


def save(folder, values, name="walk_poses.npz"):
    write_arrays(folder / name, values)
    return folder / name


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Raw numbers and the model that is read from them, by the number of joints."""
    found = {}
    for joints, shapes in ((52, 16), (55, 20)):
        raw = body_models.raw(joints, shapes=shapes)
        folder = tmp_path_factory.mktemp("model")
        found[joints] = raw, smpl.read(save(folder, raw, "model.npz"))
    return found


@pytest.mark.parametrize("joints", [52, 55])
def test_joints_are_where_the_model_puts_them(tmp_path, models, joints):
    raw, model = models[joints]
    values = contents(joints)
    motion = amass.read(save(tmp_path, values), model)
    assert (motion.name, motion.fps, len(motion)) == ("walk_poses", 120.0, 4)
    betas = values["betas"][: model.num_shapes]
    found = motions.positions(motion)
    for t in range(4):
        pose, trans = values["poses"][t], values["trans"][t]
        _, places = body_models.skinned(raw, betas, pose, trans)
        # The world is the file's: z up already.
        np.testing.assert_allclose(found[t], places, atol=1e-5)


def test_skin_is_where_the_model_puts_it(tmp_path, models):
    raw, model = models[52]
    values = contents(52)
    motion = amass.read(save(tmp_path, values), model)
    betas = values["betas"]
    found = jax.jit(skinning.vertices)(model, np.float32(betas), motion)
    for t in range(4):
        pose, trans = values["poses"][t], values["trans"][t]
        skin, _ = body_models.skinned(raw, betas, pose, trans)
        np.testing.assert_allclose(found[t], skin, atol=1e-5)


def test_without_a_model_only_one_displacement_is_unknown(tmp_path):
    joints = 24
    values = contents(joints)
    motion = amass.read(save(tmp_path, values))
    body = smpl.standard_body(joints)
    np.testing.assert_array_equal(motion.skeleton.offsets, body.offsets)
    np.testing.assert_allclose(motion.root_position, values["trans"], rtol=1e-6)
    # Bones turn as those of a model with the same bones do, wherever it stands.
    order = [1, 2, 0]
    rest = np.zeros((joints, 3))
    for j, up in enumerate(body.parents[1:], 1):
        rest[j] = rest[up] + body.offsets[j][order]
    rest += [0.01, -0.2, 0.03]
    raw = body_models.raw(joints)
    raw["v_template"] = np.resize(rest, (60, 3))
    raw["J_regressor"] = np.eye(joints, 60)
    found = motions.positions(motion)
    for t in range(4):
        pose, trans = values["poses"][t], values["trans"][t]
        _, places = body_models.skinned(raw, np.zeros(10), pose, trans)
        np.testing.assert_allclose(found[t] + [0.01, -0.2, 0.03], places, atol=1e-5)


@pytest.mark.parametrize("joints", [52, 55])
@pytest.mark.parametrize("known", [False, True])
def test_what_is_written_is_read(tmp_path, models, joints, known):
    values = contents(joints)
    path = save(tmp_path, values)
    model = models[joints][1] if known else None
    shape = amass.read_shape(path)
    assert shape.gender == "female"
    np.testing.assert_array_equal(shape.betas, values["betas"])
    motion = amass.read(path, model)
    amass.write(tmp_path / "back.npz", motion, model, shape)
    back = amass.read(tmp_path / "back.npz", model)
    assert back.fps == motion.fps
    np.testing.assert_allclose(
        motions.positions(back), motions.positions(motion), atol=1e-5
    )
    with np.load(tmp_path / "back.npz") as raw:
        assert raw["gender"].item() == "female"
        assert raw[RATES[joints]] == 120
        # Rotation vectors of less than half a turn come back as they were.
        near = np.linalg.norm(values["poses"].reshape(4, -1, 3), axis=-1) < 3
        errors = np.abs(raw["poses"] - values["poses"]).reshape(4, -1, 3)
        assert near.mean() > 0.9
        assert errors[near].max() < 1e-5
        np.testing.assert_allclose(raw["trans"], values["trans"], atol=1e-6)


def parts(values, *names):
    """The same file with its poses in separate arrays."""
    widths = {"root_orient": 3, "pose_body": 63, "pose_jaw": 3, "pose_eye": 6}
    poses, at = values.pop("poses"), 0
    for name in names:
        width = widths.get(name, 90)
        values[name] = poses[:, at : at + width]
        at += width
    return values


def test_spellings_of_one_motion(tmp_path):
    plain = amass.read(save(tmp_path, contents(55)))
    names = ("root_orient", "pose_body", "pose_jaw", "pose_eye", "pose_hand")
    motion = amass.read(save(tmp_path, parts(contents(55), *names)))
    np.testing.assert_array_equal(motion.joints, plain.joints)
    for rate, fps in ((120.00004577, 120.0), (59.94, 59.94), (100, 100.0)):
        values = contents() | {"mocap_framerate": np.array([rate])}
        assert amass.read(save(tmp_path, values)).fps == fps
    values = parts(contents(52), "root_orient", "pose_body", "pose_hand")
    values["mocap_frame_rate"] = values.pop("mocap_framerate")
    assert amass.read(save(tmp_path, values)).skeleton.num_joints == 52


@pytest.mark.parametrize(
    "gender",
    [
        np.array("male"),
        np.array(b"male"),
        np.array(["male"]),
        np.array("male", object),
        np.array(b"male", object),
        np.array([b"male"], object),
    ],
)
def test_genders_are_text_bytes_or_objects(tmp_path, gender):
    path = tmp_path / "a.npz"
    np.savez(path, betas=np.zeros(16), gender=gender)
    assert amass.read_shape(path).gender == "male"


def test_a_file_without_a_gender_is_neutral(tmp_path):
    path = save(tmp_path, {"betas": np.zeros((1, 10), np.float32)})
    gender, betas = amass.read_shape(path)
    assert (gender, betas.shape) == ("neutral", (10,))


def change(**changes):
    return lambda values: values.update(changes)


def drop(*keys):
    return lambda values: [values.pop(key) for key in keys]


def spoil(key):
    return lambda values: values[key].__setitem__((2, 1), np.inf)


BAD = {
    "width": (
        change(poses=np.zeros((4, 159))),
        r"its poses have shape \(4, 159\); give poses of SMPL \(T, 72\)",
    ),
    "no poses": (drop("poses"), r"it has no poses, nor root_orient, pose_body"),
    "no trans": (drop("trans"), "it has no trans"),
    "length": (change(trans=np.zeros((3, 3))), r"trans is float64 of shape \(3, 3\)"),
    "text": (change(trans=np.array("a")), "trans is <U1 of shape"),
    "not finite": (spoil("poses"), r"poses of frame 2 \(from 0\) is not finite"),
    "nowhere": (spoil("trans"), r"trans of frame 2 \(from 0\) is not finite"),
    "no rate": (drop("mocap_framerate"), "none of mocap_framerate and mocap_frame_ra"),
    "rate 0": (change(mocap_framerate=np.array(0)), "is a rate in Hz; add one"),
    "rates": (change(mocap_framerate=np.zeros(2)), "is a rate in Hz"),
    "no frames": (
        change(poses=np.zeros((0, 156)), trans=np.zeros((0, 3))),
        "it has no frames",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_errors_say_what_and_what_to_do(tmp_path, case):
    alter, message = BAD[case]
    values = contents()
    alter(values)
    path = save(tmp_path, values)
    with pytest.raises(FormatError, match=message) as error:
        amass.read(path)
    assert str(error.value).startswith(str(path))


def test_bodies_that_do_not_fit(tmp_path, models):
    path = save(tmp_path, contents(52))
    with pytest.raises(ValueError, match="has the 52 joints of SMPL-H, and the body"):
        amass.read(path, models[55][1])
    with pytest.raises(ValueError, match="give a body of SMPL-H"):
        amass.read(path, smpl.standard_body(24))
    values = contents(52)
    values.pop("betas")
    with pytest.raises(FormatError, match="no finite betas; read it without"):
        amass.read(save(tmp_path, values), models[52][1])


def test_motions_that_cannot_be_written(tmp_path):
    motion = amass.read(save(tmp_path, contents(24)))
    with pytest.raises(ValueError, match="retarget the motion"):
        amass.write(tmp_path / "a.npz", motion)
    motion = amass.read(save(tmp_path, contents(52)))
    holes = np.array(motion.joints)
    holes[1, 5] = np.nan
    with pytest.raises(ValueError, match=r"frames are missing \(NaN\)"):
        amass.write(tmp_path / "a.npz", motion.replace(joints=holes))
    assert not (tmp_path / "a.npz").exists()
