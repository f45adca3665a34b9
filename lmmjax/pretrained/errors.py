"""What goes wrong with a pretrained model."""


class PretrainedError(ValueError):
    """A pretrained model that cannot be used; the message says what to do."""
