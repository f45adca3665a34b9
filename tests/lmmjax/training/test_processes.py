"""Laws of several processes: together they do what one would do."""

import json
import os
import pathlib
import socket
import subprocess
import sys

import numpy as np

from lmmjax.data.windows import batches
from tests.lmmjax import tiny
from tests.lmmjax.training import meeting

ROOT = pathlib.Path(__file__).parents[3]


def test_two_processes_share_batches_losses_and_requests_to_stop():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    members = [
        subprocess.Popen(
            [sys.executable, meeting.__file__, str(n), "2", port],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(2)
    ]
    ends = [member.communicate(timeout=120) for member in members]
    assert [m.returncode for m in members] == [0, 0], "\n".join(e[1] for e in ends)
    first, second = (json.loads(out.splitlines()[-1]) for out, _ in ends)
    assert first == second
    stream = batches(tiny.windows(), 4, 0)
    heights = [next(stream).poses.root_position[:, 0, 2] for _ in range(2)]
    expected = [h @ (1 + np.arange(4)) for h in heights]
    np.testing.assert_allclose(first["losses"], expected, rtol=1e-6)
    np.testing.assert_allclose(first["state"], sum(expected), rtol=1e-6)
    assert first["stop"] is True
    assert first["from_first"] == 0
    # What is saved belongs to both.
    assert first["saved"] == [False, 2]
