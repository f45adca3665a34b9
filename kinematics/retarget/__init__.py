"""Retargeting: a motion moved onto another body.

Segments are matched by anatomy (`match`), turned as those of the source were
(`transfer`), and then feet are put back on the ground and hands to each other
(`contact`), inside the limits of the new body.
"""

from kinematics.retarget.whole import retarget

__all__ = ["retarget"]
