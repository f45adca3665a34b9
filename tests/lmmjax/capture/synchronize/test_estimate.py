"""Laws of synchronisation: clocks are found, or it is said why not."""

import json
import tomllib

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinematics.bodies.joint_sets import joint_set
from kinematics.camera import make_camera
from lmmjax.capture import CaptureError, make_calibration, make_keypoints
from lmmjax.capture.synchronize import retime, synchronize
from tests.lmmjax.capture.synchronize.footage import NAMES, clip, film, ring

APART = np.array([0.9, 0.9, 0])


def errors_in_frames(clocks, offsets, fps=60.0):
    return (clocks.offset_s - offsets) * fps


@pytest.fixture(scope="module")
def jumps():
    """[T, K, 3] metres at 120 Hz: somebody jumps."""
    return clip("jump")


@pytest.fixture(scope="module")
def filmed(jumps):
    """Four cameras, their offsets in seconds and what they saw."""
    calibration, offsets = ring(4), np.array([0, 0.5123, -0.7417, 1.0371])
    return calibration, offsets, film(jumps, 120.0, calibration, offsets)


def test_offsets_are_found_to_a_tenth_of_a_frame(filmed):
    calibration, offsets, views = filmed
    clocks = synchronize(views, calibration)
    assert clocks.refused == ""
    assert clocks.method == ("reference", *["epipolar"] * 3)
    error = errors_in_frames(clocks, offsets)
    assert np.abs(error).max() < 0.1
    assert (np.abs(error) <= 4 * 60 * clocks.deviation_s).all()
    assert (clocks.deviation_s[1:] * 60 < 0.1).all()
    np.testing.assert_array_equal(clocks.rate, 1)


def test_motion_alone_tells_to_a_frame(filmed):
    _, offsets, views = filmed
    clocks = synchronize(views)
    assert clocks.refused == ""
    assert clocks.method[1:] == ("motion",) * 3
    assert np.abs(errors_in_frames(clocks, offsets)).max() < 1
    assert (clocks.deviation_s[1:] > 0).all()
    assert (clocks.deviation_s[1:] * 60 < 1).all()


def test_the_reference_is_chosen_by_name(filmed):
    _, offsets, views = filmed
    clocks = synchronize(views, reference="cam2")
    assert (clocks.offset_s[2], clocks.rate[2], clocks.deviation_s[2]) == (0, 1, 0)
    moved = offsets - offsets[2]
    assert np.abs(errors_in_frames(clocks, moved)).max() < 1


def test_frame_rates_and_starts_may_differ(jumps):
    calibration, offsets = ring(3), np.array([0, -0.31, 0.2])
    fps = np.array([60.0, 50.0, 30.0])
    views = film(jumps, 120.0, calibration, offsets, camera_fps=fps)
    views[1] = views[1][20:]
    clocks = synchronize(views, calibration)
    assert np.abs(errors_in_frames(clocks, offsets)).max() < 0.1
    at = retime(views, clocks, 60.0)
    assert len({len(view) for view in at}) == 1


def test_people_in_any_order(jumps):
    calibration, offsets = ring(3), np.array([0, 0.4, -0.25])
    early = np.roll(jumps, -60, axis=0)
    both = np.stack([jumps + APART, early - APART], 1)[:-60]
    views = film(both, 120.0, calibration, offsets)
    rng = np.random.default_rng(0)
    for v, view in enumerate(views):
        order = np.argsort(rng.random(view.xy.shape[:2]), axis=1)
        views[v] = view.replace(
            xy=np.take_along_axis(view.xy, order[:, :, None, None], 1),
            confidence=np.take_along_axis(view.confidence, order[:, :, None], 1),
        )
    clocks = synchronize(views, calibration)
    assert clocks.refused == ""
    assert np.abs(errors_in_frames(clocks, offsets)).max() < 0.1
    named = [view.replace(people=("ann", "bob")) for view in film(
        both, 120.0, calibration, offsets)]  # fmt: skip
    clocks = synchronize(named, calibration)
    assert np.abs(errors_in_frames(clocks, offsets)).max() < 0.1


def test_drift_is_found_where_there_is_some(jumps):
    calibration = ring(3)
    where = np.concatenate([jumps[::2], clip("jump", 1)[::2]] * 3)
    offsets, rates = np.array([0, 0.3, -0.6]), 1 + np.array([0, 200e-6, 0])
    views = film(where, 60.0, calibration, offsets, rates)
    clocks = synchronize(views, calibration)
    np.testing.assert_allclose(clocks.rate[1], rates[1], atol=20e-6)
    assert clocks.rate[2] == pytest.approx(1, abs=20e-6)
    assert np.abs(errors_in_frames(clocks, offsets)).max() < 0.1


def test_motion_that_repeats_is_refused_but_geometry_tells():
    t = np.arange(0, 6, 1 / 120)
    rng = np.random.default_rng(0)
    phase, way = rng.uniform(0, 7, (13, 3)), rng.normal(0, 0.12, (13, 3))
    rest = rng.normal([0, 0, 1], 0.4, (13, 3))
    where = rest + way * np.sin(2 * np.pi * 1.25 * t[:, None, None] + phase)
    calibration, offsets = ring(2), np.array([0, 0.21])
    views = film(where, 120.0, calibration, offsets)
    clocks = synchronize(views)
    assert np.isnan(clocks.offset_s[1])
    assert "repeats" in clocks.refused
    assert "'cam1'" in clocks.refused
    assert clocks.method[1] == "none"
    # Whoever also moves on can be told apart by where they are.
    where = where + [0.4, 0.2, 0] * t[:, None, None] - [1.2, 0.6, 0]
    views = film(where, 120.0, calibration, offsets)
    clocks = synchronize(views, calibration)
    assert np.abs(errors_in_frames(clocks, offsets)).max() < 0.1


def still(camera, frames=200, noise=1.0, seed=0):
    rng = np.random.default_rng(seed)
    rest = 300 + 400 * np.random.default_rng(0).random((13, 2))
    xy = rest + rng.normal(0, noise, (frames, 1, 13, 2))
    return make_keypoints(camera, NAMES, xy, fps=60.0)


def test_who_cannot_be_told_is_refused(filmed):
    calibration, _, views = filmed
    one = synchronize(views[:1], calibration)
    assert "only one camera" in one.refused
    assert (one.offset_s[0], one.rate[0]) == (0, 1)

    rest = synchronize([still("cam0"), still("cam1", seed=1)], calibration)
    assert "nobody moves in camera 'cam0'" in rest.refused
    assert np.isnan(rest.offset_s[1])

    zero = make_keypoints("cam1", NAMES, np.zeros((100, 1, 13, 2)), fps=60.0)
    part = synchronize([views[0], zero, views[2]], calibration)
    assert part.refused == "camera 'cam1' has no keypoints"
    assert part.method == ("reference", "none", "epipolar")
    assert np.isinf(part.deviation_s[1])
    with pytest.raises(CaptureError, match="'cam1' has no clock"):
        retime([views[0], zero], part, 60.0)

    swapped = synchronize([zero, views[0], views[2]])
    assert swapped.method == ("none", "reference", "motion")
    fixed = synchronize([zero, views[0], views[2]], reference="cam1")
    assert np.isnan(fixed.offset_s[1:]).all()
    assert (
        fixed.refused == "camera 'cam1' has no keypoints, to which all others are set"
    )

    late = views[1].replace(start=100_000)
    apart = synchronize([views[0], late], calibration)
    assert "shares less than 1 s of motion" in apart.refused

    empty = make_keypoints("cam1", NAMES, np.zeros((0, 1, 13, 2)), fps=60.0)
    assert "no keypoints" in synchronize([views[0], empty]).refused
    other = views[1].replace(names=tuple(f"{name}_2" for name in NAMES))
    assert "shares no landmark" in synchronize([views[0], other]).refused


@pytest.mark.parametrize("seed", range(2))
def test_noise_is_not_taken_for_motion(seed):
    rng = np.random.default_rng(seed)
    views = []
    for v in range(2):
        walk = rng.normal(0, 2, (300, 1, 13, 2))
        for _ in range(2):
            walk = sum(np.roll(walk, k, axis=0) for k in range(15)) / 4
        rest = 300 + 400 * rng.random((13, 2))
        views.append(make_keypoints(f"cam{v}", NAMES, rest + 5 * walk, fps=60.0))
    assert synchronize(views).refused
    assert synchronize(views, ring(2)).refused


def test_wrong_names_are_errors(filmed):
    calibration, _, views = filmed
    with pytest.raises(CaptureError, match="no views"):
        synchronize([])
    with pytest.raises(CaptureError, match="'cam0' is there twice"):
        synchronize([views[0], views[0]])
    with pytest.raises(CaptureError, match="'cam9' is not among"):
        synchronize(views, reference="cam9")
    with pytest.raises(CaptureError, match="'cam3' is not calibrated"):
        synchronize(views, calibration.select(["cam0", "cam1", "cam2"]))
    with pytest.raises(CaptureError, match="most_s must be above 0"):
        synchronize(views, most_s=0.0)


def test_synchronised_footage_of_a_person(shared_data):
    """Four cameras triggered together, and one of them cut by 7 frames."""
    root = shared_data / "capture" / "pose2sim_demo"
    names = joint_set("body25b").landmarks
    views = []
    for c in range(1, 5):
        folder = root / "single_participant" / "pose-associated" / f"cam{c:02d}_json"
        found = np.zeros((100, 1, 25, 3))
        for t, path in enumerate(sorted(folder.glob("*.json"))):
            for person in json.loads(path.read_text())["people"][:1]:
                row = person.get("pose_keypoints_2d") or np.zeros(75)
                found[t, 0] = np.reshape(row, (25, 3))
        views.append(
            make_keypoints(f"cam_{c:02d}", names, found[..., :2], found[..., 2], 60.0)
        )
    calibration = _calibration(root / "calibration" / "Calib_qualisys.toml")
    cut = [*views[:2], views[2][7:].replace(start=0), views[3]]
    for given, late, lenses, most in (
        (views, 0, None, 1.0),
        (cut, 7, calibration, 0.2),
    ):
        clocks = synchronize(given, lenses)
        assert clocks.refused == ""
        error = errors_in_frames(clocks, np.array([0, 0, late / 60, 0]))
        assert (np.abs(error) <= 2.5 * 60 * clocks.deviation_s).all()
        assert np.abs(error).max() < most


def _calibration(path):
    tables = tomllib.loads(path.read_text())
    names = sorted(name for name in tables if name.startswith("cam_"))
    made = []
    for name in names:
        table = tables[name]
        # The file divides radial distortion by 64, see its SOURCE.md.
        lens = np.array(table["distortions"]) * [64, 64, 1, 1]
        turn = Rotation.from_rotvec(table["rotation"]).as_matrix()
        made.append(
            make_camera(
                table["matrix"], turn, table["translation"], lens, dtype=np.float64
            )
        )
    return make_calibration(names, made)
