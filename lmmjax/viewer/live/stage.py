"""The scene: a body on a floor, moved frame by frame, and a goal to drag."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from kinematics.skeleton import Skeleton
from lmmjax.viewer import bones, camera

_BONE, _JOINT, _GOAL = (92, 124, 176), (52, 66, 96), (230, 126, 34)
_BALL_M, _GOAL_M = 0.022, 0.05
_FLOOR = np.array([1, 1, 0], np.float32)
# Share of the way to the person that the stage glides in a frame.
_GLIDE = 0.06
# Metres from the origin within which goals can be dragged, and from the floor.
_FAR, _HIGH = 1000.0, 2.6


class Figure(NamedTuple):
    """A body in T frames, ready to draw.

    Attributes:
      places: [T, J, 3] of its joints, metres.
      bones: see `lmmjax.viewer.bones`.
    """

    places: np.ndarray
    bones: bones.Bones


def figures(body: Skeleton, places: np.ndarray) -> list[Figure]:
    """One figure [1, ...] per frame of places [T, J, 3]."""
    places = np.asarray(places, np.float32)
    solid = bones.place_bones(body, places, 1.0)
    return [
        Figure(
            places[n : n + 1],
            bones.Bones(
                solid.centers[n : n + 1], solid.rotations[n : n + 1], solid.scales
            ),
        )
        for n in range(len(places))
    ]


class Stage:
    """What a server shows of a body."""

    def __init__(self, server: Any, figure: Figure, fps: float):
        """Draw a floor, a body as it is first, and a goal that nobody sees yet."""
        self._server, self._fps = server, fps
        self._center = figure.places[0, 0] * _FLOOR
        self.follows, self._dragged = True, False
        scene = server.scene
        self._root = scene.add_frame(
            "/stage", show_axes=False, position=tuple(-self._center)
        )
        scene.add_grid(
            "/stage/floor",
            infinite_grid=True,
            cell_color=(222, 222, 222),
            section_color=(180, 180, 180),
            cell_size=0.5,
            section_size=1.0,
            fade_distance=40.0,
            shadow_opacity=0.2,
        )
        vertices, faces = bones.spindle(around=14, along=11)
        self._bones = scene.add_batched_meshes_simple(
            "/stage/bones",
            vertices,
            faces,
            batched_wxyzs=figure.bones.rotations[0],
            batched_positions=figure.bones.centers[0],
            batched_scales=figure.bones.scales,
            batched_colors=_BONE,
            lod="off",
            receive_shadow=False,
        )
        count = figure.places.shape[1]
        self._joints = scene.add_batched_meshes_simple(
            "/stage/joints",
            *bones.spindle(around=10, along=9),
            batched_wxyzs=np.tile(np.array([1, 0, 0, 0], np.float32), (count, 1)),
            batched_positions=figure.places[0],
            batched_scales=np.full((count, 3), 2 * _BALL_M, np.float32),
            batched_colors=_JOINT,
            lod="off",
            receive_shadow=False,
        )
        self._goal = scene.add_transform_controls(
            "/stage/goal",
            scale=0.35,
            disable_rotations=True,
            depth_test=False,
            translation_limits=((-_FAR, _FAR), (-_FAR, _FAR), (0.0, _HIGH)),
            visible=False,
        )
        scene.add_icosphere("/stage/goal/ball", radius=_GOAL_M, color=_GOAL)
        shot = camera.frame(
            _around(figure.places[0] - self._center), np.array([1, 0, 0])
        )
        server.initial_camera.position = tuple(shot.position)
        server.initial_camera.look_at = tuple(shot.target)
        server.initial_camera.fov = float(camera.FOV_RAD)

    def show(self, figure: Figure) -> None:
        """Move the body, in one piece for all who watch."""
        with self._server.atomic():
            self._bones.batched_positions = figure.bones.centers[0]
            self._bones.batched_wxyzs = figure.bones.rotations[0]
            self._joints.batched_positions = figure.places[0]
            if self.follows and not self._dragged:
                here = figure.places[0, 0] * _FLOOR
                share = 1 - (1 - _GLIDE) ** (30.0 / self._fps)
                self._center = self._center + share * (here - self._center)
                self._root.position = tuple(-self._center)

    def put_goal(self, place: Sequence[float] | np.ndarray) -> None:
        """Show the goal at a place [3], metres."""
        self._goal.position = tuple(float(x) for x in place)
        self._goal.visible = True

    def hide_goal(self) -> None:
        """Show no goal."""
        self._goal.visible = False

    def on_drag(self, moved: Callable[[np.ndarray], None]) -> None:
        """Tell where the goal is [3] whenever somebody drags it."""

        @self._goal.on_update
        async def _(event: Any) -> None:
            # The floor stands still under who is dragging.
            self._dragged = event.phase in ("start", "update")
            moved(np.array(event.target.position))


def _around(places: np.ndarray) -> np.ndarray:
    """Points [N, 3] that a camera is to see of somebody who may go anywhere."""
    reach = np.array([[0.6, 0.6, 0], [-0.6, -0.6, 0], [0.6, -0.6, 2], [-0.6, 0.6, 2]])
    return np.concatenate([places, reach])
