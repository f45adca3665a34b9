"""What a person can press, choose and drag, and what they are told."""

import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from lmmjax.viewer.live.player import Pulse
from lmmjax.viewer.live.stage import Stage


class Orders(Protocol):
    """Who is told what a person wants; called from any thread."""

    def push(self, direction: str, speed: float) -> None:
        """Push: left, right, forward or back, m/s."""

    def reach(self, joint: str, place: np.ndarray, seconds: float) -> None:
        """Bring a joint to a place [3] in some seconds."""

    def release(self) -> None:
        """Wish for nothing any more."""

    def prompt(self, name: str) -> None:
        """Do something else."""

    def temperature(self, value: float) -> None:
        """Draw movement with another scale of the noise."""

    def pause(self, paused: bool) -> None:
        """Stand still, or go on."""

    def reset(self) -> None:
        """Begin anew."""

    def place_of(self, joint: str) -> np.ndarray:
        """Where a joint is [3]."""
        ...


class Panel:
    """The panel of a server, the same for all who look at its page."""

    def __init__(
        self,
        server: Any,
        stage: Stage,
        orders: Orders,
        prompts: Sequence[str],
        hands: Sequence[str],
        temperature: float = 0.5,
    ):
        """Add everything.

        Args:
          server: of viser.
          stage: whose goal is dragged.
          orders: who is told.
          prompts: names of what can be done, the first one is done already.
          hands: names of the joints that can reach; nothing is dragged without any.
          temperature: how it moves at first.
        """
        gui = server.gui
        self._told = gui.add_markdown(told(Pulse(math.nan, math.nan, 0, 0)))
        with gui.add_folder("Movement"):
            if len(prompts) > 1:
                doing = gui.add_dropdown("primitive", tuple(prompts), prompts[0])
                doing.on_update(lambda _: orders.prompt(doing.value))
                again = gui.add_button("once more")
                again.on_click(lambda _: orders.prompt(doing.value))
            warmth = gui.add_slider("temperature", 0.0, 1.0, 0.05, temperature)
            warmth.on_update(lambda _: orders.temperature(warmth.value))
        with gui.add_folder("Push"):
            strength = gui.add_slider("speed (m/s)", 0.1, 3.0, 0.1, 1.0)
            for direction in ("left", "right", "forward", "back"):
                self._button(gui, f"push {direction}", direction, orders, strength)
        if hands:
            self._goal(gui, stage, orders, hands)
        with gui.add_folder("Time"):
            paused = gui.add_checkbox("pause", False)
            paused.on_update(lambda _: orders.pause(paused.value))
            follow = gui.add_checkbox("follow", stage.follows)

            @follow.on_update
            def _(_) -> None:
                stage.follows = follow.value

            reset = gui.add_button("reset")

            @reset.on_click
            def _(_) -> None:
                stage.hide_goal()
                orders.reset()

    def tell(self, pulse: Pulse) -> None:
        """Show how the player does."""
        self._told.content = told(pulse)

    @staticmethod
    def _button(
        gui: Any, label: str, direction: str, orders: Orders, strength: Any
    ) -> None:
        button = gui.add_button(label)
        button.on_click(lambda _: orders.push(direction, float(strength.value)))

    @staticmethod
    def _goal(gui: Any, stage: Stage, orders: Orders, hands: Sequence[str]) -> None:
        with gui.add_folder("Goal"):
            hand = gui.add_dropdown("hand", tuple(hands), hands[0])
            seconds = gui.add_slider("seconds", 0.2, 2.0, 0.1, 0.8)
            new = gui.add_button("set goal")
            clear = gui.add_button("clear goal")

        @new.on_click
        def _(_) -> None:
            # Within reach, and seen: a little above where the hand is.
            place = orders.place_of(hand.value) + np.array([0.0, 0.0, 0.25])
            stage.put_goal(place)
            orders.reach(hand.value, place, float(seconds.value))

        @clear.on_click
        def _(_) -> None:
            stage.hide_goal()
            orders.release()

        stage.on_drag(
            lambda place: orders.reach(hand.value, place, float(seconds.value))
        )


def told(pulse: Pulse) -> str:
    """How a player does, in words."""

    def ms(seconds: float) -> str:
        return "-" if math.isnan(seconds) else f"{1e3 * seconds:.0f} ms"

    return (
        f"step {ms(pulse.step)} | reaction {ms(pulse.reaction)} | "
        f"late {pulse.late} of {pulse.shown} frames"
    )
