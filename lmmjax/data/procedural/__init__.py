"""TFDS dataset of movement made by `lmmjax.data.primitives`."""
