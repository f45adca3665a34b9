"""What was made ahead of time, and how it is changed before anybody sees it."""

import dataclasses
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from kinematics import Poses


class Actor(Protocol):
    """Somebody who moves step by step; a value that no method changes."""

    def step(self) -> tuple[Poses, Any]:
        """The next poses [n], n >= 1, and the actor after them."""
        ...

    def shown(self, poses: Poses) -> Any:
        """The actor after the first of the poses of its step, and no more."""
        ...


A = TypeVar("A", bound=Actor)


@dataclasses.dataclass(frozen=True)
class Part(Generic[A]):
    """One step.

    Attributes:
      start: number of its first frame.
      poses: [n].
      before: the actor before it.
    """

    start: int
    poses: Poses
    before: A

    @property
    def end(self) -> int:
        """Number of the frame after its last."""
        return self.start + len(self.poses.joints)


@dataclasses.dataclass(frozen=True)
class Timeline(Generic[A]):
    """Steps of an actor, the newest of which can still be taken back.

    Attributes:
      actor: after all of them.
      end: number of the next frame.
      parts: steps in their order, without a gap.
    """

    actor: A
    end: int = 0
    parts: tuple[Part[A], ...] = ()

    def extended(self) -> "Timeline[A]":
        """With one step more, the last of ``parts``."""
        poses, after = self.actor.step()
        part = Part(self.end, poses, self.actor)
        return Timeline(after, part.end, (*self.parts, part))

    def ordered(self, frame: int, order: Callable[[A], A]) -> "Timeline[A]":
        """With an actor that is changed just before a frame.

        Frames from there on are forgotten. A frame that is not there any more, or not
        yet, stands for the nearest that is.
        """
        parts = [part for part in self.parts if part.start < frame]
        actor, end = self.actor, self.end
        if len(parts) < len(self.parts):
            actor = self.parts[len(parts)].before
            end = self.parts[len(parts)].start
        if parts and frame < parts[-1].end:
            last = parts.pop()
            poses = last.poses.at(slice(frame - last.start))
            actor, end = last.before.shown(poses), frame
            parts.append(dataclasses.replace(last, poses=poses))
        return Timeline(order(actor), end, tuple(parts))

    def since(self, frame: int) -> "Timeline[A]":
        """Without the steps that end at or before a frame."""
        parts = tuple(part for part in self.parts if part.end > frame)
        return dataclasses.replace(self, parts=parts)
