"""A movement in the making: what pelvis, feet, hands and trunk do over time.

A `Track` is filled by the primitives at a high rate and finished into a `Motion`:
each leg follows its foot, and each hand its target, by closed-form inverse
kinematics, so that what is planted stays planted.
"""

import dataclasses

import jax
import numpy as np

from kinematics import forward
from kinematics.bodies.human import coordinate
from kinematics.motion import Motion, from_rotations, in_blocks
from kinematics.skeleton import DOFS, coordinate_starts
from lmmjax.data.primitives import curves
from lmmjax.data.primitives.subject import SIDES, Subject

Array = np.ndarray
# Tracks are made at this rate or above and thinned out at the end.
_RATE = 120.0
# A standing leg is not quite straight.
_STANDING_KNEE = np.deg2rad(7.0)
_STRAIGHTEST_KNEE = np.deg2rad(3.0)
# What counts as within reach: nearer to straight, a knee's speed would run away.
_REACHING_KNEE = np.deg2rad(6.0)
SIGN = {"left": 1.0, "right": -1.0}
# The hips stand this share of stature in front of the ankles.
FORWARD = 0.012


@dataclasses.dataclass
class Foot:
    """One foot over time.

    Attributes:
      ankle: [T, 3] metres in the world.
      yaw: [T] radians.
      pitch: [T] radians, positive with the toes up.
      toes: [T] extension of the toes.
      contact: [T, 2] whether the heel and the ball of the foot are planted.
    """

    ankle: Array
    yaw: Array
    pitch: Array
    toes: Array
    contact: Array

    def rotation(self) -> Array:
        """World rotations [T, 3, 3]; a foot never rolls sideways."""
        return curves.about_z(self.yaw) @ curves.about_y(-self.pitch)


class Track:
    """A movement of one person over T frames, first standing still at the origin."""

    def __init__(self, subject: Subject, seconds: float, fps: float):
        """Stand still for some seconds; the primitives then change what moves."""
        self.subject = subject
        self.fps = float(fps)
        self.every = max(1, int(np.ceil(_RATE / fps)))
        self.rate = self.fps * self.every
        count = round(seconds * self.fps) * self.every + 1
        self.t = np.arange(count) / self.rate
        body = subject.body
        self.q = np.zeros((count, body.num_coordinates))
        self.pelvis = np.zeros((count, 3))
        self.pelvis[:, 0] = FORWARD * subject.stature
        self.pelvis[:, 2] = standing_height(subject)
        self.yaw, self.tilt, self.list = (np.zeros(count) for _ in range(3))
        # Flexion, abduction and internal rotation of each upper arm.
        self.arms = {side: np.zeros((count, 3)) for side in SIDES}
        # World targets [T, 3] of the wrists and how much they count [T].
        self.hands: dict[str, tuple[Array, Array]] = {}
        self.feet = {}
        for side in SIDES:
            y = SIGN[side] * subject.stance_width / 2
            self.feet[side] = Foot(
                ankle=np.tile([0.0, y, subject.ankle], (count, 1)),
                yaw=np.full(count, SIGN[side] * subject.toe_out),
                pitch=np.zeros(count),
                toes=np.zeros(count),
                contact=np.ones((count, 2), bool),
            )
            self.arms[side][:, 1] = 0.10
            self.arms[side][:, 2] = 0.15
            self[f"{side}_elbow_flexion"] += subject.elbow
            self[f"{side}_elbow_pronation"] += 0.25
            self[f"{side}_wrist_flexion"] += 0.08
        self.lean(np.full(count, subject.lean))

    def __len__(self) -> int:
        return len(self.t)

    def __getitem__(self, name: str) -> Array:
        """Coordinate [T] by name, as a view: ``track["neck_turn"] += ...``."""
        return self.q[:, coordinate(self.subject.body, name)]

    def __setitem__(self, name: str, value: Array) -> None:
        self.q[:, coordinate(self.subject.body, name)] = value

    def spine(self, motion: str, angle: Array) -> None:
        """Bend or turn the trunk by angles [T], spread over its three joints."""
        for joint, share in (("spine1", 0.3), ("spine2", 0.3), ("spine3", 0.4)):
            self[f"{joint}_{motion}"] += share * angle

    def look(self, motion: str, angle: Array) -> None:
        """Move the head by angles [T], spread over neck and head."""
        self[f"neck_{motion}"] += 0.5 * angle
        self[f"head_{motion}"] += 0.5 * angle

    def lean(self, angle: Array) -> None:
        """Lean the trunk forward from the hips; the gaze stays mostly level."""
        self.tilt += 0.5 * angle
        self.spine("flexion", 0.5 * angle)
        self.look("flexion", -0.8 * np.clip(angle, -0.6, 0.75))

    def cut(self, start: float, stop: float) -> "Track":
        """The part between two times in seconds, at whole frames."""
        first = round(start * self.fps) * self.every
        last = min(round(stop * self.fps) * self.every, len(self) - 1)
        return self._map(lambda x: x[first : last + 1])

    def then(self, other: "Track") -> "Track":
        """This and another movement, which starts where and as this one ends."""
        moved = other._map(lambda x: x)
        moved.turn_to(self.yaw[-1], self.pelvis[-1])
        return self._join(moved)

    def turn_to(self, yaw: float, start: Array | None = None) -> None:
        """Turn and move the whole movement to begin at a heading and place [3]."""
        turn = yaw - self.yaw[0]
        matrix = curves.about_z(turn)
        start = self.pelvis[0] if start is None else start
        shift = start - matrix @ self.pelvis[0]
        shift[2] = 0.0
        self.pelvis = self.pelvis @ matrix.T + shift
        self.yaw = self.yaw + turn
        for side in SIDES:
            foot = self.feet[side]
            foot.ankle = foot.ankle @ matrix.T + shift
            foot.yaw = foot.yaw + turn
            if side in self.hands:
                target, weight = self.hands[side]
                self.hands[side] = target @ matrix.T + shift, weight

    def arm_points(self, side: str) -> tuple[Array, Array]:
        """World positions [T, 3] of the shoulder and of the wrist as it hangs."""
        body = self.subject.body
        local = in_blocks(_joint_rotations, body, self.q.astype(np.float32))
        turn, place = self.pelvis_rotation(), self.pelvis
        names = ("spine1", "spine2", "spine3", "clavicle", "shoulder", "elbow", "wrist")
        points = []
        for name in names:
            j = body.index(name if name.startswith("spine") else f"{side}_{name}")
            place = place + turn @ np.asarray(body.offsets[j], float)
            turn = turn @ (self._arm(side) if name == "shoulder" else local[:, j])
            points.append(place)
        return points[4], points[6]

    def _map(self, function) -> "Track":
        new = object.__new__(Track)
        new.__dict__.update(self.__dict__)
        for name in ("q", "pelvis", "yaw", "tilt", "list"):
            setattr(new, name, function(getattr(self, name)))
        new.t = np.arange(len(new.q)) / self.rate
        new.arms = {side: function(x) for side, x in self.arms.items()}
        new.hands = {s: (function(x), function(w)) for s, (x, w) in self.hands.items()}
        new.feet = {
            side: Foot(**{k: function(v) for k, v in vars(foot).items()})
            for side, foot in self.feet.items()
        }
        return new

    def _join(self, other: "Track") -> "Track":
        def both(a, b):
            return np.concatenate([a, b[1:]])

        new = self._map(lambda x: x)
        for name in ("q", "pelvis", "yaw", "tilt", "list"):
            setattr(new, name, both(getattr(self, name), getattr(other, name)))
        new.t = np.arange(len(new.q)) / self.rate
        new.hands = {}
        for side in SIDES:
            new.arms[side] = both(self.arms[side], other.arms[side])
            a, b = vars(self.feet[side]), vars(other.feet[side])
            new.feet[side] = Foot(**{k: both(a[k], b[k]) for k in a})
            if side in self.hands or side in other.hands:
                none = [
                    (np.zeros((len(x), 3)), np.zeros(len(x))) for x in (self, other)
                ]
                one = self.hands.get(side, none[0])
                two = other.hands.get(side, none[1])
                new.hands[side] = both(one[0], two[0]), both(one[1], two[1])
        return new

    def pelvis_rotation(self) -> Array:
        """World rotations [T, 3, 3] of the pelvis."""
        return (
            curves.about_z(self.yaw)
            @ curves.about_y(self.tilt)
            @ curves.about_x(self.list)
        )

    def hip(self, side: str) -> Array:
        """World positions [T, 3] of a hip joint."""
        body = self.subject.body
        offset = np.asarray(body.offsets[body.index(f"{side}_hip")], float)
        return self.pelvis + self.pelvis_rotation() @ offset

    def overreach(self) -> Array:
        """How much too high [T] metres the pelvis is for the feet to be reached."""
        lengths = self.subject.thigh, self.subject.shank
        longest = _third_side(*lengths, np.pi - _REACHING_KNEE)
        over = []
        for side in SIDES:
            gap = self.hip(side) - self.feet[side].ankle
            level = np.sum(gap[:, :2] ** 2, axis=1)
            over.append(gap[:, 2] - np.sqrt(np.maximum(longest**2 - level, 0)))
        return np.max(over, axis=0)

    def lower_into_reach(self) -> None:
        """Lower the pelvis smoothly wherever a planted foot is out of reach."""
        width = 0.05 * self.rate
        for _ in range(3):
            over = np.maximum(self.overreach(), 0)
            if over.max() < 1e-4:
                return
            window = 2 * int(2 * width) + 1
            padded = np.pad(over, window // 2, mode="edge")
            view = np.lib.stride_tricks.sliding_window_view(padded, window)
            self.pelvis[:, 2] -= curves.smooth(view.max(axis=1), width)

    def finish(self, **labels: str) -> tuple[Motion, Array]:
        """The motion, and what it touches.

        Args:
          **labels: name and action of the motion.

        Returns:
          The motion at the wanted rate, within the body's limits, and contacts
          [T, 4] of left heel, left ball, right heel and right ball of the foot.
        """
        thin = self._map(lambda x: x[:: self.every])
        contacts = [thin.feet[side].contact for side in SIDES]
        motion = thin._solve(**labels)
        return motion, np.concatenate(contacts, axis=1)

    def _solve(self, **labels: str) -> Motion:
        body = self.subject.body
        pelvis = self.pelvis_rotation()
        legs = {}
        for side in SIDES:
            legs[side] = self._leg(side, pelvis)
        local = in_blocks(_joint_rotations, body, self.q.astype(np.float32))
        local = local.astype(float)
        local[:, 0] = pelvis
        for side in SIDES:
            local[:, body.index(f"{side}_hip")] = legs[side]
            local[:, body.index(f"{side}_shoulder")] = self._arm(side)
        plain = from_rotations(
            body,
            self.pelvis,
            local,
            self.fps / 1.0,
            subject=self.subject.name,
            **labels,
        )
        joints = np.array(plain.joints, np.float64)
        for side, (target, weight) in self.hands.items():
            joints = self._reach(side, target, weight, local, joints)
        return plain.replace(joints=inside(body, joints))

    def _leg(self, side: str, pelvis: Array) -> Array:
        """Set knee, ankle and toes of one leg; returns the hip's local rotation.

        The knee's axis stands across both the line from hip to ankle and the foot's
        long axis. This is the one choice with which a knee and an ankle of three
        angles in all put the foot exactly where it belongs.
        """
        foot, thigh, shank = self.feet[side], self.subject.thigh, self.subject.shank
        rotation = foot.rotation()
        line = foot.ankle - self.hip(side)
        shortest = _third_side(thigh, shank, np.pi - np.deg2rad(150))
        longest = _third_side(thigh, shank, np.pi - _STRAIGHTEST_KNEE)
        length = np.clip(np.linalg.norm(line, axis=1), shortest, longest)
        line = curves.unit(line)
        across = np.cross(rotation[:, :, 0], line)
        sideways = rotation[:, :, 1]
        square = np.sum(across**2, axis=1, keepdims=True)
        across = across * np.sum(across * sideways, axis=1, keepdims=True)
        # Only in the air can the foot lie along the line; its own axis then decides.
        sideways = sideways - line * np.sum(sideways * line, axis=1, keepdims=True)
        across = curves.unit(across + 0.03 * np.exp(-square / 0.01) * sideways)
        knee = np.pi - _angle(thigh, shank, length)
        bend = _angle(thigh, length, shank)[:, None]
        along = line * np.cos(bend) - np.cross(across, line) * np.sin(bend)
        world = np.stack([np.cross(across, -along), across, -along], axis=-1)
        ankle = np.swapaxes(world @ curves.about_y(knee), 1, 2) @ rotation
        self[f"{side}_knee_flexion"] = knee
        self[f"{side}_ankle_dorsiflexion"] = np.arctan2(ankle[:, 2, 0], ankle[:, 0, 0])
        roll = np.arctan2(-ankle[:, 1, 2], ankle[:, 1, 1])
        self[f"{side}_ankle_inversion"] = -SIGN[side] * roll
        self[f"{side}_toes_extension"] = foot.toes
        return np.swapaxes(pelvis, 1, 2) @ world

    def _arm(self, side: str) -> Array:
        """Local rotation of the shoulder from its clinical angles."""
        flexion, abduction, internal = self.arms[side].T
        sign = SIGN[side]
        return (
            curves.about_y(-flexion)
            @ curves.about_x(sign * (abduction - np.pi / 2))
            @ curves.about_y(internal)
        )

    def _reach(self, side, target, weight, local, joints) -> Array:
        """Put the wrist at its target where the weight is 1, blend where below."""
        body, sign = self.subject.body, SIGN[side]
        turn, place = local[:, 0], self.pelvis
        for name in ("spine1", "spine2", "spine3", f"{side}_clavicle"):
            j = body.index(name)
            place = place + turn @ np.asarray(body.offsets[j], float)
            turn = turn @ local[:, j]
        shoulder = body.index(f"{side}_shoulder")
        place = place + turn @ np.asarray(body.offsets[shoulder], float)
        upper, fore = (
            float(np.linalg.norm(body.offsets[body.index(f"{side}_{name}")]))
            for name in ("elbow", "wrist")
        )
        line = target - place
        straight = _third_side(upper, fore, np.pi - np.deg2rad(8))
        folded = _third_side(upper, fore, np.pi - np.deg2rad(145))
        length = np.clip(np.linalg.norm(line, axis=1), folded, straight)
        line = curves.unit(line)
        # The elbow hangs down, out and behind the line from shoulder to wrist.
        pole = curves.rotate(turn, np.array([-0.55, 0.35 * sign, -0.8]))
        pole = curves.unit(pole - line * np.sum(pole * line, 1, keepdims=True))
        bend = _angle(upper, length, fore)[:, None]
        along = line * np.cos(bend) + pole * np.sin(bend)
        front = -curves.unit(pole - along * np.sum(pole * along, 1, keepdims=True))
        side_axis = sign * along
        world = np.stack([front, side_axis, np.cross(front, side_axis)], axis=-1)
        local = local.copy()
        local[:, shoulder] = np.swapaxes(turn, 1, 2) @ world
        solved = in_blocks(_joint_coordinates, body, local.astype(np.float32))
        solved = solved.astype(float)
        solved[:, coordinate(body, f"{side}_elbow_flexion")] = np.pi - _angle(
            upper, fore, length
        )
        arm = list(
            range(*body.coordinates(f"{side}_shoulder").indices(joints.shape[1]))
        )
        arm.append(coordinate(body, f"{side}_elbow_flexion"))
        joints = joints.copy()
        joints[:, arm] += weight[:, None] * (solved[:, arm] - joints[:, arm])
        return joints


def standing_height(subject: Subject) -> float:
    """Height of the pelvis in metres when standing at ease."""
    leg = _third_side(subject.thigh, subject.shank, np.pi - _STANDING_KNEE)
    body = subject.body
    aside = subject.stance_width / 2 - float(body.offsets[body.index("left_hip"), 1])
    ahead = FORWARD * subject.stature
    return subject.ankle + float(np.sqrt(leg**2 - aside**2 - ahead**2))


def inside(body, joints: Array) -> Array:
    """Joint coordinates [T, D] brought within the limits, in float32."""
    joints = np.clip(joints, body.lower, body.upper).astype(np.float32)
    for start, kind in zip(coordinate_starts(body.kinds), body.kinds, strict=True):
        if DOFS[kind] == 3:
            swing = slice(start, start + 2)
            center = (body.lower[swing] + body.upper[swing]) / 2
            half = (body.upper[swing] - body.lower[swing]) / 2
            offset = joints[:, swing] - center
            radius = np.linalg.norm(offset / half, axis=1, keepdims=True)
            joints[:, swing] = center + offset / np.maximum(radius * 1.00001, 1)
    return joints


def _third_side(a: float, b: float, angle: float) -> float:
    """Third side of a triangle with sides a and b and the angle between them."""
    return float(np.sqrt(a * a + b * b - 2 * a * b * np.cos(angle)))


def _angle(a, b, opposite) -> Array:
    """Angle between sides a and b of a triangle, from the side opposite to it."""
    cosine = (a * a + b * b - opposite * opposite) / (2 * a * b)
    return np.arccos(np.clip(cosine, -1, 1))


@jax.jit
def _joint_rotations(skeleton, q):
    return forward.joint_rotations(skeleton, q)


@jax.jit
def _joint_coordinates(skeleton, matrices):
    return forward.joint_coordinates(skeleton, matrices)
