"""The cameras of a session: calibrated, and known by name."""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from kinematics.camera import Camera
from lmmjax.capture.errors import CaptureError


@dataclasses.dataclass(frozen=True)
class Calibration:
    """V calibrated cameras. Build one with `make_calibration`.

    Attributes:
      names: V unique names.
      cameras: V cameras, each without leading axes, in float64 and metres.
      sizes: width and height in pixels for each, or None where not known.
    """

    names: tuple[str, ...]
    cameras: tuple[Camera, ...]
    sizes: tuple[tuple[int, int] | None, ...]

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __getitem__(self, name: str) -> Camera:
        """A camera by its name; KeyError lists the names."""
        return self.cameras[self.index(name)]

    def index(self, name: str) -> int:
        """Where a camera stands in the order; KeyError lists the names."""
        if name not in self.names:
            raise KeyError(f"no camera {name!r}; there are {list(self.names)}")
        return self.names.index(name)

    def select(self, names: Sequence[str]) -> "Calibration":
        """Some of the cameras, in that order."""
        at = [self.index(name) for name in names]
        return Calibration(
            tuple(names),
            tuple(self.cameras[v] for v in at),
            tuple(self.sizes[v] for v in at),
        )

    @property
    def centers(self) -> np.ndarray:
        """[V, 3] metres, where the cameras stand."""
        return np.array([-c.rotation.T @ c.translation for c in self.cameras])


def make_calibration(
    names: Sequence[str],
    cameras: Sequence[Camera],
    sizes: Sequence[tuple[int, int] | None] | None = None,
) -> Calibration:
    """Build and check a calibration.

    Raises:
      CaptureError: names appear twice, counts differ, or numbers are not finite.
    """
    names = tuple(names)
    if len(cameras) != len(names) or (sizes and len(sizes) != len(names)):
        raise CaptureError(f"{len(names)} names for {len(cameras)} cameras")
    if not names:
        raise CaptureError("the calibration has no cameras")
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise CaptureError(f"camera {twice[0]!r} is calibrated twice; rename one")
    for name, camera in zip(names, cameras, strict=True):
        for value in (camera.matrix, camera.rotation, camera.translation):
            if not np.isfinite(value).all():
                raise CaptureError(f"camera {name!r}: its calibration is not finite")
    given = sizes or [None] * len(names)
    whole = tuple(None if s is None else (int(s[0]), int(s[1])) for s in given)
    return Calibration(names, tuple(cameras), whole)
