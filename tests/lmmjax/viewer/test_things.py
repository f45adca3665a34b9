"""Things on the stage."""

import numpy as np
import pytest

from kinematics import rotations
from lmmjax.viewer import Ground, Thing, ball, view
from lmmjax.viewer.things import add, add_ground, place_at
from tests.lmmjax import tiny


class Scene:
    """Remembers what is added, as viser's scene is asked to."""

    def __init__(self):
        """Nothing yet."""
        self.scene, self.added = self, {}

    def __getattr__(self, kind):
        """Any way to add something."""

        def remember(name, **options):
            self.added[name] = kind, options
            return options

        return remember


def test_a_capsule_reaches_from_one_end_to_the_other():
    scene = Scene()
    add(scene, Thing(((1.0, 2.0, 0.0), (1.0, 4.0, 1.0)), 0.2), 0)
    middle = np.array(scene.added["/stage/thing 1"][1]["position"])
    np.testing.assert_allclose(middle, [1, 3, 0.5])
    ends = [scene.added[f"/stage/thing 1/end {n}"][1]["position"] for n in (1, 2)]
    found = sorted(tuple(middle + end) for end in map(np.array, ends))
    np.testing.assert_allclose(found, [(1, 2, 0), (1, 4, 1)])
    kind, axis = scene.added["/stage/thing 1/axis"]
    assert kind == "add_cylinder"
    turned = rotations.quaternion_rotate(np.array(axis["wxyz"]), np.array([0, 0, 1.0]))
    along = axis["height"] * np.abs(np.asarray(turned))
    np.testing.assert_allclose(along, [0, 2, 1], atol=1e-6)


def test_a_ball_is_a_ball():
    scene = Scene()
    add(scene, ball((0.0, 1.0, 2.0), 0.05, (1, 2, 3)), 4)
    kinds = [kind for kind, _ in scene.added.values()]
    assert kinds == ["add_frame", "add_icosphere"]
    assert scene.added["/stage/thing 5/end 1"][1]["color"] == (1, 2, 3)


def test_what_moves_is_elsewhere_later():
    thing = Thing(((0.0, 0, 0), (0.0, 0, 2)), 0.1, velocity=(1.0, -2.0, 0.0))
    np.testing.assert_allclose(place_at(thing, 1.5), [1.5, -3, 1])


@pytest.mark.parametrize("radius", [0.0, -1.0, np.nan])
def test_a_thing_without_a_size_says_so(radius):
    with pytest.raises(ValueError, match="radius above 0"):
        ball((0.0, 0.0, 0.0), radius, (0, 0, 0))


def test_a_page_shows_things():
    pytest.importorskip("viser", reason="the viewer is an optional extra")
    clip = tiny.motion(frames=4)
    moving = Thing(((0.0, 0, 0), (0.0, 0, 2)), 0.1, velocity=(1.0, 0.0, 0.0))
    sizes = [len(view(clip, things=t).html) for t in ((), (moving,))]
    assert sizes[1] > sizes[0]


# Two cells that rise along x, and then more.
STEEP = Ground(
    np.array([0.0, 1, 3]), np.array([0.0, 2]), np.array([[0.0, 0], [1, 1], [5, 7]])
)


def test_a_floor_is_a_mesh_of_its_heights_without_holes():
    scene = Scene()
    add_ground(scene, STEEP, 0)
    kind, mesh = scene.added["/stage/ground 1"]
    assert kind == "add_mesh_simple"
    corners = mesh["vertices"][mesh["faces"]].astype(float)
    np.testing.assert_allclose(corners[..., 2].max(), 7)
    sides = np.diff(corners[..., :2], axis=1)
    area = np.abs(np.linalg.det(sides)) / 2
    np.testing.assert_allclose(area.sum(), 3 * 2)
    assert set(mesh["faces"].ravel()) == set(range(6))


def test_a_floor_has_its_heights_between():
    places = np.array([[0.5, 1], [2, 0], [2, 2], [2, 1], [9, 0], [-9, 0]])
    np.testing.assert_allclose(STEEP.height(places), [0.5, 3, 4, 3.5, 5, 0])


def test_heights_that_do_not_fit_are_no_floor():
    with pytest.raises(ValueError, match=r"heights \[P, Q\] at x \[P\] and y \[Q\]"):
        Ground(STEEP.x, STEEP.y, STEEP.heights.T)


def test_a_page_shows_a_floor_in_place_of_the_level_one():
    pytest.importorskip("viser", reason="the viewer is an optional extra")
    clip = tiny.motion(frames=4)
    level, steep = (view(clip, things=t).html for t in ((), (STEEP,)))
    assert level != steep
