"""lmmjax: a Large Movement Model predicts the next pose.

The rooms: `lmmjax.data` reads motion, `lmmjax.model` is the network with the body
as its output layer, `lmmjax.training` trains it, `lmmjax.generation` lets it move,
`lmmjax.evaluation` measures it, `lmmjax.viewer` shows it. The body itself is the
package `kinematics`, which is here as `lmmjax.kinematics` too.
"""

import kinematics as kinematics
from kinematics import __version__ as __version__
