"""Forward kinematics beside other libraries: time, compilation, memory.

    make bench

or, where the peers are installed already (``pip install -e '.[bench]'``):

    python -m benchmarks.kinematics --table=table.md

Contenders run in one process on one core and take turns; ratios are taken within a
round. Each gets the input that it was made for: 6D rotations where it takes matrices,
quaternions for MJX, angles of hinges for pytorch_kinematics.
"""

import functools
import os
import sys

if "jax" not in sys.modules:
    # Read when the libraries are imported. One thread each: they share one core.
    flags_of_xla = os.environ.get("XLA_FLAGS", "")
    one_thread = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["XLA_FLAGS"] = f"{flags_of_xla} {one_thread}"
    os.environ["OMP_NUM_THREADS"] = "1"

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from absl import app

from benchmarks import report, timing
from benchmarks.peers import Peer, in_jax
from kinematics import forward
from kinematics.bodies import smpl24, smplh52

flags = report.flags_of(__name__)
_BATCHES = flags.DEFINE_list("batches", ["256", "4096", "65536"], "Poses per batch.")
_PEERS = flags.DEFINE_list(
    "peers",
    ["torch", "mjx"],
    "Peers to measure beside plain JAX: torch (smplx, levels, pytorch_kinematics), "
    "mjx; empty for none.",
)
_CORE = flags.DEFINE_bool("one_core", True, "Stay on one core (Linux).")


def contenders(batch: int, names: list[str]) -> dict[str, Peer]:
    """Everything that is measured on one batch, ours first."""
    skeleton = smpl24()
    rng = np.random.default_rng(0)
    root = rng.normal(size=(batch, 3)).astype(np.float32)
    sixd = rng.normal(size=(batch, 24, 6)).astype(np.float32)
    quaternions = rng.normal(size=(batch, 24, 4)).astype(np.float32)

    def ours(root, rotations):
        return forward.positions_from_rotations(skeleton, root, rotations)

    found = {
        "ours, 6D": in_jax.run(ours, root, sixd),
        "ours, quaternions": in_jax.run(ours, root, quaternions),
        "plain JAX": in_jax.plain(skeleton, root, sixd),
    }
    if "mjx" in names:
        found["MJX"] = in_jax.mjx(skeleton, batch)
    if "torch" in names:
        import torch

        torch.set_num_threads(1)
        from benchmarks.peers import in_torch

        found["smplx"] = in_torch.smplx(skeleton, root, sixd)
        found["torch levels"] = in_torch.levels(skeleton, root, sixd)
        found["pytorch_kinematics"] = in_torch.pytorch_kinematics(skeleton, batch)
    check(skeleton, found)
    return found


def check(skeleton, found: dict[str, Peer]) -> None:
    """All computed the same thing: equal places, or at least equal bones."""
    for name, peer in found.items():
        if name in ("plain JAX", "smplx", "torch levels"):
            gap = np.abs(peer.positions - found["ours, 6D"].positions).max()
            # 6D of random numbers may be nearly degenerate, which costs digits.
            if gap > 1e-3:
                raise AssertionError(f"{name} is {gap} m away from ours")
        bones = peer.positions[:, 1:] - peer.positions[:, list(skeleton.parents[1:])]
        length = np.linalg.norm(skeleton.offsets[1:], axis=-1)
        gap = np.abs(np.linalg.norm(bones, axis=-1) - length).max()
        if gap > 1e-3:
            raise AssertionError(f"the bones of {name} are {gap} m longer")


def copies(batch: int) -> dict[str, Callable[[], object]]:
    """Contenders that move as many bytes as ours: input to output, nothing else."""
    copy = jax.jit(lambda x: x + 1.0)

    def run(x):
        jax.block_until_ready(copy(x))

    shapes = {"6D": 6, "quaternions": 4}
    return {
        f"copy, {name}": functools.partial(
            run, jax.device_put(np.ones((batch, 24 * (size + 3)), np.float32))
        )
        for name, size in shapes.items()
    }


def speed(batch: int, rounds: int, names: list[str]) -> list[str]:
    """Rows of the table of times and ratios of one batch."""
    peers = contenders(batch, names)
    rows = []
    for mode in ("forward", "gradient"):
        functions: dict[str, Callable[[], object]] = {
            name: getattr(peer, mode) for name, peer in peers.items()
        }
        times = timing.interleaved({**functions, **copies(batch)}, rounds)
        over = timing.ratios(times, "ours, 6D")
        for name in functions:
            line = (
                f"| {batch:,} | {mode} | {name} | {timing.spread(times[name] * 1e3)} "
            )
            rows.append(line + f"| {over[name]} |")
        for name in ("6D", "quaternions"):
            share = timing.spread(times[f"ours, {name}"] / times[f"copy, {name}"])
            copy = timing.spread(times[f"copy, {name}"] * 1e3)
            rows.append(
                f"| {batch:,} | {mode} | copy, {name} | {copy} | ours = {share} x |"
            )
    return rows


def compilation() -> list[str]:
    """Rows of compile time and memory of a body with hands."""
    skeleton, batch = smplh52(), 4096
    root = np.zeros((batch, 3), np.float32)
    sixd = np.ones((batch, 52, 6), np.float32)

    def positions(root, sixd):
        return forward.positions_from_rotations(skeleton, root, sixd)

    def loss(root, sixd):
        return jnp.sum(positions(root, sixd) ** 2)

    rows = []
    for name, function in (
        ("forward", positions),
        ("gradient", jax.value_and_grad(loss, (0, 1))),
    ):
        start = time.perf_counter()
        compiled = jax.jit(function).lower(root, sixd).compile()
        seconds = time.perf_counter() - start
        memory = compiled.memory_analysis()
        assert memory is not None
        ends = memory.argument_size_in_bytes + memory.output_size_in_bytes
        share = (ends + memory.temp_size_in_bytes) / ends
        rows.append(f"| {name} | {seconds:.2f} s | {share:.2f} |")
    return rows


def main(arguments: list[str]) -> None:
    """Measure and print."""
    del arguments
    jax.config.update("jax_enable_compilation_cache", False)
    if _CORE.value and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    device = jax.devices()[0]
    lines = [
        f"{device.device_kind}, jax {jax.__version__}, one core, float32, seed 0, "
        f"{report.ROUNDS.value} rounds; medians [quartiles]",
        "",
        "| poses | what | contender | ms | times ours, 6D |",
        "|---|---|---|---|---|",
    ]
    for batch in map(int, _BATCHES.value):
        lines += speed(batch, report.ROUNDS.value, [n for n in _PEERS.value if n])
    lines += ["", "| 52 joints, 4,096 poses | compile | peak memory / (in + out) |"]
    lines += ["|---|---|---|", *compilation()]
    report.publish(lines)


if __name__ == "__main__":
    app.run(main)
