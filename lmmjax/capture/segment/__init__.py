"""Movement divided: into phases of a clip, and a session into clips.

`segment` names what happens when: which foot stands, flight, rest, strikes of hands
and feet. `plays` cuts a session where the way of moving changes.
"""

import numpy as np

from kinematics.motion import Motion
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.segment.activity import activity
from lmmjax.capture.segment.bodies import parts
from lmmjax.capture.segment.phases import ACTIVITY, STRIKE, SUPPORT, Segment
from lmmjax.capture.segment.plays import plays
from lmmjax.capture.segment.strikes import strikes
from lmmjax.capture.segment.support import support, touching

__all__ = ["ACTIVITY", "STRIKE", "SUPPORT", "Segment", "plays", "segment"]


def segment(motion: Motion, contacts: np.ndarray | None = None) -> list[Segment]:
    """The phases of a clip, by first frame.

    Three kinds run side by side: `SUPPORT` and `ACTIVITY` each cover the clip without
    overlap; those of `STRIKE` do not overlap for one limb.

    Args:
      motion: one clip of a human body, four frames or more, without missing frames.
      contacts: [T, 2] whether the left and the right foot are on the ground; found
        from the motion if not given.

    Raises:
      CaptureError: the motion cannot be segmented, or contacts are not of its frames.
    """
    body = parts(motion)
    if contacts is None:
        touch = touching(body)
    else:
        touch = np.asarray(contacts, bool)
        if touch.shape != (len(motion), 2):
            raise CaptureError(
                f"contacts must be left and right foot for each of {len(motion)} "
                f"frames, not {touch.shape}"
            )
    found = [*support(body, touch), *activity(body), *strikes(body)]
    return sorted(found, key=lambda s: (s.start, s.stop, s.phase, s.side))
