"""Laws that tables of segment masses obey if no number in them is a slip."""

import numpy as np
import pytest

from kinematics.bodies.segment_tables import DE_LEVA, LENGTHS_MM, WINTER

SEXES = ("male", "female")
LIMBS = [
    ("upper arm", "SJC", "EJC"),
    ("forearm", "EJC", "WJC"),
    ("hand", "WJC", "MET3"),
    ("thigh", "HJC", "KJC"),
    ("shank", "KJC", "AJC"),
    ("foot", "HEEL", "TTIP"),
]
TRUNK = [
    ("upper trunk", "SUPR", "XYPH"),
    ("middle trunk", "XYPH", "OMPH"),
    ("lower trunk", "OMPH", "MIDH"),
]


# The female column is printed to 0.9999.
@pytest.mark.parametrize(("sex", "total"), [("male", 1.0), ("female", 0.9999)])
def test_the_segments_of_de_leva_weigh_as_much_as_the_body(sex, total):
    rows = DE_LEVA[sex]
    once = rows["head", "VERT", "MIDG"].mass + rows["trunk", "SUPR", "MIDH"].mass
    twice = sum(rows[limb].mass for limb in LIMBS)
    assert once + 2 * twice == pytest.approx(total, abs=1e-9)


@pytest.mark.parametrize("sex", SEXES)
def test_each_row_of_de_leva_is_a_solid_that_can_exist(sex):
    for row in DE_LEVA[sex].values():
        squares = np.square([row.sagittal, row.transverse, row.longitudinal])
        assert (2 * squares < squares.sum()).all()
        assert 0 < row.mass < 0.5
        assert 0 < row.center < 1


@pytest.mark.parametrize("sex", SEXES)
def test_rows_of_one_segment_agree_whatever_their_end_points(sex):
    # The same body part: its radii of gyration in millimetres are the same three, so
    # rows differ by one factor, the ratio of the two lengths.
    for (name, *ends), row in DE_LEVA[sex].items():
        for (other, *their), second in DE_LEVA[sex].items():
            if name == other and ends != their:
                assert row.mass == second.mass
                ratios = np.divide(row[2:], second[2:])
                rounding = 0.0006 * (1 / np.array(row[2:]) + 1 / np.array(second[2:]))
                assert np.ptp(ratios) < 2 * (rounding * ratios).max()


@pytest.mark.parametrize("sex", SEXES)
def test_lengths_of_the_trunk_follow_from_its_centre_of_mass(sex):
    # One point, measured up from the hips along lines with two different upper ends.
    rows, lengths = DE_LEVA[sex], LENGTHS_MM[sex]
    heights = [
        (1 - rows["trunk", top, "MIDH"].center) * lengths[top, "MIDH"]
        for top in ("SUPR", "MIDS")
    ]
    assert heights[0] == pytest.approx(heights[1], abs=0.1)


# The printed centre of the male trunk is 2.94 mm above that of its parts: a slip in
# the table itself, kept as printed.
@pytest.mark.parametrize(("sex", "slip_mm"), [("male", 2.94), ("female", 0.0)])
def test_three_parts_make_the_trunk(sex, slip_mm):
    rows, lengths = DE_LEVA[sex], LENGTHS_MM[sex]
    whole, length = rows["trunk", "SUPR", "MIDH"], lengths["SUPR", "MIDH"]
    parts = [rows[part] for part in TRUNK]
    spans = np.array([lengths[part[1:]] for part in TRUNK])
    assert spans.sum() == pytest.approx(length, abs=1e-9)
    mass = np.array([part.mass for part in parts])
    assert mass.sum() == pytest.approx(whole.mass, abs=1e-9)
    tops = np.cumsum([0, *spans[:-1]])
    centers = tops + spans * [part.center for part in parts]
    center = mass @ centers / mass.sum()
    assert center - slip_mm == pytest.approx(whole.center * length, abs=0.03)
    for axis in ("sagittal", "transverse", "longitudinal"):
        squares = np.square([getattr(part, axis) for part in parts] * spans)
        if axis != "longitudinal":
            squares = squares + (centers - center) ** 2
        radius = np.sqrt(mass @ squares / mass.sum()) / length
        assert radius == pytest.approx(getattr(whole, axis), abs=0.0006)


def test_the_segments_of_winter_weigh_as_much_as_the_body():
    once = WINTER["head neck"].mass + WINTER["trunk"].mass
    limbs = ("hand", "forearm", "upper arm", "foot", "leg", "thigh")
    assert once + 2 * sum(WINTER[limb].mass for limb in limbs) == pytest.approx(1.0)
    for whole, parts in {
        "trunk": ("thorax", "abdomen", "pelvis"),
        "trunk head neck": ("trunk", "head neck"),
        "total arm": ("upper arm", "forearm hand"),
        "forearm hand": ("forearm", "hand"),
        "total leg": ("thigh", "foot leg"),
        "foot leg": ("foot", "leg"),
        "thorax abdomen": ("thorax", "abdomen"),
        "abdomen pelvis": ("abdomen", "pelvis"),
    }.items():
        total = sum(WINTER[part].mass for part in parts)
        assert total == pytest.approx(WINTER[whole].mass, abs=1e-9)


# Rows that break the theorem in the book itself.
PRINTED_SO = {
    ("upper arm", "distal"),
    ("total leg", "proximal"),
    ("total leg", "distal"),
}


def test_radii_of_gyration_of_winter_obey_the_theorem_of_parallel_axes():
    broken = set()
    for name, row in WINTER.items():
        assert row.center + row.center_distal == pytest.approx(1.0)
        if row.gyration is None:
            continue
        for end, arm, printed in (
            ("proximal", row.center, row.gyration_proximal),
            ("distal", row.center_distal, row.gyration_distal),
        ):
            if abs(np.hypot(row.gyration, arm) - printed) > 0.0025:
                broken.add((name, end))
    assert broken == PRINTED_SO
