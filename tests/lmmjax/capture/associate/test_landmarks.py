"""Laws of names: what is compared, what is whose twin, what is a bone."""

import numpy as np

from kinematics.bodies import joint_set
from lmmjax.capture.associate.landmarks import PARTS, choose, describe


def test_only_what_two_views_have_is_compared():
    chosen = choose([("nose", "left_knee"), ("left_knee", "neck"), ("neck",)])
    assert chosen.names == ("left_knee", "neck")
    assert choose([("nose",), ("neck",)]).names == ()


def test_hands_and_faces_are_left_out_where_there_is_a_body():
    names = joint_set("coco133").landmarks
    chosen = choose([names, names])
    assert set(joint_set("coco17").landmarks) <= set(chosen.names)
    assert len(chosen.names) < 30
    hand = tuple(n for n in names if "left_index" in n)
    assert choose([hand, hand]).names == hand


def test_twins_parts_and_bones_of_a_body():
    marks = describe(joint_set("body25").landmarks)
    name = marks.names.index
    assert marks.twins[name("left_knee")] == name("right_knee")
    assert marks.twins[name("nose")] == name("nose")
    assert (marks.twins[marks.twins] == np.arange(25)).all()
    # Everything of one side belongs to one part, the midline to none.
    sided = marks.twins != np.arange(25)
    np.testing.assert_array_equal(marks.parts.sum(0), sided)
    legs = marks.parts[PARTS.index("legs")]
    assert legs[name("right_heel")]
    assert not legs[name("right_hip")]
    pairs = {tuple(sorted((marks.names[a], marks.names[b]))) for a, b in marks.bones}
    assert ("left_elbow", "left_wrist") in pairs
    assert ("left_hip", "right_hip") in pairs
    assert len(pairs) == len(marks.bones) == 12
    assert len(describe(joint_set("h36m17").landmarks).bones) == 12
