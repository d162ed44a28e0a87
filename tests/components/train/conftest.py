"""A model trained once for the tests that look at it."""

from typing import NamedTuple

import pytest

from components._sweep.trials import Sweep
from components.train.inputs import TrainingInputs
from components.train.model_builder import TrainedModel, train_model
from components.train.settings import Settings
from tests.components.train.finished import write_sweep


class Training(NamedTuple):
    """A sweep of two families on a binary problem, and the model of its trials, with a limit on its time."""

    inputs: TrainingInputs
    sweep: Sweep
    trained: TrainedModel


@pytest.fixture(scope="session")
def training(tmp_path_factory: pytest.TempPathFactory) -> Training:
    places = write_sweep(tmp_path_factory.mktemp("training"), "binary", "lightgbm", "linear")
    sweep = Sweep.load([places.pop("trials")] if isinstance(places["trials"], str) else places.pop("trials"))
    inputs = TrainingInputs.load(**places)
    settings = Settings(seed=3, max_latency_ms=1000.0)
    return Training(inputs, sweep, train_model(inputs, sweep, settings, {"source": "file.csv"}))
