import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinematics.bodies import convert, joint_set, joint_sets
from kinematics.skeleton import REFLECTION

NAMES = joint_sets.NAMES
SIDED = [name for name in NAMES if joint_set(name).mirror]
EXACT = tuple(range(17))
# Where COCO's 17 are in other sets.
TO_COCO17 = {
    "body25": (0, 16, 15, 18, 17, 5, 2, 6, 3, 7, 4, 12, 9, 13, 10, 14, 11),
    "coco18": (0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10),
    "body25b": EXACT,
    "halpe26": EXACT,
    "coco133": EXACT,
    "halpe136": EXACT,
    "blazepose33": (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28),
    "vibe49": (44, 45, 46, 47, 48, 34, 33, 35, 32, 36, 31, 28, 27, 29, 26, 30, 25),
}
some_set = st.sampled_from(NAMES)
sided_set = st.sampled_from(SIDED)


def points(name, *batch, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(*batch, len(joint_set(name)), 3)).astype(np.float32)


@pytest.mark.parametrize("source", TO_COCO17)
def test_coco17_is_where_it_is_known_to_be(source):
    x = points(source)
    made = convert(x, source, "coco17")
    assert made.exact.all()
    np.testing.assert_array_equal(made.points, x[list(TO_COCO17[source])])


@pytest.mark.parametrize("name", NAMES)
def test_a_set_becomes_itself(name):
    x = points(name)
    made = convert(x, name, name)
    assert made.exact.all()
    if name != "vibe49":  # has most landmarks twice
        np.testing.assert_array_equal(made.points, x)


@given(some_set, some_set)
def test_what_is_found_has_a_value_and_what_is_not_has_none(source, target):
    x = points(source)
    made = convert(x, source, target)
    assert made.points.shape == (len(joint_set(target)), 3)
    assert made.points.dtype == np.float32
    assert (made.found | ~made.exact).all()
    np.testing.assert_array_equal(np.isfinite(made.points).all(axis=-1), made.found)


@given(sided_set, sided_set)
def test_conversion_commutes_with_the_mirror(source, target):
    def mirrored(name, x):
        return x[..., list(joint_set(name).mirror), :] * REFLECTION

    x = points(source)
    if "vibe49" in (source, target):
        return
    one = convert(mirrored(source, x), source, target).points
    np.testing.assert_array_equal(
        one, mirrored(target, convert(x, source, target).points)
    )


@given(some_set, some_set)
def test_exact_points_come_back(source, target):
    x = points(source)
    there = convert(x, source, target)
    back = convert(there.points, target, source)
    marks = set(joint_set(target).landmarks)
    same = [mark in marks for mark in joint_set(source).landmarks]
    np.testing.assert_array_equal(back.exact, same)
    if source != "vibe49":
        np.testing.assert_array_equal(back.points[same], x[same])


def test_middles_are_made_of_both_sides_and_not_exact():
    x = points("coco17")
    made = convert(x, "coco17", "body25")
    names = joint_set("body25").joints
    neck, hips = names.index("Neck"), names.index("MidHip")
    np.testing.assert_allclose(made.points[neck], (x[5] + x[6]) / 2, rtol=1e-6)
    np.testing.assert_allclose(made.points[hips], (x[11] + x[12]) / 2, rtol=1e-6)
    assert made.found[[neck, hips]].all()
    assert not made.exact[[neck, hips]].any()
    toes = [names.index(f"{side}BigToe") for side in "LR"]
    assert not made.found[toes].any()


def test_the_spine_of_human36m_from_coco_is_the_middle_of_the_trunk():
    x = points("coco17")
    made = convert(x, "coco17", "h36m17")
    spine = joint_set("h36m17").index("Spine")
    np.testing.assert_allclose(made.points[spine], x[[5, 6, 11, 12]].mean(0), rtol=1e-6)
    missing = np.array(joint_set("h36m17").joints)[~made.found]
    assert list(missing) == ["Head"]
    # What is taken over is taken over to the bit, whatever else is averaged.
    np.testing.assert_array_equal(made.points[11:], x[[5, 7, 9, 6, 8, 10]])


@pytest.mark.parametrize("source", ["smpl24", "h36m17", "mpi_inf_3dhp17", "cmu38"])
def test_the_centre_of_a_hip_is_not_a_labelled_hip(source):
    made = convert(points(source), source, "coco17")
    hips = [11, 12]
    assert made.found[hips].all()
    assert not made.exact[hips].any()
    assert made.exact[5:11].sum() >= 4
    assert made.exact[13:].all()


def test_hands_of_models_and_of_detectors_meet():
    made = convert(points("smplx144"), "smplx144", "coco133")
    names = joint_set("coco133").joints
    assert made.exact[92:112].all()
    assert not made.exact[names.index("left_hand_root")]
    assert made.exact[23:91].all()
    thumb = convert(points("smplh52"), "smplh52", "hand21_left")
    assert thumb.found.sum() == thumb.exact.sum() == 16


def test_what_is_missing_stays_missing():
    x = points("coco17", 2)
    x[1, 5] = np.nan
    made = convert(x, "coco17", "body25").points
    gone = np.isnan(made).all(axis=-1)
    names = joint_set("body25").joints
    assert gone[1, names.index("LShoulder")]
    assert gone[1, names.index("Neck")]
    assert not gone[0, names.index("Neck")]
    assert not gone[1, names.index("MidHip")]


@pytest.mark.parametrize("batch", [(), (0,), (1,), (2, 3)])
@pytest.mark.parametrize("channels", [2, 3])
def test_any_batch_and_any_channels(batch, channels):
    x = points("coco17", *batch)[..., :channels]
    made = convert(x, "coco17", "halpe26").points
    assert made.shape == (*batch, 26, channels)
    assert isinstance(made, np.ndarray)
    for at in np.ndindex(*batch):
        np.testing.assert_array_equal(
            made[at], convert(x[at], "coco17", "halpe26").points
        )


def test_under_jit_and_gradients():
    source, target = joint_set("smpl24"), joint_set("h36m17")
    x = points("smpl24", 2)
    made = jax.jit(lambda x: convert(x, source, target).points)(x)
    np.testing.assert_array_equal(made, convert(x, source, target).points)
    found = convert(x, source, target).found

    def total(x):
        return jnp.sum(jnp.where(found[:, None], convert(x, source, target).points, 0))

    slope = np.asarray(jax.grad(total)(jnp.asarray(x)))
    assert np.isfinite(slope).all()
    assert slope.sum() == pytest.approx(2 * 3 * found.sum())


def test_flags_belong_to_the_caller():
    made = convert(points("coco17"), "coco17", "body25")
    made.exact[:] = True
    assert not convert(points("coco17"), "coco17", "body25").exact.all()


def test_whole_pixels_become_real_numbers():
    made = convert(np.full((17, 2), 3), "coco17", "body25").points
    assert made.dtype.kind == "f"
    assert made[1].tolist() == [3.0, 3.0]


def test_points_of_another_set_are_refused():
    with pytest.raises(ValueError, match=r"points of coco17 have shape \[..., 17, C\]"):
        convert(np.zeros((4, 18, 2)), "coco17", "body25")
