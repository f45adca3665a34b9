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
      step: function of (state, batch share) that reduces over `AXIS` itself.
      num_devices: local devices to use; all by default.

    Returns:
      Function of (state, batch with leading axes [devices, share]).
    """
    return jax.pmap(
        step,
        AXIS,
        in_axes=(None, 0),
        out_axes=None,
        donate_argnums=0,
        devices=None if num_devices is None else local_devices(num_devices),
    )


def local_devices(num_devices: int | None = None) -> list[jax.Device]:
    """The first so many devices of this host; all by default."""
    devices = jax.local_devices()
    if num_devices is not None and not 1 <= num_devices <= len(devices):
        raise ValueError(f"{num_devices} devices asked for, {len(devices)} are here")
    return devices[:num_devices]


def replicate(tree, num_devices: int | None = None):
    """Place a tree on every local device, whole."""
    mesh = Mesh(np.array(local_devices(num_devices)), (AXIS,))
    return jax.device_put(tree, NamedSharding(mesh, PartitionSpec()))


def from_first_process(tree):
    """The tree of arrays of the first process, on every process."""
    if jax.process_count() == 1:
        return tree
    return multihost_utils.broadcast_one_to_all(tree)


def split(tree, num_devices: int | None = None):
    """Divide the leading axis of every array of a batch over local devices."""
    count = len(local_devices(num_devices))

    def divide(x):
        if len(x) % count:
            raise ValueError(
                f"a batch of {len(x)} cannot be divided over {count} devices"
            )
        return x.reshape(count, len(x) // count, *x.shape[1:])

    return jax.tree.map(divide, tree)
