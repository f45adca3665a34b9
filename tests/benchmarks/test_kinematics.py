"""The benchmark of forward kinematics runs, at a small size and without peers."""

import numpy as np
import pytest

from benchmarks import kinematics
from kinematics.bodies import smpl24


def test_the_table_has_a_row_for_every_contender():
    rows = kinematics.speed(3, rounds=2, names=[])
    contenders = [row.split("|")[3].strip() for row in rows]
    ours = ["ours, 6D", "ours, quaternions", "plain JAX"]
    assert contenders == 2 * [*ours, "copy, 6D", "copy, quaternions"]


def test_a_contender_that_computes_something_else_is_found():
    found = kinematics.contenders(3, [])
    wrong = found["plain JAX"].positions + np.float32(0.1)
    found["plain JAX"] = found["plain JAX"]._replace(positions=wrong)
    with pytest.raises(AssertionError, match="plain JAX is"):
        kinematics.check(smpl24(), found)
    long = found["ours, 6D"].positions * np.float32(1.1)
    with pytest.raises(AssertionError, match="bones of other"):
        kinematics.check(
            smpl24(),
            {
                "ours, 6D": found["ours, 6D"],
                "other": found["ours, 6D"]._replace(positions=long),
            },
        )
