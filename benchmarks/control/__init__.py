"""Whether a model does what is wished."""
