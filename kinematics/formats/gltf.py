"""glTF 2.0: skeletons that move, written for any viewer and read from any exporter.

The format: Khronos, "glTF 2.0 Specification". Its y is up and figures face z; the
motion has z up and faces x.
"""

from kinematics.formats.gltf_read import read
from kinematics.formats.gltf_write import write

__all__ = ["read", "write"]
