"""All that is known about devices: pmap over every chip of every host.

State goes in and comes out replicated without an axis of devices, so nothing
else has to know how many there are. To outgrow pmap, this page is what changes.
"""

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec

AXIS = "devices"


def parallelize(step, num_devices: int | None = None):
    """Run a step over the devices of all hosts.

    Args:
      step: function of (state, share) that reduces over `AXIS` itself.
      num_devices: devices of each host to use; all by default.

    Returns:
      Function of (state, shares with a leading axis of this host's devices). The
      state that it is given is given up.
    """
    return jax.pmap(
        step,
        AXIS,
        in_axes=(None, 0),
        out_axes=None,
        donate_argnums=0,
        devices=None if num_devices is None else _devices(num_devices),
    )


def local_devices(num_devices: int | None = None) -> list[jax.Device]:
    """The first so many devices of this host; all by default."""
    devices = jax.local_devices()
    if num_devices is not None and not 1 <= num_devices <= len(devices):
        raise ValueError(f"{num_devices} devices asked for, {len(devices)} are here")
    return devices[:num_devices]


def _devices(num_devices: int | None) -> list[jax.Device]:
    """The devices in use on all hosts, in the order of the hosts."""
    count = len(local_devices(num_devices))
    hosts = range(jax.process_count())
    return [d for host in hosts for d in jax.local_devices(host)[:count]]


def process_part() -> tuple[int, int]:
    """Which part of a batch is this process's: its number, and how many there are."""
    return jax.process_index(), jax.process_count()


def replicate(tree, num_devices: int | None = None):
    """Place a tree on every local device, whole."""
    return jax.device_put(tree, _on_local(num_devices, PartitionSpec()))


def local(tree):
    """A replicated tree on the first device of this host alone."""
    return jax.tree.map(lambda x: x.addressable_data(0), tree)


def across_processes(tree, num_devices: int | None = None):
    """A tree from `replicate` as arrays of all processes, the form that Orbax saves."""
    if jax.process_count() == 1:
        return tree
    mesh = Mesh(np.array(_devices(num_devices)), (AXIS,))
    everywhere = NamedSharding(mesh, PartitionSpec())

    def join(x):
        parts = [shard.data for shard in x.addressable_shards]
        return jax.make_array_from_single_device_arrays(x.shape, everywhere, parts)

    return jax.tree.map(join, tree)


def split(tree, num_devices: int | None = None, axis: int = 0):
    """Divide an axis of every array of a batch over local devices.

    Args:
      tree: arrays of this host.
      num_devices: local devices to use; all by default.
      axis: the one of windows.

    Returns:
      Arrays on the devices, with a leading axis of devices; ``axis``, now one
      further, holds each device's share.
    """
    count = len(local_devices(num_devices))

    def divide(x):
        size = x.shape[axis]
        if size % count:
            raise ValueError(
                f"a batch of {size} cannot be divided over {count} devices"
            )
        parts = x.reshape(*x.shape[:axis], count, size // count, *x.shape[axis + 1 :])
        return np.moveaxis(parts, axis, 0)

    divided = jax.tree.map(divide, tree)
    return jax.device_put(divided, _on_local(num_devices, PartitionSpec(AXIS)))


def for_each_device(value, num_devices: int | None = None) -> np.ndarray:
    """[devices] the same number for every local device, as a share of a step."""
    return np.full(len(local_devices(num_devices)), value)


def from_first_process(tree):
    """The tree of arrays of the first process, on every process."""
    if jax.process_count() == 1:
        return tree
    return multihost_utils.broadcast_one_to_all(tree)


def wait_for_all(name: str) -> None:
    """Return when every process has come to the place of this name."""
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices(name)


def _on_local(num_devices: int | None, spec: PartitionSpec) -> NamedSharding:
    """A sharding over this host's devices: a step gives up the memory of no other."""
    return NamedSharding(Mesh(np.array(local_devices(num_devices)), (AXIS,)), spec)
