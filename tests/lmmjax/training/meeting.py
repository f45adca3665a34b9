"""One of several processes that share a batch, as a script.

python meeting.py <process> <processes> <port>
"""

import json
import sys

import jax


def main() -> None:
    """Print what this process sees of a chunk."""
    process, processes, port = map(int, sys.argv[1:])
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_num_cpu_devices", 1)
    jax.distributed.initialize(f"127.0.0.1:{port}", processes, process)

    import numpy as np

    from lmmjax.data.windows import batches
    from lmmjax.training import parallel
    from lmmjax.training.step import Chunk, repeat
    from tests.lmmjax import tiny

    def update(state, batch):
        share = batch.valid.shape[0]
        place = jax.lax.axis_index(parallel.AXIS) * share + jax.numpy.arange(share)
        height = batch.poses.root_position[:, 0, 2]
        total = jax.lax.psum(jax.numpy.sum((1 + place) * height), parallel.AXIS)
        return state + total, {"loss": total}

    stream = batches(tiny.windows(), 4, 0, part=parallel.process_part())
    stack = jax.tree.map(lambda *x: np.stack(x), next(stream), next(stream))
    run = parallel.parallelize(repeat(update, parallel.AXIS))
    # Only the last process is asked to stop.
    asked = process == processes - 1
    each = [parallel.for_each_device(x) for x in (2, asked)]
    state = parallel.replicate(np.float32(0))
    state, told = run(state, Chunk(parallel.split(stack, axis=1), *each))
    saved = parallel.across_processes(state)
    seen = {
        "losses": np.asarray(told.metrics["loss"]).tolist(),
        "stop": bool(told.stop),
        "state": float(parallel.local(state)),
        "from_first": int(parallel.from_first_process(np.array(process))),
        "saved": [saved.is_fully_addressable, len(saved.sharding.device_set)],
    }
    parallel.wait_for_all("the end")
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
