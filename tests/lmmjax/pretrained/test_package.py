"""Laws of a model's folder: all comes back, damage is told in one sentence."""

import dataclasses
import hashlib
import json
import shutil

import jax
import numpy as np
import pytest
from safetensors import numpy as tensor_file

from kinematics.couplings import Couplings
from lmmjax.model import num_parameters
from lmmjax.model.ensemble import gather
from lmmjax.pretrained import PretrainedError, load, save, weights
from tests.lmmjax import tiny
from tests.lmmjax.pretrained import example


def assert_same(a, b):
    """Structure, static fields, types and bits agree."""
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        assert x.dtype == y.dtype
        np.testing.assert_array_equal(x, y)


@pytest.fixture(scope="module")
def model():
    return example.model()


@pytest.fixture(scope="module")
def written(tmp_path_factory, model):
    out = tmp_path_factory.mktemp("written")
    save(model, out, meta={"temperature": 0.9})
    return out


@pytest.fixture
def folder(tmp_path, written):
    return shutil.copytree(written, tmp_path / "mine")


def rewrite(folder, **changes):
    """Change entries of the description; ``a__b`` stands for an inner entry."""
    path = folder / "model.json"
    content = json.loads(path.read_text())
    for key, value in changes.items():
        *outer, last = key.split("__")
        inner = content
        for part in outer:
            inner = inner[part]
        if value is None:
            del inner[last]
        else:
            inner[last] = value
    path.write_text(json.dumps(content))


def reseal(folder, content):
    """Other weights, with a checksum that fits."""
    (folder / "weights.safetensors").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    rewrite(folder, weights__bytes=len(content), weights__sha256=digest)


def refused(folder, *parts):
    with pytest.raises(PretrainedError) as told:
        load(folder)
    text = str(told.value)
    assert "\n" not in text
    assert str(folder) in text
    for part in parts:
        assert part in text, text


def test_all_of_a_model_comes_back_bit_by_bit(folder, model):
    found, meta = load(folder)
    assert_same(found, model)
    assert (found.config, found.fps) == (model.config, model.fps)
    assert meta == {"temperature": 0.9}


def test_the_parameters_come_back_on_the_device(folder):
    found, _ = load(folder)
    assert all(isinstance(x, jax.Array) for x in jax.tree.leaves(found.params))


def test_ranges_that_depend_on_the_pose_come_back(tmp_path, model):
    curve = np.float32([[-0.5, -0.2, -0.4, -0.5]])
    couplings = Couplings(
        (5,), (6,), np.float32([-0.5]), np.float32([1 / 3]), curve, curve + 0.4
    )
    coupled = model.replace(body=tiny.body(couplings=couplings))
    save(coupled, tmp_path)
    found, meta = load(tmp_path)
    assert_same(found.body, coupled.body)
    assert meta == {}


def test_half_precision_rounds_the_matrices_only_and_takes_less(tmp_path, model):
    whole = weights.write(model.params, {}, "float32")[1]
    half = save(model, tmp_path / "half", "float16")
    assert half["bytes"] < 0.75 * whole["bytes"]
    assert half["bytes"] == (tmp_path / "half" / "weights.safetensors").stat().st_size
    found, _ = load(tmp_path / "half")
    assert_same(found.replace(params={}), model.replace(params={}))
    pairs = zip(
        jax.tree.leaves(found.params), jax.tree.leaves(model.params), strict=True
    )
    ranks = set()
    for x, y in pairs:
        assert x.dtype == y.dtype
        y = np.asarray(y)
        rounded = y.astype(np.float16).astype(y.dtype) if y.ndim >= 2 else y
        np.testing.assert_array_equal(x, rounded)
        ranks.add(y.ndim)
    assert 1 in ranks
    assert max(ranks) >= 2


def test_eight_bits_are_off_by_half_a_step_and_all_else_is_exact(tmp_path, model):
    several = gather([model, example.model(1)])
    bytes_of = {}
    for m, folder in ((model, "one"), (several, "two")):
        told = save(m, tmp_path / folder, "int8")
        bytes_of[folder] = told["bytes"]
        assert told["parameters"] == num_parameters(m)
        found, _ = load(tmp_path / folder)
        assert found.config == m.config
        assert_same(found.replace(params={}), m.replace(params={}))
        for (path, x), y in zip(
            jax.tree_util.tree_leaves_with_path(found.params),
            jax.tree.leaves(m.params),
            strict=True,
        ):
            x, y = np.asarray(x), np.asarray(y)
            assert x.dtype == y.dtype
            if path[-1].key != "kernel":
                np.testing.assert_array_equal(x, y)
                continue
            # Of every member, parity and output its own.
            step = np.abs(y).max(-2, keepdims=True) / 127
            assert np.all(np.abs(x - y) <= 0.501 * step)
            assert np.abs(x - y).max() > 0
    whole = weights.write(model.params, {}, "float32")[1]
    assert bytes_of["one"] < 0.5 * whole["bytes"]
    assert bytes_of["two"] < 2 * bytes_of["one"]


def test_an_output_without_weights_has_none_in_eight_bits():
    kernel = np.random.default_rng(0).normal(size=(2, 5, 4)).astype(np.float32)
    kernel[:, :, 1] = 0
    kernel[1, :, 2] = 1e-45  # too small for a step
    kernel[0, :, 3] *= 1e30
    template = {"a": kernel}
    leaves, _ = weights.read(*weights.write(template, {}, "int8"))
    found = np.asarray(weights.plant(leaves, template)["a"])
    assert np.isfinite(found).all()
    assert (found[:, :, 1] == 0).all()
    np.testing.assert_allclose(found[0, :, 3], kernel[0, :, 3], atol=1e28)


def test_large_tables_beside_parameters_in_eight_bits_are_kept_in_sixteen():
    table = np.random.default_rng(0).normal(size=(2, 9, 5, 4)).astype(np.float32)
    rows = table[0, 0]
    for precision, least in (("float16", 0.0), ("int8", 1e-6)):
        content, told = weights.write({}, {"table": table, "rows": rows}, precision)
        _, found = weights.read(content, told)
        assert found["table"].dtype == np.float32
        np.testing.assert_array_equal(found["rows"], rows)
        off = np.abs(found["table"] - table)
        assert least <= off.max() < 1e-3 * np.abs(table).max()
    with pytest.raises(PretrainedError, match="table is not finite as float16"):
        weights.write({}, {"table": 1e6 * table}, "int8")


def test_steps_that_do_not_fit_are_told(tmp_path, model):
    save(model, tmp_path, "int8")
    path = tmp_path / "weights.safetensors"
    tensors = tensor_file.load(path.read_bytes())
    name = "params/head/out/kernel"
    step = tensors[f"{name}/step"]
    assert step.shape == (2, 1, 21)
    for changes, told in (
        ({f"{name}/step": None}, f"has {name} in 8 bits, but not its steps"),
        ({f"{name}/step": step[0]}, f"the steps of {name} are float32 [1, 21], and"),
        ({f"{name}/step": step.astype(np.float16)}, "are float16 [2, 1, 21], and must"),
        ({f"{name}/step": np.full_like(step, np.nan)}, f"a step of {name} is below 0"),
        ({f"{name}/step": -step}, f"a step of {name} is below 0 or not finite"),
        ({name: tensors[name][:, :-1]}, f"{name} is float32 [2, 7, 21], the network"),
        ({"params/head/out/bias/step": step}, "step, which the network lacks"),
        ({name: tensors[name].astype(np.int16)}, f"{name} is int16"),
    ):
        changed = {k: v for k, v in (tensors | changes).items() if v is not None}
        reseal(tmp_path, tensor_file.save(changed))
        refused(tmp_path, told)
    reseal(tmp_path, tensor_file.save(tensors))
    load(tmp_path)


def test_saving_again_replaces_and_the_same_model_gives_the_same_files(tmp_path, model):
    save(example.model(1), tmp_path)
    save(model, tmp_path)
    assert_same(load(tmp_path)[0], model)
    first = [p.read_bytes() for p in sorted(tmp_path.iterdir())]
    save(model, tmp_path)
    assert first == [p.read_bytes() for p in sorted(tmp_path.iterdir())]


def test_a_model_that_is_too_large_is_not_written(tmp_path, model, monkeypatch):
    monkeypatch.setattr(weights, "MAX_BYTES", 30_000)
    with pytest.raises(
        PretrainedError, match=r"as float32.*save it as float16 or int8"
    ):
        save(model, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()
    assert save(model, tmp_path / "mine", "float16")["bytes"] <= 30_000
    monkeypatch.setattr(weights, "MAX_BYTES", 100)
    with pytest.raises(PretrainedError, match=r"as float16, .*kept; save it as int8,"):
        save(model, tmp_path / "mine", "float16")
    with pytest.raises(PretrainedError, match=r"as int8, .*kept; train a smaller"):
        save(model, tmp_path / "mine", "int8")


def test_the_limit_is_eight_megabytes():
    # 2 000 000 numbers of 4 bytes leave no room for the header.
    with pytest.raises(PretrainedError, match=r"take 8.0 MB .* 8 MB is the most"):
        weights.write({"a": np.zeros((2000, 1000), np.float32)}, {}, "float32")
    weights.write({"a": np.zeros((1990, 1000), np.float32)}, {}, "float32")


def test_what_makes_no_sense_to_keep_is_not_written(tmp_path, model):
    def with_leaf(value):
        leaves, tree = jax.tree.flatten(model.params)
        matrix = next(n for n, x in enumerate(leaves) if x.ndim >= 2)
        leaves[matrix] = np.array(leaves[matrix])
        leaves[matrix].flat[0] = value
        return model.replace(params=jax.tree.unflatten(tree, leaves))

    out = tmp_path / "mine"
    with pytest.raises(PretrainedError, match=r"params/.* is not finite as float32"):
        save(with_leaf(np.nan), out)
    with pytest.raises(PretrainedError, match=r"params/.* is not finite as float16"):
        save(with_leaf(1e6), out, "float16")
    with pytest.raises(PretrainedError, match=r"no precision 'int4'; there are float"):
        save(model, out, "int4")
    for meta in ({"a": float("nan")}, {"a": model}):
        with pytest.raises(PretrainedError, match="must be JSON values"):
            save(model, out, meta=meta)
    replicated = jax.tree.map(lambda x: x[None], model.params)
    with pytest.raises(PretrainedError, match=r"shape|the network needs"):
        save(model.replace(params=replicated), out)
    assert not out.exists()


@pytest.mark.parametrize("name", ["model.json", "weights.safetensors"])
def test_a_missing_or_truncated_file_is_told(folder, name):
    path = folder / name
    whole = path.read_bytes()
    for share in (0, 1, 2):
        path.write_bytes(whole[: len(whole) * share // 3])
        refused(folder, name, "get it again")
    path.unlink()
    refused(folder, name, "a model is a folder with model.json and weights")


def test_a_folder_that_is_a_file_or_not_there_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    for name in ("file", "gone"):
        with pytest.raises(PretrainedError, match=r"not here|no pretrained"):
            load(tmp_path / name)


def test_flipped_bits_are_found_by_the_checksum(folder):
    path = folder / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    refused(folder, "another checksum")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"format": 2}', "\x00\xff", "[" * 100_000, "NaN"],
)
def test_a_description_that_is_none_is_told(folder, text):
    (folder / "model.json").write_text(text, encoding="latin-1")
    refused(folder, "model.json")


def test_another_format_says_which_version_to_install(folder):
    rewrite(folder, format=99, lmmjax="7.0")
    refused(folder, "format 99", "reads 2", "install lmmjax 7.0")


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("model__config__wings", 2, "model/config has 'wings', which is not known"),
        ("model__statistics__luck", 1.0, "model/statistics has 'luck'"),
        ("model__soul", 1, "model has 'soul'"),
        ("model__fps", None, "model has no 'fps'"),
        ("model__fps", "fast", "model/fps must be a number"),
    ],
)
def test_a_key_of_another_version_is_told_with_that_version(folder, key, value, told):
    rewrite(folder, **{key: value})
    refused(folder, told, "get it again")
    rewrite(folder, lmmjax="7.0")
    refused(folder, told, "lmmjax 7.0 wrote it", "install that one")


def test_entries_of_a_wrong_kind_are_told(folder):
    text = (folder / "model.json").read_text()
    for changes in (
        {"weights": None},
        {"weights": 3},
        {"weights__sha256": None},
        {"model": 3},
        {"model__body": None},
        {"model__body": {"names": ["a"]}},
        {"model__body__parents": [5] * 7},
        {"model__body__offsets": [[0, 0]]},
        {"meta": 3},
    ):
        (folder / "model.json").write_text(text)
        rewrite(folder, **changes)
        refused(folder, "model.json is damaged")


def test_weights_of_another_network_name_the_first_difference(folder, model):
    bigger = dataclasses.replace(model.config, head_width=32)
    rewrite(folder, model__config__head_width=bigger.head_width)
    refused(folder, "weights.safetensors: params/head/", "the network needs float32")
    rewrite(folder, model__config__head_width=model.config.head_width)
    load(folder)
    rewrite(folder, model__config__layers=2)
    refused(folder, "weights.safetensors has no params/backbone/")
    rewrite(folder, model__config__layers=model.config.layers, model__config__heads=0)
    refused(folder, "no network has its configuration")


def test_tensors_that_are_none_of_the_networks_are_told(folder, model):
    others = {
        name: np.asarray(getattr(model.statistics, name.split("/")[1]))
        for name in (
            f"statistics/{f.name}" for f in dataclasses.fields(model.statistics)
        )
    }
    extra, _ = weights.write({**model.params, "tail": np.zeros(2)}, others, "float32")
    reseal(folder, extra)
    refused(folder, "params/tail", "the network lacks")
    whole = jax.tree.map(lambda x: np.asarray(x, np.float64), model.params)
    reseal(folder, weights.write(whole, others, "float32")[0])
    refused(folder, "is float64", "the network needs float32")
    reseal(folder, weights.write(model.params, {}, "float32")[0])
    refused(folder, "no tensor statistics/", "among the weights")


def header(entries):
    text = json.dumps(entries).encode()
    return len(text).to_bytes(8, "little") + text


@pytest.mark.parametrize(
    "content",
    [
        header(
            {"a": {"dtype": "F32", "shape": [10**12], "data_offsets": [0, 4 * 10**12]}}
        ),
        header({"a": {"dtype": "F32", "shape": [2**62, 8], "data_offsets": [0, 0]}}),
        header({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}),
        header({"a": {"dtype": "F8_E5M2", "shape": [1], "data_offsets": [0, 1]}})
        + b"a",
        (10**15).to_bytes(8, "little") + b"{}",
        b"\x80\x04cos\nsystem\n.",
        b"",
    ],
    ids=["huge", "overflow", "short", "type", "header", "pickle", "empty"],
)
def test_a_file_that_promises_more_than_it_has_is_refused(folder, content):
    reseal(folder, content)
    refused(folder, "weights.safetensors cannot be read")
