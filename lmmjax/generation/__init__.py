"""From a trained model to movement: one pose at a time, or whole rollouts."""

from lmmjax.generation.continuation import continue_motion
from lmmjax.generation.crowd import Crowd
from lmmjax.generation.stream import Stream, StreamState

__all__ = ["Crowd", "Stream", "StreamState", "continue_motion"]
