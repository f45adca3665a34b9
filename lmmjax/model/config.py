"""The size of a movement model, and what it can be told."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """Size of a movement model.

    Attributes:
      width: channels of the backbone.
      layers: blocks of the backbone.
      heads: attention heads.
      window: poses a block of the backbone looks back on.
      recent: newest poses that the head is shown as they are, beside the backbone's
        summary; 0 for none.
      head_width: channels of the head.
      head_layers: layers of the head.
      horizon: poses K that are predicted at once.
      components: most components that tell them, those of all parities together; see
        `lmmjax.model.scales`.
      equivariant: whether the network commutes with the mirror of the body, which
        then must have one; it has half of the weights that it would have otherwise.
      dtype: of matrix products, ``float32`` or ``bfloat16``. All else, limits and
        kinematics above all, is float32.
      dropout: share of hidden features that training leaves out.
      labels: what somebody can be said to do; see `lmmjax.model.intent`.
      embedding: numbers of a user's own that can be told.
      goals: joints that can be told where to be.
      members: networks whose estimates are averaged; a model of several is put
        together from models that were trained, see `lmmjax.model.ensemble`.
    """

    width: int = 192
    layers: int = 4
    heads: int = 6
    window: int = 32
    recent: int = 8
    head_width: int = 320
    head_layers: int = 2
    horizon: int = 15
    components: int = 192
    equivariant: bool = True
    dtype: str = "float32"
    dropout: float = 0.0
    labels: tuple[str, ...] = ()
    embedding: int = 0
    goals: tuple[str, ...] = ()
    members: int = 1

    @property
    def parities(self) -> int:
        """P: even and odd features, or features of one kind."""
        return 2 if self.equivariant else 1
