"""Record motions as a scene that plays in a browser.

The scene is recorded by viser, whose own page plays it: its serializer keeps every
change of the scene with its time. viser records through a server; ours listens on
a free local port while the recording is made, and is stopped before `view` returns.
"""

import math
import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from kinematics import motion as motions_of
from kinematics.motion import Motion
from lmmjax.viewer import bones, camera
from lmmjax.viewer.page import Page, decorate
from lmmjax.viewer.quiet import quiet_server
from lmmjax.viewer.things import Ground, Thing, add, add_ground, place_at
from lmmjax.viewer.tracks import Motions, Track, as_tracks

# A screen refreshes 60 times per second; more frames only make the page larger.
_MAX_FPS = 60.0
# The last frame stays for a moment before the movement starts anew.
_HOLD_SECONDS = 0.8


class _Drawn(NamedTuple):
    """A track, its bones, and the frames [start, end) in which it is seen."""

    track: Track
    bones: bones.Bones
    path: np.ndarray
    start: int
    end: int


def view(
    motions: Motions,
    path: str | os.PathLike | None = None,
    *,
    title: str = "lmmjax",
    fps: float | None = None,
    spread: float = 0.0,
    things: Sequence[Thing | Ground] = (),
    follow: bool = True,
    dark: bool = False,
    height: int = 480,
) -> Page:
    """Show motions together in 3D: orbit, play, scrub, a legend of the colours.

    The page holds all it needs and asks nothing of the network. In a notebook the
    returned value shows itself.

    Args:
      motions: a motion, a `Track`, a sequence of either, or a mapping from labels.
        `forecast_tracks` makes the tracks of a forecast.
      path: the file to write, if any.
      title: heading of the legend.
      fps: frames per second; by default those of the first motion, divided by the
        smallest whole number that brings them to 60 or less. Motions of another
        rate are resampled.
      spread: metres between tracks that start together, which are then set side by
        side; the first of them stays in its place. 0 draws all where they are.
      things: that are there, too; where there is a `Ground`, no level floor is shown.
      follow: whether the floor glides under the people, so that they stay near and in
        view; False keeps the floor still and takes in the whole way.
      dark: dark background.
      height: pixels in a notebook.

    Returns:
      The page.

    Raises:
      ImportError: viser is not installed; says how to install it.
      ValueError: there is nothing to show, or positions are not finite.
      OSError: the file could not be written.
    """
    tracks = as_tracks(motions)
    for track in tracks:
        if len(track.motion) == 0:
            raise ValueError(f"track {track.label!r} has no frames")
    if fps is None:
        fps = tracks[0].motion.fps
        fps /= math.ceil(fps / _MAX_FPS - 1e-6)
    if not 0 < fps < math.inf:
        raise ValueError(f"fps must be above 0, not {fps}")
    drawn, points = _draw(tracks, fps, spread)
    html = _record(drawn, points, things, fps, follow, dark)
    page = Page(decorate(html, tracks, title, fps, dark), height)
    if path is not None:
        page.save(path)
    return page


def _draw(
    tracks: list[Track], fps: float, spread: float
) -> tuple[list[_Drawn], list[np.ndarray]]:
    """Every track as bones, and its joints' positions [T, J, 3] on the stage."""
    drawn, points = [], []
    side = np.cross([0.0, 0.0, 1.0], facing(tracks[0].motion))
    together: dict[float, int] = {}
    for track in tracks:
        motion = track.motion
        if motion.fps != fps:
            motion = motions_of.resample(motion, fps)
        place = motions_of.positions(motion)
        _check_finite(track, place)
        nth = together[track.start_seconds] = together.get(track.start_seconds, -1) + 1
        # 0, 1, -1, 2, -2, ...: the first of those that start together stays.
        step = (nth + 1) // 2 * (1 if nth % 2 else -1)
        place = place + (spread * step * side).astype(np.float32)
        start = round(track.start_seconds * fps)
        solid = bones.place_bones(motion.skeleton, place, track.thickness)
        drawn.append(_Drawn(track, solid, place[:, 0], start, start + len(place)))
        points.append(place)
    return drawn, points


def facing(motion: Motion) -> np.ndarray:
    """Horizontal unit vector [3] in which the body faces at first (x if unknown)."""
    w, x, y, z = (float(c) for c in motion.root_rotation[0])
    ahead = np.array([1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 0.0])
    norm = np.linalg.norm(ahead)
    return ahead / norm if norm > 1e-3 else np.array([1.0, 0.0, 0.0])


def _check_finite(track: Track, positions: np.ndarray) -> None:
    bad = np.argwhere(~np.isfinite(positions).all(axis=-1))
    if len(bad):
        frame, joint = bad[0]
        raise ValueError(
            f"track {track.label!r} has positions that are not finite, first at "
            f"frame {frame}, joint {track.motion.skeleton.names[joint]!r}"
        )


def _record(
    drawn: list[_Drawn],
    points: list[np.ndarray],
    things: Sequence[Thing | Ground],
    fps: float,
    follow: bool,
    dark: bool,
) -> str:
    """The recorded scene as an HTML document."""
    frames = max(item.end for item in drawn)
    center = _center(drawn, frames, fps, follow)
    seen = np.concatenate(
        [
            (place - center[item.start : item.end, None]).reshape(-1, 3)
            for item, place in zip(drawn, points, strict=True)
        ]
    )
    # The floor belongs to the picture: without it nobody stands.
    floor = seen * np.array([1.0, 1.0, 0.0])
    shot = camera.frame(np.concatenate([seen, floor]), facing(drawn[0].track.motion))
    with quiet_server() as server:
        server.initial_camera.position = tuple(shot.position)
        server.initial_camera.look_at = tuple(shot.target)
        server.initial_camera.fov = float(camera.FOV_RAD)
        stage = server.scene.add_frame(
            "/stage", show_axes=False, position=tuple(-center[0])
        )
        grounds = [thing for thing in things if isinstance(thing, Ground)]
        for k, ground in enumerate(grounds):
            add_ground(server, ground, k)
        if not grounds:
            _add_floor(server, dark)
        nodes = [_add_track(server, item, k, grounds) for k, item in enumerate(drawn)]
        solid = [thing for thing in things if isinstance(thing, Thing)]
        moving = [(thing, add(server, thing, k)) for k, thing in enumerate(solid)]
        moving = [(thing, node) for thing, node in moving if any(thing.velocity)]
        recording = server.get_scene_serializer()
        for frame in range(1, frames):
            recording.insert_sleep(1 / fps)
            if follow:
                stage.position = tuple(-center[frame])
            for item, node in zip(drawn, nodes, strict=True):
                _move(item, node, frame)
            for thing, node in moving:
                node.position = place_at(thing, frame / fps)
        if frames > 1:
            recording.insert_sleep(1 / fps + _HOLD_SECONDS)
        return recording.as_html(dark_mode=dark)


def _add_floor(server: Any, dark: bool) -> None:
    cell, section = ((60,) * 3, (90,) * 3) if dark else ((222,) * 3, (180,) * 3)
    server.scene.add_grid(
        "/stage/floor",
        infinite_grid=True,
        cell_color=cell,
        section_color=section,
        cell_size=0.5,
        section_size=1.0,
        fade_distance=40.0,
        shadow_opacity=0.2,
    )


def _add_track(
    server: Any, item: _Drawn, number: int, grounds: Sequence[Ground]
) -> Any:
    """Add a track's bones and its path on the floor; returns the node of both."""
    # A slash in a label would make branches in the tree of nodes.
    label = item.track.label.replace("/", " ").strip() or "motion"
    name = f"/stage/{number + 1} {label}"
    node = server.scene.add_frame(name, show_axes=False, visible=item.start == 0)
    vertices, faces = bones.spindle()
    solid = server.scene.add_batched_meshes_simple(
        f"{name}/bones",
        vertices,
        faces,
        batched_wxyzs=item.bones.rotations[0],
        batched_positions=item.bones.centers[0],
        batched_scales=item.bones.scales,
        batched_colors=item.track.color,
        opacity=item.track.opacity if item.track.opacity < 1 else None,
        lod="off",
        receive_shadow=False,
    )
    trace = item.path[:: max(len(item.path) // 60, 1)] * np.array([1, 1, 0], np.float32)
    if grounds:
        trace[:, 2] = np.max([ground.height(trace) for ground in grounds], axis=0)
    if len(trace) > 1:
        server.scene.add_line_segments(
            f"/stage/{number + 1} {label} path",
            np.stack([trace[:-1], trace[1:]], axis=1),
            colors=item.track.color,
            position=(0.0, 0.0, 0.004),
            line_width=2.0,
        )
    return node, solid


def _move(item: _Drawn, node: Any, frame: int) -> None:
    """Record what changes of a track in a frame."""
    group, solid = node
    if frame == item.start:
        group.visible = True
    if frame == item.end:
        group.visible = False
    if item.start < frame < item.end:
        solid.batched_positions = item.bones.centers[frame - item.start]
        solid.batched_wxyzs = item.bones.rotations[frame - item.start]


def _center(drawn: list[_Drawn], frames: int, fps: float, follow: bool) -> np.ndarray:
    """[frames, 3] what the stage is centred on: 0, or where the people are."""
    if not follow:
        return np.zeros((frames, 3), np.float32)
    total, count = np.zeros((frames, 3)), np.zeros((frames, 1))
    for item in drawn:
        total[item.start : item.end] += item.path * [1, 1, 0]
        count[item.start : item.end] += 1
    known = np.flatnonzero(count[:, 0])
    mean = total[known] / count[known]
    center = np.stack(
        [np.interp(np.arange(frames), known, mean[:, k]) for k in range(3)], axis=-1
    )
    # A second's average: the stage should glide, not step.
    reach = max(round(fps / 2), 1)
    padded = np.pad(center, ((reach, reach), (0, 0)), mode="edge")
    sums = np.cumsum(np.pad(padded, ((1, 0), (0, 0))), axis=0)
    width = 2 * reach + 1
    return ((sums[width:] - sums[:-width]) / width).astype(np.float32)
