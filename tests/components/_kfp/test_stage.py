"""What a component is where pipelines are compiled, and in a task."""

import os
import subprocess
import sys

import pytest

from pipelines.catalogue import ROOT
from pipelines.spec_compiler import load_components

# A run's state holds a command four times, and has 1 MB for all tasks together.
MOST_CHARACTERS = 200


@pytest.mark.parametrize("name", sorted(load_components()))
def test_a_command_does_not_contain_the_function(name: str) -> None:
    container = load_components()[name].component_spec.implementation.container
    words = [*container.command, *container.args]
    assert words[-1] == name
    assert sum(map(len, words)) < MOST_CHARACTERS


def test_in_a_task_a_component_is_its_function() -> None:
    code = "from components.problem.component import problem; print(type(problem).__name__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "_KFP_RUNTIME": "true", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "function"
