"""The nodes of a glTF file that are a body, how they rest and how they move."""

from typing import Any, NamedTuple

import numpy as np

from kinematics.formats.gltf_binary import Document
from kinematics.formats.robot import MAX_LINKS

# Scales of one node may differ by this share, by rounding.
_ROUND = 1e-3


class Curve(NamedTuple):
    """Keys of one property of one node.

    Attributes:
      times: [K] seconds, rising.
      values: [K, n], of a cubic spline [K, 3 n]: incoming slope, value and outgoing
        slope.
      method: ``LINEAR``, ``STEP`` or ``CUBICSPLINE``.
    """

    times: np.ndarray
    values: np.ndarray
    method: str

    def at(self, times: np.ndarray, sphere: bool) -> np.ndarray:
        """Values [T, n] at given times; on the sphere they are unit quaternions."""
        keys, cubic = self.times, self.method == "CUBICSPLINE"
        count = self.values.shape[1] // (3 if cubic else 1)
        values = self.values[:, count : 2 * count] if cubic else self.values
        last = len(keys) - 1
        left = np.clip(np.searchsorted(keys, times, side="right") - 1, 0, last)
        if self.method == "STEP" or last == 0:
            return _unit(values[left]) if sphere else values[left]
        left = np.minimum(left, last - 1)
        span = keys[left + 1] - keys[left]
        share = np.clip((times - keys[left]) / span, 0.0, 1.0)[:, None]
        a, b = values[left], values[left + 1]
        if cubic:
            after = self.values[left, 2 * count :] * span[:, None]
            before = self.values[left + 1, :count] * span[:, None]
            s2, s3 = share**2, share**3
            found = (2 * s3 - 3 * s2 + 1) * a + (s3 - 2 * s2 + share) * after
            found = found + (3 * s2 - 2 * s3) * b + (s3 - s2) * before
            return _unit(found) if sphere else found
        return _slerp(_unit(a), _unit(b), share) if sphere else a + share * (b - a)


class Node(NamedTuple):
    """A node at rest.

    Attributes:
      name: or None.
      place: [3] in the axes and unit of its parent.
      turn: [4] unit quaternion w, x, y, z.
      scales: [3] along its axes; those of a node that bears others are the same.
      extras: what the program that wrote the file keeps in it.
    """

    name: str | None
    place: np.ndarray
    turn: np.ndarray
    scales: np.ndarray
    extras: dict[str, Any]


def tree(document: Document) -> list[int]:
    """Index of the parent of every node, -1 where it has none."""
    parents = [-1] * len(document.entries(document.top, "nodes"))
    for index in range(len(parents)):
        for child in document.entries(document.item("nodes", index), "children"):
            document.item("nodes", child)
            if parents[child] >= 0:
                raise document.error(f"node {child} has two parents")
            parents[child] = index
    return parents


def above(document: Document, parents: list[int], index: int) -> list[int]:
    """A node and all that it hangs on, the topmost last."""
    chain = [index]
    while parents[chain[-1]] >= 0:
        chain.append(parents[chain[-1]])
        if len(chain) > MAX_LINKS:
            raise document.error(
                f"node {index} hangs on itself or on more than {MAX_LINKS} others",
                "export the skeleton alone",
            )
    return chain


def joints(document: Document, parents: list[int], moved: set[int]) -> list[int]:
    """The nodes of the body, the root first and parents before children.

    They are the joints of the skin that has most of them and the nodes between
    these; in a file without skins all nodes below the one on which all animated
    nodes hang.
    """
    skins = [
        document.entries(document.item("skins", k), "joints")
        for k in range(len(document.entries(document.top, "skins")))
    ]
    listed = max(skins, key=len, default=[]) or sorted(moved)
    if len(listed) > MAX_LINKS:
        raise document.error(
            f"the body has more than {MAX_LINKS} joints", "export the skeleton alone"
        )
    chains = []
    for index in listed:
        document.item("nodes", index)
        chains.append(above(document, parents, index))
    shared = set(chains[0]).intersection(*chains)
    root = next((node for node in chains[0] if node in shared), None)
    if root is None:
        raise document.error(
            "its animated nodes hang on no common one", "export one figure at a time"
        )
    chosen = {node for chain in chains for node in chain}
    children: dict[int, list[int]] = {}
    for child, parent in enumerate(parents):
        if child in chosen or not skins:
            children.setdefault(parent, []).append(child)
    order, todo = [], [root]
    while todo:
        order.append(todo.pop())
        todo += reversed(children.get(order[-1], []))
        if len(order) > MAX_LINKS:
            raise document.error(
                f"the body has more than {MAX_LINKS} nodes", "export the skeleton alone"
            )
    return order


def rest(document: Document, index: int) -> Node:
    """A node as the file has it without animation."""
    node = document.item("nodes", index)
    extras, name = node.get("extras"), node.get("name")
    if "matrix" in node:
        matrix = document.numbers(node, "matrix", list(np.eye(4).ravel()))
        matrix = matrix.reshape(4, 4).T
        scales = np.linalg.norm(matrix[:3, :3], axis=0)
        turn = matrix[:3, :3] / np.where(scales > 0, scales, 1)
        gram = np.abs(turn.T @ turn - np.eye(3)).max()
        if gram > _ROUND or np.linalg.det(turn) < 0:
            raise document.error(
                f"node {index} is sheared or mirrored", "apply its transform"
            )
        place, quaternion = matrix[:3, 3], _quaternion(turn)
    else:
        place = document.numbers(node, "translation", [0.0, 0, 0])
        quaternion = document.numbers(node, "rotation", [0.0, 0, 0, 1])[[3, 0, 1, 2]]
        scales = document.numbers(node, "scale", [1.0, 1, 1])
    return Node(
        name if isinstance(name, str) and name else None,
        place,
        _unit(quaternion),
        scales,
        extras if isinstance(extras, dict) else {},
    )


def one_scale(document: Document, index: int, scales: np.ndarray) -> float:
    """The one scale that scales [..., 3] are; FormatError where they are several."""
    low, high = scales.min(), scales.max()
    if low <= 0 or high - low > _ROUND * high:
        raise document.error(
            f"node {index} has the scale {low:.6g} to {high:.6g}",
            "apply scales before the export: bones do not stretch",
        )
    return float(np.mean(scales))


def curves(document: Document, animation: dict) -> dict[tuple[int, str], Curve]:
    """The curves of an animation by node and property."""
    samplers = document.entries(animation, "samplers")
    found = {}
    for channel in document.entries(animation, "channels"):
        target = document.record(channel, "target")
        what, columns = (
            target.get("path"),
            {"translation": 3, "rotation": 4, "scale": 3},
        )
        if "node" not in target or what not in columns:
            continue
        document.item("nodes", target["node"])
        index = document.whole(channel, "sampler")
        if index >= len(samplers) or not isinstance(samplers[index], dict):
            raise document.error(f"an animation has no sampler {index}")
        sampler = samplers[index]
        method = sampler.get("interpolation", "LINEAR")
        if method not in ("LINEAR", "STEP", "CUBICSPLINE"):
            raise document.error(f"interpolation {str(method)[:40]!r} is not known")
        cubic = 3 if method == "CUBICSPLINE" else 1
        times = document.array(sampler.get("input"))
        values = document.array(sampler.get("output"))
        fits = times.shape[1] == 1 and values.shape[1] == columns[what]
        if not fits or len(values) != cubic * len(times) or not len(times):
            raise document.error(f"the keys of sampler {index} do not fit its times")
        times = times[:, 0]
        if (np.diff(times) <= 0).any():
            raise document.error(f"the times of sampler {index} do not rise")
        if what == "rotation":
            # The file has the real part last.
            values = values[:, [3, 0, 1, 2]]
        values = values.reshape(len(times), -1)
        found[target["node"], what] = Curve(times, values, method)
    return found


def _unit(quaternions: np.ndarray) -> np.ndarray:
    """Unit quaternions [..., 4]; those of no length are no turn."""
    size = np.linalg.norm(quaternions, axis=-1, keepdims=True)
    none = np.array([1.0, 0, 0, 0])
    return np.where(size > 1e-9, quaternions / np.where(size > 1e-9, size, 1), none)


def _slerp(a: np.ndarray, b: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Between unit quaternions [T, 4] along the shorter arc, at shares [T, 1]."""
    cosine = np.sum(a * b, axis=1, keepdims=True)
    b, cosine = np.where(cosine < 0, -b, b), np.abs(cosine)
    angle = np.arccos(np.minimum(cosine, 1.0))
    near = angle < 1e-6
    sine = np.where(near, 1.0, np.sin(angle))
    first = np.where(near, 1 - share, np.sin((1 - share) * angle) / sine)
    second = np.where(near, share, np.sin(share * angle) / sine)
    return _unit(first * a + second * b)


def _quaternion(turn: np.ndarray) -> np.ndarray:
    """Quaternion [4] of a rotation matrix [3, 3], in float64.

    The eigenvector of the largest eigenvalue, good at half turns too: Bar-Itzhack,
    "New method for extracting the quaternion from a rotation matrix" (2000).
    """
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = turn
    k = np.array(
        [
            [xx - yy - zz, yx + xy, zx + xz, zy - yz],
            [yx + xy, yy - xx - zz, zy + yz, xz - zx],
            [zx + xz, zy + yz, zz - xx - yy, yx - xy],
            [zy - yz, xz - zx, yx - xy, xx + yy + zz],
        ]
    )
    vector = np.linalg.eigh(k)[1][:, -1]
    return vector[[3, 0, 1, 2]]
