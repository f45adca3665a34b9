"""Small folders of the CMU benchmark: made-up movement in its format."""

import pathlib
from collections.abc import Iterable

import numpy as np


def rows(seed: int = 0, count: int = 100) -> np.ndarray:
    """[count, 117] a T-pose, then smooth movement of all joints while walking on."""
    rng = np.random.default_rng(seed)
    t = np.arange(count)[:, None] / 120
    waves = 0.4 * np.sin(
        2 * np.pi * rng.uniform(0.3, 1.5, 114) * t + rng.uniform(0, 6, 114)
    )
    place = np.array([3.0, 17, -20]) + t * np.array([0.5, 0, 20])
    out = np.concatenate([place, waves], axis=1)
    out[0, 3:] = 0.0
    # Ends of bones and the bones at the hips do not turn, as in the benchmark.
    for joint in (1, 6, 7, 12, 19, 26, 28, 35, 37):
        out[:, 3 + 3 * joint : 6 + 3 * joint] = 0.0
    return out


def write(path: pathlib.Path, values: np.ndarray) -> pathlib.Path:
    """One file of the benchmark."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(",".join(f"{x:.9g}" for x in row) for row in values))
    return path


def folder(
    root: pathlib.Path,
    train: Iterable[str] = ("walking_1", "walking_2", "running_1", "running_2"),
    test: Iterable[str] = ("walking_1", "running_1"),
    count: int = 100,
) -> pathlib.Path:
    """A folder with train and test, every clip of its own seed."""
    names = [("train", name) for name in train] + [("test", name) for name in test]
    for seed, (part, name) in enumerate(names):
        action = name.rsplit("_", 1)[0]
        write(root / part / action / f"{name}.txt", rows(seed, count))
    return root
