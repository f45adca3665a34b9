"""The published joint sets: names in order, what they mean, which are linked.

Orders are those of the projects that define them: MMPose (COCO, Halpe, WholeBody,
Human3.6M, MPI-INF-3DHP, MPII, PoseTrack, CrowdPose, AI Challenger, Shelf, Campus),
OpenPose (poseParameters.cpp), MediaPipe (PoseLandmark), smplx (joint_names.py),
VideoPose3D, VIBE (smpl.py), the CMU Panoptic Studio, the FIFA skeletal challenge and
the SPL free throw dataset. Links are published ones where there are some (MMPose,
OpenPose, MediaPipe); the others follow the limbs.
"""

from typing import NamedTuple

from kinematics.bodies.hands import DIGITS, digit_joints


class Table(NamedTuple):
    """One set as written down.

    Attributes:
      joints: names in published order.
      aliases: pairs of a name, in lower case with underscores, and its landmark;
        where they begin with an underscore, left and right stand before it. Other
        names are those of their landmark.
      chains: landmarks to link, without side, for the left and the right alike.
    """

    joints: tuple[str, ...]
    aliases: tuple[tuple[str, str], ...] = ()
    chains: tuple[str, ...] = ()


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _both(text: str) -> tuple[str, ...]:
    """Every word for the left, then for the right."""
    return tuple(
        f"{side}_{word}" for word in text.split() for side in ("left", "right")
    )


def _side(side: str, words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{side}_{word}" for word in words)


# The 68 points of a face (iBUG), by the names that smplx gives them; "right" is the
# right of the person.
FACE = (
    *(f"right_contour_{k}" for k in range(1, 9)),
    "contour_middle",
    *(f"left_contour_{k}" for k in range(8, 0, -1)),
    *(f"right_eye_brow{k}" for k in range(1, 6)),
    *(f"left_eye_brow{k}" for k in range(5, 0, -1)),
    *_words("nose1 nose2 nose3 nose4"),
    *_words("right_nose_2 right_nose_1 nose_middle left_nose_1 left_nose_2"),
    *(f"right_eye{k}" for k in range(1, 7)),
    *(f"left_eye{k}" for k in (4, 3, 2, 1, 6, 5)),
    *_words("right_mouth_1 right_mouth_2 right_mouth_3 mouth_top"),
    *_words("left_mouth_3 left_mouth_2 left_mouth_1 left_mouth_5 left_mouth_4"),
    *_words("mouth_bottom right_mouth_4 right_mouth_5"),
    *_words("right_lip_1 right_lip_2 lip_top left_lip_2 left_lip_1 left_lip_3"),
    *_words("lip_bottom right_lip_3"),
)
SYNONYMS = {f"face-{k}": name for k, name in enumerate(FACE)}

_HAND = (
    "hand_root",
    *(
        f"{finger}{k}"
        for finger in _words("thumb forefinger middle_finger ring_finger pinky_finger")
        for k in range(1, 5)
    ),
)
_FINGERS = tuple(" ".join(digit_joints(digit)) for digit in DIGITS)
_FEET = ("ankle big_toe", "ankle small_toe", "ankle heel")
_JOINT_CENTERS = ("_hip", "_hip_joint")

_COCO17 = (
    "nose",
    *_both("eye ear shoulder elbow wrist hip knee ankle"),
)
_COCO_CHAINS = (
    "ankle knee hip shoulder elbow wrist",
    "hip ~hip",
    "shoulder ~shoulder",
    "eye ~eye",
    "nose eye ear shoulder",
)
_HALPE26 = (*_COCO17, "head", "neck", "hip", *_both("big_toe small_toe heel"))
_HALPE_ALIASES = (("head", "head_top"), ("hip", "mid_hip"))
_HALPE_CHAINS = (
    "ankle knee hip mid_hip",
    "head_top neck mid_hip",
    "neck shoulder elbow wrist",
    "eye ~eye",
    "nose eye ear shoulder",
    *_FEET,
)
_FACE_NAMES = tuple(SYNONYMS)

_BODY25 = _words(
    "Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist MidHip RHip RKnee "
    "RAnkle LHip LKnee LAnkle REye LEye REar LEar LBigToe LSmallToe LHeel RBigToe "
    "RSmallToe RHeel"
)
# OpenPose learnt its neck as the middle of the shoulders that people had marked.
_BODY25_ALIASES = (("neck", "mid_shoulder"),)
_BODY25_CHAINS = (
    "mid_shoulder mid_hip hip knee ankle",
    "mid_shoulder shoulder elbow wrist",
    "mid_shoulder nose eye ear",
    "ankle big_toe small_toe",
    "ankle heel",
)

_HUMAN_SIDE = _words(
    "clavicle shoulder elbow wrist hand_end hip knee ankle heel toes toes_end"
)
_SMPL22 = _words(
    "pelvis left_hip right_hip spine1 left_knee right_knee spine2 left_ankle "
    "right_ankle spine3 left_foot right_foot neck left_collar right_collar head "
    "left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist"
)
_SMPL_DIGITS = _words("index middle pinky ring thumb")
_SMPL_HAND = tuple(f"{digit}{k}" for digit in _SMPL_DIGITS for k in (1, 2, 3))
_SMPL_HANDS = _side("left", _SMPL_HAND) + _side("right", _SMPL_HAND)
# Vertices of the mesh that smplx counts as joints.
_SMPL_SKIN = _words(
    "nose right_eye left_eye right_ear left_ear left_big_toe left_small_toe left_heel "
    "right_big_toe right_small_toe right_heel left_thumb left_index left_middle "
    "left_ring left_pinky right_thumb right_index right_middle right_ring right_pinky"
)
_SMPLX55 = (*_SMPL22, "jaw", "left_eye_smplhf", "right_eye_smplhf", *_SMPL_HANDS)
_SMPL_ALIASES = (
    _JOINT_CENTERS,
    ("_foot", "_toe_base"),
    ("_collar", "_clavicle"),
    ("_hand", "_palm"),
    ("_eye_smplhf", "_eyeball"),
    *((f"_{digit}", f"_{digit}_tip") for digit in DIGITS),
)
_SMPL_CHAINS = (
    "pelvis hip_joint knee ankle toe_base",
    "pelvis spine1 spine2 spine3 neck head jaw",
    "spine3 clavicle shoulder elbow wrist palm",
    "head eyeball",
    *(f"wrist {chain}" for chain in _FINGERS),
)

_HEAD_ALIASES = (
    ("bottom_head", "upper_neck"),
    ("head_bottom", "upper_neck"),
    ("top_head", "head_top"),
)
_SHELF = Table(
    _words(
        "right_ankle right_knee right_hip left_hip left_knee left_ankle right_wrist "
        "right_elbow right_shoulder left_shoulder left_elbow left_wrist bottom_head "
        "top_head"
    ),
    _HEAD_ALIASES,
    ("ankle knee hip shoulder elbow wrist", "hip ~hip", "shoulder upper_neck head_top"),
)

# The skeleton of the CMU motion capture library. Its ASF files have a root and 30
# bones; their BVH conversion has 31 joints with channels under other names, and 7 end
# sites. It lost the bones after which the tree branches (thorax and both wrists), so
# that neck and fingers begin a bone too early: these are landmarks of their own.
_CMU31 = _words(
    "Hips LHipJoint LeftUpLeg LeftLeg LeftFoot LeftToeBase RHipJoint RightUpLeg "
    "RightLeg RightFoot RightToeBase LowerBack Spine Spine1 Neck Neck1 Head "
    "LeftShoulder LeftArm LeftForeArm LeftHand LeftFingerBase LeftHandIndex1 LThumb "
    "RightShoulder RightArm RightForeArm RightHand RightFingerBase RightHandIndex1 "
    "RThumb"
)
_CMU_ENDS = ("ToeBase", "Head", "HandIndex1", "Thumb")
_CMU38 = tuple(
    each
    for name in _CMU31
    for each in ((name, f"{name}_end") if name.endswith(_CMU_ENDS) else (name,))
)
_CMU_ALIASES = (
    ("hips", "pelvis"),
    ("_hip_joint", "_hip_bone"),
    ("_up_leg", "_hip_joint"),
    ("_leg", "_knee"),
    ("_foot", "_ankle"),
    ("_toe_base_end", "_toes_end"),
    ("spine", "spine_low"),
    ("spine1", "spine_high"),
    ("neck", "low_neck"),
    ("neck1", "mid_neck"),
    ("head_end", "head_top"),
    ("_shoulder", "_clavicle"),
    ("_arm", "_shoulder"),
    ("_fore_arm", "_elbow"),
    ("_hand", "_forearm"),
    ("_hand_index1", "_knuckles"),
    ("_hand_index1_end", "_hand_end"),
    ("_thumb", "_thumb_base"),
    ("_thumb_end", "_thumb_tip"),
)
_CMU_CHAINS = (
    "pelvis hip_joint knee ankle toe_base toes_end",
    "pelvis spine_low spine_high low_neck mid_neck head head_top",
    "spine_high clavicle shoulder elbow forearm finger_base knuckles hand_end",
    "forearm thumb_base thumb_tip",
)

# VIBE's first 25 carry OpenPose's names but are joints of SMPL; the others are the
# labels of other datasets, regressed from the mesh.
_VIBE_ALIASES = (
    ("neck", "neck"),
    ("mid_hip", "pelvis"),
    ("neck_(lsp)", "upper_neck"),
    ("top_of_head_(lsp)", "head_top"),
    ("pelvis_(mpii)", "mid_hip_joint"),
    ("thorax_(mpii)", "neck"),
    ("spine_(h36m)", "spine"),
    ("jaw_(h36m)", "head"),
    ("head_(h36m)", "head_top"),
)
_VIBE49 = (
    *(f"OP {name}" for name in _BODY25),
    *(
        f"{side} {joint}"
        for side, joints in (
            ("Right", "Ankle Knee Hip"),
            ("Left", "Hip Knee Ankle"),
            ("Right", "Wrist Elbow Shoulder"),
            ("Left", "Shoulder Elbow Wrist"),
        )
        for joint in joints.split()
    ),
    "Neck (LSP)",
    "Top of Head (LSP)",
    "Pelvis (MPII)",
    "Thorax (MPII)",
    "Spine (H36M)",
    "Jaw (H36M)",
    "Head (H36M)",
    "Nose",
    "Left Eye",
    "Right Eye",
    "Left Ear",
    "Right Ear",
)


def _whole(
    body: tuple[str, ...],
    aliases: tuple[tuple[str, str], ...],
    chains: tuple[str, ...],
) -> Table:
    """A body, then the face and both hands."""
    hands = _side("left", _HAND) + _side("right", _HAND)
    return Table((*body, *_FACE_NAMES, *hands), aliases, chains)


def _hand21(side: str) -> Table:
    joints = ("wrist", *(f"{digit}{k}" for digit in DIGITS for k in range(1, 5)))
    chains = tuple(f"wrist {chain}" for chain in _FINGERS)
    return Table(_side(side, joints), (), chains)


SETS: dict[str, Table] = {
    "coco17": Table(_COCO17, (), _COCO_CHAINS),
    "coco133": _whole(
        (
            *_COCO17,
            *_side("left", _words("big_toe small_toe heel")),
            *_side("right", _words("big_toe small_toe heel")),
        ),
        (),
        (*_COCO_CHAINS, *_FEET, *(f"hand_root {chain}" for chain in _FINGERS)),
    ),
    "halpe26": Table(_HALPE26, _HALPE_ALIASES, _HALPE_CHAINS),
    "halpe136": _whole(
        _HALPE26,
        _HALPE_ALIASES,
        (*_HALPE_CHAINS, *(f"wrist {chain}" for chain in _FINGERS)),
    ),
    "body25": Table(_BODY25, _BODY25_ALIASES, _BODY25_CHAINS),
    "body19": Table(_BODY25[:19], _BODY25_ALIASES, _BODY25_CHAINS),
    # Its neck, unlike that of BODY_25, was marked by people, at the upper end.
    "body25b": Table(
        (
            *_words("Nose LEye REye LEar REar LShoulder RShoulder LElbow RElbow"),
            *_words("LWrist RWrist LHip RHip LKnee RKnee LAnkle RAnkle Neck HeadTop"),
            *_words("LBigToe LSmallToe LHeel RBigToe RSmallToe RHeel"),
        ),
        (("neck", "upper_neck"),),
        (*_COCO_CHAINS, "shoulder upper_neck head_top", *_FEET),
    ),
    "coco18": Table(
        (*_BODY25[:8], *_BODY25[9:19]),
        _BODY25_ALIASES,
        ("mid_shoulder hip knee ankle", *_BODY25_CHAINS[1:3]),
    ),
    # Named after MPII's labels: its head is the top of it, its neck the upper neck.
    "mpi15": Table(
        ("Head", *_BODY25[1:8], *_BODY25[9:15], "Chest"),
        (("head", "head_top"), ("neck", "upper_neck")),
        ("head_top upper_neck shoulder elbow wrist", "upper_neck chest hip knee ankle"),
    ),
    "blazepose33": Table(
        _words(
            "NOSE LEFT_EYE_INNER LEFT_EYE LEFT_EYE_OUTER RIGHT_EYE_INNER RIGHT_EYE "
            "RIGHT_EYE_OUTER LEFT_EAR RIGHT_EAR MOUTH_LEFT MOUTH_RIGHT LEFT_SHOULDER "
            "RIGHT_SHOULDER LEFT_ELBOW RIGHT_ELBOW LEFT_WRIST RIGHT_WRIST LEFT_PINKY "
            "RIGHT_PINKY LEFT_INDEX RIGHT_INDEX LEFT_THUMB RIGHT_THUMB LEFT_HIP "
            "RIGHT_HIP LEFT_KNEE RIGHT_KNEE LEFT_ANKLE RIGHT_ANKLE LEFT_HEEL "
            "RIGHT_HEEL LEFT_FOOT_INDEX RIGHT_FOOT_INDEX"
        ),
        (
            ("_eye_inner", "_eye4"),
            ("_eye_outer", "_eye1"),
            ("mouth_left", "left_mouth_1"),
            ("mouth_right", "right_mouth_1"),
            # First knuckles of the fingers, the second of the thumb.
            ("_pinky", "_pinky_mcp"),
            ("_index", "_index_mcp"),
            ("_thumb", "_thumb_ip"),
            ("_foot_index", "_big_toe"),
        ),
        (
            "nose eye4 eye eye1 ear",
            "mouth_1 ~mouth_1",
            "shoulder ~shoulder",
            "hip ~hip",
            "shoulder elbow wrist pinky_mcp index_mcp wrist thumb_ip",
            "shoulder hip knee ankle heel big_toe ankle",
        ),
    ),
    "h36m17": Table(
        _words(
            "Hip RHip RKnee RFoot LHip LKnee LFoot Spine Thorax Neck/Nose Head "
            "LShoulder LElbow LWrist RShoulder RElbow RWrist"
        ),
        (
            _JOINT_CENTERS,
            ("hip", "mid_hip_joint"),
            ("_foot", "_ankle"),
            ("thorax", "neck"),
            # The joint on which the head turns; its end is the top of the head.
            ("neck/nose", "head"),
            ("head", "head_top"),
        ),
        (
            "mid_hip_joint hip_joint knee ankle",
            "mid_hip_joint spine neck head head_top",
            "neck shoulder elbow wrist",
        ),
    ),
    "mpi_inf_3dhp17": Table(
        _words(
            "head_top neck right_shoulder right_elbow right_wrist left_shoulder "
            "left_elbow left_wrist right_hip right_knee right_ankle left_hip left_knee "
            "left_ankle root spine head"
        ),
        (_JOINT_CENTERS, ("root", "mid_hip_joint")),
        (
            "neck shoulder elbow wrist",
            "mid_hip_joint hip_joint knee ankle",
            "head_top head neck spine mid_hip_joint",
        ),
    ),
    "panoptic19": Table(
        _words(
            "neck nose mid_hip left_shoulder left_elbow left_wrist left_hip left_knee "
            "left_ankle right_shoulder right_elbow right_wrist right_hip right_knee "
            "right_ankle left_eye left_ear right_eye right_ear"
        ),
        _BODY25_ALIASES,
        (
            "nose mid_shoulder shoulder elbow wrist",
            "ankle knee hip mid_hip mid_shoulder",
        ),
    ),
    "shelf14": _SHELF,
    "campus14": _SHELF,
    "mpii16": Table(
        _words(
            "right_ankle right_knee right_hip left_hip left_knee left_ankle pelvis "
            "thorax upper_neck head_top right_wrist right_elbow right_shoulder "
            "left_shoulder left_elbow left_wrist"
        ),
        (("pelvis", "mid_hip"), ("thorax", "neck")),
        (
            "ankle knee hip mid_hip neck upper_neck head_top",
            "upper_neck shoulder elbow wrist",
        ),
    ),
    "posetrack17": Table(
        ("nose", "head_bottom", "head_top", *_COCO17[3:]),
        _HEAD_ALIASES,
        (
            *_COCO_CHAINS[:3],
            "upper_neck nose head_top",
            "upper_neck shoulder",
        ),
    ),
    "crowdpose14": Table(
        (*_both("shoulder elbow wrist hip knee ankle"), "top_head", "neck"),
        _HEAD_ALIASES,
        (*_COCO_CHAINS[:3], "head_top neck shoulder"),
    ),
    "aic14": Table(
        _words(
            "right_shoulder right_elbow right_wrist left_shoulder left_elbow "
            "left_wrist right_hip right_knee right_ankle left_hip left_knee left_ankle "
            "head_top neck"
        ),
        (),
        (
            "wrist elbow shoulder neck head_top",
            "ankle knee hip ~hip",
            "hip shoulder",
        ),
    ),
    "smpl24": Table((*_SMPL22, "left_hand", "right_hand"), _SMPL_ALIASES, _SMPL_CHAINS),
    "smplh52": Table((*_SMPL22, *_SMPL_HANDS), _SMPL_ALIASES, _SMPL_CHAINS),
    "smplh73": Table(
        (*_SMPL22, *_SMPL_HANDS, *_SMPL_SKIN), _SMPL_ALIASES, _SMPL_CHAINS
    ),
    "smplx55": Table(_SMPLX55, _SMPL_ALIASES, _SMPL_CHAINS),
    "smplx144": Table(
        (*_SMPLX55, *_SMPL_SKIN, *FACE[17:], *FACE[:17]), _SMPL_ALIASES, _SMPL_CHAINS
    ),
    "vibe49": Table(_VIBE49, _VIBE_ALIASES, _BODY25_CHAINS),
    "fifa15": Table(
        tuple(_BODY25[k] for k in (0, 2, 5, 3, 6, 4, 7, 9, 12, 10, 13, 11, 14, 22, 19)),
        (),
        (*_COCO_CHAINS[:3], "nose shoulder", "ankle big_toe"),
    ),
    "spl27": Table(
        _words(
            "R_EYE L_EYE NOSE R_EAR L_EAR R_SHOULDER L_SHOULDER R_ELBOW L_ELBOW "
            "R_WRIST L_WRIST R_HIP L_HIP R_KNEE L_KNEE R_ANKLE L_ANKLE R_1STFINGER "
            "R_5THFINGER L_1STFINGER L_5THFINGER R_1STTOE R_5THTOE L_1STTOE L_5THTOE "
            "R_CALC L_CALC"
        ),
        (
            ("_1stfinger", "_first_finger"),
            ("_5thfinger", "_fifth_finger"),
            ("_1sttoe", "_big_toe"),
            ("_5thtoe", "_small_toe"),
            ("_calc", "_heel"),
        ),
        (*_COCO_CHAINS, *_FEET, "wrist first_finger", "wrist fifth_finger"),
    ),
    # The body of `kinematics.bodies.human`.
    "human29": Table(
        (
            *_words("pelvis spine1 spine2 spine3 neck head head_end"),
            *_side("left", _HUMAN_SIDE),
            *_side("right", _HUMAN_SIDE),
        ),
        (
            _JOINT_CENTERS,
            ("pelvis", "mid_hip_joint"),
            ("head_end", "head_top"),
            ("_toes", "_toe_base"),
        ),
        (
            "mid_hip_joint spine1 spine2 spine3 neck head head_top",
            "spine3 clavicle shoulder elbow wrist hand_end",
            "mid_hip_joint hip_joint knee ankle toe_base toes_end",
            "ankle heel",
        ),
    ),
    "hand21_left": _hand21("left"),
    "hand21_right": _hand21("right"),
    "cmu31": Table(_CMU31, _CMU_ALIASES, _CMU_CHAINS),
    "cmu38": Table(_CMU38, _CMU_ALIASES, _CMU_CHAINS),
}
