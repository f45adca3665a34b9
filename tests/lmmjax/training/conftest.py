"""A model that has practised once, for tests of practice and of the coach."""

import pytest

from tests.lmmjax import tiny
from tests.lmmjax.training import toy


@pytest.fixture(scope="module")
def model():
    return tiny.lively_model(toy.MODEL)


@pytest.fixture(scope="module")
def coach():
    return toy.coach()


@pytest.fixture(scope="module")
def made(coach, model):
    return coach.practise(model, 6)
