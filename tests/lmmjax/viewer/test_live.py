"""Laws of the live page: frames at their moments, orders change what is unseen."""

import dataclasses
import threading
import time

import numpy as np
import pytest

from kinematics import Poses
from kinematics import motion as motions
from lmmjax.viewer import live
from lmmjax.viewer.live.panel import told
from lmmjax.viewer.live.player import Pulse
from lmmjax.viewer.live.stage import figures
from tests.lmmjax import tiny

COMMIT = 5


@dataclasses.dataclass(frozen=True)
class Walker:
    """Its root is at the number of frames that it has been shown, times its stride."""

    place: float = 0.0
    stride: float = 1.0
    seconds: float = 0.0

    def step(self):
        time.sleep(self.seconds)
        place = self.place + self.stride * np.arange(1, COMMIT + 1)
        root = np.zeros((COMMIT, 3))
        root[:, 0] = place
        return Poses(root, np.zeros((COMMIT, 4)), np.zeros((COMMIT, 1))), self.at(
            place[-1]
        )

    def shown(self, poses):
        return self.at(poses.root_position[-1, 0])

    def at(self, place):
        return dataclasses.replace(self, place=float(place))


def striding(stride):
    return lambda walker: dataclasses.replace(walker, stride=stride)


def path(timeline):
    return np.concatenate([part.poses.root_position[:, 0] for part in timeline.parts])


def made(steps):
    timeline = live.Timeline(Walker())
    for _ in range(steps):
        timeline = timeline.extended()
    return timeline


@pytest.mark.parametrize("frame", [0, 3, 5, 9, 10, 14, 15])
def test_an_order_changes_what_comes_from_a_frame_on_and_nothing_before(frame):
    before = made(3)
    after = before.ordered(frame, striding(10.0))
    assert after.end == frame
    found = path(after.extended())
    np.testing.assert_array_equal(found[:frame], path(before)[:frame])
    np.testing.assert_array_equal(
        found[frame:], frame + 10.0 * np.arange(1, COMMIT + 1)
    )
    assert path(before).tolist() == list(range(1, 16)), "the old one is what it was"


def test_a_frame_that_is_not_there_stands_for_the_nearest():
    late = made(1).ordered(40, striding(2.0))
    assert late.end == 5
    early = made(3).since(7).ordered(2, striding(2.0))
    assert early.end == 5
    assert made(3).since(7).parts[0].start == 5


def test_frames_come_at_their_moments_and_nothing_drifts():
    player = live.Player(Walker(), 50.0, lambda poses: poses.root_position[:, 0])
    shown = []
    player.run(lambda x: shown.append((time.perf_counter(), x)), 1.0)
    moments, places = np.array(shown).T
    places = places.astype(int)
    # Whatever is shown is shown at its time, on a machine that is busy, too.
    late = moments - moments[0] - (places - places[0]) / 50.0
    assert np.median(np.abs(late)) < 0.01
    assert (np.diff(places) >= 1).all()
    pulse = player.pulse()
    assert pulse.shown == len(shown)
    assert places[-1] - places[0] + 1 - len(places) <= pulse.late
    assert 35 <= places[-1] <= 51


def test_an_order_shows_before_what_was_made_ahead_has_been_played():
    player = live.Player(Walker(), 20.0, lambda poses: poses.root_position[:, 0])
    shown, ordered = [], []

    def show(place):
        shown.append(place)
        if len(shown) == 8:
            ordered.append(player.actor.place)
            player.order(striding(-1.0))
        if len(shown) == 24:
            player.stop()

    player.run(show, 20.0)
    steps = np.diff(shown)
    turned = int(np.argmax(steps < 0)) + 1
    assert 8 <= turned < ordered[0], "what was made ahead is not all played"
    assert (steps[turned:] < 0).all()
    if player.pulse().late == 0:
        assert set(np.abs(steps)) == {1.0}, "and one frame leads into the other"
    assert 0 < player.pulse().reaction < 1.0


def test_of_orders_of_a_kind_the_newest_counts():
    player = live.Player(Walker(), 30.0, lambda poses: poses.root_position[:, 0])
    obeyed = []

    def order(n):
        return lambda walker: obeyed.append(n) or walker

    for n in range(5):
        player.order(order(n), kind="goal")
    player.order(order(10))
    player.order(order(11))
    player.run(lambda _: None, 0.3)
    assert obeyed == [4, 10, 11]


def test_steps_that_are_too_slow_are_told_and_no_frame_is_lost_track_of():
    slow = Walker(seconds=0.3)
    player = live.Player(slow, 50.0, lambda poses: poses.root_position[:, 0])
    shown = []
    player.run(shown.append, 1.5)
    assert player.pulse().late > 0
    assert (np.diff(shown) > 0).all()
    assert player.pulse().step >= 0.3


def test_what_is_shown_leads_into_what_an_order_makes_however_long_it_takes():
    player = live.Player(Walker(), 20.0, lambda poses: poses.root_position[:, 0])
    shown = []

    def slowly(walker):
        time.sleep(0.4)
        return dataclasses.replace(walker, stride=-1.0)

    def show(place):
        shown.append(place)
        if len(shown) == 6:
            player.order(slowly)

    player.run(show, 1.5)
    turned = shown.index(max(shown))
    ahead, back = np.diff(shown[: turned + 1]), np.diff(shown[turned:])
    assert len(back) > 2
    assert (ahead > 0).all()
    assert back[0] >= -player.pulse().late - 1
    assert max(shown) <= 6 + 5, "nothing that was taken back"
    assert player.pulse().late > 0


def test_after_a_long_wait_time_goes_on_from_there():
    player = live.Player(Walker(), 20.0, lambda poses: poses.root_position[:, 0])
    shown = []

    def show(place):
        shown.append((time.perf_counter(), place))
        if len(shown) == 4:
            player.order(lambda walker: time.sleep(1.2) or walker)

    player.run(show, 2.6)
    moments, places = np.array(shown).T
    stall = int(np.argmax(np.diff(moments))) + 1
    assert moments[stall] - moments[stall - 1] > 0.5
    assert places[stall] - places[stall - 1] == 1, "nothing is left out"
    later = moments[stall:] - moments[stall]
    assert (later >= (places[stall:] - places[stall]) / 20.0 - 0.02).all()


def test_a_pause_is_not_made_up_for():
    player = live.Player(Walker(), 50.0, lambda poses: poses.root_position[:, 0])
    shown = []

    def show(place):
        shown.append((time.perf_counter(), place))
        if len(shown) == 10:
            player.pause(True)
            threading.Timer(0.4, player.pause, [False]).start()

    player.run(show, 1.2)
    moments, places = np.array(shown).T
    assert moments[10] - moments[9] >= 0.39
    assert places[10] - places[9] == 1


def test_what_fails_in_a_step_is_raised_and_ends_it():
    def fail(_):
        raise RuntimeError("no step")

    before = threading.active_count()
    player = live.Player(Walker(), 30.0, lambda poses: poses.root_position[:, 0])
    player.order(fail)
    with pytest.raises(RuntimeError, match="no step"):
        player.run(lambda _: None)
    assert threading.active_count() == before


def test_how_it_does_is_told_in_words():
    assert told(Pulse(np.nan, np.nan, 0, 0)) == (
        "step - | reaction - | late 0 of 0 frames"
    )
    assert told(Pulse(0.0163, 0.1, 300, 2)) == (
        "step 16 ms | reaction 100 ms | late 2 of 300 frames"
    )


class Told:
    """Orders, remembered."""

    def __init__(self):
        self.heard = []

    def __getattr__(self, name):
        if name == "place_of":
            return lambda joint: np.array([0.1, 0.2, 1.0])
        return lambda *args: self.heard.append((name, *args))


@pytest.fixture
def page():
    """A stage and a panel on a server, and what is ordered there."""
    pytest.importorskip("viser", reason="the viewer is an optional extra")
    motion = tiny.motion(0)
    drawn = figures(motion.skeleton, motions.positions(motion))
    orders = Told()
    with live.serve() as server:
        stage = live.Stage(server, drawn[0], 30.0)
        panel = live.Panel(server, stage, orders, ["walk", "run"], ["Head"])
        yield server, stage, panel, orders, drawn


def test_only_this_machine_can_reach_the_page_and_nobody_shares_it(page):
    server = page[0]
    assert server.get_host() == "127.0.0.1"
    assert server.request_share_url() is None


def test_the_body_is_drawn_where_it_is(page):
    _, stage, _, _, drawn = page
    stage.show(drawn[20])
    np.testing.assert_array_equal(stage._joints.batched_positions, drawn[20].places[0])
    np.testing.assert_array_equal(
        stage._bones.batched_positions, drawn[20].bones.centers[0]
    )
    assert len(stage._bones.batched_positions) == tiny.body().num_joints - 1


def test_the_floor_glides_under_who_walks_until_it_need_not(page):
    _, stage, _, _, drawn = page
    for _ in range(200):
        stage.show(drawn[30])
    here = drawn[30].places[0, 0]
    np.testing.assert_allclose(stage._root.position, [-here[0], -here[1], 0], atol=1e-3)
    stage.follows = False
    stage.show(drawn[0])
    np.testing.assert_allclose(stage._root.position, [-here[0], -here[1], 0], atol=1e-3)


def test_a_goal_is_seen_where_it_is_put_until_it_is_hidden(page):
    _, stage, _, _, _ = page
    assert not stage._goal.visible
    stage.put_goal((0.3, 0.2, 1.1))
    assert stage._goal.visible
    np.testing.assert_allclose(stage._goal.position, [0.3, 0.2, 1.1])
    stage.hide_goal()
    assert not stage._goal.visible
