"""The recovery protocol, on streams that come back, do not, or see a part."""

import dataclasses

import jax
import numpy as np
import pytest

from kinematics import priors
from kinematics.motion import positions
from lmmjax.data.catalog import DataError
from lmmjax.evaluation import metrics, recovery
from lmmjax.evaluation.recovery import HOLDING, STATUE, RecoveryStudy
from lmmjax.evaluation.starts import moments
from lmmjax.generation import Stream, perturb
from tests.lmmjax import tiny

CLIPS = [tiny.motion(seed, 60) for seed in range(3)]
COUNT = 6
every = slice(None)


@pytest.fixture(scope="module")
def stream():
    # It hardly moves: what it does is known.
    return Stream(tiny.fresh_model(), commit=3, steps=1, churn=0.0, temperature=0.1)


@pytest.fixture(scope="module")
def prior():
    return priors.fit(CLIPS, components=2)


@pytest.fixture(scope="module")
def study(stream, prior):
    return RecoveryStudy(stream, CLIPS, prior, count=COUNT)


def instead(monkeypatch, study, change):
    """Struck streams do something else: a change of the unperturbed ones' poses."""
    poses = recovery.Poses(*(np.array(x) for x in study._usual))
    monkeypatch.setattr(study, "_struck", lambda blow: change(poses))


def tolerant(monkeypatch, study):
    """Only what is far from usual is strange."""
    usual = study._distances(study._stream, study._usual)
    monkeypatch.setattr(study, "threshold", 1.01 * usual.max())
    monkeypatch.setattr(study, "speed_limit", 50.0)
    monkeypatch.setattr(study, "joint_limit", 50.0)


def test_moments_are_of_clips_in_turn_and_what_follows_is_theirs(stream):
    found = moments(stream.model, CLIPS, 7, 1, after=5)
    assert list(found.clip) == [0, 1, 2, 0, 1, 2, 0]
    assert found.past.joints.shape[:2] == (7, 31)
    assert found.future.joints.shape[:2] == (7, 5)
    for row, n in enumerate(found.clip):
        whole = np.concatenate([found.past.joints[row], found.future.joints[row]])
        assert any(
            np.array_equal(whole, CLIPS[n].joints[k : k + 36]) for k in range(25)
        )
        np.testing.assert_array_equal(
            found.model.body.offsets[row, 0], CLIPS[n].skeleton.offsets
        )
    with pytest.raises(DataError, match="no clip has the 71 frames"):
        moments(stream.model, CLIPS, 2, 1, after=40)


def test_the_threshold_is_the_usual_of_who_is_not_perturbed(study, stream, prior):
    distances = study._distances(study._stream, study._usual)
    # For so long that a way back that begins just in time can show that it lasts.
    assert distances.shape == (COUNT, 76)
    assert study.threshold == metrics.usual(distances)
    one = recovery.poses_of.to_motion(
        study._usual.at(1), CLIPS[1].skeleton, tiny.FPS
    ).numpy()
    np.testing.assert_allclose(
        distances[1], metrics.plausibility(prior, one)[1:], rtol=1e-3
    )


def test_what_is_usual_after_a_gap_is_told_by_those_who_saw_all_of_it(
    study, stream, prior
):
    gap = study._gap(0.2)
    assert gap.begin.future.joints.shape[1] == round(0.2 * tiny.FPS)
    distances = study._distances(gap.stream, gap.usual)
    assert distances.shape == (COUNT, 76)
    assert study.gap_threshold(0.2) == gap.threshold == metrics.usual(distances)
    # The first pose is of the clip, and what follows is what the stream makes of it.
    np.testing.assert_array_equal(
        gap.usual.joints[:, :2], gap.begin.future.joints[:, -2:]
    )
    state = gap.stream.observe(gap.state, gap.begin.future)
    _, key = jax.random.split(study._key)
    after, _ = gap.stream.sample(state, key, 76)
    np.testing.assert_allclose(gap.usual.joints[:, 2:], after.joints, atol=1e-6)


def test_another_model_is_judged_by_what_is_usual_of_the_first(study, prior):
    quick = Stream(tiny.lively_model(), commit=3, steps=1, churn=0.0)
    other = RecoveryStudy(quick, CLIPS, prior, COUNT, like=study)
    assert other.threshold == study.threshold
    assert other.gap_threshold(0.2) == study.gap_threshold(0.2)
    own = RecoveryStudy(quick, CLIPS, prior, COUNT)
    assert own.threshold != study.threshold
    assert own.gap_threshold(0.2) != study.gap_threshold(0.2)


def test_who_is_as_usual_has_recovered_at_once(monkeypatch, study):
    tolerant(monkeypatch, study)
    row = study.strike(study.push(0.0))
    assert row.success == (1, 1, 1)
    assert (row.strange, row.jumped) == (0, 0)
    assert np.isnan(row.seconds)
    np.testing.assert_allclose(row.speed, 1, atol=1e-6)
    assert np.isnan(row.bounded)


def test_who_is_slower_than_single_joints_is_told_apart(monkeypatch, study):
    tolerant(monkeypatch, study)
    assert study.strike(study.push(0.0)).slower == 1
    monkeypatch.setattr(study, "joint_limit", 0.0)
    row = study.strike(study.push(0.0))
    assert (row.slower, row.success.value) == (0, 1)


def test_jumps_are_faster_than_the_fastest_that_is_true(study):
    true = [metrics.joint_speeds(np.asarray(positions(c)), c.fps) for c in CLIPS]
    fastest = max(x.max() for x in true)
    assert 0.9 * fastest < study.speed_limit <= fastest
    assert study.joint_limit < study.speed_limit
    assert study.true_slower == np.mean([x.max() <= study.joint_limit for x in true])


@pytest.mark.parametrize(("begin", "end"), [(2, 20), (2, 60), (2, 61), (30, 75)])
def test_success_is_to_be_plausible_in_time_and_for_long(
    monkeypatch, study, begin, end
):
    tolerant(monkeypatch, study)
    shaken = every, slice(1 + begin, 1 + end)

    def shake(poses):
        joints = poses.joints.copy()
        joints[shaken] += 0.5 * (-1.0) ** np.arange(begin, end)[:, None]
        return poses._replace(joints=joints)

    instead(monkeypatch, study, shake)
    row = study.strike(study.push(0.4))
    # Frames that are shaken, and the first that is not any more, are strange; so half
    # a second between the moment and the shaking would do.
    held = begin - 1 >= 16
    assert row.success.value == float(held or end / tiny.FPS <= 2.0)
    assert row.strange == float(not held)
    if not held:
        assert row.seconds == pytest.approx(end / tiny.FPS if end <= 60 else np.inf)


@pytest.mark.parametrize(("frame", "jumped"), [(3, 0.0), (5, 0.0), (6, 1.0), (40, 1.0)])
def test_a_jump_counts_after_the_push_alone(monkeypatch, study, frame, jumped):
    tolerant(monkeypatch, study)
    monkeypatch.setattr(study, "threshold", np.inf)

    def jump(poses):
        place = poses.root_position.copy()
        place[:, 1 + frame :] += 3.0
        return poses._replace(root_position=place)

    instead(monkeypatch, study, jump)
    # A push lasts for four and a half frames, so that its last step is the fifth.
    row = study.strike(study.push(0.4))
    assert (row.jumped, row.success.value) == (jumped, 1 - jumped)


def test_pushes_go_any_way_and_the_harder_the_farther(study):
    weak, strong = (np.asarray(study.push(v).shift) for v in (0.2, 1.0))
    np.testing.assert_allclose(strong, 5 * weak, rtol=1e-5)
    far = np.linalg.norm(strong, axis=-1)
    np.testing.assert_allclose(far, perturb.BLOW_SECONDS / 2, rtol=1e-5)
    assert np.ptp(np.arctan2(strong[:, 0, 1], strong[:, 0, 0])) > 1
    moved = np.asarray(study._struck(study.push(1.0)).root_position)
    apart = np.linalg.norm(moved - study._usual.root_position, axis=-1)
    np.testing.assert_array_equal(apart[:, :2], 0)
    # The stream hardly moves by itself.
    np.testing.assert_allclose(apart[:, -1], far[:, 0], rtol=0.2)
    for blow in (study.tilt(0.2), study.knock("Head", 0.2)):
        assert study.strike(blow).success.value >= 0
    with pytest.raises(ValueError, match="no joint 'Tail'"):
        study.knock("Tail", 0.2)


def test_a_statue_keeps_pose_and_velocity(study):
    path = study._coasted(study.push(0.0))
    past = study._starts.past
    held = np.repeat(path.joints[:, [1]], 77, axis=1)
    np.testing.assert_array_equal(path.joints[:, 1:], held)
    step = np.diff(path.root_position, axis=1)
    velocity = (past.root_position[:, -1] - past.root_position[:, -2])[..., :2]
    np.testing.assert_allclose(
        step[..., :2], np.repeat(velocity[:, None], 77, axis=1), atol=1e-5
    )
    np.testing.assert_array_equal(step[:, 1:, 2], 0)
    pushed = study._coasted(study.push(1.0)).root_position - path.root_position
    far = np.asarray(study.push(1.0).shift)[:, 0]
    np.testing.assert_allclose(pushed[:, -1], far, atol=1e-5)
    assert study.strike(study.push(1.0), STATUE).method == STATUE


def test_who_loses_nothing_follows_the_truth(monkeypatch, study):
    tolerant(monkeypatch, study)
    row = study.lose(0.0, 0.2)
    assert (row.bounded, row.error) == (1, (0, 0))
    np.testing.assert_allclose(row.speed, 1, atol=1e-3)


def test_other_noise_is_another_way_on_from_the_same_gap(stream, prior):
    noisy = dataclasses.replace(stream, steps=2, churn=1.0, temperature=1.0)
    study = RecoveryStudy(noisy, CLIPS, prior, count=COUNT)
    same, other = (study.lose(0.0, 0.2, noise=n) for n in (0, 1))
    np.testing.assert_allclose(same.speed, 1, atol=1e-3)
    assert other.speed.high > 1.01
    assert other.error == (0, 0)


def test_errors_are_of_the_gap_and_the_more_is_lost_the_larger(study):
    few, many = (study.lose(share, 0.4, HOLDING) for share in (0.3, 1.0))
    assert 0 < few.error[0] < many.error[0]
    all_of_it = study.drop(0.4, HOLDING)
    # The root is gone too: what is held is where one was 0.4 s ago.
    begin = moments(study._stream.model, CLIPS, COUNT, 0, after=12)
    body = begin.model.body
    last = begin.past.at(every, slice(-1, None))
    ours, theirs = (
        np.asarray(recovery.poses_of.positions(body, x))
        for x in (last, begin.future.at(every, slice(-1, None)))
    )
    error = np.linalg.norm(ours - theirs, axis=-1).mean(-1)[:, 0]
    np.testing.assert_allclose(
        all_of_it.error, np.percentile(error, [50, 95]), rtol=1e-3
    )
    assert all_of_it.bounded == 0
    assert all_of_it.success.value == 0


def test_an_estimate_that_was_too_far_off_is_no_success(monkeypatch, study):
    tolerant(monkeypatch, study)
    good = study.lose(0.75, 0.1, HOLDING)
    assert good.success.value > 0
    assert good.success.value <= good.bounded
    monkeypatch.setattr(recovery, "BOUND", 1e-6)
    none = study.lose(0.75, 0.1, HOLDING)
    assert (none.bounded, none.success.value) == (0, 0)


def test_a_gap_that_no_clip_is_long_enough_for_is_told(study):
    with pytest.raises(DataError, match="no clip has the 91 frames"):
        study.drop(2.0)


def test_the_stream_keeps_its_options(study, stream):
    assert dataclasses.replace(study._stream, model=stream.model) == stream
