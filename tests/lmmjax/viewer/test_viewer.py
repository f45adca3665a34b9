import builtins
import errno
import html
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest

from kinematics import make_skeleton, rotations
from kinematics.motion import Motion
from lmmjax.viewer import Page, Track, bones, camera, forecast_tracks, view
from lmmjax.viewer.scene import facing
from lmmjax.viewer.tracks import as_tracks

pytest.importorskip("viser", reason="the viewer is an optional extra")


def person(joints=23):
    """A trunk with a head, and four limbs of the joints that are left."""
    names, parents = ["hips", "chest", "head"], [-1, 0, 1]
    offsets = [(0, 0, 0), (0, 0, 0.5), (0, 0, 0.3)]
    limbs = {"LeftArm": 1, "RightArm": 1, "LeftLeg": 0, "RightLeg": 0}
    for k in range(joints - 3):
        limb = list(limbs)[k % 4]
        side = 1 if limb.startswith("Left") else -1
        first = k < 4
        parents.append(limbs[limb])
        limbs[limb] = len(names)
        names.append(f"{limb}{k // 4}")
        down = -0.85 * 4 / (joints - 3) * ("Leg" in limb or 0.7)
        offsets.append((0, 0.15 * side, 0) if first else (0, 0, down))
    return make_skeleton(names, parents, offsets)


def clip(frames=20, fps=30.0, seed=0, joints=23, name=""):
    rng = np.random.default_rng(seed)
    body = person(joints)
    time = np.arange(frames)[:, None] / fps
    phase = rng.uniform(0, 6, body.num_coordinates)
    place = np.concatenate([1.2 * time, 0.1 * np.sin(time), 0 * time + 0.95], -1)
    return Motion(
        body,
        place.astype(np.float32),
        np.tile(np.float32([1, 0, 0, 0]), (frames, 1)),
        (0.3 * np.sin(6 * time + phase)).astype(np.float32),
        fps,
        name,
    )


def test_writes_one_self_contained_page(tmp_path):
    path = tmp_path / "new" / "folder" / "motion.html"
    page = view(forecast_tracks(clip(10), clip(), [clip(seed=1)]), path)
    text = path.read_text(encoding="utf-8")
    assert text == page.html
    assert os.listdir(path.parent) == ["motion.html"]
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", text)
    assert not re.search(r"""@import|url\(["']?https?:""", text)
    for label in ("observed past", "true future", "sampled future"):
        assert label in text
    assert path.stat().st_mode & 0o077 == 0o666 & ~_umask() & 0o077


def _umask():
    current = os.umask(0)
    os.umask(current)
    return current


def test_labels_and_title_are_text_not_markup():
    page = view({"</body><b>x</b>": clip(3)}, title="<script>alert(1)</script>")
    assert "&lt;/body&gt;&lt;b&gt;x&lt;/b&gt;" in page.html
    assert "<b>x</b>" not in page.html
    assert "<script>alert(1)" not in page.html
    assert page.html.rstrip().endswith("</html>")


def test_ten_tracks_of_six_seconds_stay_below_three_mebibytes():
    motions = [clip(180, seed=k, joints=39) for k in range(10)]
    assert len(view(motions).html.encode()) < 3 * 2**20


def test_a_notebook_shows_the_page():
    page = view(clip(5), height=321)
    frame = page._repr_html_()
    assert frame.startswith("<iframe ")
    assert 'height="321"' in frame
    source = re.search('srcdoc="([^"]*)"', frame).group(1)
    assert html.unescape(source) == page.html
    assert len(repr(page)) < 100


def test_nothing_is_printed_and_no_server_stays(capfd):
    before = threading.active_count()
    view(clip(5))
    assert threading.active_count() == before
    out, err = capfd.readouterr()
    assert out == ""
    assert err == ""


def test_a_failed_recording_stops_its_server_too(monkeypatch):
    def fail(*_):
        raise RuntimeError("no bones")

    before = threading.active_count()
    monkeypatch.setattr(bones, "spindle", fail)
    with pytest.raises(RuntimeError, match="no bones"):
        view(clip(5))
    assert threading.active_count() == before


@pytest.mark.parametrize("nothing", [[], {}, ()])
def test_nothing_to_show(nothing):
    with pytest.raises(ValueError, match="empty"):
        view(nothing)


def test_positions_that_are_not_finite():
    motion = clip(8, name="walk")
    motion.root_position[5, 1] = np.nan
    with pytest.raises(ValueError, match=r"'walk'.*frame 5.*'hips'"):
        view(motion)


def test_no_frames_and_bad_options():
    with pytest.raises(ValueError, match="no frames"):
        view(clip()[:0])
    with pytest.raises(ValueError, match="fps"):
        view(clip(), fps=0)
    with pytest.raises(TypeError, match="not int"):
        view([3])
    with pytest.raises(ValueError, match="color 'red'"):
        view(Track(clip(), color="red"))
    with pytest.raises(ValueError, match="start_seconds"):
        Track(clip(), start_seconds=-1)


def test_without_viser_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "viser":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install 'lmmjax\[viewer\]'"):
        view(clip(3))


def test_viser_is_loaded_only_on_use():
    code = "import sys, lmmjax.viewer; sys.exit('viser' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_full_disk_leaves_the_old_page(tmp_path, monkeypatch):
    path = tmp_path / "motion.html"
    path.write_text("old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match=r"could not write.*No space left.*motion.html"):
        Page("<html></html>").save(path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["motion.html"]


def recorded(monkeypatch, *args, **kwargs):
    """What `view` hands to the recorder: (drawn tracks, fps)."""
    from lmmjax.viewer import scene

    seen = {}

    def record(drawn, points, things, fps, follow, dark):
        seen.update(drawn=drawn, points=points, fps=fps)
        return "<title></title><body></body>"

    monkeypatch.setattr(scene, "_record", record)
    view(*args, **kwargs)
    return seen["drawn"], seen["fps"]


def test_motions_of_other_rates_are_resampled(monkeypatch):
    drawn, fps = recorded(monkeypatch, [clip(31, 30.0), clip(121, 120.0)])
    assert fps == 30.0
    assert [item.end for item in drawn] == [31, 31]
    drawn, fps = recorded(monkeypatch, [clip(31, 30.0)], fps=10)
    assert (fps, drawn[0].end) == (10, 11)


def test_a_fast_motion_is_shown_at_a_rate_that_screens_have(monkeypatch):
    drawn, fps = recorded(monkeypatch, clip(121, 120.0))
    assert (fps, drawn[0].end) == (60.0, 61)


def test_futures_start_where_the_past_ends(monkeypatch):
    futures = [clip(30), clip(12, seed=1)]
    drawn, _ = recorded(monkeypatch, forecast_tracks(clip(15), clip(25), futures))
    spans = [(item.start, item.end) for item in drawn]
    assert spans == [(0, 15), (15, 40), (15, 45), (15, 27)]
    assert len({item.track.color for item in drawn}) == 4


def test_spread_sets_those_that_start_together_side_by_side(monkeypatch):
    tracks = forecast_tracks(clip(15), clip(15), [clip(15)] * 3)
    drawn, _ = recorded(monkeypatch, tracks, spread=1.5)
    aside = [float(item.path[0, 1]) for item in drawn]
    np.testing.assert_allclose(aside, [0, 0, 1.5, -1.5, 3.0], atol=1e-6)


def test_a_set_of_samples_becomes_one_track_each():
    one = clip(9)
    many = one.replace(
        root_position=np.stack([one.root_position] * 3),
        root_rotation=np.stack([one.root_rotation] * 3),
        joints=np.stack([one.joints] * 3),
    )
    tracks = as_tracks(Track(many, "samples", "#010203"))
    assert [len(track.motion) for track in tracks] == [9, 9, 9]
    assert {track.color for track in tracks} == {(1, 2, 3)}
    assert "samples &times; 3" in view(tracks).html


def test_single_frames_and_single_points(tmp_path):
    point = make_skeleton(["root", "same", "place"], [-1, 0, 1], np.zeros((3, 3)))
    still = Motion(
        point,
        np.zeros((1, 3), np.float32),
        np.float32([[1, 0, 0, 0]]),
        np.zeros((1, 3), np.float32),
        30.0,
    )
    view([still, clip(1)], tmp_path / "still.html")


def test_follow_keeps_the_people_at_the_centre():
    from lmmjax.viewer import scene

    tracks = as_tracks(clip(90))
    drawn, _ = scene._draw(tracks, 30.0, 0.0)
    center = scene._center(drawn, 90, 30.0, follow=True)
    away = np.linalg.norm((drawn[0].path - center)[:, :2], axis=-1)
    assert away.max() < 0.4
    assert view(clip(40), follow=False, dark=True).html


def test_bones_lie_on_their_lines():
    rng = np.random.default_rng(0)
    body = person()
    positions = rng.normal(size=(4, body.num_joints, 3)).astype(np.float32)
    drawn = bones.place_bones(body, positions, 1.0)
    lines = positions[:, 1:] - positions[:, list(body.parents[1:])]
    lines /= np.linalg.norm(lines, axis=-1, keepdims=True)
    axis = np.asarray(rotations.matrix_from_quaternion(drawn.rotations))[..., 2]
    np.testing.assert_allclose(np.abs((axis * lines).sum(-1)), 1.0, atol=2e-3)
    vertices, faces = bones.spindle()
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert ((normals * corners.mean(axis=1)).sum(-1) > 0).all(), "faces look outward"
    assert np.abs(vertices).max() == pytest.approx(0.5)


@pytest.mark.parametrize("seed", range(5))
def test_the_camera_sees_every_point_and_stands_upright(seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(200, 3)) * rng.uniform(0.1, 5, 3) + [3, -2, 1]
    shot = camera.frame(points, np.array([1.0, 0, 0]))
    back = (shot.position - shot.target) / np.linalg.norm(shot.position - shot.target)
    assert 0 < back[2] < 0.5
    right = np.cross([0, 0, 1], back)
    right /= np.linalg.norm(right)
    rest = points - shot.position
    depth = -rest @ back
    assert (depth > 0).all()
    half = np.tan(camera.FOV_RAD / 2)
    assert (np.abs(rest @ np.cross(back, right)) < half * depth).all()
    assert (np.abs(rest @ right) < 1.4 * half * depth).all()


def test_facing_is_the_way_of_the_root():
    quarter = np.float32([[np.sqrt(0.5), 0, 0, np.sqrt(0.5)]])
    turned = clip(1).replace(root_rotation=quarter)
    np.testing.assert_allclose(facing(turned), [0, 1, 0], atol=1e-6)


def test_the_page_runs_in_a_browser(tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium to open the page with")
    page = view({"walker <1>": clip(20)}, tmp_path / "motion.html")
    assert isinstance(page, Page)
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--enable-unsafe-swiftshader",
        "--use-gl=angle",
        "--use-angle=swiftshader",
        "--window-size=300,200",
        "--virtual-time-budget=1000",
        "--enable-logging=stderr",
        "--dump-dom",
    ]
    run = subprocess.run(
        [
            browser,
            *flags,
            f"--user-data-dir={tmp_path / 'profile'}",
            pathlib.Path(tmp_path / "motion.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "WebGL support: true" not in run.stderr:
        pytest.skip("this browser has no WebGL here")
    assert "<canvas" in run.stdout
    assert "walker &lt;1&gt;" in run.stdout
    assert "Embedded data loaded" in run.stderr
    assert "Uncaught" not in run.stderr
