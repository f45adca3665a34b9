"""Names of the people that were followed: told by where they once stood."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from kinematics.points import Points3D

# Metres between where someone is said to be and where they are found: a choice, less
# than people usually keep from each other.
_NEAR_M = 1.0


@dataclasses.dataclass(frozen=True)
class Sighting:
    """Who stood where, and when: x and y in metres of the world, seconds."""

    name: str
    time_s: float
    at_m: tuple[float, float]


class Names:
    """Names of people as they become known, block by block.

    Those that nobody saw stand for people in the order of their appearance.
    """

    def __init__(self, people: Sequence[str], sightings: Sequence[Sighting]):
        """Begin a session with these people."""
        self._sightings = list(sightings)
        seen = {sighting.name for sighting in sightings}
        self._waiting = [name for name in people if name not in seen]
        self._called: dict[str, str] = {}

    def learn(self, people: Sequence[str], points: Points3D, start: int) -> None:
        """Look at a block: P people, their points [P, T, K, 3] from frame ``start``."""
        stop = start + len(points)
        told = [
            sighting
            for sighting in self._sightings
            if start <= round(sighting.time_s * points.fps) < stop
        ]
        free = [p for p, person in enumerate(people) if person not in self._called]
        if told and free:
            apart = np.array(
                [[_distance(points, p, start, one) for p in free] for one in told]
            )
            for row, column in zip(*linear_sum_assignment(apart), strict=True):
                if apart[row, column] < _NEAR_M:
                    self._called[people[free[column]]] = told[row].name
        for person in people:
            if person not in self._called and self._waiting:
                self._called[person] = self._waiting.pop(0)

    def __getitem__(self, person: str) -> str:
        return self._called.get(person, person)


def _distance(points: Points3D, p: int, start: int, sighting: Sighting) -> float:
    """Metres on the ground between a person and a sighting; far if not there."""
    frame = round(sighting.time_s * points.fps) - start
    around = slice(max(frame - 5, 0), frame + 6)
    places = np.asarray(points.positions)[p, around, :, :2].reshape(-1, 2)
    places = places[np.isfinite(places).all(-1)]
    if not len(places):
        return 1e6
    return float(np.linalg.norm(np.median(places, axis=0) - sighting.at_m))
