"""Peers in PyTorch: smplx, pytorch_kinematics, and depth levels with ball joints."""

import tempfile
from pathlib import Path

import numpy as np
import torch

from benchmarks.peers import Peer
from kinematics import Skeleton
from kinematics.formats import urdf
from kinematics.skeleton import rest_places
from kinematics.tree import levels_of


def run(function, *arguments) -> Peer:
    """A peer of a function of tensors that returns positions."""
    constants = [torch.as_tensor(np.array(x, np.float32)) for x in arguments]
    leaves = [x.clone().requires_grad_() for x in constants]

    def forward():
        with torch.no_grad():
            return function(*constants)

    def gradient():
        loss = (function(*leaves) ** 2).sum()
        return loss, torch.autograd.grad(loss, leaves)

    return Peer(forward, gradient, forward().numpy())


def matrices(sixd):
    """Rotation matrices [B, J, 3, 3] of 6D [B, J, 6]."""
    a, b = sixd[..., :3], sixd[..., 3:]
    first = torch.nn.functional.normalize(a, dim=-1)
    rest = b - (first * b).sum(-1, keepdim=True) * first
    second = torch.nn.functional.normalize(rest, dim=-1)
    third = torch.linalg.cross(first, second, dim=-1)
    return torch.stack([first, second, third], dim=-1)


def smplx(skeleton: Skeleton, root, sixd) -> Peer:
    """The rigid transforms of smplx, ``smplx.lbs.batch_rigid_transform``."""
    from smplx.lbs import batch_rigid_transform

    rest = torch.as_tensor(rest_places(skeleton), dtype=torch.float32)
    parents = torch.as_tensor(skeleton.parents)

    def positions(root, sixd):
        local = matrices(sixd)
        joints = rest.expand(len(sixd), -1, -1)
        return batch_rigid_transform(local, joints, parents)[0] + root[:, None]

    return run(positions, root, sixd)


def levels(skeleton: Skeleton, root, sixd) -> Peer:
    """The method that is most like ours: whole levels of ball joints at once."""
    offsets = torch.as_tensor(np.array(skeleton.offsets))
    found = levels_of(skeleton.parents)
    order, back = (torch.as_tensor(x) for x in (found.order, found.back))

    def positions(root, sixd):
        local, bones = matrices(sixd)[:, order], offsets[order]
        turn, place = local[:, :1], root[:, None]
        places = [place]
        for level in found.levels[1:]:
            up, at = list(level.parents), slice(level.start, level.stop)
            above = turn[:, up]
            place = place[:, up] + (above @ bones[at, :, None])[..., 0]
            turn = above @ local[:, at]
            places.append(place)
        return torch.cat(places, dim=1)[:, back]

    return run(positions, root, sixd)


def pytorch_kinematics(skeleton: Skeleton, batch: int, seed: int = 0) -> Peer:
    """pytorch_kinematics on our URDF: ball joints are three revolute joints each.

    Frames are looked up once and only those of the joints are asked for.
    """
    import pytorch_kinematics as library

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "body.urdf"
        urdf.write(path, skeleton)
        chain = library.build_chain_from_urdf(path.read_bytes())
    chain = chain.to(dtype=torch.float32)
    indices = chain.get_frame_indices(*skeleton.names)
    names = list(skeleton.names)
    count = len(chain.get_joint_parameter_names())
    angles = np.random.default_rng(seed).uniform(-1, 1, size=(batch, count))

    def positions(angles):
        found = chain.forward_kinematics(angles, indices)
        return torch.stack([found[n].get_matrix()[:, :3, 3] for n in names], dim=1)

    return run(positions, angles)
