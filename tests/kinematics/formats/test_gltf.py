import base64
import contextlib
import json
import pathlib
import shutil
import struct
import subprocess

import numpy as np
import pygltflib
import pytest
from scipy.spatial.transform import Rotation, Slerp

from kinematics import motion as motions
from kinematics.bodies.human import human
from kinematics.formats import bvh, gltf
from kinematics.formats.errors import FormatError
from kinematics.motion import Motion
from tests.kinematics import reference

REPOSITORY = pathlib.Path(__file__).parents[3]
BODIES = {
    "human": human(),
    "scattered": reference.scattered(),
    "single": reference.single(),
}
# Axes of the file, y up and z forward, in ours.
WORLD = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])


def moving(body, frames=6, seed=0, fps=30.0, scale=0.7):
    return Motion(body, *reference.poses(body, (frames,), seed, scale), fps, name="a")


def places(motion):
    """World positions [T, J, 3] by NumPy in float64."""
    rows = zip(*motion.poses, strict=True)
    return np.stack([reference.forward(motion.skeleton, *row)[0] for row in rows])


def accessor(document, index):
    """Float values of an accessor, as the specification lays them out."""
    entry = document.accessors[index]
    view = document.bufferViews[entry.bufferView]
    blob = document.binary_blob()
    if blob is None:
        uri = document.buffers[0].uri
        blob = base64.b64decode(uri.split(",")[1])
    assert entry.componentType == pygltflib.FLOAT
    columns = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[entry.type]
    values = np.frombuffer(blob, "<f4", entry.count * columns, view.byteOffset)
    values = values.reshape(entry.count, columns)
    np.testing.assert_array_equal(values.min(axis=0), np.float32(entry.min))
    np.testing.assert_array_equal(values.max(axis=0), np.float32(entry.max))
    return values


def shown(path):
    """Times [T], and world positions of the nodes, {name: [T, 3]}, in file axes."""
    document = pygltflib.GLTF2().load(str(path))
    (animation,) = document.animations
    moves, times = {}, None
    for channel in animation.channels:
        sampler = animation.samplers[channel.sampler]
        times = accessor(document, sampler.input)[:, 0]
        values = accessor(document, sampler.output).astype(float)
        moves[channel.target.node, channel.target.path] = values
    found = {}
    count = len(times)
    todo = [
        (root, np.tile(np.eye(4), (count, 1, 1)))
        for root in document.scenes[document.scene].nodes
    ]
    while todo:
        index, above = todo.pop()
        node = document.nodes[index]
        local = np.tile(np.eye(4), (count, 1, 1))
        place = moves.get((index, "translation"), node.translation)
        local[:, :3, 3] = place
        turn = moves.get((index, "rotation"))
        if turn is not None:
            np.testing.assert_allclose(np.linalg.norm(turn, axis=1), 1, atol=1e-6)
            assert (np.sum(turn[1:] * turn[:-1], axis=1) >= 0).all(), "the short way"
            local[:, :3, :3] = Rotation.from_quat(turn).as_matrix()
        world = above @ local
        found[node.name] = world[:, :3, 3]
        todo += [(child, world) for child in node.children or []]
    return times, found


@pytest.fixture(scope="session")
def validate():
    """Khronos' validator, fetched once into a folder that git does not see."""
    folder = REPOSITORY / ".cache" / "gltf"
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Khronos' validator needs node and npm, which are not there")
    package = folder / "node_modules" / "gltf-validator"
    if not package.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        command = [
            "npm",
            "install",
            "--prefix",
            str(folder),
            "gltf-validator@2.0.0-dev.3.10",
        ]
        try:
            done = subprocess.run(command, capture_output=True, timeout=120)
        except subprocess.TimeoutExpired:
            pytest.skip("Khronos' validator: the npm registry does not answer")
        if done.returncode:
            pytest.skip(f"Khronos' validator: npm failed, {done.stderr[-300:]!r}")
    script = (
        "const v = require(process.argv[1]), fs = require('fs');"
        "Promise.all(process.argv.slice(2).map(p => v.validateBytes("
        "new Uint8Array(fs.readFileSync(p))))).then("
        "rs => console.log(JSON.stringify(rs.map(r => r.issues))))"
    )

    def run(*paths):
        command = ["node", "-e", script, str(package), *map(str, paths)]
        done = subprocess.run(command, capture_output=True, check=True, timeout=120)
        return json.loads(done.stdout)

    return run


def test_the_validator_of_khronos_finds_nothing(tmp_path, validate):
    paths = []
    for name, body in BODIES.items():
        for suffix in ("glb", "gltf"):
            for bones in (True, False):
                for frames in (1, 4):
                    path = tmp_path / f"{name}_{bones}_{frames}.{suffix}"
                    gltf.write(path, moving(body, frames), bones=bones)
                    paths.append(path)
    for path, issues in zip(paths, validate(*paths), strict=True):
        assert issues["messages"] == [], path.name
    broken = tmp_path / "broken.gltf"
    broken.write_text(paths[2].with_suffix(".gltf").read_text().replace('"2.0"', '"x"'))
    assert validate(broken)[0]["numErrors"] > 0, "and would find something"


@pytest.mark.parametrize("suffix", ["glb", "gltf"])
@pytest.mark.parametrize("name", BODIES)
def test_the_file_shows_the_motion(tmp_path, name, suffix):
    motion = moving(BODIES[name])
    path = tmp_path / f"clip.{suffix}"
    gltf.write(path, motion)
    times, found = shown(path)
    np.testing.assert_allclose(times, np.arange(6) / 30.0, atol=1e-6)
    assert set(found) == set(motion.skeleton.names)
    for j, joint in enumerate(motion.skeleton.names):
        expected = places(motion)[:, j]
        np.testing.assert_allclose(found[joint] @ WORLD.T, expected, atol=1e-5)


@pytest.mark.parametrize("suffix", ["glb", "gltf"])
@pytest.mark.parametrize("name", BODIES)
def test_what_is_written_is_read(tmp_path, name, suffix):
    # Swings keep off half a turn, where they are not unique.
    body, motion = BODIES[name], moving(BODIES[name], scale=0.4, fps=120.0)
    path = tmp_path / f"clip.{suffix}"
    gltf.write(path, motion)
    back = gltf.read(path)
    assert (back.fps, len(back), back.name) == (120.0, 6, "clip")
    order = [back.skeleton.index(n) for n in body.names]
    np.testing.assert_allclose(places(back)[:, order], places(motion), atol=1e-5)
    assert (back.skeleton.mirror is None) == (body.mirror is None)
    for j, n in enumerate(body.names):
        at, here = back.skeleton.coordinates(n), body.coordinates(n)
        k = order[j]
        assert back.skeleton.kinds[k] == body.kinds[j]
        np.testing.assert_array_equal(back.skeleton.offsets[k], body.offsets[j])
        np.testing.assert_array_equal(back.skeleton.frames[k], body.frames[j])
        np.testing.assert_array_equal(back.skeleton.lower[at], body.lower[here])
        np.testing.assert_array_equal(back.skeleton.upper[at], body.upper[here])
        np.testing.assert_allclose(
            back.joints[:, at], motion.joints[:, here], atol=1e-5
        )


def test_a_person_walks(shared_data, tmp_path, validate):
    motion = bvh.read(shared_data / "cmu_bvh" / "02" / "02_01.bvh")
    gltf.write(tmp_path / "walk.glb", motion)
    assert validate(tmp_path / "walk.glb")[0]["messages"] == []
    assert (tmp_path / "walk.glb").stat().st_size < 344 * 38 * 16 * 1.1
    _, found = shown(tmp_path / "walk.glb")
    expected = motions.positions(motion)
    for j, name in enumerate(motion.skeleton.names):
        np.testing.assert_allclose(found[name] @ WORLD.T, expected[:, j], atol=1e-5)
    back = gltf.read(tmp_path / "walk.glb")
    order = [back.skeleton.index(n) for n in motion.skeleton.names]
    np.testing.assert_allclose(motions.positions(back)[:, order], expected, atol=1e-5)


def test_bones_reach_from_joint_to_joint(tmp_path):
    body = human()
    gltf.write(tmp_path / "a.glb", moving(body))
    document = pygltflib.GLTF2().load(str(tmp_path / "a.glb"))
    for j, node in enumerate(document.nodes):
        children = [c for c, parent in enumerate(body.parents) if parent == j]
        assert (node.mesh is None) == (not children)
        if children:
            (primitive,) = document.meshes[node.mesh].primitives
            corners = accessor(document, primitive.attributes.POSITION)
            tips = corners.reshape(-1, 6, 3)[:, 5] @ WORLD.T
            np.testing.assert_allclose(tips, body.offsets[children], atol=1e-6)
            entry = document.accessors[primitive.indices]
            view = document.bufferViews[entry.bufferView]
            triangles = np.frombuffer(
                document.binary_blob(), "<u2", entry.count, view.byteOffset
            ).reshape(-1, 8, 3)
            for n, faces in enumerate(triangles):
                a, b, c = (corners[faces[:, k]] for k in range(3))
                normal = np.cross(b - a, c - a)
                inside = corners.reshape(-1, 6, 3)[n].mean(axis=0)
                outward = np.sum(normal * (a - inside), axis=1)
                assert (outward > 0).all(), "faces are seen from outside"


def test_what_cannot_be_written(tmp_path):
    motion = moving(BODIES["scattered"])
    with pytest.raises(ValueError, match=r"must end in \.glb or \.gltf"):
        gltf.write(tmp_path / "clip.fbx", motion)
    with pytest.raises(ValueError, match="one clip"):
        gltf.write(tmp_path / "a.glb", motion.replace(joints=motion.joints[None]))
    with pytest.raises(ValueError, match="at least one frame"):
        gltf.write(tmp_path / "a.glb", motion[:0])
    joints = motion.joints.copy()
    joints[0, 0] = np.nan
    with pytest.raises(ValueError, match="no missing values"):
        gltf.write(tmp_path / "a.glb", motion.replace(joints=joints))
    assert not list(tmp_path.iterdir())


class Foreign:
    """A figure as other programs write it, and where it is by independent means.

    Its skeleton stands, scaled and turned, in a node that moves; joints have cubic,
    stepped and linear curves, rest poses, quantised rotations; a skin names them.
    """

    def __init__(self):
        rng = np.random.default_rng(3)
        self.data, self.views, self.accessors = b"", [], []
        keys = np.arange(5) * 0.25 + 0.5
        dense = np.arange(21) * 0.05 + 0.5

        def turns(count):
            q = rng.normal(size=(count, 4)) + np.array([0, 0, 0, 3])
            return q / np.linalg.norm(q, axis=1, keepdims=True)

        self.keys, self.dense = keys, dense
        self.hips = rng.normal(size=(5, 3, 3)) * 30
        self.spine, self.arm, self.head = turns(5), turns(5), turns(21)
        self.cubic = rng.normal(size=(5, 3, 4)) * 0.3
        self.cubic[:, 1] = turns(5)
        self.stage = rng.normal(size=(5, 3))
        self.rests = turns(4)
        c30, s30 = np.cos(0.5), np.sin(0.5)
        self.matrix = np.eye(4)
        self.matrix[:3, :3] = 0.5 * np.array([[c30, 0, s30], [0, 1, 0], [-s30, 0, c30]])
        self.matrix[:3, 3] = 3, 4, 5
        key, fine = self.add(keys[:, None]), self.add(dense[:, None])
        quantised = np.round(self.head * 32767).astype("<i2")
        channels = [
            (1, "translation", key, self.add(self.stage), "LINEAR"),
            (2, "translation", key, self.add(self.hips.reshape(-1, 3)), "CUBICSPLINE"),
            (2, "rotation", key, self.add(self.cubic.reshape(-1, 4)), "CUBICSPLINE"),
            (3, "rotation", key, self.add(self.spine), "LINEAR"),
            (3, "translation", key, self.add(np.tile([0, 20.0, 1], (5, 1))), "LINEAR"),
            (3, "scale", key, self.add(np.full((5, 3), 2.0)), "STEP"),
            (4, "rotation", key, self.add(self.arm), "STEP"),
            (5, "rotation", fine, self.add(quantised, 5122, 4), "LINEAR"),
            (6, "weights", key, key, "LINEAR"),
        ]
        nodes = [
            {
                "name": "stage",
                "children": [1],
                "matrix": self.matrix.T.ravel().tolist(),
            },
            {"name": "armature", "children": [2, 6], "scale": [0.01] * 3},
            {"name": "joint", "children": [3], "rotation": self.rests[0].tolist()},
            {
                "name": "joint",
                "children": [4, 5, 7],
                "rotation": self.rests[1].tolist(),
            },
            {"name": "arm", "translation": [30, 1, 2], "children": [8]},
            {"translation": [0, 25, 0], "rotation": self.rests[2].tolist()},
            {"name": "figure", "mesh": 0, "skin": 0},
            {"name": "a hat"},
            {"name": "hand", "translation": [20, 0, 0], "scale": [1, 2, 3]},
        ]
        self.top = {
            "asset": {"version": "2.0"},
            "nodes": nodes,
            "skins": [{"joints": [4]}, {"joints": [2, 3, 4, 5, 8]}],
            "animations": [
                {"name": "none", "channels": [], "samplers": []},
                {
                    "name": "dance",
                    "channels": [
                        {"sampler": k, "target": {"node": n, "path": what}}
                        for k, (n, what, *_) in enumerate(channels)
                    ],
                    "samplers": [
                        {"input": i, "output": o, "interpolation": method}
                        for _, _, i, o, method in channels
                    ],
                },
            ],
            "accessors": self.accessors,
            "bufferViews": self.views,
            "buffers": [{"byteLength": len(self.data), "uri": "my%20data.bin"}],
        }

    def add(self, values, component=5126, pad=0):
        raw = np.asarray(values, "<f4" if component == 5126 else values.dtype)
        columns = raw.shape[1]
        rows = [row.tobytes() + b"\xff" * pad for row in raw]
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": 0}
        view["byteLength"] = sum(map(len, rows))
        if pad:
            view["byteStride"] = len(rows[0])
        self.data += b"".join(rows)
        self.views.append(view)
        self.accessors.append(
            {
                "bufferView": len(self.views) - 1,
                "componentType": component,
                "normalized": component != 5126,
                "count": len(raw),
                "type": {1: "SCALAR", 3: "VEC3", 4: "VEC4"}[columns],
            }
        )
        return len(self.accessors) - 1

    def save(self, folder, name="clip.gltf"):
        (folder / "my data.bin").write_bytes(self.data)
        (folder / name).write_text(json.dumps(self.top))
        return folder / name

    def places(self, times):
        """World positions [T, 5, 3] of the skin's joints, axes of the file."""

        def between(values):
            return np.stack([np.interp(times, self.keys, v) for v in values.T], axis=1)

        def hermite(table):
            found = []
            for t in times:
                k = min(int(np.searchsorted(self.keys, t, side="right")) - 1, 3)
                step = self.keys[k + 1] - self.keys[k]
                s = (t - self.keys[k]) / step
                found.append(
                    (2 * s**3 - 3 * s**2 + 1) * table[k, 1]
                    + step * (s**3 - 2 * s**2 + s) * table[k, 2]
                    + (3 * s**2 - 2 * s**3) * table[k + 1, 1]
                    + step * (s**3 - s**2) * table[k + 1, 0]
                )
            return np.array(found)

        def pose(place, quaternions, scale=1.0):
            out = np.tile(np.eye(4), (len(times), 1, 1))
            out[:, :3, :3] = scale * Rotation.from_quat(quaternions).as_matrix()
            out[:, :3, 3] = place
            return out

        one = [0, 0, 0, 1]
        step = np.searchsorted(self.keys, times + 1e-9, side="right") - 1
        spine = Slerp(self.keys, Rotation.from_quat(self.spine))(times).as_quat()
        quantised = Rotation.from_quat(np.round(self.head * 32767))
        head = Slerp(self.dense, quantised)(np.minimum(times, self.dense[-1])).as_quat()
        outer = self.matrix @ pose(between(self.stage), one, 0.01)
        hips = outer @ pose(hermite(self.hips), hermite(self.cubic))
        back = hips @ pose([0, 20, 1], spine, 2.0)
        arm = back @ pose([30, 1, 2], self.arm[step])
        hand = arm @ pose([20, 0, 0], one)
        skull = back @ pose([0, 25, 0], head)
        return np.stack([m[:, :3, 3] for m in (hips, back, arm, hand, skull)], axis=1)


@pytest.mark.parametrize("fps", [None, 60.0, 7.0])
def test_figures_of_other_programs(tmp_path, fps):
    figure = Foreign()
    motion = gltf.read(figure.save(tmp_path), fps=fps, animation="dance")
    assert motion.fps == (fps or 20.0), "by default that of the densest keys"
    assert len(motion) == int(1.0 * motion.fps + 1e-6) + 1
    assert motion.skeleton.names == ("joint", "joint_2", "arm", "hand", "node_5")
    assert motion.skeleton.kinds == ("free", "ball", "ball", "fixed", "ball")
    times = 0.5 + np.arange(len(motion)) / motion.fps
    expected = figure.places(times) @ WORLD.T
    np.testing.assert_allclose(places(motion), expected, atol=1e-5)


def test_animations_by_number_and_name(tmp_path):
    path = Foreign().save(tmp_path)
    np.testing.assert_array_equal(
        gltf.read(path, animation=1).joints, gltf.read(path, animation="dance").joints
    )
    with pytest.raises(FormatError, match="moves no node"):
        gltf.read(path)
    with pytest.raises(FormatError, match=r"no animation 'walk'; choose .*dance"):
        gltf.read(path, animation="walk")
    with pytest.raises(FormatError, match="no animation 2"):
        gltf.read(path, animation=2)
    for fps in (0, -1, np.inf, np.nan):
        with pytest.raises(ValueError, match="fps must be above 0"):
            gltf.read(path, fps=fps)


def edited(change):
    figure = Foreign()
    change(figure.top, figure)
    return figure


WRONG = {
    "version 1": (
        lambda t, f: t["asset"].update(version="1.0"),
        "glTF of version '1.0'",
    ),
    "outside": (
        lambda t, f: t["buffers"][0].update(uri="../data.bin"),
        "outside of the folder",
    ),
    "outside, quoted": (
        lambda t, f: t["buffers"][0].update(uri="..%2Fdata.bin"),
        "outside of the folder",
    ),
    "absent": (lambda t, f: t["buffers"][0].update(uri="b.bin"), "is not there"),
    "cut": (lambda t, f: t["buffers"][0].update(byteLength=10**9), "is cut off"),
    "beyond": (
        lambda t, f: t["accessors"][3].update(count=10**12),
        "reaches beyond its data",
    ),
    "negative": (
        lambda t, f: t["accessors"][3].update(byteOffset=-4),
        "no whole number",
    ),
    "stride": (
        lambda t, f: t["bufferViews"][3].update(byteStride=1),
        "reaches beyond its data",
    ),
    "sparse": (lambda t, f: t["accessors"][3].update(sparse={}), "sparse"),
    "empty": (
        lambda t, f: t["accessors"][3].pop("bufferView"),
        "without data",
    ),
    "type": (lambda t, f: t["accessors"][3].update(type="MAT9"), "not known"),
    "fit": (
        lambda t, f: t["animations"][1]["samplers"][3].update(output=0),
        "do not fit",
    ),
    "method": (
        lambda t, f: t["animations"][1]["samplers"][0].update(interpolation="X"),
        "interpolation 'X'",
    ),
    "node": (
        lambda t, f: t["animations"][1]["channels"][0]["target"].update(node=99),
        "no number 99 of nodes",
    ),
    "cycle": (lambda t, f: t["nodes"][8].update(children=[0]), "hangs on itself"),
    "parents": (lambda t, f: t["nodes"][8].update(children=[2]), "two parents"),
    "word": (lambda t, f: t["nodes"][8].update(children=["a"]), "no index of nodes"),
    "scale": (lambda t, f: t["nodes"][1].update(scale=[1, 2, 1]), "has the scale"),
    "mirror": (lambda t, f: t["nodes"][1].update(scale=[-1] * 3), "has the scale"),
    "shear": (
        lambda t, f: t["nodes"][0].update(
            matrix=[1, 0, 0, 0, 0.6, 0.8, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
        ),
        "sheared or mirrored",
    ),
    "apart": (
        lambda t, f: (t.pop("skins"), t["nodes"][3].update(children=[5, 7])),
        "no common one",
    ),
    "list": (lambda t, f: t.update(nodes={}), "'nodes' is no list"),
    "compressed": (
        lambda t, f: t.update(extensionsRequired=["EXT_meshopt_compression"]),
        "compressed",
    ),
    "name": (
        lambda t, f: t["nodes"][2].update(translation=[1, 2, "3"]),
        "not 3 numbers",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told(tmp_path, case):
    change, message = WRONG[case]
    path = edited(change).save(tmp_path)
    with pytest.raises(FormatError, match=message) as error:
        gltf.read(path, animation=1)
    assert str(error.value).startswith(str(path))
    assert "; " in str(error.value)


def test_bones_that_stretch_and_keys_that_go_back(tmp_path):
    figure = Foreign()
    place = figure.add(np.tile([0, 20.0, 1], (5, 1)) * np.arange(5)[:, None])
    figure.top["animations"][1]["samplers"][4]["output"] = place
    figure.top["buffers"][0]["byteLength"] = len(figure.data)
    with pytest.raises(FormatError, match=r"node joint moves by \d+\.\d cm against"):
        gltf.read(figure.save(tmp_path), animation=1)
    figure = Foreign()
    figure.top["animations"][1]["samplers"][4]["input"] = figure.add(np.zeros((5, 1)))
    figure.top["buffers"][0]["byteLength"] = len(figure.data)
    with pytest.raises(FormatError, match="times of sampler 4 do not rise"):
        gltf.read(figure.save(tmp_path), animation=1)


def test_few_keys_do_not_make_endless_frames(tmp_path):
    figure = Foreign()
    times = figure.add(np.array([[0.0], [1e7], [2e7], [3e7], [4e7]]))
    for sampler in figure.top["animations"][1]["samplers"][:8]:
        sampler["input"] = times
        sampler["output"] = figure.add(np.tile([0, 0, 0, 1.0], (5, 1)))
        sampler["interpolation"] = "LINEAR"
    for channel in figure.top["animations"][1]["channels"][:8]:
        channel["target"]["path"] = "rotation"
    figure.top["buffers"][0]["byteLength"] = len(figure.data)
    with pytest.raises(FormatError, match="give a lower fps"):
        gltf.read(figure.save(tmp_path), animation=1, fps=30.0)


def test_damaged_files_raise_format_errors_alone(tmp_path):
    motion = moving(BODIES["scattered"], 2)
    gltf.write(tmp_path / "a.glb", motion)
    whole = (tmp_path / "a.glb").read_bytes()
    rng = np.random.default_rng(0)
    path = tmp_path / "b.glb"
    for k in range(300):
        damaged = bytearray(whole)
        if k % 3 == 0:
            del damaged[int(rng.integers(len(whole))) :]
        else:
            for at in rng.integers(len(whole) if k % 3 == 1 else 24, size=3):
                damaged[at] = rng.choice([0, 255, *b'0{}[],:"-e9'])
        path.write_bytes(damaged)
        with contextlib.suppress(FormatError):
            gltf.read(path)


def test_other_chunks_and_files_that_are_no_gltf(tmp_path):
    gltf.write(tmp_path / "a.glb", moving(BODIES["scattered"]))
    whole = (tmp_path / "a.glb").read_bytes()
    extra = whole + struct.pack("<II", 4, 0x12345678) + b"abcd"
    extra = extra[:8] + struct.pack("<I", len(extra)) + extra[12:]
    (tmp_path / "b.glb").write_bytes(extra)
    a, b = gltf.read(tmp_path / "a.glb"), gltf.read(tmp_path / "b.glb")
    np.testing.assert_array_equal(a.joints, b.joints)
    for data in (b"", b"glTF", b"BVH", b"\xff\xfe", b"[" * 100000, b"[]", b"NaN"):
        (tmp_path / "b.glb").write_bytes(data)
        with pytest.raises(FormatError, match=r"b\.glb"):
            gltf.read(tmp_path / "b.glb")
