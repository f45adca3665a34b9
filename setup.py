"""Packaging of lmmjax; the tools' settings are in pyproject.toml."""

import pathlib
import re

from setuptools import find_packages, setup

HERE = pathlib.Path(__file__).parent
VERSION = re.search(
    r'^__version__ = "([^"]+)"$',
    (HERE / "kinematics" / "__init__.py").read_text(encoding="utf-8"),
    re.MULTILINE,
).group(1)
README = HERE / "README.md"

# Lowest versions that the tests were run with.
REQUIRES = [
    "absl-py>=2.5",  # experiments
    "array_record>=0.8.6",  # the files that TFDS writes without TensorFlow
    "chex>=0.1.92",  # optax, training
    "einops>=0.8.2",
    "flax>=0.12.8",  # model, training
    "importlib_resources",  # TFDS 4.9.10 imports it but does not declare it
    "jax>=0.10.2",  # kinematics needs no more than this and NumPy
    "numpy>=2.4",
    "opencv-python-headless>=5.0",  # capture: video, checkerboards
    "optax>=0.2.8",  # training
    "orbax-checkpoint>=0.12.8",  # training.checkpoint
    "orjson>=3.13",  # capture: a session has a JSON file per camera and frame
    "safetensors>=0.8",  # the weights of pretrained models, without code in the file
    "scipy>=1.17",  # capture: assignment, filters
    "tensorflow-datasets>=4.9.10",  # data
    "tomli_w>=1.2",  # capture: calibrations and sessions are TOML
    "tqdm",
]
VIEWER = ["rich", "viser>=1.1"]
DEV = [
    "apache-beam>=2.77",  # the dataset of footage is built with it, too
    "ezc3d>=1.7",  # reads the C3D files that we write
    "hypothesis>=6.170",
    "ipykernel",
    "joblib>=1.6",  # writes pickles as VIBE and PARE do
    "matplotlib",  # pictures of colabs/forecasting.ipynb
    "mujoco>=4.0",  # dynamics and MJCF are tested against it
    "mypy>=2.4",
    "nbclient",
    "nbformat",
    "pygltflib>=1.16",
    "pytest>=9",
    "pytest-xdist>=3.8",
    "ruff>=0.17,<0.18",  # each minor version formats a little differently
    "setuptools>=77",  # builds the wheel that the packaging test reads
    "yourdfpy>=0.0.60",  # reads the URDF files that we write
]
# The libraries that benchmarks/ runs beside ours, and what aniposelib and Pose2Sim use
# of theirs; the Makefile installs those two without the rest.
BENCH = [
    "anytree",
    "c3d",
    "matplotlib",
    "mujoco-mjx>=3.17",
    "numba",
    "pandas",
    "pytorch_kinematics>=0.10",
    "rtoml",
    "smplx>=0.1.28",
    "toml",
    "torch>=2.15",
]

setup(
    name="lmmjax",
    version=VERSION,
    description="Large movement models in JAX, with the human body as output layer",
    long_description=README.read_text(encoding="utf-8") if README.exists() else "",
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    packages=find_packages(
        include=["lmmjax", "lmmjax.*", "kinematics", "kinematics.*"]
    ),
    package_data={
        "kinematics": ["py.typed"],
        "lmmjax": [
            "py.typed",
            "data/*/README.md",
            "data/*/CITATIONS.bib",
            "data/*/TAGS.txt",
            "pretrained/*/CARD.md",
            "pretrained/*/model.json",
            "pretrained/*/weights.safetensors",
            "pretrained/*/prompts/*.npz",
        ],
    },
    python_requires=">=3.11",
    install_requires=REQUIRES,
    extras_require={
        "cuda": ["jax[cuda12]"],  # cuda13 asks for a driver of 2025 or newer
        "tpu": ["jax[tpu]"],
        "beam": ["apache-beam>=2.77"],  # datasets over many machines
        "mediapipe": ["mediapipe>=1.2"],  # a detector for capture.detector
        "viewer": VIEWER,
        "dev": DEV + VIEWER,
        "bench": BENCH,
    },
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Science/Research",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
)
