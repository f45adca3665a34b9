"""Several networks that were trained alike, as one model.

Trainings that differ in nothing but their seed agree in what they have learned and
differ in what they have not. The mean of their estimates is nearer to the truth than
one of them, and where they disagree the model is less sure (deep ensembles,
Lakshminarayanan et al. 2017, arXiv:1612.01474).
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lmmjax.model.movement import MovementModel


def gather(models: Sequence[MovementModel]) -> MovementModel:
    """One model whose members are the networks of several.

    It takes as many times the work of one of them.

    Args:
      models: of one member each, and alike in all but their parameters. The body and
        the statistics of the first are kept. A single one is returned as it is.

    Raises:
      ValueError: there is none, or says in what they differ.
    """
    if not models:
        raise ValueError("no model is given, of which one could be made")
    first, *others = models
    if not others:
        return first
    for number, model in enumerate(models):
        if model.config.members > 1:
            raise ValueError(
                f"model {number + 1} has {model.config.members} members; give the "
                "models that it was made from"
            )
    for number, model in enumerate(others):
        if found := _difference(first, model):
            raise ValueError(
                f"model {number + 2} has another {found} than the first; only "
                "parameters may differ"
            )
    params = jax.tree.map(lambda *x: jnp.stack(x), *(m.params for m in models))
    config = dataclasses.replace(first.config, members=len(models))
    return first.replace(params=params, config=config)


def _difference(a: MovementModel, b: MovementModel) -> str:
    """What two models differ in beside their parameters; "" for nothing."""
    for field in dataclasses.fields(a.config):
        if getattr(a.config, field.name) != getattr(b.config, field.name):
            return f"config.{field.name}"
    if a.fps != b.fps:
        return "fps"
    if not _alike(a.body, b.body):
        return "body"
    for field in dataclasses.fields(a.statistics):
        if not _alike(*(getattr(m.statistics, field.name) for m in (a, b))):
            return f"statistics.{field.name}"
    return ""


def _alike(a: Any, b: Any) -> bool:
    """Whether trees agree but for how sums round on one machine or another."""
    structure: Any = jax.tree.structure(a)
    if structure != jax.tree.structure(b):
        return False
    pairs = zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    return all(
        np.shape(x) == np.shape(y) and np.allclose(x, y, rtol=1e-5, atol=1e-6)
        for x, y in pairs
    )
