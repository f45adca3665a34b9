"""Who a track is: named when confirmed, kept when gone, the same when back."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from lmmjax.capture.associate.options import Options
from lmmjax.capture.associate.tracks import Tracks, bone_difference

# A track that nobody knows yet is given up after this many frames without support.
_PATIENCE = 2
# Metres by which someone may be off from where they could have gone.
_SLACK = 1.0


def settle(tracks: Tracks, options: Options) -> Tracks:
    """Tracks with those lost suspended or dropped, and those proven named."""
    if not len(tracks):
        return tracks
    named = tracks.person > 0
    # Two frames at least, however slow the cameras are.
    hold = max(options.hold_s * tracks.fps, 2)
    lonely = max(options.lonely_s * tracks.fps, hold)
    active = (tracks.missed <= hold) & (tracks.alone <= lonely) & tracks.active
    still = tracks.missed <= options.forget_s * tracks.fps
    keep = np.where(named, still, active & (tracks.alone <= _PATIENCE))
    # Those who wait only grow older.
    missed = tracks.missed + ~tracks.active
    tracks = tracks.replace(active=active, missed=missed).take(keep)
    ready = (tracks.person == 0) & (tracks.hits >= options.confirm)
    return _name(tracks, np.flatnonzero(ready), options) if ready.any() else tracks


def _name(tracks: Tracks, new: np.ndarray, options: Options) -> Tracks:
    """Tracks with some made people: those who left before, or new ones."""
    gone = np.flatnonzero((tracks.person > 0) & (~tracks.active | (tracks.missed > 0)))
    person = tracks.person.copy()
    cost = _returns(tracks.take(new), tracks.take(gone), options)
    rows, columns = linear_sum_assignment(np.minimum(cost, 1e3))
    back = cost[rows, columns] < 1
    old, again = gone[columns[back]], new[rows[back]]
    person[again] = person[old]
    bones, measured = tracks.bones.copy(), tracks.measured.copy()
    bones[again], measured[again] = bones[old], measured[old]
    left = person[new] == 0
    person[new[left]] = tracks.named + 1 + np.arange(left.sum())
    keep = np.ones(len(tracks), bool)
    keep[old] = False
    named = tracks.named + int(left.sum())
    tracks = tracks.replace(person=person, named=named, bones=bones, measured=measured)
    return tracks.take(keep)


def _returns(new: Tracks, gone: Tracks, options: Options) -> np.ndarray:
    """[N, M] how unlike a new track is someone gone; infinite where impossible."""
    middle = _middles(new)[:, None] - _middles(gone)[None]
    reach = _SLACK + options.stride_m_s * gone.missed / gone.fps
    far = np.linalg.norm(middle, axis=-1) / reach
    build = bone_difference(new, gone) / options.build
    return np.where((far < 1) & (build < 1), build, np.inf)


def _middles(tracks: Tracks) -> np.ndarray:
    known = tracks.known[..., None]
    return (tracks.places * known).sum(1) / np.maximum(known.sum(1), 1)
