"""Keypoints in files: what detectors have seen, in the landmarks' common names.

`open_keypoints` tells the format from the content and reads a span of frames at a
time; `read_keypoints` reads them all; `camera_folders` finds the keypoints of each
camera of a session.

```python
source = detections.open_keypoints("pose/cam01_json", fps=60.0)
first_minute = source.read(0, 3600)
```
"""

from lmmjax.capture.detections.finding import camera_folders
from lmmjax.capture.detections.opening import FORMATS, open_keypoints, read_keypoints
from lmmjax.capture.detections.source import Source
from lmmjax.capture.names import natural_order

__all__ = [
    "FORMATS",
    "Source",
    "camera_folders",
    "natural_order",
    "open_keypoints",
    "read_keypoints",
]
