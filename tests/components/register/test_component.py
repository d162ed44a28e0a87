"""That the statement of a version gets the parameters of its training."""

import inspect
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.defaults import list_passed_parameters
from components.register import run as run_module
from components.register.component import register
from pipelines.spec_compiler import load_pipeline

# They decide where a model is served, not what it is.
OF_DEPLOYMENT = {"deploy", "service", "serving_mode", "gateway", "gateway_host", "log_sink"}
ARTIFACTS = (
    "model",
    "test",
    "problem",
    "evaluation",
    "card",
    *(
        f"{stage}_page"
        for stage in ("validate", "eda", "preprocess", "engineer", "select", "tune", "evaluate")
    ),
    "registration",
    "verdict",
    "metrics",
    "summary",
)


def record_parameters(monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters with which the component calls its stage."""
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(run_module, "run", lambda **arguments: calls.append(arguments) or {})
    artifacts = {name: SimpleNamespace(path=name, metadata={}) for name in ARTIFACTS}
    register.python_func(**artifacts, **given)
    found: dict[str, Any] = calls[0]["parameters"]
    return found


def test_the_training_passes_every_parameter_that_makes_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    training = load_pipeline("training")
    sources = {
        call.parameter: call.source
        for call in list_passed_parameters(training)
        if call.component == "register"
    }
    # A value of its own for each, which must arrive under the pipeline's name for it.
    given = {name: f"value of {name}" for name in sources} | {"memory": "3g"}
    recorded = record_parameters(monkeypatch, given)
    assert recorded == {source: given[name] for name, source in sources.items()}
    everything = set(inspect.signature(training.pipeline_func).parameters)
    assert set(recorded) == everything - OF_DEPLOYMENT
