"""Laws of the built-in dataset."""

import jax
import numpy as np
import pytest

from lmmjax.data import prepare, primitives


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return prepare.procedural(tmp_path_factory.mktemp("prepared"), clips=24)


def test_all_clips_are_there_and_held_out_people_are_never_trained_on(dataset):
    assert sum(map(len, dataset.splits.values())) == 24
    people = [
        {m.subject for m in dataset[name]} for name in ("train", "validation", "test")
    ]
    assert all(people)
    assert len(set.union(*people)) == sum(map(len, people))


def test_clips_are_those_that_the_library_makes(dataset):
    made = {m.name: m for m in primitives.library(0, 24, 30.0, 12)}
    for motion in dataset["test"]:
        for x, y in zip(
            jax.tree.leaves(motion), jax.tree.leaves(made[motion.name]), strict=True
        ):
            np.testing.assert_array_equal(x, y)


def test_seed_rate_and_number_of_clips_make_other_datasets(tmp_path):
    name = {
        prepare.procedural(tmp_path, **{"clips": 12} | options).name
        for options in ({}, {"seed": 1}, {"rate_hz": 12.5}, {"clips": 13})
    }
    assert len(name) == 4
