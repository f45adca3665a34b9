"""A small body, how it moves, and small models of it."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Motion, Poses, Skeleton, make_skeleton
from lmmjax.data.windows import WindowBatch, Windows
from lmmjax.model import (
    ModelConfig,
    MovementModel,
    Statistics,
    initialize,
    unit_statistics,
)
from lmmjax.model.poses import num_channels

FPS = 30.0
CONFIG = ModelConfig(
    width=16,
    layers=1,
    heads=2,
    window=4,
    recent=3,
    head_width=16,
    head_layers=1,
    horizon=3,
)


def body(**changes) -> Skeleton:
    """Seven joints of every kind: chest, head, two legs and two toes."""
    table = [
        ("Hips", -1, "free", (0, 0, 0)),
        ("Chest", 0, "ball", (0.02, 0, 0.3)),
        ("Head", 1, "universal", (0, 0, 0.3)),
        ("LeftLeg", 0, "hinge", (0, 0.1, -0.1)),
        ("LeftToe", 3, "fixed", (0.1, 0.02, -0.7)),
        ("RightLeg", 0, "hinge", (0, -0.1, -0.1)),
        ("RightToe", 5, "fixed", (0.1, -0.02, -0.7)),
    ]
    names, parents, kinds, offsets = zip(*table, strict=True)
    limits = {
        "lower": np.float32([-0.6, -0.8, -0.9, -0.5, -0.7, -1.0, -1.0]),
        "upper": np.float32([0.7, 0.6, 0.9, 0.8, 0.7, 1.2, 1.2]),
    }
    return make_skeleton(names, parents, np.array(offsets), kinds, **limits | changes)


def motion(seed: int = 0, frames: int = 40, fps: float = FPS) -> Motion:
    """Somebody who walks in a curve and swings all joints within their limits."""
    rng = np.random.default_rng(seed)
    t = np.arange(frames)[:, None] / fps
    person = body()
    person = person.replace(offsets=person.offsets * np.float32(1 + 0.1 * seed))
    rate, phase = rng.uniform(0.5, 1.5, 7), rng.uniform(0, 6, 7)
    q = 0.35 * np.sin(2 * np.pi * rate * t + phase)
    yaw = rng.uniform(-3, 3) + 0.8 * t[:, 0]
    lean = 0.1 * np.sin(3 * t[:, 0])
    rotation = np.stack(
        [
            np.cos(yaw / 2) * np.cos(lean),
            np.cos(yaw / 2) * np.sin(lean),
            np.sin(yaw / 2) * np.sin(lean),
            np.sin(yaw / 2) * np.cos(lean),
        ],
        axis=-1,
    )
    path = np.stack([np.sin(yaw), -np.cos(yaw)], axis=-1) / 0.8
    height = 0.8 + 0.03 * np.sin(6 * t)
    place = np.concatenate([path, height], axis=-1)
    return Motion(
        person,
        np.float32(place),
        np.float32(rotation),
        np.float32(q),
        fps,
        name=f"clip{seed}",
        subject=f"person{seed}",
    )


def batch(count: int = 2, frames: int = 12, seed: int = 0) -> WindowBatch:
    """Windows [count, frames] of different people."""
    clips = [motion(seed + n, frames) for n in range(count)]
    return Windows(clips, frames).take(np.arange(count))


def poses(count: int = 2, frames: int = 12, seed: int = 0) -> Poses:
    """Poses [count, frames] as they come from `motion`: anywhere, facing any way."""
    clips = [motion(seed + n, frames).poses for n in range(count)]
    return Poses(*(np.stack(x) for x in zip(*clips, strict=True)))


def windows(clips: int = 4, length: int = 10) -> Windows:
    """Training windows."""
    return Windows([motion(seed) for seed in range(clips)], length, stride=3)


def statistics(config: ModelConfig = CONFIG) -> Statistics:
    """Plausible scales, without measuring them."""
    ahead = np.float32(np.arange(1, config.horizon + 1))
    return dataclasses.replace(
        unit_statistics(body(), config),
        frame_scale=np.full(num_channels(body()), 0.04, np.float32),
        reach=np.full(num_channels(body()), 0.75, np.float32),
        horizon_error=0.03 * ahead,
    )


@functools.cache
def fresh_model(config: ModelConfig = CONFIG) -> MovementModel:
    """A model as it is before training."""
    return initialize(jax.random.key(0), body(), statistics(config), config, FPS)


@functools.cache
def lively_model(config: ModelConfig = CONFIG) -> MovementModel:
    """A model whose every parameter has a say in its output."""
    model = fresh_model(config)
    leaves, tree = jax.tree.flatten(model.params)
    rng = np.random.default_rng(5)
    moved = [
        jnp.asarray(x + 0.3 * rng.normal(size=x.shape).astype(np.float32))
        for x in leaves
    ]
    return model.replace(params=jax.tree.unflatten(tree, moved))
