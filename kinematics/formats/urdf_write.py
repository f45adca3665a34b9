"""Write a body as URDF, the robot description of ROS."""

import os

import numpy as np

from kinematics.dynamics.inertia import Inertia
from kinematics.formats import robot, robot_angles, robot_parts
from kinematics.formats.robot import Spelling
from kinematics.formats.text import write_text
from kinematics.formats.xml_tree import check_name, tag
from kinematics.skeleton import DOFS, Skeleton

# URDF wants both for a joint with limits. They bound nothing that a body does.
_EFFORT_NM = 1000.0
_VELOCITY = 100.0
WORLD = "world"


def write(
    path: str | os.PathLike,
    skeleton: Skeleton,
    inertia: Inertia | None = None,
    *,
    floating: bool = False,
    name: str = "body",
) -> None:
    """Write one body as a URDF file.

    Every joint of the skeleton is a link of its name, held by a joint of its name. A
    joint of a URDF file has one axis, so a universal joint is two and a ball joint
    three revolute joints with links without size or mass in between, named with
    ``_1``, ``_2``, ``_3`` in the order from the body outward: with F the joint's
    frame, its rotation is R(F0, a) R(F1, b) R(F2, c), b within a quarter turn. Their
    limits are the smallest box, found on samples and rounded outward, that holds our
    swing ellipse and twist. Coordinates that are free to make a whole turn are joints
    of type ``continuous``.

    The links in between have no mass. Pinocchio takes them; MuJoCo and other
    simulators want a mass in all that moves, for them there is `mjcf`.

    Args:
      path: the file; it is replaced whole or not at all.
      skeleton: the body, offsets [J, 3].
      inertia: masses of its parts; without, links have none.
      floating: whether a link ``world`` holds the root by a floating joint. By
        default the root is the base link, which programs fix or float themselves.
      name: of the robot.

    Raises:
      ValueError: the body cannot be written.
      OSError: the file cannot be written; nothing half-written is left.
    """
    robot_parts.check_body(skeleton)
    for joint in skeleton.names:
        check_name(joint, (WORLD,))
    mass, center, tensor = robot_parts.masses(skeleton, inertia)
    lines = ['<?xml version="1.0"?>', tag("robot", empty=False, name=name)]
    if floating:
        lines.append("  " + tag("link", name=WORLD))
    spelled = spellings(skeleton)
    for j, link in enumerate(skeleton.names):
        for between in spelled[j].names[:-1]:
            lines.append("  " + tag("link", name=between))
        inside = _inertial(mass[j], center[j], tensor[j]) if mass[j] else []
        for child, parent in enumerate(skeleton.parents):
            if parent == j:
                inside += _visual(np.asarray(skeleton.offsets[child], float))
        lines.append("  " + tag("link", empty=not inside, name=link))
        lines += [f"    {line}" for line in inside]
        lines += ["  </link>"] if inside else []
    if floating:
        root = skeleton.names[0]
        lines += _joint(root, "floating", WORLD, root, np.zeros(3))
    for j in range(1, skeleton.num_joints):
        lines += _joints(skeleton, j, spelled[j])
    write_text(path, "\n".join([*lines, "</robot>"]) + "\n")


def names(skeleton: Skeleton) -> tuple[tuple[str, ...], ...]:
    """Names of the URDF joints of each joint, and of the links between them."""
    counts = [DOFS[kind] for kind in skeleton.kinds]
    return robot_parts.joint_names(skeleton, counts, (WORLD,))


def spellings(skeleton: Skeleton) -> tuple[Spelling, ...]:
    """How `write` spells the joints of a skeleton; nothing for the root."""
    found = [Spelling()]
    for j, spelled in enumerate(names(skeleton)[1:], 1):
        at = skeleton.coordinates(skeleton.names[j])
        ranges = np.array([skeleton.lower[at], skeleton.upper[at]], float)
        if skeleton.kinds[j] == "ball":
            ranges = np.array(robot_angles.angle_ranges(*ranges))
        axes = np.asarray(skeleton.frames[j], float).T[: len(spelled)]
        found.append(Spelling(spelled, axes, ranges, np.zeros(len(spelled))))
    return tuple(found)


def _joints(skeleton: Skeleton, j: int, spelling: Spelling) -> list[str]:
    """The chain of URDF joints from the parent's link to the joint's own."""
    link, parent = skeleton.names[j], skeleton.names[skeleton.parents[j]]
    offset = np.asarray(skeleton.offsets[j])
    if not spelling.names:
        return _joint(link, "fixed", parent, link, offset)
    free = robot.is_free(*spelling.ranges)
    lines = []
    for k, name in enumerate(spelling.names):
        last = k == len(spelling.names) - 1
        below = link if last else name
        inside = [tag("axis", xyz=spelling.axes[k])]
        if not free[k]:
            lower, upper = spelling.ranges[:, k]
            inside.append(
                tag(
                    "limit",
                    lower=lower,
                    upper=upper,
                    effort=_EFFORT_NM,
                    velocity=_VELOCITY,
                )
            )
        kind = "continuous" if free[k] else "revolute"
        lines += _joint(name, kind, parent, below, offset, *inside)
        parent, offset = below, np.zeros(3)
    return lines


def _joint(
    name: str, kind: str, parent: str, child: str, offset: np.ndarray, *inside: str
) -> list[str]:
    origin = tag("origin", xyz=offset, rpy=[0, 0, 0])
    ends = [tag("parent", link=parent), tag("child", link=child)]
    lines = [f"    {line}" for line in [origin, *ends, *inside]]
    opening = tag("joint", empty=False, name=name, type=kind)
    return [f"  {opening}", *lines, "  </joint>"]


def _inertial(mass: float, center: np.ndarray, tensor: np.ndarray) -> list[str]:
    moments = {
        "ixx": tensor[0, 0],
        "ixy": tensor[0, 1],
        "ixz": tensor[0, 2],
        "iyy": tensor[1, 1],
        "iyz": tensor[1, 2],
        "izz": tensor[2, 2],
    }
    return [
        "<inertial>",
        "  " + tag("origin", xyz=center, rpy=[0, 0, 0]),
        "  " + tag("mass", value=mass),
        "  " + tag("inertia", **moments),
        "</inertial>",
    ]


def _visual(bone: np.ndarray) -> list[str]:
    """A cylinder along a bone; URDF's lie along z of their origin."""
    radius = robot_parts.bone_radius(bone)
    if radius is None:
        return []
    length = np.linalg.norm(bone)
    pitch = np.arctan2(np.hypot(bone[0], bone[1]), bone[2])
    yaw = np.arctan2(bone[1], bone[0])
    return [
        "<visual>",
        "  " + tag("origin", xyz=bone / 2, rpy=[0, pitch, yaw]),
        "  <geometry>" + tag("cylinder", radius=radius, length=length) + "</geometry>",
        "</visual>",
    ]
