"""The law of causality, for whatever summarises poses."""

import numpy as np


def check(read, model, walk):
    """The summary of poses [B, T] up to one does not know of later ones; gives it."""
    whole = read(model, walk)
    joints = np.array(walk.joints)
    joints[:, 8:] += 0.1
    changed = read(model, walk._replace(joints=joints))
    np.testing.assert_array_equal(changed[:, :8], whole[:, :8])
    assert np.abs(changed[:, 8] - whole[:, 8]).max() > 1e-3
    return whole
