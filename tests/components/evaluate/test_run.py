import json
import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, log_loss, root_mean_squared_error

from components._model.intervals import PredictionIntervals
from components._problem.verdict import Verdict
from components.evaluate.run import run
from tests.components.evaluate.conftest import KINDS
from tests.tables import write_frame

BINARY = {"task": "binary", "metric": "roc_auc", "classes": ("no", "yes"), "positive_label": "yes"}
FLAGS = {"task": "binary", "metric": "f1", "classes": (False, True), "positive_label": True}
VALUE = {**BINARY, "metric": "value", "value": {"tp": 100, "fp": -30}}
LETTERS = {"task": "multiclass", "metric": "neg_log_loss", "classes": ("a", "b", "c")}
NUMBERS = {"task": "multiclass", "metric": "balanced_accuracy", "classes": tuple(range(20))}
REGRESSION = {"task": "regression", "metric": "neg_root_mean_squared_error"}
RECORD = [
    "model",
    "metric",
    "score",
    "low",
    "high",
    "baseline",
    "simple",
    "against_baseline",
    "against_simple",
    "power",
    "cost_change",
    "caveat",
    "sides",
    "explanations",
    "gates",
    "rows_train",
    "rows_test",
    "threshold",
    "trials",
    "metrics",
]


def _make_numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [number for item in value.values() for number in _make_numbers(item)]
    if isinstance(value, list):
        return [number for item in value for number in _make_numbers(item)]
    return [value] if isinstance(value, float) else []


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("settings", "options"),
    [
        (BINARY, {"threshold": 0.4, "family": "lightgbm"}),
        (FLAGS, {"threshold": 0.5}),
        (VALUE, {"threshold": 0.3}),
        (LETTERS, {}),
        (NUMBERS, {"n_train": 600, "n_test": 300}),
        (REGRESSION, {"family": "lightgbm"}),
        (BINARY, {"threshold": 0.5, "n_test": 12}),
        (REGRESSION, {"n_test": 12}),
        (LETTERS, {"n_test": 12}),
        (LETTERS, {"test": lambda frame: frame[frame["y"] != "b"]}),
        (BINARY, {"threshold": 0.5, "test": lambda frame: frame[frame["y"] == "no"]}),
        (BINARY, {"threshold": 0.5, "test": lambda frame: frame.iloc[:1]}),
        (REGRESSION, {"test": lambda frame: frame.assign(y=5.0)}),
        (REGRESSION, {"test": lambda frame: frame.assign(signal=0.0, noise=0.0, colour="red")}),
        (BINARY, {"threshold": 0.5, "test": lambda f: f.assign(signal=0.0, noise=0.0, colour="red")}),
    ],
    ids=[
        "binary",
        "flags",
        "value",
        "letters",
        "20 classes",
        "regression",
        "12 rows",
        "12 numbers",
        "12 letters",
        "class missing",
        "one class",
        "one row",
        "one number",
        "one prediction",
        "one probability",
    ],
)
def test_every_task_ends_with_a_page_a_card_and_a_verdict_of_finite_figures(
    trained: Callable, settings: dict[str, object], options: dict[str, object]
) -> None:
    case = trained(settings, **options)
    figures = run(**case.paths, seed=0)
    verdict = Verdict.load(case.paths["verdict"])
    assert all(math.isfinite(number) for number in _make_numbers([dict(figures), verdict.record]))
    assert all(type(value) is float for value in figures["metrics"].values())
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert list(verdict.record) == RECORD
    assert verdict.record["metrics"] == figures["metrics"]
    assert (verdict.record["rows_test"], verdict.record["trials"]) == (len(case.test), 7)
    assert all(set(gate) == {"gate", "value", "passed"} for gate in verdict.record["gates"])
    assert "nan" not in Path(case.paths["card"]).read_text(encoding="utf-8").split()
    assert Path(case.paths["report"]).read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("settings", "options", "name", "expected"),
    [
        (LETTERS, {}, "log_loss", lambda y, p: log_loss(y, p, labels=["a", "b", "c"])),
        (REGRESSION, {}, "root_mean_squared_error", root_mean_squared_error),
        (
            {**BINARY, "metric": "balanced_accuracy"},
            {"threshold": 0.35},
            "balanced_accuracy",
            lambda y, p: balanced_accuracy_score(y == "yes", p[:, 1] >= 0.35),
        ),
    ],
)
def test_the_main_metric_is_scikit_learns_on_the_test_rows(
    trained: Callable,
    settings: dict[str, object],
    options: dict[str, object],
    name: str,
    expected: Callable[..., float],
) -> None:
    case = trained(settings, **options)
    metrics = run(**case.paths, seed=0)["metrics"]
    assert metrics[name] == pytest.approx(expected(case.test["y"], case.package.predict(case.test)))
    assert metrics[f"{name}_low"] < metrics[name] < metrics[f"{name}_high"]


def test_a_model_with_signal_beats_the_baseline(trained: Callable) -> None:
    case = trained(BINARY, threshold=0.5)
    run(**case.paths, seed=0)
    verdict = Verdict.load(case.paths["verdict"])
    (gate,) = verdict.record["gates"]
    assert (verdict.passed, gate["gate"], gate["passed"]) == (True, "0 < gain over the baseline", True)
    assert verdict.record["baseline"] == 0.5


def test_a_model_of_noise_does_not_beat_the_baseline(trained: Callable) -> None:
    shuffled = np.random.default_rng(0).permutation(200)
    case = trained(
        BINARY,
        threshold=0.5,
        test=lambda frame: frame.assign(y=frame["y"].to_numpy()[shuffled]),
    )
    run(**case.paths, seed=0)
    verdict = Verdict.load(case.paths["verdict"])
    assert not verdict.passed
    assert "the baseline has 0.5" in verdict.failures[0]
    assert verdict.failures[0] in Path(case.paths["report"]).read_text(encoding="utf-8")


def test_the_intervals_of_a_regression_are_judged_by_the_test_rows(trained: Callable) -> None:
    case = trained(REGRESSION, n_test=1_000)
    assert "interval_coverage" not in run(**case.paths, seed=0)["metrics"]
    errors = np.abs(case.test["y"] - case.package.predict(case.test))
    half_width = float(np.quantile(errors, 0.9))
    PredictionIntervals(0.9, [0.0], [half_width], 300).save(Path(case.paths["model"]))
    metrics = run(**case.paths, seed=0)["metrics"]
    assert metrics["interval_coverage"] == pytest.approx(0.9)
    assert metrics["interval_width"] == pytest.approx(2 * half_width)
    page = Path(case.paths["report"]).read_text(encoding="utf-8")
    assert "90.0% of the 1,000 test rows are in their intervals" in page


def test_failed_gates_are_all_named(trained: Callable) -> None:
    gates = ({"metric": "roc_auc", "min": 0.99}, {"metric": "log_loss", "max": 0.01})
    case = trained({**BINARY, "gates": gates}, threshold=0.5)
    run(**case.paths, seed=0)
    verdict = Verdict.load(case.paths["verdict"])
    assert [failure.partition(" is ")[0] for failure in verdict.failures] == [
        "On the test rows, ROC AUC",
        "On the test rows, log loss",
    ]
    assert [gate["passed"] for gate in verdict.record["gates"]] == [False, False]
    assert verdict.remedy


def test_equal_seeds_give_equal_files(trained: Callable) -> None:
    case = trained(VALUE, threshold=0.3, family="lightgbm")
    outputs = [Path(case.paths[name]) for name in ("report", "card", "verdict")]
    first = run(**case.paths, seed=4), [path.read_bytes() for path in outputs]
    again = run(**case.paths, seed=4), [path.read_bytes() for path in outputs]
    assert first == again
    assert run(**case.paths, seed=5)["metrics"] != first[0]["metrics"]


def test_page_card_and_metrics_show_the_same_figure(trained: Callable) -> None:
    case = trained(BINARY, threshold=0.5)
    metrics = run(**case.paths, seed=0)["metrics"]
    score = f"{metrics['roc_auc']:.3f}"
    # Two significant digits of half the interval.
    assert 0.0095 < (metrics["roc_auc_high"] - metrics["roc_auc_low"]) / 2 < 0.0995
    assert f"<b>{score}</b>" in Path(case.paths["report"]).read_text(encoding="utf-8")
    assert f"**ROC AUC {score} (95 %" in Path(case.paths["card"]).read_text(encoding="utf-8")


def test_a_table_larger_than_the_memory_is_judged_by_samples_and_says_so(
    trained: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = trained(VALUE, n_train=400, n_test=4_000, threshold=0.3)
    whole = run(**case.paths, seed=0)["metrics"]
    assert "drawn at random" not in " ".join(Verdict.load(case.paths["verdict"]).record["explanations"])
    monkeypatch.setattr("components._model.predicted_table._LEAST_ROWS", 2_000)
    monkeypatch.setattr("components._model.predicted_table._FIXED_BYTES", 0)
    sample = Path(case.paths["train"]).with_name("sample")
    write_frame(case.train.iloc[::2], {**KINDS, "y": "string"}, sample)
    figures = run(**case.paths, seed=0, sample=str(sample), memory=1_344_000)
    verdict = Verdict.load(case.paths["verdict"])
    texts = [
        r"Figures are of (1,9|2,0)\d\d of the 4,000 test rows, drawn at random",
        r"Intervals are from resamples of \d{3} test rows, drawn at random, and scaled to the",
        "The baseline was computed from 200 of the 400 training rows, drawn at random.",
        "The linear model was fitted on 200 of the 400 training rows, drawn at random.",
    ]
    places = [Path(case.paths[name]).read_text(encoding="utf-8") for name in ("report", "card")]
    for text in texts:
        assert all(re.search(text, place) for place in places)
        assert any(re.search(text, explanation) for explanation in verdict.record["explanations"])
    assert verdict.record["rows_test"] == 4_000
    assert figures["metrics"]["roc_auc"] == pytest.approx(whole["roc_auc"], abs=0.03)


def test_test_rows_that_are_unlike_the_training_rows_are_named_on_the_page_and_in_the_record(
    trained: Callable,
) -> None:
    case = trained(
        BINARY, threshold=0.5, n_test=120, test=lambda frame: frame.assign(signal=frame["signal"] + 3)
    )
    run(**case.paths, seed=0)
    first, second = Verdict.load(case.paths["verdict"]).record["sides"]
    assert first == "The test rows differ from the training rows in: signal."
    assert second.startswith("A model can tell test rows from training rows: ROC AUC 0.9")
    page = Path(case.paths["report"]).read_text(encoding="utf-8")
    assert page.count(first) == page.count(second) == 1
    assert "<td>signal</td>" in page
