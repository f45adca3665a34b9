"""Peers in JAX: the plain walk that autodiff derives, and MuJoCo's MJX."""

import tempfile
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers import Peer
from kinematics import Skeleton, rotations
from kinematics.formats import mjcf


def run(function, *arguments) -> Peer:
    """A peer of a function of arrays that returns positions."""
    arguments = jax.device_put(arguments)
    forward = jax.jit(function)
    gradient = jax.jit(
        jax.value_and_grad(
            lambda *x: jnp.sum(function(*x) ** 2), tuple(range(len(arguments)))
        )
    )
    return Peer(
        lambda: jax.block_until_ready(forward(*arguments)),
        lambda: jax.block_until_ready(gradient(*arguments)),
        np.asarray(forward(*arguments)),
    )


def plain(skeleton: Skeleton, root, sixd) -> Peer:
    """A loop over the joints with batched 3x3 products, as one writes it first."""
    offsets = jnp.asarray(skeleton.offsets)

    def positions(root, sixd):
        local = rotations.matrix_from_6d(sixd)
        places, turns = [root], [local[:, 0]]
        for j, up in enumerate(skeleton.parents[1:], start=1):
            places.append(places[up] + turns[up] @ offsets[j])
            turns.append(turns[up] @ local[:, j])
        return jnp.stack(places, axis=1)

    return run(positions, root, sixd)


def mjx(skeleton: Skeleton, batch: int, seed: int = 0) -> Peer:
    """MuJoCo's MJX: ball joints, so a quaternion per joint comes in."""
    import mujoco
    from mujoco import mjx as library

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "body.xml"
        mjcf.write(path, skeleton)
        model = mujoco.MjModel.from_xml_path(str(path))
    place = library.put_model(model)
    data = library.make_data(place)
    bodies = np.array(
        [mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, n) for n in skeleton.names]
    )
    assert (bodies > 0).all(), "names of bodies are those of the joints"
    qpos = np.random.default_rng(seed).normal(size=(batch, model.nq))
    for kind, start in zip(model.jnt_type, model.jnt_qposadr, strict=True):
        first = start + (3 if kind == mujoco.mjtJoint.mjJNT_FREE else 0)
        part = qpos[:, first : first + 4]
        qpos[:, first : first + 4] = part / np.linalg.norm(part, axis=1, keepdims=True)

    def positions(qpos):
        return library.kinematics(place, data.replace(qpos=qpos)).xpos[bodies]

    return run(jax.vmap(positions), qpos.astype(np.float32))
