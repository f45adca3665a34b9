"""Laws of crowds: nobody's order matters, and people keep apart."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import Poses
from lmmjax.generation import Crowd, Stream
from lmmjax.generation import crowd as groups
from lmmjax.generation.guidance import Facing, Guide, Way
from tests.lmmjax import tiny

N = 4


@functools.cache
def crowd(apart=0.7):
    model = tiny.lively_model()
    bones = np.stack([tiny.motion(n).skeleton.offsets for n in range(N)])
    model = model.with_offsets(bones[:, None])
    stream = Stream(model, commit=2, steps=2, churn=0.0, guide=Guide.to(model))
    return Crowd(stream, apart)


def together(spread=0.3):
    """N people who stand close to each other, poses [N, 9]."""
    past = tiny.poses(count=N, frames=9)
    place = np.array(past.root_position)
    place[..., :2] -= place[:, -1:, :2]
    place[..., 0] += spread * np.arange(N)[:, None]
    return past._replace(root_position=place)


def keys(seed=0):
    return jax.random.split(jax.random.key(seed), N)


def nearest(poses: Poses):
    """[T] metres between the roots of the two that are nearest to each other."""
    place = np.asarray(poses.root_position)[..., :2]
    away = np.linalg.norm(place[:, None] - place[None], axis=-1)
    return (away + 1e3 * np.eye(N)[..., None]).min((0, 1))


def test_the_order_of_people_does_not_matter():
    order = np.array([2, 0, 3, 1])
    group = crowd()
    bones = group.stream.model.body.offsets
    other = dataclasses.replace(
        group,
        stream=dataclasses.replace(
            group.stream, model=group.stream.model.with_offsets(bones[order])
        ),
    )
    past = together()
    mixed = jax.tree.map(lambda x: x[order], past)
    found, _ = group.sample(group.stream.init(past), keys(), 6)
    there, _ = other.sample(other.stream.init(mixed), keys()[order], 6)
    for a, b in zip(found, there, strict=True):
        np.testing.assert_allclose(b, np.asarray(a)[order], atol=2e-5)


def test_who_stands_too_near_steps_away():
    group = crowd()
    past = together(0.3)
    alone = dataclasses.replace(group, apart=0.0)
    free, kept = (
        nearest(g.sample(g.stream.init(past), keys(), 12)[0]) for g in (alone, group)
    )
    assert kept[-1] > free[-1] + 0.05
    assert kept[-1] > 0.4


def test_who_is_far_from_all_others_moves_as_if_alone():
    group = crowd()
    past = together(50.0)
    guided, _ = group.step(group.stream.init(past), keys())
    free = dataclasses.replace(group.stream, guide=None)
    alone, _ = free.step(free.init(past), keys())
    for a, b in zip(guided, alone, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def meeting():
    """Two who are about to meet head-on, and two who are far away, and their ways."""
    group = crowd()
    place = np.array([[0, 0], [2.4, 0], [50, 0], [90, 0]], np.float32)
    going = np.array([[1.2, 0], [-1.2, 0], [1.2, 0], [0, 1.2]], np.float32)
    frame = np.arange(1, 91, dtype=np.float32)[:, None] / tiny.FPS
    places = np.pad(place[:, None] + frame * going[:, None], ((0, 0), (0, 0), (0, 1)))
    precision = np.full((1, 90, 1, 3), 1 / 0.1, np.float32)
    way = Way(np.array([0]), places[:, :, None], precision)
    group = dataclasses.replace(
        group,
        stream=dataclasses.replace(
            group.stream, guide=group.stream.guide.wish(way, facing(N))
        ),
    )
    state = group.stream.init(together())
    height = np.asarray(state.last.root_position)[:, 2:]
    last = state.last._replace(root_position=np.concatenate([place, height], axis=1))
    # Two poses were handed out, and one is planned.
    step = np.arange(-1, 2)[:, None] * going[:, None] / tiny.FPS
    planned = np.pad(place[:, None] + step, ((0, 0), (0, 0), (0, 1)))
    plan = state.plan._replace(
        poses=state.plan.poses._replace(root_position=planned), known=np.ones(N)
    )
    return group, state._replace(last=last, plan=plan), way


def facing(count):
    return Facing(np.zeros((count, 90), np.float32), np.ones((1, 90), np.float32))


def test_who_will_meet_go_round_each_other_on_the_right_and_leave_their_ways():
    group, state, way = meeting()
    own, direction, _, round_them = groups.together(state, group)
    # Those far from all others keep to their own ways and to nothing else.
    whole = np.tile(way.precision, (2, 1, 1, 1))
    np.testing.assert_allclose(own.precision[2:], whole, rtol=1e-3)
    np.testing.assert_allclose(direction.precision[2:], 1, rtol=1e-3)
    assert (np.asarray(round_them.precision[2:]) < 0.05).all()
    # Both go to their right as fast.
    assert (np.asarray(own.precision[:2]) < 0.5 * way.precision).all()
    assert (np.asarray(round_them.precision[:2]) > 5).all()
    there = (
        np.asarray(round_them.places)[:2, -1, 0, :2] - state.last.root_position[:2, :2]
    )
    np.testing.assert_allclose(there[0], -there[1], atol=1e-5)
    assert there[0, 1] < -0.01
    assert there[0, 0] > 0.05


def test_who_is_behind_on_his_way_makes_it_up_at_his_pace():
    group, state, way = meeting()
    late = way.places.copy()
    late[2, :, 0, 0] += 5
    guide = group.stream.guide
    guide = guide.wish(dataclasses.replace(way, places=late), guide.wishes[1])
    stream = dataclasses.replace(group.stream, guide=guide)
    own, _, _, round_them = groups.together(
        state, dataclasses.replace(group, stream=stream)
    )
    assert not np.asarray(own.precision[2]).any()
    gone = np.asarray(round_them.places)[2, -1, 0, 0] - 50
    steps = tiny.CONFIG.horizon / tiny.FPS
    assert 1.2 * steps < gone < 1.5 * 1.2 * steps


def test_who_has_no_way_goes_on_as_he_does_beside_those_who_have_one():
    """The places of a way that does not count for him are not his."""
    group, state, way = meeting()
    heard = np.array([1, 1, 0, 1], np.float32)[:, None, None, None]
    places = way.places * heard
    precision = way.precision * heard

    def chosen(*wishes):
        guide = group.stream.guide.wish(*wishes)
        stream = dataclasses.replace(group.stream, guide=guide)
        found = groups.together(state, dataclasses.replace(group, stream=stream))
        return found[-1]

    others = chosen(dataclasses.replace(way, places=places, precision=precision))
    free = chosen()
    np.testing.assert_allclose(others.places[2], free.places[2], atol=1e-5)
    np.testing.assert_allclose(others.precision[2], free.precision[2], atol=1e-5)


def test_a_scan_is_the_steps_one_after_another():
    group = crowd()
    state = group.stream.init(together())
    whole, _ = group.sample(state, keys(), 4)
    split = jax.vmap(functools.partial(jax.random.split, num=2), out_axes=1)(keys())
    parts = []
    for key in split:
        poses, state = group.step(state, key)
        parts.append(poses)
    joined = jax.tree.map(lambda *x: jnp.concatenate(x, axis=1), *parts)
    for a, b in zip(whole, joined, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_a_crowd_without_a_guide_says_so():
    with pytest.raises(ValueError, match=r"Guide\.to"):
        Crowd(Stream(tiny.fresh_model(), commit=2))
