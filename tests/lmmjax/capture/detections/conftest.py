"""A person standing before the camera, to be written down in every format."""

import json

import numpy as np
import pytest

BODY = {
    "nose": (500, 200),
    "head_top": (500, 150),
    "neck": (500, 240),
    "upper_neck": (500, 235),
    "mid_shoulder": (500, 250),
    "mid_hip": (500, 500),
    "chest": (500, 350),
    "eye": (20, 190),
    "ear": (40, 200),
    "shoulder": (70, 250),
    "elbow": (100, 350),
    "wrist": (110, 440),
    "hip": (50, 500),
    "knee": (55, 650),
    "ankle": (60, 800),
    "heel": (55, 815),
    "big_toe": (65, 830),
    "small_toe": (80, 828),
}


@pytest.fixture(scope="session")
def figure():
    """Function: keypoints [K, 3] of landmarks, the whole moved right by ``dx``."""

    def make(landmarks, dx=0.0):
        rows = []
        for k, mark in enumerate(landmarks):
            side, _, base = mark.partition("_")
            if mark in BODY:
                x, y = BODY[mark]
            elif base in BODY:
                # The person's left is on the right of the picture.
                sign = 1 if side == "left" else -1
                x, y = 500 + sign * BODY[base][0], BODY[base][1]
            else:
                x, y = 300 + k, 300 + 2 * k
            rows.append((x + dx, y, 0.5 + k / 512))
        return np.array(rows)

    return make


@pytest.fixture
def dump():
    """Function: write a document and make its folders."""

    def write(path, document):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    return write
