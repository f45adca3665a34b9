"""Laws of contact: hysteresis by the definition, a tilted floor, what is missing."""

import jax
import numpy as np

from kinematics.dynamics import Ground, contact, contacts, find_ground

FPS = 100.0
CONTACTS = jax.jit(contacts, static_argnums=1)
FIND = jax.jit(find_ground, static_argnums=1)


def walk(slope=(0.0, 0.0), heights=(0.08, 0.02, 0.08, 0.02), steps=6):
    """Ankles and toes of two feet that stand and step in turn, and when they stand."""
    count, stand = 60, []
    points = np.zeros((steps * count, 4, 3))
    for k in range(steps):
        for t in range(count):
            for foot in range(2):
                swings = foot == k % 2
                phase = t / count
                moved = (1 - np.cos(np.pi * phase)) / 2 if swings else 0.0
                done = (k + 1) // 2 if foot == 0 else k // 2
                x = 1.2 * (done + moved) + 0.6 * foot
                lift = 0.15 * np.sin(np.pi * phase) if swings else 0.0
                for part in range(2):
                    at = points[k * count + t, 2 * foot + part]
                    at[:] = (x + 0.2 * part, 0.1 - 0.2 * foot, lift)
                    at[2] += heights[2 * foot + part] + np.dot(slope, at[:2])
        stand.append(np.arange(2) != k % 2)
    return np.float32(points), np.repeat(stand, count, axis=0)


def by_definition(inner, outer):
    """Stretches of ``outer`` that hold a frame of ``inner``, one after another."""
    found = np.zeros_like(outer)
    start = None
    for t in range(len(outer) + 1):
        inside = t < len(outer) and outer[t]
        if inside and start is None:
            start = t
        if not inside and start is not None:
            found[start:t] = (inner & outer)[start:t].any()
            start = None
    return found


def test_contact_is_the_stretches_of_the_outer_bounds_that_hold_an_inner_frame():
    rng = np.random.default_rng(0)
    outer = rng.uniform(size=(300, 5)) < 0.8
    inner = rng.uniform(size=(300, 5)) < 0.15
    spread = jax.jit(contact._spread, static_argnums=2)
    found = spread(inner, outer, False) | spread(inner, outer, True)
    wanted = [by_definition(inner[:, p], outer[:, p]) for p in range(5)]
    np.testing.assert_array_equal(found, np.stack(wanted, axis=1))
    assert 0.2 < np.mean(found) < 0.8


def test_feet_that_stand_are_in_contact_and_feet_that_step_are_not():
    points, stands = walk()
    found = np.asarray(CONTACTS(points, FPS))
    both = np.repeat(stands, 2, axis=1)
    # At either end of its step a foot is still slow and low.
    assert found[both].all()
    assert found[~both].mean() < 0.35
    middle = np.arange(len(points)) % 60 // 20 == 1
    np.testing.assert_array_equal(found[middle], both[middle])


def test_a_tilted_floor_is_found_and_changes_nothing():
    heights = (0.08, 0.02, 0.09, 0.03)
    slope = (0.02, -0.01)
    level = np.asarray(CONTACTS(walk(heights=heights)[0], FPS))
    points, _ = walk(slope, heights)
    ground = FIND(points, FPS)
    assert abs(ground.slope[0] - slope[0]) < 1e-3
    np.testing.assert_allclose(ground.floor(points[:1, 0]), 0.02, atol=6e-3)
    assert np.mean(np.asarray(CONTACTS(points, FPS)) != level) < 0.02


def test_standing_still_says_nothing_of_a_slope():
    points = np.tile(walk()[0][:1], (50, 1, 1))
    noise = np.random.default_rng(1).normal(size=points.shape) * 2e-4
    ground = FIND(np.float32(points + noise), FPS)
    assert np.abs(ground.slope).max() < 1e-3
    np.testing.assert_allclose(ground.heights, [0.08, 0.02, 0.08, 0.02], atol=2e-3)


def test_a_given_ground_is_taken_and_missing_points_touch_nothing():
    points, _ = walk()
    missing = points.copy()
    missing[100:130, 1] = np.nan
    found = np.asarray(CONTACTS(missing, FPS))
    assert not found[99:131, 1].any()
    np.testing.assert_array_equal(found[:, 0], CONTACTS(points, FPS)[:, 0])
    below = Ground(np.full(4, -1.0, np.float32), np.zeros(2, np.float32))
    assert not np.asarray(CONTACTS(points, FPS, below)).any()


def test_each_clip_of_a_batch_is_its_own():
    first, _ = walk()
    second, _ = walk((0.02, 0.0))
    found = CONTACTS(np.stack([first, second]), FPS)
    np.testing.assert_array_equal(found[0], CONTACTS(first, FPS))
    np.testing.assert_array_equal(found[1], CONTACTS(second, FPS))
