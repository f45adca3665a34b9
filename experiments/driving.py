"""Somebody who is driven: a character, what it can be told to do, and its page."""

import math
import threading
from collections.abc import Callable, Mapping

import numpy as np

from kinematics import Poses, Skeleton
from kinematics import motion as motions
from lmmjax.generation import Stream
from lmmjax.generation.character import Character
from lmmjax.model import MovementModel
from lmmjax.model import poses as poses_of
from lmmjax.viewer import live
from lmmjax.viewer.live.stage import Figure, figures

_TOLD_SECONDS = 0.5


def hands_of(body: Skeleton) -> list[str]:
    """Names of joints that may reach: hands or wrists, else the ends of the body."""
    inner = [n for n in body.names if n.lower().endswith(("hand", "wrist"))]
    ends = set(range(body.num_joints)) - set(body.parents)
    return inner or [body.names[j] for j in sorted(ends)]


class Session:
    """One character, what it can be told to do, and the page on which it is."""

    def __init__(
        self, model: MovementModel, prompts: Mapping[str, Poses], seed: int = 0
    ):
        """Prepare: everything is compiled here, which may take minutes.

        Args:
          model: of one body.
          prompts: by name; it begins with the first.
          seed: of the movement.
        """
        commit = min(5, model.config.horizon)
        stream = Stream(
            model, commit=commit, steps=4, churn=0.0, temperature=0.5, inertia=0.5
        )
        self._model, self._prompts, self._seed = model, dict(prompts), seed
        self.hands = hands_of(model.body)
        self._doing = next(iter(self._prompts))
        self._temperature = stream.temperature
        self._start = self._begun(stream, self._doing)
        self._start.warm(self._prompts[self._doing], next(iter(self.hands), None))
        self.figures(self._start.step()[0])
        self.player: live.Player[Character] = live.Player(
            self._start, model.fps, self.figures
        )

    def _begun(self, stream: Stream, name: str) -> Character:
        """A character that begins with a prompt."""
        character = Character.start(stream, self._prompts[name], self._seed)
        return self._told(character, name)

    def _told(self, character: Character, name: str) -> Character:
        """Told to go on with a prompt, if the model has a label of that name."""
        known = name in self._model.config.labels
        return character.tell(name if known else "")

    def figures(self, poses: Poses) -> list[Figure]:
        """What is drawn of poses [n]."""
        body = self._model.body
        return figures(body, motions.positions(poses_of.to_motion(poses, body, 1.0)))

    def push(self, direction: str, speed: float) -> None:
        """See `live.Orders`, here and below."""
        self.player.order(lambda character: character.push(direction, speed))

    def reach(self, joint: str, place: np.ndarray, seconds: float) -> None:
        """Where it is dragged to meanwhile is what counts."""
        self.player.order(lambda c: c.reach(joint, place, seconds), kind="goal")

    def release(self) -> None:
        """No goal any more."""
        self.player.order(Character.release, kind="goal")

    def prompt(self, name: str) -> None:
        """A prompt by its name; others are not heard."""
        if name in self._prompts:
            self._doing = name
            self.player.order(lambda c: self._told(c.prompt(self._prompts[name]), name))

    def temperature(self, value: float) -> None:
        """Also of the character that `reset` brings back."""
        self._temperature = value
        self.player.order(lambda c: c.with_temperature(value), kind="temperature")

    def pause(self, paused: bool) -> None:
        """Nothing moves meanwhile."""
        self.player.pause(paused)

    def reset(self) -> None:
        """To the place where it began, with what it does now."""
        doing = self._doing

        def anew(_: Character) -> Character:
            found = self._begun(self._start.stream, doing)
            return found.with_temperature(float(self._temperature))

        self.player.order(anew)

    def place_of(self, joint: str) -> np.ndarray:
        """Where a joint is [3], as far as is known."""
        character = self.player.actor
        figure = self.figures(character.recent)[-1]
        return figure.places[0, character.body.index(joint)]

    def run(
        self,
        port: int = 0,
        seconds: float = math.inf,
        opened: Callable[[int], None] = print,
    ) -> None:
        """Serve the page until Ctrl-C, or for some seconds.

        Args:
          port: to listen on, 0 for any.
          seconds: how long.
          opened: is told the port once the page can be opened.
        """
        first = self.figures(self._start.recent)[0]
        with live.serve(port) as server:
            stage = live.Stage(server, first, self._model.fps)
            panel = live.Panel(
                server,
                stage,
                self,
                list(self._prompts),
                self.hands,
                float(self._temperature),
            )
            ended = threading.Event()

            def tell() -> None:
                while not ended.wait(_TOLD_SECONDS):
                    panel.tell(self.player.pulse())

            telling = threading.Thread(target=tell, daemon=True)
            telling.start()
            opened(server.get_port())
            try:
                self.player.run(stage.show, seconds)
            finally:
                ended.set()
                telling.join()
