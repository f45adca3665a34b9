"""The configurations that are used."""

import dataclasses

from experiments.configs.base import Config, DataConfig
from lmmjax.evaluation.protocols.positions import JOINT_WEIGHTS
from lmmjax.model import ModelConfig
from lmmjax.training.loop import LoopConfig
from lmmjax.training.loss import LossConfig
from lmmjax.training.practice import PracticeConfig
from lmmjax.training.state import OptimizerConfig

DEMO = Config(
    model=ModelConfig(
        width=96, layers=2, heads=4, head_width=192, head_layers=2, horizon=12
    ),
    data=DataConfig(stride=3, clips=60, split_by="subject"),
    loss=LossConfig(places=6, draws=3),
    practice=PracticeConfig(share=0.4, begin=0.3, rollouts=24, seconds=8.0),
    loop=LoopConfig(steps=600, batch=32, save_every=200, evaluate_every=100),
)

SMALL = Config(
    model=ModelConfig(
        width=128, layers=4, heads=4, head_width=256, head_layers=2, horizon=15
    ),
    loss=LossConfig(places=6, draws=3),
    practice=PracticeConfig(share=0.4, begin=0.3),
    loop=LoopConfig(steps=2400, batch=32, save_every=200, evaluate_every=200),
)

# The pretrained model of whole-body motion: all that there is of CMU's library in its
# two forms, on one body. 1.9 million parameters, 28 minutes on one core.
HUMAN = Config(
    model=ModelConfig(
        width=192,
        layers=4,
        heads=6,
        window=12,
        head_width=256,
        head_layers=3,
        horizon=15,
        # Fewer lose where feet stand.
        components=320,
        dropout=0.15,
    ),
    data=DataConfig(
        body="cmu",
        rate_hz=30.0,
        test_subjects=("08", "09"),
        labels=True,
        # As many as there are clips of each, but running, of which there is one: seen
        # as seldom as that, runners drift; seen as often as walking, walkers stop.
        action_weights=(
            "walk=15",
            "dance=17",
            "dribble=10",
            "shoot=3",
            "climb=12",
            "jump=2",
            "sword=3",
            "run=6",
        ),
        # Half of all is on a playground's bars, at any height above its floor; and the
        # walks are so short that few windows fit into one.
        clip_balance=1.0,
        # As far back as four layers look.
        context=48,
    ),
    loss=LossConfig(
        places=6,
        draws=3,
        turn=1.0,
        coordinates=0.3,
        mirror=0.0,
        warp=0.2,
        # As far apart as people who walk are from each other, to the end.
        posture=0.3,
        fade=0.0,
        amplitude=0.2,
        planted=True,
        size=0.2,
        contact=2.0,
        context_noise=0.0,
        early=0.5,
    ),
    practice=PracticeConfig(
        share=0.4,
        begin=0.25,
        seconds=20.0,
        size=0.15,
        posture=0.3,
        pace=0.35,
        switch=0.25,
    ),
    loop=LoopConfig(steps=3200, batch=32, save_every=250, evaluate_every=1000),
)

# The same for people who are told what they do: all actions are seen more often, and
# practised more often by whoever did something else. Untold they slow down and stop.
ACTIONS = dataclasses.replace(
    HUMAN,
    data=dataclasses.replace(
        HUMAN.data,
        action_weights=(
            "walk=20",
            "dance=17",
            "dribble=10",
            "shoot=5",
            "climb=12",
            "jump=4",
            "sword=5",
            "punch=4",
            "wash=4",
            "run=8",
        ),
    ),
    practice=dataclasses.replace(HUMAN.practice, switch=0.35, rollouts=96),
)

# And for people who are told where hands are to be, too, which in two windows of five
# has nothing to do with the rest. Labels are heeded a little less for it.
GOALS = dataclasses.replace(
    ACTIONS,
    model=dataclasses.replace(ACTIONS.model, goals=("Hips", "LeftHand", "RightHand")),
    loss=dataclasses.replace(ACTIONS.loss, reaches=0.4, goal=2.0),
)

# The forecast of the CMU motion prediction benchmark: ten poses seen from the pelvis
# in, 25 out, judged by its joint weights. Two actions hardly move and are most of the
# data.
CMU38 = Config(
    model=ModelConfig(
        width=128,
        layers=1,
        heads=4,
        window=10,
        recent=10,
        # Four of them are a file of 8 MB.
        head_width=384,
        head_layers=2,
        horizon=25,
        components=384,
        dropout=0.3,
    ),
    data=DataConfig(
        rate_hz=60.0,
        context=10,
        held_out=("basketball_1", "jumping_1", "running_1", "soccer_1", "walking_1"),
        action_weights=("basketball_signal=0.3", "directing_traffic=0.3"),
    ),
    loss=LossConfig(
        places=1,
        draws=2,
        residual=0.1,
        mirror=0.0,
        warp=0.25,
        reverse=0.3,
        posture=0.12,
        amplitude=0.2,
        context_noise=0.0,
        joint_weights=JOINT_WEIGHTS,
        early=0.5,
    ),
    optim=OptimizerConfig(warmup=200, ema=0.998),
    loop=LoopConfig(steps=3000, batch=64, save_every=500, evaluate_every=500),
)

CONFIGS: dict[str, Config] = {
    "demo": DEMO,
    "small": SMALL,
    "human": HUMAN,
    "actions": ACTIONS,
    "goals": GOALS,
    "cmu38": CMU38,
}
