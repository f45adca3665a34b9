"""MJCF, the models of MuJoCo: write a body, read one, and play motions in both ways.

`write` and `read` are of models. The movement of a model is a table of its
coordinates, ``qpos``; `qpos` makes one of a motion and `motion` goes back. A body that
was read brings the layout of its file's coordinates along:

    model = mjcf.read("humanoid.xml")
    clip = mjcf.motion(model.skeleton, table, fps=60, layout=model.layout)

MuJoCo's world has z up, as ours. What elements mean here is taken from MuJoCo's
documentation, mujoco.readthedocs.io, its XML reference and chapter on computation.
"""

from kinematics.formats.mjcf_qpos import Layout, layout, motion, qpos, qvel
from kinematics.formats.mjcf_read import Model, read
from kinematics.formats.mjcf_write import write

__all__ = ["Layout", "Model", "layout", "motion", "qpos", "qvel", "read", "write"]
