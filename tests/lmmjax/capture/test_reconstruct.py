"""Laws of the whole way: people are found where they were, with bones of their own."""

import dataclasses

import numpy as np
import pytest

from kinematics import motion as motions
from lmmjax.capture import CaptureError, clips, reconstruct
from lmmjax.capture.labels import Event
from lmmjax.capture.plan import make_plan
from lmmjax.capture.session import open_session
from lmmjax.capture.synthetic import Clock
from tests.lmmjax.capture import stage

CLOCKS = [Clock(stage.FPS, offset) for offset in (0.0, 0.11, -0.07, 0.05)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("capture") / "session"
    footage = stage.write(folder, 2.1, clocks=CLOCKS)
    plan = make_plan(open_session(folder))
    return footage, plan, list(reconstruct.takes(plan))


def test_the_clocks_are_found(made):
    _, plan, _ = made
    offsets = plan.clocks.offset_s - plan.clocks.offset_s[0]
    np.testing.assert_allclose(offsets, [0.0, 0.11, -0.07, 0.05], atol=0.2 / stage.FPS)


def test_everybody_is_found_by_name_where_they_were(made):
    footage, _, takes = made
    assert sorted(take.person for take in takes) == ["P0", "P1"]
    for take in takes:
        truth = footage.truth.select(take.points.names)
        p = footage.people.index(take.person)
        frames = slice(take.start, take.start + len(take.points))
        places = np.asarray(truth.positions)[p, frames]
        found = np.asarray(take.points.positions)[: len(places)]
        away = np.linalg.norm(found - places, axis=-1)
        assert np.nanmedian(away) < 0.01
        assert np.isfinite(away).mean() > 0.9
        assert take.known.mean() > 0.8
        assert len(take.motion) == len(take.raw) == len(take.known)


def test_the_fitted_body_goes_through_the_points(made):
    _, _, takes = made
    for take in takes:
        body = take.motion.skeleton
        joints = motions.positions(take.motion)[take.known]
        knees = np.asarray(take.points.select(["left_knee"]).positions)[take.known, 0]
        away = np.linalg.norm(joints[:, body.index("left_knee")] - knees, axis=-1)
        assert np.nanmedian(away) < 0.02
        q = np.asarray(take.motion.joints)
        assert (q >= body.lower - 1e-5).all()
        assert (q <= body.upper + 1e-5).all()


def test_clips_have_labels_phases_and_where_they_are_from(made):
    _, plan, takes = made
    take = takes[0]
    begin = take.start / plan.fps
    events = [
        Event(begin, "walk", begin + 2.0, who=take.person),
        Event(begin + 1.0, "step", outcome="good"),
        Event(begin + 1.0, "other", who="nobody"),
        Event(begin + 60.0, "later"),
    ]
    (clip,) = clips.cut(plan, take, events)
    assert clip.motion.action == "walk"
    assert clip.motion.subject == take.person
    assert [event.label for event in clip.events] == ["walk", "step"]
    assert clip.events[1].time_s == pytest.approx(
        1.0 - (clip.provenance["start_s"] - begin)
    )
    assert {"stance"} <= {phase.phase for phase in clip.phases}
    assert clip.quality["reprojection_px"] < 3
    assert clip.provenance["cameras"] == list(plan.cameras)
    (half,) = clips.cut(plan, take, [], rate_hz=15.0)
    assert half.motion.action == ""
    assert len(half.motion) == len(half.points) == -(-len(clip.motion) // 2)


def test_blocks_join_without_a_seam(made, monkeypatch):
    _, plan, takes = made
    monkeypatch.setattr(reconstruct, "_BLOCK_S", 1.05)
    monkeypatch.setattr(reconstruct, "_OVERLAP_S", 0.3)
    parts = [t for t in reconstruct.takes(plan) if t.person == "P0"]
    assert len(parts) == 2
    assert parts[1].start == parts[0].start + len(parts[0].motion)
    whole = next(t for t in takes if t.person == "P0")
    joined = np.concatenate([np.asarray(t.points.positions) for t in parts])
    away = np.linalg.norm(joined - np.asarray(whole.points.positions), axis=-1)
    assert np.nanmedian(away) < 2e-3
    # Bones are found once and kept.
    np.testing.assert_array_equal(
        parts[0].motion.skeleton.offsets, parts[1].motion.skeleton.offsets
    )


def test_clocks_that_the_session_gives_are_taken(made, tmp_path):
    _, plan, _ = made
    cameras = [
        dataclasses.replace(camera, offset_s=0.5 * n, rate=1.0)
        for n, camera in enumerate(plan.session.cameras)
    ]
    session = dataclasses.replace(plan.session, cameras=tuple(cameras))
    found = make_plan(session)
    np.testing.assert_array_equal(found.clocks.offset_s, [0, 0.5, 1.0, 1.5])
    assert found.last > found.first


def test_what_cannot_be_reconstructed_says_why(made):
    _, plan, _ = made
    one = dataclasses.replace(plan.session, cameras=plan.session.cameras[:1])
    with pytest.raises(CaptureError, match=r"only camera 'cam_01'.*lift"):
        make_plan(one)
    apart = [
        dataclasses.replace(camera, offset_s=100.0 * n)
        for n, camera in enumerate(plan.session.cameras)
    ]
    session = dataclasses.replace(plan.session, cameras=tuple(apart))
    with pytest.raises(CaptureError, match="recorded at the same time"):
        make_plan(session)
