from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality.results import Result
from benchmarks.quality.runs import load_predictions, run_system
from benchmarks.quality.splits import write_split
from benchmarks.quality.systems import BASELINE, OURS, SYSTEMS, System
from benchmarks.quality.tables import load_table


def run(system: System, folder: Path) -> Result:
    table = load_table("wine")
    split = write_split(table, 0, folder)
    interpreter = system.find_interpreter_of_system()
    place = folder / "place"
    place.mkdir()
    return run_system(system, interpreter, table, split, seed=0, seconds=5, cores=1, folder=place)


@pytest.mark.slow
def test_a_system_is_scored_and_what_it_keeps_is_measured(tmp_path: Path) -> None:
    result = run(SYSTEMS[BASELINE], tmp_path)
    assert result.score is not None
    assert -0.5 < result.score < 0
    assert result.model_megabytes is not None
    assert 0.01 < result.model_megabytes < 5
    assert result.milliseconds > 0
    predictions = load_predictions(tmp_path / "place")
    assert predictions.shape == (45, 3)
    assert np.allclose(predictions.sum(axis=1), 1)


@pytest.mark.slow
def test_a_system_that_fails_has_a_result_that_says_how(tmp_path: Path) -> None:
    adapter = tmp_path / "adapter.py"
    adapter.write_text("def fit(train, job): raise MemoryError('no room')\n")
    result = run(replace(SYSTEMS[BASELINE], adapter=adapter), tmp_path)
    assert result.score is None
    assert result.note.startswith("ended with status 1: ")
    assert result.note.endswith("MemoryError: no room")


def test_every_system_has_an_adapter_and_a_system_of_its_own_environment_says_its_versions() -> None:
    assert {OURS, BASELINE} < set(SYSTEMS)
    assert all(system.adapter.exists() for system in SYSTEMS.values())
    measured = {system.requirements[0] for system in SYSTEMS.values() if system.environment}
    assert all("==" in requirement for requirement in measured)
