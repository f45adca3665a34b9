"""Laws of limits learned from motion: they hold it, and say what books cut off."""

import jax
import numpy as np
import pytest

from kinematics import Motion, limits, make_skeleton, symmetry
from kinematics.bodies.human import coordinate, hanging_arms, human, pose
from kinematics.couplings import Couplings
from tests.kinematics import reference

EXCESS = jax.jit(limits.excess)
BODY = reference.human()


def at(name, k=0):
    return BODY.coordinates(name).start + k


HIP, KNEE, OTHER_KNEE = at("LeftUpLeg"), at("LeftLeg"), at("RightLeg")


def squats(seed=0, count=20_000):
    """Frames in which a knee bends as far as its hip, give or take 0.2 rad."""
    rng = np.random.default_rng(seed)
    q = rng.uniform(-0.3, 0.3, (count, BODY.num_coordinates))
    for side in ("Left", "Right"):
        hip, knee = at(f"{side}UpLeg"), at(f"{side}Leg")
        q[:, hip] = rng.uniform(-1.2, 1.2, count)
        q[:, knee] = q[:, hip] + rng.uniform(-0.2, 0.2, count)
    return np.float32(q)


FITTED = limits.fit(squats(), BODY, coupled=[("LeftLeg", "LeftUpLeg")])


def motion(q, body=BODY, **labels):
    still = np.zeros((len(q), 3)), np.tile([1.0, 0, 0, 0], (len(q), 1))
    return Motion(body, *still, q, fps=30.0, **labels)


def test_a_fit_without_couplings_is_widen():
    q = squats(count=500)
    found = limits.fit(q, BODY)
    jax.tree.map(np.testing.assert_array_equal, found.skeleton, limits.widen(BODY, q))
    assert found.skeleton.couplings is None
    assert found.volume == 1.0


def test_the_dependence_that_the_data_show_is_found_on_both_sides():
    found = FITTED.skeleton.couplings
    pairs = dict(zip(found.coordinates, found.controllers, strict=True))
    assert pairs == {KNEE: HIP, OTHER_KNEE: at("RightUpLeg")}
    assert ("LeftLeg", 0, "LeftUpLeg", 0) in FITTED.couplings


def test_learned_couplings_hold_new_frames_and_leave_out_what_never_happens():
    body = FITTED.skeleton
    over = np.asarray(EXCESS(body, squats(1)))[:, [KNEE, OTHER_KNEE]]
    assert np.mean(over > 0) < 0.001
    strange = squats(1)
    strange[:, KNEE] = -strange[:, HIP]
    far = np.abs(np.abs(strange[:, HIP]) - 0.7) < 0.1
    assert (np.asarray(EXCESS(body, strange))[far, KNEE] > 0).all()
    assert not np.asarray(EXCESS(body.replace(couplings=None), strange))[:, KNEE].any()


def test_learned_couplings_leave_the_margin_to_the_data():
    body = FITTED.skeleton
    q = squats(1)
    q[:, KNEE] += 2 * limits.SOFTNESS * np.sign(q[:, KNEE] - q[:, HIP])
    inner = np.abs(q[:, KNEE]) < 1.3
    assert np.mean(np.asarray(EXCESS(body, q))[inner, KNEE] > 0) < 0.002


def test_fitted_limits_are_those_of_the_mirrored_body():
    body = FITTED.skeleton
    other = jax.tree.map(np.asarray, symmetry.mirror_skeleton(body))
    found = body.lower, body.upper, body.couplings
    mirrored = other.lower, other.upper, other.couplings
    assert jax.tree.structure(found) == jax.tree.structure(mirrored)
    jax.tree.map(np.testing.assert_array_equal, found, mirrored)


def test_unrelated_coordinates_and_few_frames_are_not_coupled():
    q = np.float32(np.random.default_rng(0).uniform(-1, 1, (6000, len(BODY.lower))))
    assert limits.fit(q, BODY, coupled=True).skeleton.couplings is None
    few = limits.fit(squats(count=500), BODY, coupled=True)
    assert few.skeleton.couplings is None


def test_neighbours_are_searched_but_not_joints_far_apart():
    q = squats()
    q[:, at("LeftForeArm")] = q[:, HIP]
    found = limits.fit(q, BODY, coupled=True).skeleton.couplings
    assert set(found.coordinates) == {KNEE, OTHER_KNEE}
    found = limits.fit(q, BODY, coupled=[("LeftForeArm", "LeftUpLeg")]).skeleton
    assert at("LeftForeArm") in found.couplings.coordinates


def test_no_circle_is_made_of_coordinates_that_depend_on_each_other():
    body = make_skeleton(
        ["root", "a", "b"],
        [-1, 0, 1],
        np.ones((3, 3)),
        ["free", "hinge", "hinge"],
        lower=[-2, -2],
        upper=[2, 2],
    )
    rng = np.random.default_rng(0)
    a = rng.uniform(-1.5, 1.5, 20_000)
    q = np.stack([a, a + rng.uniform(-0.1, 0.1, len(a))], axis=1)
    found = limits.fit(np.float32(q), body, coupled=True)
    assert len(found.couplings) == 1
    # Near the data the range is 0.2 and the margins of 4 at most; free ends remain.
    assert 0.05 < found.volume < 0.7


def test_volume_is_the_share_of_the_poses_that_is_left():
    body = FITTED.skeleton
    plain = body.replace(couplings=None)
    rng = np.random.default_rng(3)
    q = np.float32(rng.uniform(body.lower, body.upper, (20_000, len(body.lower))))
    inside = ~np.asarray(EXCESS(plain, q) > 0).any(axis=1)
    left = ~np.asarray(EXCESS(body, q) > 0).any(axis=1)
    # Of the joints that the box fills wrongly only the hips matter here.
    hips = [at(f"{side}UpLeg", k) for side in ("Left", "Right") for k in (0, 1)]
    cone = ~np.asarray(EXCESS(plain, q) > 0)[:, hips].any(axis=1)
    over = ~np.asarray(EXCESS(body, q) > 0)[:, [KNEE, OTHER_KNEE]].any(axis=1)
    assert left.sum() <= inside.sum()
    assert np.isclose(FITTED.volume, over[cone].mean(), atol=0.02)


def test_the_report_counts_what_books_would_have_cut():
    count = BODY.num_coordinates
    lower, upper = np.full(count, -0.5, np.float32), np.full(count, 0.5, np.float32)
    # Nothing is known of the neck.
    lower[at("Neck")], upper[at("Neck")] = -np.pi, np.pi
    body = BODY.replace(lower=lower, upper=upper)
    q = np.zeros((100, count), np.float32)
    q[:30, KNEE], q[20:40, OTHER_KNEE], q[:, at("Neck")] = 0.7, 0.7, 3.3
    report = limits.fit([motion(q[:50]), motion(q[50:])], body)
    cut = dict(zip(report.joints, report.cut, strict=True))
    assert cut["LeftLeg"] == pytest.approx(0.3)
    assert cut["RightLeg"] == pytest.approx(0.2)
    assert sum(cut.values()) == pytest.approx(0.5)
    assert report.cut_any == pytest.approx(0.4)
    assert report.outside_any == 0.0
    text = str(report)
    assert "100 frames" in text
    assert text.splitlines()[2].split() == ["LeftLeg", "30.00%", "0.00%"]
    assert text.splitlines()[-1].split() == ["any", "joint", "40.00%", "0.00%"]
    assert "LeftLeg[0] depends on LeftUpLeg[0]" in str(FITTED)


def test_widening_opens_couplings_that_new_frames_break_and_no_others():
    body = FITTED.skeleton
    q = squats(2, 2000)
    q[:, KNEE] += np.where(np.abs(q[:, HIP] - 0.6) < 0.1, 0.5, 0.0)
    wide = limits.widen(body, q)
    assert np.mean(np.asarray(EXCESS(wide, q))[:, KNEE] > 0) < 0.005
    assert (wide.couplings.lower <= body.couplings.lower).all()
    assert (wide.couplings.upper >= body.couplings.upper).all()
    assert (wide.couplings.upper[0] == body.couplings.upper[0]).any()
    assert (wide.couplings.upper[0] > body.couplings.upper[0] + 0.2).any()


def test_a_curve_along_the_bodys_own_limit_moves_with_it():
    # Spread widely, so that every interval of the hip is not full.
    couplings = FITTED.skeleton.couplings
    q = squats(count=3000)
    q[:, KNEE] *= 3
    wide = limits.widen(FITTED.skeleton, q)
    before, after = FITTED.skeleton.upper[KNEE], wide.upper[KNEE]
    assert after > before + 1
    free = couplings.upper == before
    assert free[0].any()
    np.testing.assert_array_equal(wide.couplings.upper[free], after)


def test_couplings_that_a_body_had_are_kept_and_joined_with_learned_ones():
    q = squats()
    spine, neck = at("Spine", 2), at("Neck")
    q[:, spine] = np.random.default_rng(0).uniform(-1, 1, len(q))
    q[:, neck] = q[:, spine]
    again = limits.fit(q, FITTED.skeleton, coupled=[("Neck", "Spine")]).skeleton
    found = dict(
        zip(again.couplings.coordinates, again.couplings.controllers, strict=True)
    )
    assert found[KNEE] == HIP
    assert neck in found
    assert list(again.couplings.coordinates) == sorted(found)
    short = Couplings(
        (neck,),
        (spine,),
        -np.ones(1, np.float32),
        np.ones(1, np.float32),
        again.lower[[neck]][:, None].repeat(3, 1),
        again.upper[[neck]][:, None].repeat(3, 1),
    )
    other = again.replace(couplings=short)
    with pytest.raises(ValueError, match="3 control values cannot be joined"):
        limits.fit(q, other, coupled=[("LeftLeg", "LeftUpLeg")])


def test_couplings_of_one_side_alone_do_not_bind_a_symmetric_body():
    found = FITTED.skeleton.couplings
    one = FITTED.skeleton.replace(couplings=found.rows([0]))
    assert limits.widen(one, squats(count=100)).couplings is None


def test_missing_frames_are_left_out():
    q = squats(count=100)
    gap = q.copy()
    gap[:50, 3] = np.nan
    found = limits.fit(gap, BODY)
    assert found.frames == 50
    jax.tree.map(np.testing.assert_array_equal, found, limits.fit(gap[50:], BODY))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((squats(count=5),), "need a body"),
        (([],), "at least one motion"),
        ((np.zeros((5, 3)), BODY), r"shape \[N, 22\]|shape \[N, \d+\]"),
        ((np.full((5, BODY.num_coordinates), np.nan), BODY), "without missing"),
        ((squats(count=5), BODY, 0.01), "margin must be at least 0.0698"),
        (([motion(squats(count=5))], reference.chain()), "other joints"),
        (
            (
                motion(squats(count=5), name="walk"),
                reference.human(frames=[np.eye(3)] * 18),
            ),
            "'walk' has other joint coordinates",
        ),
    ],
)
def test_what_cannot_be_fitted_is_refused_with_the_reason(arguments, message):
    with pytest.raises(ValueError, match=message):
        limits.fit(*arguments)


def test_muscles_across_two_joints_bind_the_human_body():
    body = limits.anatomical(human())
    degrees = np.pi / 180

    def over(name, **angles):
        sided = {f"left_{key}": value * degrees for key, value in angles.items()}
        q = pose(body, **sided)
        return float(EXCESS(body, q)[coordinate(body, f"left_{name}")]) / degrees

    assert over("knee_flexion", hip_flexion=60, knee_flexion=0) == 0
    assert over("knee_flexion", hip_flexion=120, knee_flexion=0) == pytest.approx(25, 1)
    assert over("knee_flexion", hip_flexion=120, knee_flexion=40) == 0
    assert over("knee_flexion", hip_flexion=100, knee_flexion=150) == 0
    assert over("knee_flexion", hip_flexion=-10, knee_flexion=150) > 13
    assert over("ankle_dorsiflexion", ankle_dorsiflexion=45, knee_flexion=0) > 5
    assert over("ankle_dorsiflexion", ankle_dorsiflexion=45, knee_flexion=50) == 0
    assert not np.asarray(EXCESS(body, hanging_arms(body))).any()
    mirrored = symmetry.mirror_skeleton(body).couplings
    jax.tree.map(np.testing.assert_array_equal, mirrored, body.couplings)
    with pytest.raises(KeyError):
        limits.anatomical(BODY)


def test_real_motion_is_held_by_the_limits_fitted_to_it(shared_data):
    from kinematics import formats

    folder = shared_data / "cmu_asfamc" / "02"
    clips = [
        formats.asf_amc.read(folder / "02.asf", folder / f"02_0{k}.amc")[::8]
        for k in (1, 3)
    ]
    report = limits.fit(clips, coupled=True)
    assert report.cut_any > 0.5
    assert report.outside_any < 0.03
    assert report.frames == sum(map(len, clips))
