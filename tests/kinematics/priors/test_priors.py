"""Laws of priors: normalised, the same in the mirror, repeatable, stable."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import Motion, Poses, make_skeleton, motion, priors, symmetry
from kinematics.priors import features

# A trunk and two arms: D = 2 + 1 + 1, with values that do and do not change sign.
BODY = make_skeleton(
    ["hips", "spine", "left_arm", "right_arm", "left_foot", "right_foot"],
    [-1, 0, 1, 1, 0, 0],
    [
        [0, 0, 0],
        [0, 0, 0.3],
        [0, 0.2, 0.3],
        [0, -0.2, 0.3],
        [0, 0.1, -1],
        [0, -0.1, -1],
    ],
    ["free", "universal", "hinge", "hinge", "fixed", "fixed"],
    frames=[np.eye(3)] * 6,
)
FPS = 20.0


def clip(seed, count=200, body=BODY):
    """Someone who sways, turns and walks off, an arm in step with the spine."""
    rng = np.random.default_rng(seed)
    t = np.arange(count) / FPS
    a, b, c = rng.uniform(0, 6, 3)
    sway = 0.4 * np.sin(2 * t + a)
    joints = np.stack(
        [sway, 0.3 * np.cos(2 * t + b), sway + 0.5, -0.4 * np.sin(3 * t + c)], axis=1
    )
    joints += 0.02 * rng.normal(size=joints.shape)
    yaw = 0.5 * t + a
    place = np.stack([np.cos(yaw), np.sin(yaw), 1 + 0.05 * np.sin(4 * t)], axis=1)
    tilt = 0.1 * np.stack([np.sin(t + b), np.cos(t + c)], axis=1)
    posture = np.concatenate([place[:, 2:], tilt, joints], axis=1)
    poses = features.to_poses(body, np.float32(posture), place[:, :2], yaw)
    return Motion(body, *poses, fps=FPS).numpy()


CLIPS = [clip(seed) for seed in range(6)]
PRIOR = priors.fit(CLIPS, components=3, fps=FPS)
LOG_PROB = jax.jit(priors.mixture.log_prob)
NEXT = jax.jit(priors.transition.log_prob)
STATES = jax.jit(lambda body, a, b: priors.states(PRIOR, body, a, b))
DISTANCE = jax.jit(lambda a, b: priors.distance(PRIOR, BODY, a, b))


def ends(clip):
    """Poses of a clip but its last, and but its first."""
    return clip.poses.at(slice(None, -1)), clip.poses.at(slice(1, None))


def covariances(mixture):
    inverse = np.linalg.inv(np.float64(mixture.whiteners))
    return inverse @ inverse.swapaxes(-1, -2)


def density(mixture, x):
    """The density in float64, both images written out as Gaussians of their own."""
    total = np.zeros(len(x))
    turn = np.zeros((mixture.size, mixture.size))
    turn[np.arange(mixture.size), list(mixture.index)] = mixture.signs
    for w, m, c in zip(
        np.exp(np.float64(mixture.log_weights)),
        np.float64(mixture.means),
        covariances(mixture),
        strict=True,
    ):
        for mean, cov in ((m, c), (turn @ m, turn @ c @ turn.T)):
            away = x - mean
            square = np.einsum("ni,ij,nj->n", away, np.linalg.inv(cov), away)
            norm = np.sqrt(np.linalg.det(2 * np.pi * cov))
            total += w / 2 * np.exp(-square / 2) / norm
    return total


def test_rates_and_advance_undo_each_other():
    before, after = ends(CLIPS[0])
    rate = STATES(BODY, before, after)[:, 7:]
    found = jax.jit(lambda p, r: features.advance(BODY, p, r, FPS))(before, rate)
    np.testing.assert_allclose(found.root_position, after.root_position, atol=1e-5)
    np.testing.assert_allclose(found.joints, after.joints, atol=1e-5)
    dot = np.abs(np.sum(np.asarray(found.root_rotation) * after.root_rotation, axis=-1))
    np.testing.assert_allclose(dot, 1, atol=1e-5)


def test_postures_and_rates_are_the_same_anywhere_and_facing_any_way():
    before, after = ends(CLIPS[0])
    turn = features.rotations.about_z(np.float32(2.0))

    def moved(poses):
        place = features.rotations.quaternion_rotate(turn, poses.root_position)
        rotation = features.rotations.quaternion_multiply(turn, poses.root_rotation)
        return Poses(place + np.float32([3, -5, 0]), rotation, poses.joints)

    here = STATES(BODY, before, after)
    there = STATES(BODY, moved(before), moved(after))
    np.testing.assert_allclose(there, here, atol=2e-4)


def test_height_is_counted_in_heights_of_the_root_at_rest():
    big = BODY.replace(offsets=2 * BODY.offsets)
    assert features.size(BODY) == 1
    assert features.size(big) == 2
    pose = Poses(np.float32([0, 0, 1.5]), np.float32([1, 0, 0, 0]), np.zeros(4))
    assert features.postures(big, pose)[0] == 0.75
    assert features.size(make_skeleton(["a", "b"], [-1, 0], [[0] * 3, [0, 0, 1]])) == 1


def test_vectors_of_the_mirrored_motion_are_the_mirrored_vectors():
    before, after = ends(CLIPS[1])
    other = motion.mirror(CLIPS[1])
    found = STATES(other.skeleton, *ends(other))
    index, signs = features.state_mirror(BODY)
    expected = np.asarray(STATES(BODY, before, after))[:, index] * signs
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_densities_are_the_same_in_the_mirror():
    before, after = ends(CLIPS[2])
    here = STATES(BODY, before, after)
    other = motion.mirror(CLIPS[2])
    # Bit by bit on the vectors, to rounding on the poses.
    for mixture, x in ((PRIOR.transition.states, here), (PRIOR.pose, here[:, :7])):
        found = LOG_PROB(mixture, priors.mixture.images(mixture, x)[1])
        np.testing.assert_array_equal(found, LOG_PROB(mixture, x))
    there = STATES(other.skeleton, *ends(other))
    found = LOG_PROB(PRIOR.transition.states, there)
    np.testing.assert_allclose(
        found, LOG_PROB(PRIOR.transition.states, here), atol=2e-3
    )
    rate = here[1:, 7:]
    states, errors = PRIOR.transition.states, PRIOR.transition.errors
    found = NEXT(
        PRIOR.transition,
        priors.mixture.images(states, here[:-1])[1],
        priors.mixture.images(errors, rate)[1],
    )
    np.testing.assert_array_equal(found, NEXT(PRIOR.transition, here[:-1], rate))


def test_log_density_is_that_of_its_gaussians_in_float64():
    x = np.float64(features.postures(BODY, CLIPS[0].poses))
    truth = np.log(density(PRIOR.pose, x))
    found = LOG_PROB(PRIOR.pose, np.float32(x))
    np.testing.assert_allclose(found, truth, atol=1e-3)
    np.testing.assert_allclose(found, priors.log_prob(PRIOR, BODY, CLIPS[0].poses))


def test_the_density_of_two_entries_integrates_to_one():
    left = features.names(BODY).index("left_arm[0]")
    pair = priors.mixture.marginal(PRIOR.pose, [left, left + 1])
    axis = np.linspace(-4, 4, 801)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    values = np.exp(np.asarray(LOG_PROB(pair, np.float32(grid)), np.float64))
    assert np.isclose(values.sum() * (axis[1] - axis[0]) ** 2, 1, atol=1e-3)


def test_the_density_of_what_follows_integrates_to_one():
    # By importance sampling from a wider Gaussian around the prediction.
    state = np.asarray(STATES(BODY, *ends(CLIPS[3])))[50]
    steps = PRIOR.transition
    rng = np.random.default_rng(0)
    draws = jax.jit(jax.vmap(priors.transition.sample, (None, 0, None)))(
        steps, jax.random.split(jax.random.key(0), 4000), state
    )
    mean, cov = np.mean(draws, axis=0), 1.5 * np.cov(np.float64(draws).T)
    x = rng.multivariate_normal(mean, cov, 40_000)
    away = np.linalg.solve(np.linalg.cholesky(cov), (x - mean).T)
    log_q = -0.5 * (away**2).sum(axis=0)
    log_q -= 0.5 * np.linalg.slogdet(2 * np.pi * cov)[1]
    tiled = np.broadcast_to(state, (len(x), len(state)))
    ratio = np.exp(np.asarray(NEXT(steps, tiled, np.float32(x))) - log_q)
    assert np.isclose(ratio.mean(), 1, atol=4 * ratio.std() / 200)
    assert ratio.std() < 10


def test_a_marginal_is_what_is_left_of_the_samples():
    arms = [5, 6]
    pair = priors.mixture.marginal(PRIOR.pose, arms)
    draws = priors.mixture.sample(PRIOR.pose, jax.random.key(1), (20_000,))[:, 5:]
    again = priors.mixture.sample(pair, jax.random.key(2), (20_000,))
    np.testing.assert_allclose(draws.mean(axis=0), again.mean(axis=0), atol=0.02)
    np.testing.assert_allclose(np.cov(draws.T), np.cov(again.T), atol=0.02)
    with pytest.raises(ValueError, match="both twins"):
        priors.mixture.marginal(PRIOR.pose, [5])


def test_samples_have_the_moments_of_the_data_and_its_mirror_image():
    x = np.concatenate([features.postures(BODY, c.poses) for c in CLIPS])
    both = np.concatenate(np.asarray(priors.mixture.images(PRIOR.pose, x)))
    poses = jax.jit(lambda key: priors.sample(PRIOR, BODY, key, (20_000,)))(
        jax.random.key(0)
    )
    draws = features.postures(BODY, poses)
    np.testing.assert_allclose(draws.mean(axis=0), both.mean(axis=0), atol=0.02)
    np.testing.assert_allclose(draws.std(axis=0), both.std(axis=0), atol=0.03)


def test_a_mixture_is_found_again_from_its_samples():
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(3, 4, 4)) + 2 * np.eye(4)
    truth = priors.Mixture(
        np.log(np.float32([0.5, 0.3, 0.2])),
        np.float32(4 * rng.normal(size=(3, 4))),
        np.float32(np.linalg.inv(np.linalg.cholesky(factors @ factors.mT / 10))),
        (1, 0, 2, 3),
        (1.0, 1.0, -1.0, 1.0),
    )
    draw = jax.jit(priors.mixture.sample, static_argnums=2)
    x, new = (draw(truth, jax.random.key(k), (4000,)) for k in (0, 1))
    mirror = np.array(truth.index), np.float32(truth.signs)
    best = LOG_PROB(truth, new).mean()
    found = [
        LOG_PROB(priors.fit_mixture(x, k, np.full(4, 0.01), mirror), new).mean()
        for k in (1, 3)
    ]
    assert found[0] < best - 0.5
    assert best - 0.05 < found[1] < best + 0.02


def test_strange_motion_is_told_from_true_motion():
    new = clip(60)
    true = np.asarray(DISTANCE(*ends(new)))
    known = np.concatenate([DISTANCE(*ends(c)) for c in CLIPS])
    assert np.isclose(np.mean(known > PRIOR.usual), 0.05, atol=2e-3)
    rng = np.random.default_rng(0)
    noisy = new.joints + 0.5 * rng.normal(size=new.joints.shape).astype(np.float32)
    strange = np.asarray(DISTANCE(*ends(new.replace(joints=noisy))))
    assert np.mean(strange[:, None] > true) > 0.95
    assert np.median(true) < 1.5 * PRIOR.usual


def test_the_residual_is_the_negative_log_density_of_the_nearest_component():
    x = np.asarray(features.postures(BODY, CLIPS[0].poses))
    mixture = PRIOR.pose
    residual = jax.jit(priors.mixture.residual)
    r = np.asarray(residual(mixture, x), np.float64)
    joint = np.asarray(priors.mixture.joint_log_probs(mixture, x), np.float64)
    offset = 0.5 * (r**2).sum(axis=-1) + joint.max(axis=(0, 1))
    np.testing.assert_allclose(offset, offset[0], atol=2e-3)
    np.testing.assert_allclose(
        priors.mixture.distance(mixture, x) ** 2, (r[:, :-1] ** 2).sum(-1), rtol=1e-4
    )
    # Its derivative is that of the residual alone: no component changes nearby.
    jacobian = jax.jit(jax.jacfwd(residual, 1))(mixture, x[0])
    step = 1e-2 * np.eye(7, dtype=np.float32)
    numeric = (residual(mixture, x[0] + step) - residual(mixture, x[0] - step)) / 2e-2
    np.testing.assert_allclose(jacobian, np.asarray(numeric).T, atol=0.05)


def test_gradients_are_finite_far_from_the_data_and_at_the_mean():
    slope = jax.jit(jax.grad(lambda x: priors.mixture.log_prob(PRIOR.pose, x)))
    pull = jax.jit(
        jax.grad(lambda x: jnp.sum(priors.mixture.residual(PRIOR.pose, x) ** 2))
    )
    for x in (PRIOR.pose.means[0], np.zeros(7, np.float32), np.full(7, 50, np.float32)):
        assert np.isfinite(slope(x)).all()
        assert np.isfinite(pull(x)).all()
    # Uphill leads towards the data.
    assert slope(np.full(7, 50, np.float32)) @ np.ones(7) < 0


def test_continuations_stay_near_the_motion_that_was_learned():
    before, after = (poses.at(slice(0, 8)) for poses in ends(CLIPS[0]))
    steps = 400
    roll = jax.jit(lambda key, a, b: priors.rollout(PRIOR, BODY, key, a, b, steps))
    found = roll(jax.random.key(0), before, after)
    assert found.joints.shape == (steps, 8, 4)
    assert np.abs(np.asarray(found.joints)).max() < 2.5
    assert np.abs(np.asarray(found.root_position)[..., 2] - 1).max() < 0.6
    again = roll(jax.random.key(0), before, after)
    jax.tree.map(np.testing.assert_array_equal, found, again)
    late = found.at(slice(-2, -1)), found.at(slice(-1, None))
    assert np.median(DISTANCE(*late)) < 3 * PRIOR.usual


def test_one_step_has_the_density_of_the_frames_that_follow():
    first, second = ends(CLIPS[0])
    third = second.at(slice(1, None))
    first, second = first.at(slice(None, -1)), second.at(slice(None, -1))
    after = jax.jit(lambda p: priors.transition_log_prob(PRIOR, BODY, first, second, p))
    true = after(third)
    false = after(third._replace(joints=third.joints + np.float32(0.2)))
    assert np.mean(true) > np.mean(false) + 5


def test_a_fit_is_repeatable_and_survives_a_file(tmp_path):
    again = priors.fit(CLIPS, components=3, fps=FPS)
    jax.tree.map(np.testing.assert_array_equal, again, PRIOR)
    priors.save(PRIOR, tmp_path / "prior")
    found = priors.load(tmp_path / "prior")
    assert jax.tree.structure(found) == jax.tree.structure(PRIOR)
    jax.tree.map(np.testing.assert_array_equal, found, PRIOR)
    np.savez(tmp_path / "other.npz", a=np.ones(3))
    (tmp_path / "text").write_text("no archive")
    np.save(tmp_path / "pickle.npy", np.array([{"a": 1}]), allow_pickle=True)
    for name in ("other.npz", "text", "pickle.npy"):
        with pytest.raises(ValueError, match="holds no prior"):
            priors.load(tmp_path / name)


def test_missing_frames_are_left_out():
    joints = CLIPS[0].joints.copy()
    joints[50] = np.nan
    gap = CLIPS[0].replace(joints=joints)
    prior = priors.fit([gap, *CLIPS[1:]], components=1, fps=FPS)
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(prior))


def test_constant_coordinates_and_few_frames_are_held_by_the_floor():
    still = clip(0, 4)
    joints = np.zeros_like(still.joints)
    prior = priors.fit([still.replace(joints=joints)], components=3, fps=FPS)
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(prior))
    spread = np.sqrt(np.diagonal(covariances(prior.pose), axis1=1, axis2=2))
    np.testing.assert_allclose(spread[:, 3:], 0.01, rtol=1e-3)


def test_the_number_of_components_is_chosen_by_held_out_clips():
    def jumpy(seed):
        """Arms that are in one of two places, from frame to frame."""
        rng = np.random.default_rng(seed)
        joints = 0.1 * rng.normal(size=(200, 4)) + 2 * rng.integers(0, 2, (200, 1))
        return CLIPS[0].replace(joints=np.float32(joints))

    clips = [jumpy(seed) for seed in range(3)]
    chosen = priors.fit(clips, components=(1, 2), fps=FPS)
    assert len(chosen.pose.log_weights) == 2
    with pytest.raises(ValueError, match="two motions"):
        priors.fit(clips[:1], components=(1, 2), fps=FPS)


def test_a_body_without_mirror_has_a_plain_mixture():
    body = dataclasses.replace(BODY, mirror=None)
    clips = [c.replace(skeleton=body) for c in CLIPS]
    prior = priors.fit(clips, components=2, fps=FPS)
    assert prior.pose.index is None
    x = features.postures(body, clips[0].poses)
    assert len(priors.mixture.images(prior.pose, x)) == 1
    with pytest.raises(symmetry.SkeletonError):
        features.posture_mirror(body)
    found = priors.rollout(
        prior, body, jax.random.key(0), *(p.at(0) for p in ends(clips[0])), 3
    )
    assert found.joints.shape == (3, 4)


def test_what_does_not_go_together_is_refused_with_the_reason():
    with pytest.raises(ValueError, match="at least one motion"):
        priors.fit([])
    names = ("hips", "back", *BODY.names[2:])
    other = CLIPS[0].replace(skeleton=dataclasses.replace(BODY, names=names), name="b")
    with pytest.raises(ValueError, match="'b' has other joints"):
        priors.fit([CLIPS[0], other])
    frames = np.array(BODY.frames)[:, :, [1, 2, 0]]
    other = CLIPS[0].replace(skeleton=BODY.replace(frames=frames), name="c")
    with pytest.raises(ValueError, match="'c' has other joint coordinates"):
        priors.fit([CLIPS[0], other])
    with pytest.raises(ValueError, match="prior is of a body with"):
        priors.log_prob(PRIOR, dataclasses.replace(BODY, names=names), CLIPS[0].poses)
    gone = CLIPS[0].replace(joints=np.full_like(CLIPS[0].joints, np.nan))
    with pytest.raises(ValueError, match="without missing"):
        priors.fit([gone], components=1, fps=FPS)
