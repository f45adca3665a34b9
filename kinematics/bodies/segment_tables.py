"""Published tables of the mass of body segments, each number as it is printed.

End points, proximal or cranial one first. VERT: vertex of the head; MIDG: midway
between the angles of the jaw; CERV: seventh cervical vertebra; SUPR: notch of the
breastbone; XYPH: its lower end; OMPH: navel; MIDS, MIDH: midway between the shoulder
and between the hip joints; SJC, EJC, WJC, HJC, KJC, AJC: centre of the shoulder,
elbow, wrist, hip, knee and ankle joint; STYL: styloid of the radius; MET3: third
knuckle; DAC3: tip of the third finger; LMAL, MMAL: malleoli; SPHY: lower end of the
shin bone; HEEL; TTIP: tip of the longest toe; GTR: greater trochanter; KNU2, MT2:
second knuckle of the hand and of the foot.
"""

from typing import NamedTuple


class DeLeva(NamedTuple):
    """One segment in de Leva's table.

    Attributes:
      mass: share of the body's mass.
      center: centre of mass, from the first end point, as a share of the length.
      sagittal: radius of gyration about the axis that points forward, over the length.
      transverse: about the axis that points sideways.
      longitudinal: about the axis from one end point to the other.
    """

    mass: float
    center: float
    sagittal: float
    transverse: float
    longitudinal: float


class Winter(NamedTuple):
    """One segment in Winter's table; None where it prints nothing.

    Attributes:
      endpoints: the two end points.
      mass: share of the body's mass.
      center: centre of mass from the proximal end, as a share of the length.
      center_distal: the same from the distal end.
      gyration: radius of gyration about the centre of mass, over the length.
      gyration_proximal: about the proximal end.
      gyration_distal: about the distal end.
    """

    endpoints: str
    mass: float
    center: float
    center_distal: float
    gyration: float | None
    gyration_proximal: float | None
    gyration_distal: float | None


# P. de Leva, "Adjustments to Zatsiorsky-Seluyanov's segment inertia parameters",
# Journal of Biomechanics 29 (1996), table 4, in the transcription of the BMClab notes
# on body segment parameters (github.com/BMClab/bmc, CC-BY 4.0). By sex, then by
# segment and end points; some segments are printed for several end points.
# One row disagrees with the others by more than rounding: the centre of the male
# trunk is 3 mm below the one that its three parts make.
DE_LEVA: dict[str, dict[tuple[str, str, str], DeLeva]] = {
    "male": {
        ("head", "VERT", "MIDG"): DeLeva(0.0694, 0.5976, 0.362, 0.376, 0.312),
        ("trunk", "SUPR", "MIDH"): DeLeva(0.4346, 0.4486, 0.372, 0.347, 0.191),
        ("upper trunk", "SUPR", "XYPH"): DeLeva(0.1596, 0.2999, 0.716, 0.454, 0.659),
        ("middle trunk", "XYPH", "OMPH"): DeLeva(0.1633, 0.4502, 0.482, 0.383, 0.468),
        ("lower trunk", "OMPH", "MIDH"): DeLeva(0.1117, 0.6115, 0.615, 0.551, 0.587),
        ("upper arm", "SJC", "EJC"): DeLeva(0.0271, 0.5772, 0.285, 0.269, 0.158),
        ("forearm", "EJC", "WJC"): DeLeva(0.0162, 0.4574, 0.276, 0.265, 0.121),
        ("hand", "WJC", "MET3"): DeLeva(0.0061, 0.79, 0.628, 0.513, 0.401),
        ("thigh", "HJC", "KJC"): DeLeva(0.1416, 0.4095, 0.329, 0.329, 0.149),
        ("shank", "KJC", "AJC"): DeLeva(0.0433, 0.4395, 0.251, 0.246, 0.102),
        ("foot", "HEEL", "TTIP"): DeLeva(0.0137, 0.4415, 0.257, 0.245, 0.124),
        ("head", "VERT", "CERV"): DeLeva(0.0694, 0.5002, 0.303, 0.315, 0.261),
        ("trunk", "CERV", "MIDH"): DeLeva(0.4346, 0.5138, 0.328, 0.306, 0.169),
        ("trunk", "MIDS", "MIDH"): DeLeva(0.4346, 0.431, 0.384, 0.358, 0.197),
        ("upper trunk", "CERV", "XYPH"): DeLeva(0.1596, 0.5066, 0.505, 0.32, 0.465),
        ("forearm", "EJC", "STYL"): DeLeva(0.0162, 0.4608, 0.278, 0.267, 0.122),
        ("hand", "WJC", "DAC3"): DeLeva(0.0061, 0.3624, 0.288, 0.235, 0.184),
        ("hand", "STYL", "DAC3"): DeLeva(0.0061, 0.3691, 0.285, 0.233, 0.182),
        ("hand", "STYL", "MET3"): DeLeva(0.0061, 0.7948, 0.614, 0.502, 0.392),
        ("shank", "KJC", "LMAL"): DeLeva(0.0433, 0.4459, 0.255, 0.249, 0.103),
        ("shank", "KJC", "SPHY"): DeLeva(0.0433, 0.4524, 0.258, 0.253, 0.105),
    },
    "female": {
        ("head", "VERT", "MIDG"): DeLeva(0.0668, 0.5894, 0.33, 0.359, 0.318),
        ("trunk", "SUPR", "MIDH"): DeLeva(0.4257, 0.4151, 0.357, 0.339, 0.171),
        ("upper trunk", "SUPR", "XYPH"): DeLeva(0.1545, 0.2077, 0.746, 0.502, 0.718),
        ("middle trunk", "XYPH", "OMPH"): DeLeva(0.1465, 0.4512, 0.433, 0.354, 0.415),
        ("lower trunk", "OMPH", "MIDH"): DeLeva(0.1247, 0.492, 0.433, 0.402, 0.444),
        ("upper arm", "SJC", "EJC"): DeLeva(0.0255, 0.5754, 0.278, 0.26, 0.148),
        ("forearm", "EJC", "WJC"): DeLeva(0.0138, 0.4559, 0.261, 0.257, 0.094),
        ("hand", "WJC", "MET3"): DeLeva(0.0056, 0.7474, 0.531, 0.454, 0.335),
        ("thigh", "HJC", "KJC"): DeLeva(0.1478, 0.3612, 0.369, 0.364, 0.162),
        ("shank", "KJC", "AJC"): DeLeva(0.0481, 0.4352, 0.267, 0.263, 0.092),
        ("foot", "HEEL", "TTIP"): DeLeva(0.0129, 0.4014, 0.299, 0.279, 0.139),
        ("head", "VERT", "CERV"): DeLeva(0.0668, 0.4841, 0.271, 0.295, 0.261),
        ("trunk", "CERV", "MIDH"): DeLeva(0.4257, 0.4964, 0.307, 0.292, 0.147),
        ("trunk", "MIDS", "MIDH"): DeLeva(0.4257, 0.3782, 0.379, 0.361, 0.182),
        ("upper trunk", "CERV", "XYPH"): DeLeva(0.1545, 0.505, 0.466, 0.314, 0.449),
        ("forearm", "EJC", "STYL"): DeLeva(0.0138, 0.4592, 0.263, 0.259, 0.095),
        ("hand", "WJC", "DAC3"): DeLeva(0.0056, 0.3427, 0.244, 0.208, 0.154),
        ("hand", "STYL", "DAC3"): DeLeva(0.0056, 0.3502, 0.241, 0.206, 0.152),
        ("hand", "STYL", "MET3"): DeLeva(0.0056, 0.7534, 0.519, 0.443, 0.327),
        ("shank", "KJC", "LMAL"): DeLeva(0.0481, 0.4416, 0.271, 0.267, 0.093),
        ("shank", "KJC", "SPHY"): DeLeva(0.0481, 0.4481, 0.275, 0.271, 0.094),
    },
}

# Mean lengths of the segments in the same table, millimetres. The male ones are also
# in two public programs that quote it (the Zatsiorsky parameters of the AMBER robot
# and the HeiMan model), but for MIDS-MIDH, which follows from the rows above: the
# centre of mass of the trunk is one point whatever the end points. The female ones
# are from memory; the trunk and the head were checked in that same way, the limbs
# have no second source.
LENGTHS_MM: dict[str, dict[tuple[str, str], float]] = {
    "male": {
        ("VERT", "CERV"): 242.9,
        ("SUPR", "MIDH"): 531.9,
        ("MIDS", "MIDH"): 515.5,
        ("SUPR", "XYPH"): 170.7,
        ("XYPH", "OMPH"): 215.5,
        ("OMPH", "MIDH"): 145.7,
        ("SJC", "EJC"): 281.7,
        ("EJC", "WJC"): 268.9,
        ("WJC", "MET3"): 86.2,
        ("HJC", "KJC"): 422.2,
        ("KJC", "AJC"): 434.0,
        ("HEEL", "TTIP"): 258.1,
    },
    "female": {
        ("VERT", "CERV"): 243.7,
        ("SUPR", "MIDH"): 529.3,
        ("MIDS", "MIDH"): 497.9,
        ("SUPR", "XYPH"): 142.5,
        ("XYPH", "OMPH"): 205.3,
        ("OMPH", "MIDH"): 181.5,
        ("SJC", "EJC"): 275.1,
        ("EJC", "WJC"): 264.3,
        ("WJC", "MET3"): 78.0,
        ("HJC", "KJC"): 368.5,
        ("KJC", "AJC"): 432.3,
        ("HEEL", "TTIP"): 228.3,
    },
}

# Winter, "Biomechanics and motor control of human movement" (1990), table 3.1, after
# Dempster (1955), in the same transcription. Its radius of gyration of head and neck
# about the proximal end was 0.116 there; the book has 1.116, as the parallel axis
# theorem wants.
WINTER: dict[str, Winter] = {
    "hand": Winter("WJC-KNU2", 0.006, 0.506, 0.494, 0.297, 0.587, 0.577),
    "forearm": Winter("EJC-STYL", 0.016, 0.43, 0.57, 0.303, 0.526, 0.647),
    "upper arm": Winter("SJC-EJC", 0.028, 0.436, 0.564, 0.322, 0.542, 0.645),
    "forearm hand": Winter("EJC-STYL", 0.022, 0.682, 0.318, 0.468, 0.827, 0.565),
    "total arm": Winter("SJC-STYL", 0.05, 0.53, 0.47, 0.368, 0.645, 0.596),
    "foot": Winter("LMAL-MT2", 0.0145, 0.5, 0.5, 0.475, 0.69, 0.69),
    "leg": Winter("KJC-MMAL", 0.0465, 0.433, 0.567, 0.302, 0.528, 0.643),
    "thigh": Winter("GTR-KJC", 0.1, 0.433, 0.567, 0.323, 0.54, 0.653),
    "head neck": Winter("C7T1-RIB1EAR", 0.081, 1.0, 0.0, 0.495, 1.116, 0.495),
    "thorax": Winter("C7T1-T12L1-DIAP", 0.216, 0.82, 0.18, None, None, None),
    "abdomen": Winter("T12L1-GTR", 0.139, 0.44, 0.56, None, None, None),
    "pelvis": Winter("L4L5-GTR", 0.142, 0.105, 0.895, None, None, None),
    "trunk": Winter("GTR-SJC", 0.497, 0.5, 0.5, None, None, None),
    "trunk head neck": Winter("GTR-SJC", 0.578, 0.66, 0.34, 0.503, 0.83, 0.607),
    "hat": Winter("GTR-SJC", 0.678, 0.626, 0.374, 0.496, 0.798, 0.621),
    "foot leg": Winter("KJC-MMAL", 0.061, 0.606, 0.394, 0.416, 0.735, 0.572),
    "total leg": Winter("GTR-MMAL", 0.161, 0.447, 0.553, 0.326, 0.56, 0.65),
    "thorax abdomen": Winter("C7T1-L4L5", 0.355, 0.63, 0.37, None, None, None),
    "abdomen pelvis": Winter("T12L1-GTR", 0.281, 0.27, 0.73, None, None, None),
}

# Heights above the floor over stature: Drillis and Contini, "Body segment parameters"
# (1966), as given by Winter, "Biomechanics and motor control of human movement"
# (2009), figure 4.1.
HEIGHTS: dict[str, float] = {
    "ankle": 0.039,
    "knee": 0.285,
    "hip": 0.530,
    "shoulder": 0.818,
    "chin": 0.870,
}
