"""Laws of DeepLabCut's tables: predictions, labels, several people."""

import numpy as np
import pytest

from lmmjax.capture.detections import open_keypoints, read_keypoints
from lmmjax.capture.errors import CaptureError


def test_predictions(tmp_path, dump):
    text = (
        "scorer,DLC_resnet50,,,,,\n"
        "bodyparts,LKnee,LKnee,LKnee,bat tip,bat tip,bat tip\n"
        "coords,x,y,likelihood,x,y,likelihood\n"
        "0,10.5,20.25,0.9,1,2,0.1\n"
        "1,,,,3,4,1.0\n"
        "2,11.5,21.25,0.8,5,6,0\n"
        "3,cut\n"
    )
    source = open_keypoints(dump(tmp_path / "cam-2.csv", text), fps=120.0)
    assert (source.camera, source.start, source.frames) == ("cam-2", 0, 3)
    assert "cam-2.csv:7: a row was left out (cells are missing)" in source.problems[0]
    found = source.read()
    assert found.names == ("left_knee", "bat tip")
    assert found.people == ()
    assert found.xy[0, 0].tolist() == [[10.5, 20.25], [1, 2]]
    assert found.missing[:, 0].tolist() == [[False] * 2, [True, False], [False, True]]
    assert found.confidence[2, 0].tolist() == pytest.approx([0.8, 0])


def test_several_people_keep_their_names(tmp_path, dump):
    people = ("ann", "bob", "single")
    parts = {"ann": ("nose", "RHip"), "bob": ("nose", "RHip"), "single": ("ball",)}
    heads = [
        (p, b, c) for p in people for b in parts[p] for c in ("x", "y", "likelihood")
    ]
    rows = [["scorer", *["net"] * len(heads)]]
    rows += [
        [key, *(head[k] for head in heads)]
        for k, key in enumerate(("individuals", "bodyparts", "coords"))
    ]
    rows += [[t, *(10 * t + k + 0.5 for k in range(len(heads)))] for t in (7, 9)]
    text = "\n".join(",".join(map(str, row)) for row in rows)
    found = read_keypoints(dump(tmp_path / "a.csv", text), fps=30.0)
    assert found.people == people
    assert found.names == ("nose", "right_hip", "ball")
    assert (found.start, found.xy.shape) == (7, (3, 3, 3, 2))
    assert found.xy[0, 1, 1].tolist() == [79.5, 80.5]
    assert found.xy[2, 2, 2].tolist() == [102.5, 103.5]
    assert found.missing[0].tolist() == [
        [False, False, True],
        [False, False, True],
        [True, True, False],
    ]
    assert found.missing[1].all()


@pytest.mark.parametrize("split", [False, True])
def test_labels_have_pictures_and_no_likelihood(tmp_path, dump, split):
    lead = ("labeled-data", "run", "img{:03d}.png")
    join = "," if split else "/"
    heads = ",," if split else ""
    text = (
        f"scorer{heads},me,me\nbodyparts{heads},RWrist,RWrist\ncoords{heads},x,y\n"
        + "".join(f"{join.join(lead).format(t)},{t},2\n" for t in (8, 10, 9))
    )
    found = read_keypoints(dump(tmp_path / "CollectedData_me.csv", text), fps=30.0)
    assert found.names == ("right_wrist",)
    assert found.start == 8
    assert found.xy[:, 0, 0, 0].tolist() == [8, 9, 10]
    assert (found.confidence == 1).all()


BAD = {
    "headers": ("scorer,a,a\ncoords,x,y\n1,2,3\n", "this is no table of DeepLabCut"),
    "rows": ("scorer,a\nbodyparts,b\ncoords,x\n", "the table has no rows"),
    "lengths": ("scorer,a\nbodyparts\ncoords,x\n1,2\n", "header rows differ in length"),
}


@pytest.mark.parametrize("case", BAD)
def test_other_tables_are_an_error(tmp_path, dump, case):
    text, message = BAD[case]
    with pytest.raises(CaptureError, match=message):
        open_keypoints(dump(tmp_path / "a.csv", text), "deeplabcut")


def test_hdf5_is_refused_with_a_remedy(tmp_path):
    (tmp_path / "a.h5").write_bytes(b"\x89HDF")
    with pytest.raises(CaptureError, match="DeepLabCut writes the same as csv"):
        open_keypoints(tmp_path / "a.h5")


def test_columns_of_other_order_are_told_by_their_heads(tmp_path, dump):
    text = "scorer,a,a,a\nbodyparts,nose,nose,nose\ncoords,likelihood,y,x\n0,0.5,2,1\n"
    found = read_keypoints(dump(tmp_path / "a.csv", text), fps=30.0)
    np.testing.assert_array_equal(found.xy[0, 0, 0], [1, 2])
    assert found.confidence[0, 0, 0] == 0.5
