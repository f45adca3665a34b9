"""Write a motion as glTF 2.0."""

import os
import pathlib
from typing import Any

import jax
import numpy as np

from kinematics import forward, rotations
from kinematics import motion as motions
from kinematics.formats import axes, gltf_binary, robot_parts
from kinematics.formats.robot_values import check_clip
from kinematics.formats.text import write_bytes
from kinematics.motion import Motion
from kinematics.skeleton import Array, Skeleton

# Key of a node's extras that hold what glTF has no words for.
EXTRAS = "kinematics"
_FLOAT, _UINT16 = 5126, 5123
_VERTICES, _INDICES = 34962, 34963
# Where along a bone its octahedron is widest.
_WIDEST = 0.15
# Two pyramids on a ring of four: corner 0 is the joint, 5 the child's.
_TRIANGLES = [
    corner
    for k in range(4)
    for a, b in [(1 + k, 1 + (k + 1) % 4)]
    for corner in (0, b, a, 5, a, b)
]


def write(path: str | os.PathLike, motion: Motion, *, bones: bool = True) -> None:
    """Write one clip as an animated skeleton in glTF 2.0.

    Joints are nodes, y is up and the body faces z, as is the convention of glTF. The
    root is moved and turned, every other joint that can turn is turned, by a key for
    each frame. Kinds, axes and limits of the joints, for which glTF has no words, are
    kept in the nodes' extras, so that `read` returns the same body.

    Args:
      path: the file; ``.glb`` is binary, ``.gltf`` is text that holds its data. It is
        replaced whole or not at all.
      motion: one clip of at least one frame, joints [T, D].
      bones: whether joints carry slim octahedra along their bones, so that there is
        something to see.

    Raises:
      ValueError: the motion cannot be written as glTF.
      OSError: the file cannot be written; nothing half-written is left.
    """
    path = pathlib.Path(path)
    packs = {".glb": gltf_binary.glb, ".gltf": gltf_binary.embedded}
    if path.suffix.lower() not in packs:
        raise ValueError(f"{path.name!r} must end in .glb or .gltf")
    check_clip(motion)
    if not len(motion):
        raise ValueError("a glTF animation needs at least one frame")
    if not all(np.isfinite(np.asarray(x)).all() for x in motion.poses):
        raise ValueError(
            "glTF has no missing values: fill or cut the frames with NaN first"
        )
    data = _Data()
    body, world = motion.skeleton, axes.world_axes("y")
    offsets = np.asarray(body.offsets, np.float32) @ world.astype(np.float32)
    places = np.asarray(motion.root_position, np.float32) @ world.astype(np.float32)
    nodes: list[dict] = []
    meshes: list[dict] = []
    for j in range(body.num_joints):
        node = _node(body, j, places[0] if j == 0 else offsets[j])
        shapes = _octahedra([offsets[c] for c in _children(body, j)]) if bones else []
        if shapes:
            node["mesh"] = len(meshes)
            meshes.append({"primitives": [_primitive(data, shapes)]})
        nodes.append(node)
    document = {
        "asset": {"version": "2.0", "generator": "kinematics"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": nodes,
        "animations": [_animation(data, motion, places, world)],
        "accessors": data.accessors,
        "bufferViews": data.views,
        "buffers": [{"byteLength": len(data.bytes)}],
    }
    if meshes:
        metal = {"baseColorFactor": [0.8, 0.6, 0.4, 1], "metallicFactor": 0}
        document["meshes"] = meshes
        document["materials"] = [{"name": "bone", "pbrMetallicRoughness": metal}]
    write_bytes(path, packs[path.suffix.lower()](document, bytes(data.bytes)))


class _Data:
    """The buffer of a file as it grows, its views and accessors."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self.views: list[dict] = []
        self.accessors: list[dict] = []

    def add(self, values: np.ndarray, target: int | None = None) -> int:
        """Append values [count] or [count, n] and return their accessor."""
        component = _FLOAT if values.dtype.kind == "f" else _UINT16
        raw = values.astype("<f4" if component == _FLOAT else "<u2").tobytes()
        view: dict[str, Any] = {
            "buffer": 0,
            "byteOffset": len(self.bytes),
            "byteLength": len(raw),
        }
        if target is not None:
            view["target"] = target
        table = values.reshape(len(values), -1)
        self.views.append(view)
        self.accessors.append(
            {
                "bufferView": len(self.views) - 1,
                "componentType": component,
                "count": len(values),
                "type": "SCALAR" if values.ndim == 1 else f"VEC{table.shape[1]}",
                "min": table.min(axis=0).tolist(),
                "max": table.max(axis=0).tolist(),
            }
        )
        # Every view starts at a multiple of the largest component's size.
        self.bytes += raw + b"\0" * (-len(raw) % 4)
        return len(self.accessors) - 1


def _children(body: Skeleton, j: int) -> list[int]:
    return [child for child, parent in enumerate(body.parents) if parent == j]


def _node(body: Skeleton, j: int, place: np.ndarray) -> dict[str, Any]:
    at = body.coordinates(body.names[j])
    told = {
        "kind": body.kinds[j],
        "frame": np.asarray(body.frames[j], float).ravel().tolist(),
        "lower": np.asarray(body.lower, float)[at].tolist(),
        "upper": np.asarray(body.upper, float)[at].tolist(),
    }
    node: dict[str, Any] = {
        "name": body.names[j],
        "translation": place.tolist(),
        "extras": {EXTRAS: told},
    }
    children = _children(body, j)
    return {**node, "children": children} if children else node


def _octahedra(bones: list[np.ndarray]) -> list[np.ndarray]:
    """Corners [6, 3] of an octahedron along each bone that is long enough to show."""
    shapes = []
    for bone in bones:
        radius = robot_parts.bone_radius(bone)
        if radius is None:
            continue
        along = bone / np.linalg.norm(bone)
        other = np.eye(3)[int(np.argmin(np.abs(along)))]
        u = np.cross(along, other)
        u /= np.linalg.norm(u)
        v = np.cross(along, u)
        ring = [_WIDEST * bone + radius * side for side in (u, v, -u, -v)]
        shapes.append(np.stack([np.zeros(3), *ring, bone]).astype(np.float32))
    return shapes


def _primitive(data: _Data, shapes: list[np.ndarray]) -> dict[str, Any]:
    triangles = [np.array(_TRIANGLES, np.uint16) + 6 * n for n, _ in enumerate(shapes)]
    return {
        "attributes": {"POSITION": data.add(np.concatenate(shapes), _VERTICES)},
        "indices": data.add(np.concatenate(triangles).astype(np.uint16), _INDICES),
        "material": 0,
    }


def _animation(
    data: _Data, motion: Motion, places: np.ndarray, world: np.ndarray
) -> dict[str, Any]:
    """A channel for the place of the root and one for each joint that can turn."""
    body = motion.skeleton
    time = data.add((np.arange(len(motion)) / motion.fps).astype(np.float32))
    local = motions.in_blocks(_quaternions, body, np.asarray(motion.joints, np.float32))
    channels: list[dict[str, Any]] = []
    samplers: list[dict[str, Any]] = []

    def add(node: int, what: str, values: np.ndarray) -> None:
        channels.append(
            {"sampler": len(samplers), "target": {"node": node, "path": what}}
        )
        samplers.append({"input": time, "output": data.add(values)})

    add(0, "translation", places)
    for j, kind in enumerate(body.kinds):
        if kind == "fixed":
            continue
        q = np.asarray(motion.root_rotation, float) if j == 0 else local[:, j]
        q = motions.continuous_quaternions(q).astype(float)
        q /= np.linalg.norm(q, axis=1, keepdims=True)
        # The vector turns with the axes; glTF puts the real part last.
        turned = np.concatenate([q[:, 1:] @ world, q[:, :1]], axis=1)
        add(j, "rotation", turned.astype(np.float32))
    named = {"name": motion.name} if motion.name else {}
    return {**named, "channels": channels, "samplers": samplers}


@jax.jit
def _quaternions(body: Skeleton, joints: Array) -> jax.Array:
    """Rotations [T, J, 4] against the parent."""
    return rotations.quaternion_from_matrix(forward.joint_rotations(body, joints))
