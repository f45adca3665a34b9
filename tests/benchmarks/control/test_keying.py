"""The benchmark of key poses, at a small size."""

from benchmarks.control import keying
from lmmjax.generation import Stream
from tests.lmmjax import tiny

CLIPS = [tiny.motion(n) for n in range(3)]


def cells(row):
    return [x.strip() for x in row.strip("|").split("|")]


def test_who_is_told_the_posture_is_nearer_to_it():
    stream = Stream(tiny.lively_model(), commit=2, steps=2, churn=0.0)
    rows = keying.rows(CLIPS, stream, 0.2, 6, calls=0, seed=0)
    assert {row.count("|") for row in (*keying.HEADER, *rows)} == {9}
    off = [float(cells(row)[1].split()[0]) for row in rows]
    assert off[1] < off[0]
