"""Named protocols: the very windows, joints and units that published numbers are of.

`cmu` is the motion prediction benchmark on CMU's motion capture, `baselines` and
`ridge` are what a model must beat there, `published` what others report. A
`Forecaster` takes `Observed` frames and answers with positions; `model_forecaster`
makes one of a movement model.
"""

from lmmjax.evaluation.protocols.cmu import evaluate_cmu, score
from lmmjax.evaluation.protocols.forecasters import (
    Forecaster,
    Observed,
    model_forecaster,
)
from lmmjax.evaluation.protocols.ridge import fit_ridge
from lmmjax.evaluation.protocols.table import CmuTable

__all__ = [
    "CmuTable",
    "Forecaster",
    "Observed",
    "evaluate_cmu",
    "fit_ridge",
    "model_forecaster",
    "score",
]
