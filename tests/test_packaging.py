"""Laws of the package: which room imports which, and what an installation holds."""

import ast
import importlib.metadata
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest

import kinematics
import lmmjax

ROOT = pathlib.Path(__file__).parent.parent
# The rooms that each room may import; what stands higher is not known further down.
MAY_IMPORT = {
    "kinematics": set(),
    "lmmjax.capture": {"kinematics"},
    "lmmjax.data": {"kinematics", "lmmjax.capture"},
    "lmmjax.model": {"kinematics"},
    "lmmjax.generation": {"kinematics", "lmmjax.model"},
    "lmmjax.training": {
        "kinematics",
        "lmmjax.data",
        "lmmjax.model",
        "lmmjax.generation",
    },
    "lmmjax.adaptation": {
        "kinematics",
        "lmmjax.data",
        "lmmjax.model",
        "lmmjax.generation",
        "lmmjax.training",
    },
    "lmmjax.evaluation": {
        "kinematics",
        "lmmjax.data",
        "lmmjax.model",
        "lmmjax.generation",
    },
    "lmmjax.pretrained": {"kinematics", "lmmjax.data", "lmmjax.model"},
    "lmmjax.library": {
        "kinematics",
        "lmmjax.data",
        "lmmjax.model",
        "lmmjax.generation",
        "lmmjax.evaluation",
        "lmmjax.pretrained",
    },
    "lmmjax.viewer": {"kinematics"},
}
HEAVY = ("flax", "optax", "orbax", "tensorflow_datasets", "array_record", "cv2")


def imported_names(path):
    """Dotted names that a module imports, with the names taken from packages."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            start = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{start}.{alias.name}" for alias in node.names)


def room_of(dotted):
    """Room that a dotted name lies in; None for what is outside of the house."""
    parts = dotted.split(".")
    if parts[0] == "lmmjax":
        return ".".join(parts[:2])
    return parts[0] if parts[0] in ("kinematics", "experiments", "tests") else None


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_run_one_way(room):
    allowed = MAY_IMPORT[room] | {room}
    for path in sorted((ROOT / room.replace(".", "/")).rglob("*.py")):
        rooms = {room_of(name) for name in imported_names(path)} - {None}
        assert rooms <= allowed, f"{path}: imports {sorted(rooms - allowed)}"


def test_every_room_has_a_line_in_the_table():
    rooms = {f"lmmjax.{path.parent.name}" for path in ROOT.glob("lmmjax/*/__init__.py")}
    assert rooms <= set(MAY_IMPORT)


def test_the_reader_of_imports_sees_every_form(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    path = tmp_path / "lmmjax" / "data" / "module.py"
    path.parent.mkdir(parents=True)
    path.write_text(
        "import lmmjax.model\nfrom lmmjax import training\nfrom . import near\n"
        "def later():\n  from ..viewer import page\n"
    )
    rooms = [room_of(name) for name in imported_names(path)]
    assert rooms == ["lmmjax.model", "lmmjax.training", "lmmjax.data", "lmmjax.viewer"]


@pytest.mark.parametrize("name", ["kinematics", "lmmjax"])
def test_import_loads_no_training_stack(name):
    code = f"import sys, {name}; print(*(m for m in {HEAVY} if m in sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.split() == []


def test_import_starts_no_device():
    code = (
        "import kinematics, lmmjax; from jax._src import xla_bridge as bridge; "
        "print(bridge.backends_are_initialized())"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert found.stdout.split() == ["False"], found.stderr


def test_the_body_is_reached_by_both_names():
    assert lmmjax.kinematics is kinematics
    assert lmmjax.__version__ == kinematics.__version__


def test_installed_version_is_that_of_the_source():
    try:
        installed = importlib.metadata.version("lmmjax")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("runs from the source tree, lmmjax is not installed")
    assert installed == kinematics.__version__


def test_changelog_has_a_section_for_the_version():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{kinematics.__version__}]" in text


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Names of the files in a wheel that is built from a copy of the sources."""
    pytest.importorskip("setuptools", minversion="77")
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    ignore = shutil.ignore_patterns("__pycache__")
    for folder in ("kinematics", "lmmjax", "experiments", "tests"):
        shutil.copytree(ROOT / folder, source / folder, ignore=ignore)
    for name in ("setup.py", "pyproject.toml", "LICENSE", "README.md"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, source)
    built = subprocess.run(
        [sys.executable, "-c", BUILD, str(out)],
        cwd=source,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    return zipfile.ZipFile(next(out.glob("*.whl")))


# The build backend itself, so that the test needs neither pip nor a network.
BUILD = "import sys; from setuptools.build_meta import build_wheel as b; b(sys.argv[1])"


def test_a_wheel_holds_the_packages_with_their_types_and_nothing_else(wheel):
    names = wheel.namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {
        "kinematics",
        "lmmjax",
        f"lmmjax-{kinematics.__version__}.dist-info",
    }
    assert {"kinematics/py.typed", "lmmjax/py.typed"} <= set(names)
    sources = [
        p for top in ("kinematics", "lmmjax") for p in ROOT.glob(f"{top}/**/*.py")
    ]
    assert {str(p.relative_to(ROOT)) for p in sources} <= set(names)


def test_a_wheel_holds_the_cards_of_the_data_sets_and_the_licence(wheel):
    names = set(wheel.namelist())
    for file in ("README.md", "CITATIONS.bib", "TAGS.txt"):
        cards = ROOT.glob(f"lmmjax/data/*/{file}")
        assert {str(p.relative_to(ROOT)) for p in cards} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_what_is_imported_is_declared(wheel):
    metadata = wheel.read(
        f"lmmjax-{kinematics.__version__}.dist-info/METADATA"
    ).decode()
    declared = {
        line.split(":")[1].strip().split(">")[0].split(";")[0].lower().replace("-", "_")
        for line in metadata.splitlines()
        if line.startswith("Requires-Dist")
    }
    packages = {
        "absl": "absl_py",
        "cv2": "opencv_python_headless",
        "orbax": "orbax_checkpoint",
    }
    inside = {"kinematics", "lmmjax", "experiments"}
    for path in [p for top in inside for p in ROOT.glob(f"{top}/**/*.py")]:
        tops = {name.split(".")[0] for name in imported_names(path)}
        tops -= inside | set(sys.stdlib_module_names)
        missing = {packages.get(top, top) for top in tops} - declared
        assert not missing, f"{path}: {missing} is not in setup.py"
