"""What a caller may want otherwise in association; all defaults are choices."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Options:
    """Limits of association, in metres at the depth of a person and in seconds.

    Attributes:
      gate_m: mean distance of keypoints up to which a detection can be a track's.
      ray_m: mean distance up to which rays of two views may be one person's.
      confidence: keypoints below this are not compared (but kept in the result).
      least_keypoints: a detection with fewer to compare is nobody's.
      confirm: frames with two views that make a track a person.
      hold_s: how long someone not seen is followed by prediction.
      lonely_s: how long someone is followed by a single view.
      forget_s: how long someone who left may come back as the same person.
      stride_m_s: how fast people move at most while nobody sees them.
      build: mean relative difference of bones up to which two may be one person.
    """

    gate_m: float = 0.3
    ray_m: float = 0.2
    confidence: float = 0.2
    least_keypoints: int = 4
    confirm: int = 3
    hold_s: float = 0.5
    lonely_s: float = 2.0
    forget_s: float = 120.0
    stride_m_s: float = 9.0
    build: float = 0.08
