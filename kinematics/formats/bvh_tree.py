"""The HIERARCHY section of a BVH file: a tree of joints, checked.

It is read word by word without recursion, so a tree may be of any depth, and
layout does not matter but for names, which end with their line or at a brace.
"""

import dataclasses
import os

from kinematics.formats.errors import problem
from kinematics.formats.text import number

# More joints than any body has; kinematics of such trees would not end.
MAX_JOINTS = 1024
_CHANNELS = {
    f"{axis}{word}": axis + word[0]
    for axis in "xyz"
    for word in ("position", "rotation")
}


@dataclasses.dataclass
class Node:
    """A joint or an end site as written.

    Attributes:
      name: its name; an end site is named after its parent.
      parent: index of the parent, -1 for the root.
      line: where it stands.
      offset: from the parent, unit and axes of the file.
      channels: ``xp``, ``zr``... (axis, position or rotation) in the file's order.
    """

    name: str
    parent: int
    line: int
    offset: list[float] | None = None
    channels: tuple[str, ...] | None = None


def parse_tree(path: str | os.PathLike, text: str) -> list[Node]:
    """Joints and end sites of the HIERARCHY section, which starts the text."""
    words = [
        (n, word)
        for n, line in enumerate(text.split("\n"), 1)
        for word in line.replace("{", " { ").replace("}", " } ").split()
    ]
    last = words[-1][0]
    words.append((last, ""))
    nodes: list[Node] = []
    taken: dict[str, int] = {}
    open_nodes: list[int] = []
    at = 1
    while words[at][1]:
        line, word = words[at]
        key = word.upper()
        at += 1
        node = nodes[open_nodes[-1]] if open_nodes else None
        if key in ("ROOT", "JOINT", "END"):
            start = at
            while words[at][1] not in ("{", "") and words[at][0] == line:
                at += 1
            name = " ".join(word for _, word in words[start:at])
            if words[at][1] != "{":
                raise problem(path, line, f"no {{ follows {word} {name}", "add it")
            at += 1
            _check_place(path, line, key, name, node, nodes)
            if key == "END":
                assert node is not None
                name, n = f"{node.name}_end", 2
                while name in taken:
                    name, n = f"{node.name}_end_{n}", n + 1
            if name in taken:
                raise problem(
                    path,
                    line,
                    f"joint {name!r} appears twice, first on line {taken[name]}",
                    "rename one of them",
                )
            taken[name] = line
            parent = open_nodes[-1] if open_nodes else -1
            open_nodes.append(len(nodes))
            nodes.append(Node(name, parent, line, None, () if key == "END" else None))
        elif key == "}":
            if node is None:
                raise problem(path, line, "a } closes nothing", "remove it")
            if node.offset is None:
                raise problem(
                    path, node.line, f"{node.name!r} has no OFFSET", "add three numbers"
                )
            open_nodes.pop()
        elif key == "OFFSET" and node is not None:
            numbers = [number(word) for _, word in words[at : at + 3]]
            offset = [x for x in numbers if x is not None]
            if len(offset) < 3:
                raise problem(
                    path,
                    line,
                    f"the OFFSET of {node.name!r} is not three finite numbers",
                    "correct it",
                )
            node.offset = offset
            at += 3
        elif key == "CHANNELS" and node is not None:
            node.channels = _channels(path, line, node, words[at : at + 7])
            at += 1 + len(node.channels)
        else:
            raise problem(
                path,
                line,
                f"{word[:40]!r} is not expected here",
                "check the HIERARCHY section around this line",
            )
    if open_nodes:
        raise problem(
            path,
            last,
            f"{len(open_nodes)} braces are never closed",
            "add the missing } before MOTION",
        )
    if not nodes:
        raise problem(path, last, "the HIERARCHY holds no ROOT", "add the skeleton")
    return nodes


def _check_place(path, line, key, name, node, nodes) -> None:
    """Raise unless a ROOT, JOINT or END may stand here."""
    if key == "ROOT" and nodes:
        raise problem(
            path, line, f"a second ROOT, {name!r}", "split the file, one body each"
        )
    if key != "ROOT" and node is None:
        raise problem(
            path, line, f"{key} {name} is outside of the ROOT", "move it inside"
        )
    if key != "END" and not name:
        raise problem(path, line, f"a {key} without a name", "name it")
    if len(nodes) >= MAX_JOINTS:
        raise problem(
            path,
            line,
            f"more than {MAX_JOINTS} joints",
            "remove those that are no body",
        )


def _channels(path, line, node, words) -> tuple[str, ...]:
    """Channels that follow the word CHANNELS."""
    count = words[0][1] if words else ""
    if count not in tuple("0123456"):
        raise problem(
            path, line, f"{node.name!r} has {count[:40]!r} CHANNELS", "give 0 to 6"
        )
    listed = [word for _, word in words[1 : 1 + int(count)]]
    for word in listed:
        if word.lower() not in _CHANNELS or listed.count(word) > 1:
            raise problem(
                path,
                line,
                f"the channels of {node.name!r} are {' '.join(listed)[:80]!r}",
                f"list {count} different ones of Xposition ... Zrotation",
            )
    return tuple(_CHANNELS[word.lower()] for word in listed)
