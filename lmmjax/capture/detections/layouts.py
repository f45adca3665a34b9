"""Layouts: which landmarks the keypoints of a person are, in which order.

A detector's keypoints are known by the name of its joint set, by the names of its
keypoints, or by how many there are. Whole-body sets have parts, which are read when
they are asked for: ``body``, ``hands`` and ``face``.
"""

import dataclasses
import functools
import itertools
from collections.abc import Collection, Mapping, Sequence

from kinematics.bodies import joint_sets
from kinematics.bodies.joint_sets import joint_set
from lmmjax.capture.errors import CaptureError

PARTS = ("body", "hands", "face")

# First keypoint of the face and of the hands in whole-body sets, which end with them.
_BEGIN = {"coco133": (23, 91), "halpe136": (26, 94)}

# The 70 points of OpenPose's face are the 68 of COCO-WholeBody and two pupils
# (poseParametersRender.cpp and poseParameters.cpp of OpenPose, F135 + 68, 69).
_PUPILS = ("right_pupil", "left_pupil")


@dataclasses.dataclass(frozen=True)
class Layout:
    """The keypoints of one person in a file.

    Attributes:
      name: what the layout is called.
      landmarks: N unique names.
      parts: for each, one of `PARTS`.
    """

    name: str
    landmarks: tuple[str, ...]
    parts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.landmarks)

    def select(self, parts: Collection[str]) -> list[int]:
        """Where the keypoints of some parts are.

        Raises:
          CaptureError: there is nothing of a part here.
        """
        check_parts(parts)
        lacking = [part for part in parts if part not in self.parts]
        if lacking:
            raise CaptureError(
                f"{self.name} has no {' and no '.join(lacking)}; ask for "
                f"parts={tuple(p for p in PARTS if p in self.parts)}"
            )
        return [k for k, part in enumerate(self.parts) if part in parts]


def check_parts(parts: Collection[str]) -> None:
    """CaptureError unless all are parts, and there is one."""
    if isinstance(parts, str) or not parts or set(parts) - set(PARTS):
        raise CaptureError(f"parts must be some of {PARTS}, not {parts!r}")


@functools.cache
def layout(name: str) -> Layout:
    """A layout by the name of a joint set, or ``body135`` of OpenPose."""
    if name == "body135":
        return _body135()
    landmarks = joint_set(name).landmarks
    face, hands = _BEGIN.get(name, (len(landmarks), len(landmarks)))
    parts = ("body",) * face + ("face",) * (hands - face) + ("hands",) * len(landmarks)
    return Layout(name, landmarks, parts[: len(landmarks)])


def face70() -> tuple[str, ...]:
    """Landmarks of OpenPose's face."""
    return (*joint_set("coco133").landmarks[23:91], *_PUPILS)


def hand21(side: str) -> tuple[str, ...]:
    """Landmarks of one hand as detectors have it, apart from the body's wrist."""
    return (f"{side}_hand_root", *joint_set(f"hand21_{side}").landmarks[1:])


def _body135() -> Layout:
    """OpenPose's BODY_135: BODY_25B, left and right hand without root, the face."""
    hands = (*hand21("left")[1:], *hand21("right")[1:])
    landmarks = (*joint_set("body25b").landmarks, *hands, *face70())
    parts = ("body",) * 25 + ("hands",) * 40 + ("face",) * 70
    return Layout("body135", landmarks, parts)


def by_count(count: int, names: Mapping[int, str], what: str) -> Layout:
    """The layout for a number of keypoints.

    Raises:
      CaptureError: there is none; ``what`` says whose keypoints they are.
    """
    if count not in names:
        known = ", ".join(f"{n} ({names[n]})" for n in sorted(names))
        raise CaptureError(f"{what} has {count} keypoints; known are {known}")
    return layout(names[count])


def by_names(names: Sequence[str]) -> Layout:
    """The layout of published names: a joint set's, or each name for itself.

    A name that no joint set has is kept, so that points of a racket or a ball are
    not lost. Where two mean one landmark, the second keeps its published name.
    """
    for known in joint_sets.NAMES:
        if joint_set(known).joints == tuple(names):
            return layout(known)
    landmarks: list[str] = []
    for name in names:
        spelled = joint_sets.landmark(name, {})
        mark = _published().get(name) or (spelled if spelled in _all() else name)
        landmarks.append(name if mark in landmarks else mark)
    if len(set(landmarks)) < len(landmarks):
        raise CaptureError(f"a keypoint is there twice among {list(names)}")
    return Layout("this file", tuple(landmarks), ("body",) * len(landmarks))


@functools.cache
def _published() -> dict[str, str]:
    """What published names mean where all sets that have them agree."""
    found: dict[str, set[str]] = {}
    for known in joint_sets.NAMES:
        one = joint_set(known)
        for joint, mark in zip(one.joints, one.landmarks, strict=True):
            found.setdefault(joint, set()).add(mark)
    return {joint: marks.pop() for joint, marks in found.items() if len(marks) == 1}


@functools.cache
def _all() -> frozenset[str]:
    """All landmarks of all joint sets."""
    every = (joint_set(known).landmarks for known in joint_sets.NAMES)
    return frozenset(itertools.chain.from_iterable(every))
