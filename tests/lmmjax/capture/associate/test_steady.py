"""Laws of the fast way: it finds what the slow way finds, and yields where in doubt."""

import numpy as np

from lmmjax.capture.associate import associate, people, steady
from tests.lmmjax.capture.associate.scene import crossing, observe, ring


def test_one_person_is_followed_at_once_as_frame_by_frame(monkeypatch):
    scene = observe(crossing(1, 120), ring(), false=0.02, swaps=0.005)
    quick = associate(scene.views, ring())
    assert quick.report.fast_frames > 60
    monkeypatch.setattr(steady, "SHORTEST", 1000)
    slow = associate(scene.views, ring())
    assert slow.report.fast_frames == 0
    for a, b in zip(quick.views, slow.views, strict=True):
        np.testing.assert_array_equal(a.xy, b.xy)
    assert quick.report.mirrored == slow.report.mirrored
    for name in ("places", "bones"):
        found, expected = getattr(quick.tracks, name), getattr(slow.tracks, name)
        np.testing.assert_allclose(found, expected, atol=0.02)


def test_someone_new_ends_the_fast_way():
    scene = observe(crossing(2, 120), ring(), missing=0.02, false=0.0)
    late = slice(0, 80)
    for v, view in enumerate(scene.views):
        xy = view.xy.copy()
        second = scene.truth[v, late, 1, None].astype(np.float32)
        xy[late][(xy[late] == second).all(-1).any(-1)] = np.nan
        confidence = np.isfinite(xy).all(-1).astype(np.float32)
        scene.views[v] = view.replace(xy=xy, confidence=confidence)
    result = associate(scene.views, ring())
    assert result.report.fast_frames > 50
    frames = {name: count for name, (count, _) in result.report.people.items()}
    assert frames == {"1": 120, "2": 40}


def test_blocks_do_not_show(monkeypatch):
    scene = observe(crossing(1, 120), ring(), false=0.0)
    whole = associate(scene.views, ring())
    monkeypatch.setattr(people, "_BLOCK", 50)
    blocks = associate(scene.views, ring())
    for a, b in zip(whole.views, blocks.views, strict=True):
        np.testing.assert_array_equal(a.xy, b.xy)
