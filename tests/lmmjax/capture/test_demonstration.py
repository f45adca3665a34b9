"""Real footage: what comes out of unsorted keypoints of four cameras."""

import numpy as np

from lmmjax.capture.associate import associate
from lmmjax.capture.plan import make_plan
from lmmjax.capture.session import open_session
from lmmjax.capture.synchronize import retime
from lmmjax.capture.triangulate import triangulate

LIMBS = [
    (f"{side}_{a}", f"{side}_{b}")
    for side in ("left", "right")
    for a, b in (
        ("hip", "knee"),
        ("knee", "ankle"),
        ("shoulder", "elbow"),
        ("elbow", "wrist"),
    )
]


def test_the_subject_is_one_clean_track(shared_data):
    session = open_session(shared_data / "capture/pose2sim_demo/single_participant")
    plan = make_plan(session)
    assert plan.fps == 60.0  # of the videos
    # Nothing tells the clocks apart from equal ones, so frames are taken as they are.
    np.testing.assert_array_equal(plan.clocks.offset_s, 0)
    views = [source.read() for source in plan.sources]
    people = associate(retime(views, plan.clocks, plan.fps), session.calibration)
    found = triangulate(people.views, session.calibration).points
    subject = found.replace(positions=np.asarray(found.positions)[0], covariances=None)
    assert len(subject) == 100
    assert not subject.missing.any(-1).all()
    variation = []
    for ends in LIMBS:
        a, b = np.moveaxis(np.asarray(subject.select(ends).positions), 1, 0)
        length = np.linalg.norm(a - b, axis=-1)
        assert np.isfinite(length).all()
        variation.append(length.std() / length.mean())
    # 5.03 % where this was written, 6.7 % by Pose2Sim's own triangulation.
    assert np.mean(variation) < 0.0505
