"""A parameter has one default, wherever it is written: pipeline, component, settings, recipe step.

kfp takes a component's function out of its module, so its defaults cannot name the settings': they are
written twice, and held together here.
"""

import inspect
from dataclasses import MISSING, fields
from importlib import import_module
from typing import Any

import pytest

from benchmarks.defaults import build_settings, list_passed_parameters, read_defaults
from components._recipe.engineer import Engineer
from components._recipe.preprocess import Preprocessor
from components._recipe.select import Selector
from pipelines.catalogue import PIPELINES, ROOT
from pipelines.spec_compiler import load_components, load_pipeline

COMPONENTS = load_components()
DEFAULTS = {name: read_defaults(component) for name, component in COMPONENTS.items()}
STAGES = sorted(path.parent.name for path in ROOT.glob("components/*/settings.py"))


def _make_settings(stage: str) -> dict[str, Any]:
    kind = import_module(f"components.{stage}.settings").Settings
    given = {field.name: field.default for field in fields(kind) if field.default is not MISSING}
    # A specification has lists only.
    return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}


@pytest.mark.parametrize(
    ("component", "stage"),
    [(name, name.partition("_")[0]) for name in COMPONENTS if name.partition("_")[0] in STAGES],
)
def test_a_component_has_the_defaults_of_its_settings(component: str, stage: str) -> None:
    settings, own = _make_settings(stage), DEFAULTS[component]
    both = sorted(settings.keys() & own.keys())
    assert {name: own[name] for name in both} == {name: settings[name] for name in both}


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_has_the_defaults_of_the_components_that_it_passes_them_to(name: str) -> None:
    pipeline = load_pipeline(name)
    whole, calls = read_defaults(pipeline), list_passed_parameters(pipeline)
    passed = [call for call in calls if call.source in whole]
    differing = [
        f"{call.source} is {whole[call.source]!r}, {call.parameter} of {call.component} "
        f"{DEFAULTS[call.component][call.parameter]!r}"
        for call in passed
        if DEFAULTS[call.component][call.parameter] != whole[call.source]
    ]
    assert differing == []


def test_the_walk_sees_parameters_that_are_passed_through_loops_and_conditions() -> None:
    calls = list_passed_parameters(load_pipeline("training"))
    seen = {(call.component, call.parameter): call.source for call in calls}
    assert seen["tune", "budget_minutes"] == "budget_minutes"
    assert seen["deploy", "mode"] == "serving_mode"
    assert seen["train", "max_latency_ms"] == "max_latency_ms"
    # Left to the component.
    assert seen["preprocess", "rare_below"] == ""
    assert len({call.component for call in calls}) > 10


@pytest.mark.parametrize(
    ("step", "stage"), [(Preprocessor, "preprocess"), (Engineer, "engineer"), (Selector, "select")]
)
def test_a_step_of_the_recipe_has_no_other_defaults(step: type, stage: str) -> None:
    parameters = inspect.signature(step).parameters.values()
    own = {of.name: of.default for of in parameters if of.default is not inspect.Parameter.empty}
    settings = _make_settings(stage)
    both = sorted(own.keys() & settings.keys())
    assert {name: own[name] for name in both} == {name: settings[name] for name in both}


@pytest.mark.parametrize("stage", ["preprocess", "engineer", "select", "tune", "train"])
def test_a_benchmark_runs_with_the_defaults_of_a_run(stage: str) -> None:
    made, own = build_settings(stage), import_module(f"components.{stage}.settings").Settings()
    assert made == own


def test_what_a_benchmark_gives_wins() -> None:
    assert build_settings("tune", trials=7, seed=3).trials == 7
    assert build_settings("train").experiment == read_defaults(load_pipeline("training"))["experiment"]
