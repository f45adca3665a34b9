"""Named protocols: all that a figure depends on, so that figures can be compared.

`subjects` is held-out people of any data: forecast, calibration and drift. `cmu` is the
motion prediction benchmark on CMU's motion capture, with the very windows, joints and
units that published numbers are of; `baselines` and `ridge` are what a model must beat
there, `published` what others report. A `Forecaster` takes `Observed` frames and
answers with positions; `model_forecaster` makes one of a movement model.
"""

from lmmjax.evaluation.protocols.cmu import evaluate_cmu, score
from lmmjax.evaluation.protocols.forecasters import (
    Forecaster,
    Observed,
    model_forecaster,
)
from lmmjax.evaluation.protocols.ridge import fit_ridge
from lmmjax.evaluation.protocols.subjects import (
    SubjectsReport,
    SubjectsStudy,
    evaluate_subjects,
)
from lmmjax.evaluation.protocols.table import CmuTable

# The protocols by name.
PROTOCOLS = {"subjects": evaluate_subjects, "cmu": evaluate_cmu}

__all__ = [
    "PROTOCOLS",
    "CmuTable",
    "Forecaster",
    "Observed",
    "SubjectsReport",
    "SubjectsStudy",
    "evaluate_cmu",
    "evaluate_subjects",
    "fit_ridge",
    "model_forecaster",
    "score",
]
