from pathlib import Path

import numpy as np
import pytest

from components._metrics.estimate import Estimate
from components.register.comparison import ChampionComparison
from pipelines.comparison.change_verdict import judge_change, refuse_comparison
from pipelines.comparison.common_rows import CommonRows
from pipelines.comparison.run_comparison import MetricDifference, RunComparison
from pipelines.comparison.run_comparison_report import (
    list_facts,
    list_metrics,
    list_notes,
    render_run_comparison,
    show_run_comparison,
    write_run_report,
)
from tests.pipelines.comparison.runs import make_run

_EVALUATION = {"score": 0.84, "low": 0.82, "high": 0.86}
_METRICS = (
    MetricDifference("log loss", 0.36, 0.34, Estimate(0.02, 0.01, 0.03)),
    MetricDifference("accuracy", 0.77, 0.75, Estimate(-0.02, -0.03, -0.01)),
    MetricDifference("F1", 0.5, 0.51, Estimate(0.01, -0.01, 0.03)),
    MetricDifference("recall", 0.5, None, None),
)


def make_pair(folder: Path, n_common: int = 2000) -> RunComparison:
    """Return the comparison of two runs, the second of which is worse."""
    scores = ChampionComparison("roc_auc", 0.83, 0.84, Estimate(-0.01, -0.02, -0.001))
    pairs = np.arange(n_common)
    return RunComparison(
        (
            make_run(folder / "a", "a", evaluation=_EVALUATION, processor_seconds=None),
            make_run(folder / "b", "b", evaluation=_EVALUATION, processor_seconds=None),
        ),
        CommonRows(pairs, pairs, 2000, 2000),
        scores,
        _METRICS,
        judge_change(scores, 0.0, n_common, is_equal=False),
        [("parameter trials", "3", "5")],
    )


def make_failed_pair(folder: Path) -> RunComparison:
    """Return the comparison of a run with one that has no model."""
    nothing = {"signature": {}, "lineage": {}, "problem": {}, "failures": ("the evaluation did not end",)}
    return make_pair(folder)._replace(
        runs=(make_run(folder / "a", "a"), make_run(folder / "b", "b", **nothing)),
        scores=None,
        metrics=(),
        verdict=refuse_comparison("b has no model."),
    )


def test_the_figures_of_both_runs_stand_side_by_side(tmp_path: Path) -> None:
    assert list_facts(make_pair(tmp_path)) == [
        ("ROC AUC (larger is better)", "0.84", "0.83"),
        ("ROC AUC, cross-validated", "0.83", "0.83"),
        ("score on its own test rows", "0.840 (0.820 to 0.860)", "0.840 (0.820 to 0.860)"),
        ("model", "LightGBM", "LightGBM"),
        ("columns of the model", "1", "1"),
        ("gates", "passed", "passed"),
        ("time of the run", "15.0 s", "15.0 s"),
    ]


def test_a_metric_says_whether_its_difference_is_significant(tmp_path: Path) -> None:
    assert [line[-1] for line in list_metrics(make_pair(tmp_path))] == [
        "better by 0.02 (95 % interval 0.01 to 0.03)",
        "worse by 0.02 (95 % interval 0.01 to 0.03)",
        "no significant difference (-0.01 to 0.03)",
        "unknown",
    ]


def test_the_compared_rows_are_counted(tmp_path: Path) -> None:
    assert list_notes(make_pair(tmp_path))[0] == "All 2,000 test rows are the same in both runs."
    assert "the 2,000 of b, 1,500 are the same" in list_notes(make_pair(tmp_path, 1500))[0]


def test_the_page_and_the_console_say_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    comparison = make_pair(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "index.html").touch()
    page = write_run_report(comparison, tmp_path)
    assert page == tmp_path / "comparisons" / "a--b.html"
    text = page.read_text()
    assert text == render_run_comparison(comparison)
    assert '<a href="../a/index.html">' in text
    assert "../b/index.html" not in text
    show_run_comparison(comparison, page)
    printed = " ".join(capsys.readouterr().out.split())
    for words in (comparison.verdict.sentence, "better and worse are those of b", "parameter trials"):
        assert words in " ".join(text.split())
        assert words in printed
    assert printed.endswith(str(page))


def test_runs_that_cannot_be_compared_say_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    comparison = make_failed_pair(tmp_path)
    page = render_run_comparison(comparison)
    show_run_comparison(comparison, tmp_path / "page.html")
    for text in (page, capsys.readouterr().out):
        assert "b has no model." in text
        assert "parameter trials" in text
    assert list_notes(comparison) == []
