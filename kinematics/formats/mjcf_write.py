"""Write a body as MJCF, the model files of MuJoCo."""

import os

import numpy as np

from kinematics.dynamics.inertia import Inertia
from kinematics.formats import robot, robot_angles, robot_parts
from kinematics.formats.robot import Spelling
from kinematics.formats.text import write_text
from kinematics.formats.xml_tree import check_name, spell, tag
from kinematics.skeleton import DOFS, Skeleton, coordinate_table

# Mass and moments of parts that move and have none: MuJoCo simulates no such part.
PLACEHOLDER_KG = 1e-3
PLACEHOLDER_KG_M2 = 1e-6
# Frame (nine numbers by rows) and limits (lower, upper) of a ball joint are kept
# under this name, which MuJoCo carries along and does not read.
CUSTOM = "kinematics/"


def write(
    path: str | os.PathLike,
    skeleton: Skeleton,
    inertia: Inertia | None = None,
    *,
    contacts: bool = False,
    name: str = "body",
) -> None:
    """Write one body as an MJCF file that MuJoCo loads and `read` gives back.

    The root is free, hinges and universal joints are hinges with their exact
    ranges, balls are MuJoCo's ball joints. MuJoCo limits a ball joint by one cone
    about the rest pose: it gets the largest rotation that our limits allow, which is
    wider than our ellipse and twist. Those are kept in custom numbers of the file,
    so that `read` returns the same limits. Coordinates that are free to make a whole
    turn are not limited. At rest the lowest joint is at height 0.

    Args:
      path: the file; it is replaced whole or not at all.
      skeleton: the body, offsets [J, 3].
      inertia: masses of its parts. Parts that move and have no mass, all of them
        where None, get placeholders of a gram: enough to load and to play motions,
        not to simulate.
      contacts: whether the capsules that show the bones touch the floor (geoms
        with MuJoCo's default ``conaffinity``); they never touch one another.
      name: of the model.

    Raises:
      ValueError: the body cannot be written.
      OSError: the file cannot be written; nothing half-written is left.
    """
    robot_parts.check_body(skeleton)
    for joint in skeleton.names:
        check_name(joint, ("world",))
    lines = [
        tag("mujoco", empty=False, model=name),
        '  <compiler angle="radian" autolimits="true" inertiafromgeom="false"/>',
        "  <default>",
        '    <geom type="capsule" mass="0" rgba="0.8 0.6 0.4 1" contype="'
        f'{int(contacts)}" conaffinity="0"/>',
        "  </default>",
        *_custom(skeleton),
        "  <worldbody>",
    ]
    mass, center, tensor = _masses(skeleton, inertia)
    spellings = names(skeleton)
    children: list[list[int]] = [[] for _ in skeleton.names]
    for child, parent in enumerate(skeleton.parents[1:], 1):
        children[parent].append(child)
    # A stack of depths and joints to write; None closes a body.
    todo: list[tuple[int, int | None]] = [(2, 0)]
    while todo:
        depth, j = todo.pop()
        indent = "  " * depth
        if j is None:
            lines.append(indent + "</body>")
            continue
        place = [0, 0, _height(skeleton)] if j == 0 else skeleton.offsets[j]
        lines.append(
            indent + tag("body", empty=False, name=skeleton.names[j], pos=place)
        )
        inside = [_inertial(mass[j], center[j], tensor[j])] if mass[j] else []
        inside += _joints(skeleton, j, spellings[j])
        for child in children[j]:
            inside += _capsule(np.asarray(skeleton.offsets[child]))
        lines += [f"{indent}  {line}" for line in inside]
        todo.append((depth, None))
        todo += [(depth + 1, child) for child in reversed(children[j])]
    lines += ["  </worldbody>", "</mujoco>"]
    write_text(path, "\n".join(lines) + "\n")


def names(skeleton: Skeleton) -> tuple[tuple[str, ...], ...]:
    """Names of the MuJoCo joints of each joint, see `robot_parts.joint_names`."""
    count = {**DOFS, "free": 1, "ball": 1}
    return robot_parts.joint_names(skeleton, [count[kind] for kind in skeleton.kinds])


def spellings(skeleton: Skeleton) -> tuple[Spelling, ...]:
    """How `write` spells the joints of a skeleton; nothing for the root."""
    found = [Spelling()]
    for j, spelled in enumerate(names(skeleton)[1:], 1):
        count = len(spelled)
        at = skeleton.coordinates(skeleton.names[j])
        axes = np.asarray(skeleton.frames[j], float).T[:count]
        ranges = np.array([skeleton.lower[at], skeleton.upper[at]], float)
        if skeleton.kinds[j] == "ball":
            axes = np.eye(3)
        found.append(Spelling(spelled, axes, ranges[:, :count], np.zeros(count)))
    return tuple(found)


def _height(skeleton: Skeleton) -> float:
    """Height in metres of the root at rest, the lowest joint on the floor."""
    heights = [0.0]
    for offset, parent in zip(
        np.asarray(skeleton.offsets)[1:], skeleton.parents[1:], strict=True
    ):
        heights.append(heights[parent] + float(offset[2]))
    return -min(heights)


def _joints(skeleton: Skeleton, j: int, spelled: tuple[str, ...]) -> list[str]:
    if j == 0:
        return [tag("freejoint", name=spelled[0])]
    at = coordinate_table(skeleton.kinds)[j, : DOFS[skeleton.kinds[j]]]
    lower, upper = np.asarray(skeleton.lower)[at], np.asarray(skeleton.upper)[at]
    free = robot.is_free(lower, upper)
    if skeleton.kinds[j] == "ball":
        widest = robot_angles.widest_turn(lower, upper)
        # Rounded outward: a pose on the edge of our limits must not be over theirs.
        limit = None if widest >= np.pi - 1e-3 else [0, widest + 1e-4]
        return [tag("joint", name=spelled[0], type="ball", range=limit)]
    return [
        tag(
            "joint",
            name=name,
            type="hinge",
            axis=np.asarray(skeleton.frames)[j, :, k],
            range=None if free[k] else [lower[k], upper[k]],
        )
        for k, name in enumerate(spelled)
    ]


def _custom(skeleton: Skeleton) -> list[str]:
    lines = []
    for j, kind in enumerate(skeleton.kinds):
        if kind == "ball":
            at = skeleton.coordinates(skeleton.names[j])
            data = [
                *np.asarray(skeleton.frames[j]).ravel(),
                *np.asarray(skeleton.lower)[at],
                *np.asarray(skeleton.upper)[at],
            ]
            name = CUSTOM + skeleton.names[j]
            lines.append(f"    {tag('numeric', name=name, data=spell(data))}")
    return ["  <custom>", *lines, "  </custom>"] if lines else []


def _masses(skeleton: Skeleton, inertia: Inertia | None) -> tuple[np.ndarray, ...]:
    """`robot_parts.masses` such that MuJoCo takes them, in the digits of the file."""
    mass, center, tensor = robot_parts.masses(skeleton, inertia)
    for j, kind in enumerate(skeleton.kinds):
        if mass[j] < PLACEHOLDER_KG and kind != "fixed":
            mass[j] = PLACEHOLDER_KG
            tensor[j] += PLACEHOLDER_KG_M2 * np.eye(3)
        # Of three moments none may exceed the others' sum, not by the least.
        moments = np.linalg.eigvalsh(tensor[j])
        missing = 2 * moments[2] - moments.sum() + 1e-6 * moments[2] + 1e-12
        tensor[j] += max(missing, 0.0) * np.eye(3)
    return mass, center, tensor


def _inertial(mass: float, center: np.ndarray, tensor: np.ndarray) -> str:
    diagonal = [tensor[0, 0], tensor[1, 1], tensor[2, 2]]
    full = [*diagonal, tensor[0, 1], tensor[0, 2], tensor[1, 2]]
    return tag("inertial", pos=center, mass=mass, fullinertia=full)


def _capsule(bone: np.ndarray) -> list[str]:
    radius = robot_parts.bone_radius(bone)
    if radius is None:
        return []
    return [tag("geom", fromto=[0, 0, 0, *bone], size=radius)]
