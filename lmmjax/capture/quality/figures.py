"""The figures of a whole session, collected from its takes."""

import dataclasses
import itertools
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from lmmjax.capture.errors import CaptureError
from lmmjax.capture.quality.people import Person, sums_of, together
from lmmjax.capture.quality.statistics import (
    BINS,
    bones,
    deviation,
    histogram,
    limbs,
    mean,
    quantile,
    ratio,
    there,
    variation,
)
from lmmjax.capture.reconstruct import Take

# What numbers, lists and strings in wrong places raise.
_DAMAGED = (KeyError, TypeError, ValueError, AttributeError, OverflowError)

By = Literal["cell", "camera", "joint", "all"]
# Axes of [V, K] that are summed over.
_SUMMED: dict[By, tuple[int, ...]] = {
    "cell": (),
    "camera": (1,),
    "joint": (0,),
    "all": (0, 1),
}


@dataclasses.dataclass(eq=False)
class Quality:
    """Figures of a session of V cameras that `add` collects from its takes.

    An observation is a keypoint of a camera whose point was triangulated; a keypoint
    that fewer than two cameras agree on is none. Figures about cameras and joints take
    ``by``: ``cell`` for [V, K], ``camera`` for [V], ``joint`` for [K], ``all`` for one
    number. What nothing was seen for is NaN.

    Attributes:
      cameras: V names, in the order of the takes.
      fps: frames per second of the takes.
      joints: K names; () before the first take.
      errors: [V, K, BINS] histogram of the reprojection errors of all observations.
      agreeing: [V, K, 2] number of the observations that made the points, and the sum
        of their errors in pixels.
      found: [K] number of triangulated points.
      spread: [K, 2] number of points with a covariance, and the sum of their standard
        deviations in metres.
      residual: [K, 2] number of points, and the sum of their squared distances from
        the fitted body in square metres.
      people: by name.
    """

    cameras: tuple[str, ...]
    fps: float
    joints: tuple[str, ...] = ()
    errors: np.ndarray = dataclasses.field(init=False, repr=False)
    agreeing: np.ndarray = dataclasses.field(init=False, repr=False)
    found: np.ndarray = dataclasses.field(init=False, repr=False)
    spread: np.ndarray = dataclasses.field(init=False, repr=False)
    residual: np.ndarray = dataclasses.field(init=False, repr=False)
    people: dict[str, Person] = dataclasses.field(init=False, default_factory=dict)

    def __post_init__(self):
        self._clear()

    def _clear(self) -> None:
        for name, (shape, kind) in _sums(len(self.cameras), len(self.joints)).items():
            setattr(self, name, np.zeros(shape, kind))

    @property
    def bones(self) -> list[tuple[str, str]]:
        """B pairs of joints whose distances are compared."""
        return bones(self.joints)

    def add(self, take: Take) -> None:
        """Count one person over a block.

        Raises:
          ValueError: cameras, joints or rate are not those of the takes before.
        """
        _check_take(self, take)
        if not self.joints:
            self.joints = take.raw.names
            self._clear()
        error = np.asarray(take.error_px)
        agrees = np.asarray(take.agrees, bool) & np.isfinite(error)
        self.errors += histogram(error)
        self.agreeing[..., 0] += agrees.sum(1)
        self.agreeing[..., 1] += np.where(agrees, error, 0).sum(1, dtype=float)
        seen = there(take.raw)
        count = seen.sum(0)
        self.found += count
        if take.raw.covariances is not None:
            size = deviation(np.asarray(take.raw.covariances, float))
            told = seen & np.isfinite(size)
            self.spread[:, 0] += told.sum(0)
            self.spread[:, 1] += np.where(told, size, 0).sum(0)
        off = np.asarray(take.residual_m, float)
        fitted = np.isfinite(off)
        self.residual[fitted, 0] += count[fitted]
        self.residual[fitted, 1] += (count * off**2)[fitted]
        _join(self.people, take.person, sums_of(take, self.bones))

    def merge(self, other: "Quality") -> "Quality":
        """Figures of both parts of one session.

        Raises:
          ValueError: they are not of the same cameras, joints and rate.
        """
        mine = (self.cameras, self.fps, self.joints or other.joints)
        if mine != (other.cameras, other.fps, other.joints or self.joints):
            raise ValueError(
                "only parts of one session merge; cameras, joints or frames per second "
                f"of these differ: {mine} and {(other.cameras, other.fps)}"
            )
        result = Quality(*mine)
        for part in (self, other):
            if part.joints:
                for name in _sums(0, 0):
                    getattr(result, name)[:] += getattr(part, name)
            for name, person in part.people.items():
                _join(result.people, name, person)
        return result

    def observations(self, by: By = "all") -> np.ndarray:
        """How many keypoints of cameras have a point to compare with."""
        return self.errors.sum(-1).sum(_SUMMED[by])

    def error_px(self, share: float = 0.5, by: By = "all") -> np.ndarray:
        """Reprojection error in pixels that a share of all observations is below."""
        return quantile(self.errors.sum(_SUMMED[by]), share)

    def mean_error_px(self, by: By = "all") -> np.ndarray:
        """Mean reprojection error in pixels of the observations that agree."""
        return ratio(*np.moveaxis(self.agreeing.sum(_SUMMED[by]), -1, 0)[::-1])

    def agreement(self, by: By = "all") -> np.ndarray:
        """Share of the observations that made the points."""
        return ratio(
            self.agreeing[..., 0].sum(_SUMMED[by]), self.errors.sum(-1).sum(_SUMMED[by])
        )

    def coverage(self, by: By = "all") -> np.ndarray:
        """Share of the frames with a person in which a camera shows a joint of theirs.

        Over several cameras or joints it is the mean of their shares.
        """
        cells = self.errors.sum(-1)
        many = np.ones_like(cells).sum(_SUMMED[by]) * self.frames
        return ratio(cells.sum(_SUMMED[by]), many)

    def triangulated(self, by: Literal["joint", "all"] = "all") -> np.ndarray:
        """Share of the frames with a person in which a point of theirs is known."""
        if by == "joint":
            return ratio(self.found, np.full(len(self.joints), self.frames))
        return ratio(self.found.sum(), self.frames * len(self.joints))

    def spread_mm(self, by: Literal["joint", "all"] = "all") -> np.ndarray:
        """Mean standard deviation of points along an axis, from their covariances."""
        count, total = np.moveaxis(
            self.spread if by == "joint" else self.spread.sum(0), -1, 0
        )
        return 1000 * ratio(total, count)

    def residual_mm(self, by: Literal["joint", "all"] = "all") -> np.ndarray:
        """Root mean square distance of points from the fitted body."""
        sums = self.residual if by == "joint" else self.residual.sum(0)
        return 1000 * np.sqrt(ratio(sums[..., 1], sums[..., 0]))

    @property
    def frames(self) -> int:
        """Frames with a person in them, summed over people."""
        return sum(person.frames for person in self.people.values())

    def known_s(self, person: str | None = None) -> float:
        """Seconds of movement that can be believed, of one person or of all."""
        some = self.people.values() if person is None else [self.people[person]]
        return sum(b - a for p in some for a, b in p.known) / self.fps

    def gaps(self, person: str) -> list[tuple[int, int]]:
        """Spans of frames between those in which a person's motion is known."""
        known = self.people[person].known
        return [(a[1], b[0]) for a, b in itertools.pairwise(known)]

    def bone_variation(self, person: str) -> np.ndarray:
        """[B] standard deviation over mean of each bone's length, from raw points."""
        return variation(self.people[person].bones)

    def limb_variation(self, person: str) -> float:
        """Mean of `bone_variation` over upper and lower arms and legs."""
        return mean(self.bone_variation(person)[limbs(self.bones)])

    def summary(self) -> dict[str, float]:
        """The figures of a session in a line; shares are from 0 to 1."""
        return {
            "people": float(len(self.people)),
            "known_s": self.known_s(),
            "reprojection_median_px": float(self.error_px(0.5)),
            "reprojection_95_px": float(self.error_px(0.95)),
            "reprojection_mean_px": float(self.mean_error_px()),
            "agreement": float(self.agreement()),
            "coverage": float(self.coverage()),
            "triangulated": float(self.triangulated()),
            "limb_variation": mean(
                np.array([self.limb_variation(name) for name in self.people])
            ),
            "body_residual_mm": float(self.residual_mm()),
            "spread_mm": float(self.spread_mm()),
        }

    def to_dict(self) -> dict[str, Any]:
        """The same as numbers, lists and strings, for JSON."""
        return {
            "cameras": list(self.cameras),
            "fps": self.fps,
            "joints": list(self.joints),
            **{name: getattr(self, name).tolist() for name in _sums(0, 0)},
            "people": {
                name: {
                    "frames": person.frames,
                    "known": [list(span) for span in person.known],
                    "bones": person.bones.tolist(),
                }
                for name, person in self.people.items()
            },
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Quality":
        """What `to_dict` gave.

        Raises:
          CaptureError: something is missing or of another shape.
        """
        try:
            cameras, joints = (
                tuple(map(str, values[key])) for key in ("cameras", "joints")
            )
            # Before there is memory for as many as there are names of.
            sums: dict[str, np.ndarray] = {
                # An empty list has lost the lengths of its inner axes.
                name: np.array(values[name], kind).reshape(shape)
                for name, (shape, kind) in _sums(len(cameras), len(joints)).items()
            }
            result = cls(cameras, float(values["fps"]), joints)
            for name, array in sums.items():
                setattr(result, name, array)
            for name, person in values["people"].items():
                result.people[str(name)] = Person(
                    int(person["frames"]),
                    tuple((int(a), int(b)) for a, b in person["known"]),
                    np.array(person["bones"], float).reshape(len(result.bones), 3),
                )
        except _DAMAGED as error:
            raise CaptureError(
                f"these are no figures of quality as this version keeps them: {error!r}"
            ) from error
        return result


def _join(people: dict[str, Person], name: str, more: Person) -> None:
    people[name] = together(people[name], more) if name in people else more


def _sums(cameras: int, joints: int) -> dict[str, tuple[tuple[int, ...], type]]:
    """Shape and kind of what adds up."""
    return {
        "errors": ((cameras, joints, BINS), np.int64),
        "agreeing": ((cameras, joints, 2), np.float64),
        "found": ((joints,), np.int64),
        "spread": ((joints, 2), np.float64),
        "residual": ((joints, 2), np.float64),
    }


def _check_take(quality: Quality, take: Take) -> None:
    cameras, frames, joints = np.shape(take.error_px)
    names = quality.joints or take.raw.names
    given = (cameras, take.raw.names, take.raw.fps, joints)
    wanted = (len(quality.cameras), names, quality.fps, len(names))
    if given != wanted or frames != len(take.raw):
        raise ValueError(
            f"the take of {take.person!r} from frame {take.start} is of {cameras} "
            f"cameras at {take.raw.fps:g} frames per second and the joints "
            f"{', '.join(take.raw.names)}; the figures are of "
            f"{len(quality.cameras)} cameras at {quality.fps:g} and the joints "
            f"{', '.join(names)}"
        )
