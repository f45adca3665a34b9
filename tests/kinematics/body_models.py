"""Body models of SMPL's kind with random numbers, and their equations in NumPy.

Keys, shapes, types and trees are those of the real files, which are licensed and so
are not here. Everything is in the axes of the files: y up, z forward, x to the left.
"""

import numpy as np

from tests.kinematics import reference

# Parents as in the kintree_table of the real models.
_TREE = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19]


def _hands(first):
    fingers = [first + k for k in range(30)]
    return [(20 if k < 15 else 21) if k % 3 == 0 else fingers[k] - 1 for k in range(30)]


PARENTS = {
    24: [*_TREE, 20, 21],
    52: _TREE + _hands(22),
    55: [*_TREE, 15, 15, 15, *_hands(25)],
}


def raw(joints=24, vertices=60, shapes=10, seed=0):
    """What a model file holds, dense and float64."""
    rng = np.random.default_rng(seed)
    weights = rng.uniform(size=(vertices, joints)) ** 8
    regressor = np.zeros((joints, vertices))
    for row in regressor:
        row[rng.choice(vertices, 8, replace=False)] = rng.dirichlet(np.ones(8))
    table = np.array([PARENTS[joints], range(joints)]).astype(np.uint32)
    found = {
        "v_template": 0.5 * rng.normal(size=(vertices, 3)),
        "shapedirs": 0.03 * rng.normal(size=(vertices, 3, shapes)),
        "posedirs": 0.003 * rng.normal(size=(vertices, 3, 9 * (joints - 1))),
        "J_regressor": regressor,
        "weights": weights / weights.sum(1, keepdims=True),
        "kintree_table": table,
        "f": rng.integers(0, vertices, (2 * vertices - 4, 3)).astype(np.uint32),
    }
    if joints > 24:
        for side in "lr":
            found[f"hands_mean{side}"] = 0.1 * rng.normal(size=45)
            found[f"hands_components{side}"] = 0.2 * rng.normal(size=(45, 45))
    return found


def skinned(model, betas, pose, trans):
    """Vertices [V, 3] and joints [J, 3], one by one as in Loper et al. (2015).

    ``betas`` goes with all of ``shapedirs``; ``pose`` holds rotation vectors.
    """
    betas = np.concatenate([betas, np.zeros(model["shapedirs"].shape[2] - len(betas))])
    turns = [reference.turn(vector) for vector in np.reshape(pose, (-1, 3))]
    shaped = model["v_template"] + model["shapedirs"] @ betas
    rest = model["J_regressor"] @ shaped
    bend = np.concatenate([(turn - np.eye(3)).ravel() for turn in turns[1:]])
    posed = shaped + model["posedirs"] @ bend
    parents = PARENTS[len(turns)]
    world = []
    for j, parent in enumerate(parents):
        local = np.eye(4)
        local[:3, :3] = turns[j]
        local[:3, 3] = rest[j] - (rest[parent] if j else 0)
        world.append(world[parent] @ local if j else local)
    moves = []
    for j, move in enumerate(world):
        back = np.eye(4)
        back[:3, 3] = -rest[j]
        moves.append(move @ back)
    vertices = []
    for vertex, shares in zip(posed, model["weights"], strict=True):
        blend = sum(share * move for share, move in zip(shares, moves, strict=True))
        vertices.append((blend @ [*vertex, 1])[:3])
    return np.array(vertices) + trans, np.array([w[:3, 3] for w in world]) + trans
