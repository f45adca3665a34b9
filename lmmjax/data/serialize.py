"""Motions and skeletons as plain values, for datasets and checkpoints."""

import json
from typing import Any

import numpy as np

from kinematics import Motion, Skeleton, make_skeleton
from kinematics.couplings import Couplings


def skeleton_to_dict(skeleton: Skeleton) -> dict[str, Any]:
    """A skeleton as JSON-ready values; float32 numbers survive exactly."""
    values: dict[str, Any] = {
        "names": list(skeleton.names),
        "parents": list(skeleton.parents),
        "kinds": list(skeleton.kinds),
        "mirror": None if skeleton.mirror is None else list(skeleton.mirror),
        "offsets": np.asarray(skeleton.offsets, np.float32).tolist(),
        "frames": np.asarray(skeleton.frames, np.float32).tolist(),
        "lower": np.asarray(skeleton.lower, np.float32).tolist(),
        "upper": np.asarray(skeleton.upper, np.float32).tolist(),
    }
    # Left out where there are none, so that such bodies read as they always did.
    if skeleton.couplings is not None:
        values["couplings"] = _couplings_to_dict(skeleton.couplings)
    return values


def skeleton_from_dict(values: dict[str, Any]) -> Skeleton:
    """The skeleton of `skeleton_to_dict`, checked anew."""
    couplings = values.get("couplings")
    if couplings is not None:
        values = {**values, "couplings": _couplings_from_dict(couplings)}
    return make_skeleton(**values)


def _couplings_to_dict(couplings: Couplings) -> dict[str, Any]:
    return {
        "coordinates": list(couplings.coordinates),
        "controllers": list(couplings.controllers),
        "start": np.asarray(couplings.start, np.float32).tolist(),
        "stop": np.asarray(couplings.stop, np.float32).tolist(),
        "lower": np.asarray(couplings.lower, np.float32).tolist(),
        "upper": np.asarray(couplings.upper, np.float32).tolist(),
    }


def _couplings_from_dict(values: dict[str, Any]) -> Couplings:
    return Couplings(
        tuple(values["coordinates"]),
        tuple(values["controllers"]),
        np.array(values["start"], np.float32),
        np.array(values["stop"], np.float32),
        np.array(values["lower"], np.float32),
        np.array(values["upper"], np.float32),
    )


def motion_to_example(motion: Motion) -> dict[str, Any]:
    """A motion as the features of one example of a dataset."""
    body = motion.skeleton
    return {
        "root_position": np.asarray(motion.root_position, np.float32),
        "root_rotation": np.asarray(motion.root_rotation, np.float32),
        "joints": np.asarray(motion.joints, np.float32),
        "skeleton": json.dumps(skeleton_to_dict(body)),
        "fps": np.float32(motion.fps),
        "name": motion.name,
        "subject": motion.subject,
        "action": motion.action,
    }


def example_to_motion(example: dict[str, Any]) -> Motion:
    """The motion of an example."""

    def text(key: str) -> str:
        value = example[key]
        return value.decode() if isinstance(value, bytes) else str(value)

    return Motion(
        skeleton_from_dict(json.loads(text("skeleton"))),
        np.asarray(example["root_position"]),
        np.asarray(example["root_rotation"]),
        np.asarray(example["joints"]),
        fps=float(example["fps"]),
        name=text("name"),
        subject=text("subject"),
        action=text("action"),
    )
