"""How far human joints move: every clinical range, once, with its source.

Degrees from the anatomical zero, lowest and highest, positive in the direction that
names the motion. One side of the body stands for both, so no range can differ from
left to right.

Sources:

* [raj16] the model of Rajagopal et al. (2016), [raj23] its 2023 revision, as in their
  files; [cmu] CMU's humanoid of dm_control, as in its file.
* [merck] range-of-motion table of the Merck manual; [va] the list of US disability
  ratings; [b&a] Boone and Azen (1979), in the appendix of Norkin and White.
* [aaos] American Academy of Orthopaedic Surgeons, "Joint motion" (1965), hand values
  as listed for students of Norkin and White; [eaton] eatonhand.com, normal ranges of
  motion.
* [lim] Lim et al., "Normal range of eye movement and its relationship to age" (2017),
  means of 261 subjects.
* [vspx] documentation of the VSPx-3D knee.
* [prop] no measured source: a proposal of this project.
"""

# Bodies whose joints are all ball joints (SMPL, BVH) also turn about axes that the
# anatomy hardly has. There they get this much to either side [prop].
PLAY = 5.0
_PLAY = (-PLAY, PLAY)

Range = tuple[float, float]

# Three motions for each joint: two of the swing, then the twist along the bone.
RANGES: dict[str, dict[str, Range]] = {
    # All [prop], for the region as a whole.
    "lumbar": {"flexion": (-30, 60), "bend": (-30, 30), "turn": (-18, 18)},
    "thoracic": {"flexion": (-25, 40), "bend": (-30, 30), "turn": (-45, 45)},
    # [prop]; measured means are 64, 63 and 49 (anatomystandard.com).
    "cervical": {"flexion": (-70, 65), "bend": (-50, 50), "turn": (-85, 85)},
    # All [prop], near [cmu]; the twist is the backward turn as the arm is raised.
    "clavicle": {
        "elevation": (-10, 30),
        "protraction": (-20, 20),
        "forward_rotation": (-30, 10),
    },
    # An ellipse around whole postures, from the T-pose: hanging, extension 50 [merck],
    # flexion 167 [b&a], abduction 180 [va] less 5 of trunk bend, reaching across the
    # body; external rotation 104 and internal 90 [b&a, merck] at an elevation of 0.
    # Its lower end is 135 [prop] as flexion overhead turns this twist outward.
    "shoulder": {
        "elevation": (-112, 96),
        "protraction": (-84, 132),
        "internal_rotation": (-135, 90),
    },
    # Flexion 160 [merck], hyperextension 5 [prop]; pronation, supination 90 [merck].
    "elbow": {"flexion": (-5, 160), "adduction": _PLAY, "pronation": (-90, 90)},
    # Flexion 90 [merck], extension 85 [prop]; radial 25 [merck], ulnar 45 [va].
    "wrist": {"flexion": (-85, 90), "ulnar_deviation": (-25, 45), "pronation": _PLAY},
    # Extension 30 [va, raj16], flexion 125 [merck, va]; abduction 50, adduction 30
    # [raj16]; external rotation 60 [va], internal 45 [merck].
    "hip": {
        "flexion": (-30, 125),
        "adduction": (-50, 30),
        "internal_rotation": (-60, 45),
    },
    # Hyperextension 5, flexion 155 [prop]; internal rotation 10, external 30 [vspx].
    "knee": {"flexion": (-5, 155), "abduction": _PLAY, "internal_rotation": (-30, 10)},
    # Plantarflexion 65 [prop], dorsiflexion 50 under load [raj23]; eversion 25 and
    # inversion 35 [merck]. The axis of inversion lies along the foot, a simplification
    # of the oblique subtalar axis.
    "ankle": {
        "dorsiflexion": (-65, 50),
        "inversion": (-25, 35),
        "internal_rotation": _PLAY,
    },
    # Flexion 30, extension 80 [merck].
    "toes": {"extension": (-30, 80), "inversion": _PLAY, "internal_rotation": _PLAY},
    # Joints of the fingers. Extension 45, flexion 90, spread 20 [aaos].
    "knuckle": {"flexion": (-45, 90), "ulnar_deviation": (-20, 20), "pronation": _PLAY},
    # Flexion 100 [aaos], 90 for the last joint [aaos]; extension 0 [aaos], here 5 as
    # no joint stops sharply [prop].
    "finger_middle": {
        "flexion": (-5, 100),
        "ulnar_deviation": _PLAY,
        "pronation": _PLAY,
    },
    "finger_end": {"flexion": (-5, 90), "ulnar_deviation": _PLAY, "pronation": _PLAY},
    # Flexion 15, extension 20 [aaos], in the plane of the palm. Abduction 70 [aaos]
    # counts from the thumb beside the index finger and rest is half way out of it, so
    # 35 either way [prop]; opposition turns the thumb, 30 either way [prop].
    "thumb_base": {
        "flexion": (-20, 15),
        "adduction": (-35, 35),
        "pronation": (-30, 30),
    },
    # Flexion 55, extension 10 [eaton].
    "thumb_knuckle": {"flexion": (-10, 55), "adduction": _PLAY, "pronation": _PLAY},
    # Flexion 80, extension 20 [aaos].
    "thumb_end": {"flexion": (-20, 80), "adduction": _PLAY, "pronation": _PLAY},
    # All [prop]. 30 degrees open a mouth of usual size by four to five centimetres.
    "jaw": {"opening": (-3, 30), "turn": _PLAY, "roll": _PLAY},
    # Depression 47, elevation 28, abduction 44, adduction 45 [lim]; torsion [prop].
    "eye": {"elevation": (-47, 28), "adduction": (-44, 45), "torsion": _PLAY},
}
