"""What every motion dataset of this project has in common."""

import numpy as np
import tensorflow_datasets as tfds


def motion_features() -> tfds.features.FeaturesDict:
    """Features of one example: a whole clip, with its own skeleton.

    Root position [T, 3] m, root rotation [T, 4] quaternion w, x, y, z, joint
    coordinates [T, D] rad, the skeleton as JSON, the rate and three labels.
    """

    def array(*shape):
        return tfds.features.Tensor(
            shape=shape, dtype=np.float32, encoding=tfds.features.Encoding.BYTES
        )

    return tfds.features.FeaturesDict(
        {
            "root_position": array(None, 3),
            "root_rotation": array(None, 4),
            "joints": array(None, None),
            "skeleton": tfds.features.Text(),
            "fps": tfds.features.Scalar(dtype=np.float32),
            "name": tfds.features.Text(),
            "subject": tfds.features.Text(),
            "action": tfds.features.Text(),
        }
    )
