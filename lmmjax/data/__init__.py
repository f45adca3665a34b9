"""Motion data: TFDS builders, and windows for training.

`mocap` holds the builder for a folder of motion files, `procedural` the one for
movement made by `primitives`; both give the same examples. `prepare` builds and
loads them, `windows` cuts and batches, `prefetch` works ahead.
"""
