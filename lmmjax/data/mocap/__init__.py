"""TFDS dataset of the user's own motion files."""
