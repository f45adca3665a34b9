"""TFDS dataset of movement triangulated from the footage of several cameras."""
