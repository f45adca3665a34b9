"""What can be configured, and the defaults."""

import dataclasses

from lmmjax.model import ModelConfig
from lmmjax.training.loop import LoopConfig
from lmmjax.training.loss import LossConfig
from lmmjax.training.practice import PracticeConfig
from lmmjax.training.state import OptimizerConfig


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """Which motion, and how it is cut.

    Attributes:
      prepared_dir: where built datasets are kept.
      rate_hz: frames per second that motion is taken to.
      test_subjects: subjects (or sessions of footage) held out for the test; a tenth
        of them by default.
      split_by: what is held out of footage, session or subject.
      validation_share: share of the remaining files for validation.
      validation_subjects: subjects of motion files to validate on, in place of a share.
      up: the axis that points up in the files, y or z.
      scale: metres per unit of the files; 0 finds it by the size of the body.
      body: body to bring files of different skeletons to, cmu for those of CMU's
        library; none where all files have one skeleton.
      context: observed poses in a training window.
      stride: frames from one training window of a clip to the next.
      clips: clips of the built-in motion.
      held_out: clips of the CMU benchmark's training files to test on, walking_1.
      validation: clips of it to validate on.
      action_weights: how often windows of an action are drawn, walking=0.5, in
        proportion; 1 for those not named, and all windows alike where none is.
      labels: whether the model learns to heed what clips are said to show: their
        actions, as the names of files or folders tell them.
      embeddings: npz file of a vector for each clip by its name in the dataset, such
        as those of a text encoder, which the model learns to heed.
      clip_balance: 0 where clips are drawn as often as they have windows, 1 where all
        are drawn alike, however short.
    """

    prepared_dir: str = "runs/datasets"
    rate_hz: float = 30.0
    test_subjects: tuple[str, ...] = ()
    split_by: str = "session"
    validation_share: float = 0.1
    validation_subjects: tuple[str, ...] = ()
    up: str = "y"
    scale: float = 0.0
    body: str = ""
    context: int = 32
    stride: int = 1
    clips: int = 96
    held_out: tuple[str, ...] = ()
    validation: tuple[str, ...] = ()
    action_weights: tuple[str, ...] = ()
    clip_balance: float = 0.0
    labels: bool = False
    embeddings: str = ""


@dataclasses.dataclass(frozen=True)
class Config:
    """A whole run.

    Attributes:
      model: size of the network.
      data: motion and windows.
      loss: weights of the loss.
      optim: the optimiser.
      loop: length and rhythm.
      practice: how the model practises; by default it does not.
    """

    model: ModelConfig = ModelConfig()
    data: DataConfig = DataConfig()
    loss: LossConfig = LossConfig()
    optim: OptimizerConfig = OptimizerConfig()
    loop: LoopConfig = LoopConfig()
    practice: PracticeConfig = PracticeConfig()
