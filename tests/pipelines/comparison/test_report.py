from pathlib import Path

import pytest

from components._metrics.estimate import Estimate
from pipelines.comparison.report import (
    MARK,
    build_marks,
    list_facts,
    list_notes,
    render_comparison_page,
    render_markdown,
    show_comparison,
    write_report,
)
from tests.pipelines.comparison.runs import make_comparison

_LOSS = Estimate(-0.01, -0.02, -0.001)


def test_the_comment_is_a_short_table_that_links_to_nothing(tmp_path: Path) -> None:
    text = render_markdown(
        make_comparison(tmp_path, _LOSS, differences=(("parameter trials", "3", "5"),), notes=("Said.",))
    )
    assert text.startswith(f"{MARK}\n\n### Model: significant loss\n\nROC AUC is worse by 0.01 (")
    assert "|  | main (c0ffee) | this change |" in text
    assert "| ROC AUC (larger is better) | 0.84 | 0.83 |" in text
    assert "| parameter trials | 3 | 5 |" in text
    assert "- Said." in text
    assert "http" not in text
    assert str(tmp_path) not in text


def test_the_figures_of_both_models_stand_side_by_side(tmp_path: Path) -> None:
    facts = list_facts(make_comparison(tmp_path, _LOSS, failures=("roc_auc is below 0.9",)))
    assert facts == [
        ("ROC AUC (larger is better)", "0.84", "0.83"),
        ("ROC AUC, cross-validated", "0.83", "0.83"),
        ("model", "LightGBM", "LightGBM"),
        ("columns of the model", "1", "1"),
        ("gates", "passed", "failed: roc_auc is below 0.9"),
        ("processor time of the run", "20.0 s", "20.0 s"),
        ("processor time per row", "0.05 ms", "not measured"),
    ]


def test_rows_that_only_one_side_has_are_counted(tmp_path: Path) -> None:
    assert list_notes(make_comparison(tmp_path, _LOSS)) == []
    notes = list_notes(make_comparison(tmp_path, _LOSS, n_common=1500))
    assert "1,500 rows of the base's 2,000 and the change's 2,000 are the same" in notes[0]


def test_a_name_from_a_pull_request_is_no_markdown(tmp_path: Path) -> None:
    text = render_markdown(make_comparison(tmp_path, _LOSS, differences=(("<img src=x>", "[a](b)", "|"),)))
    assert "<img" not in text
    assert "[a](b)" not in text


@pytest.mark.parametrize(
    ("better_by", "margin", "marks"),
    [
        (Estimate(0.0, -1.0, 1.0), 0.0, (50, 4, 96, 50, 50)),
        (Estimate(-0.5, -0.75, -0.25), 1.0, (50, 27, 73, 96, 4)),
        (Estimate(0.0, 0.0, 0.0), 0.0, None),
        (Estimate(0.5), 0.0, None),
    ],
)
def test_the_interval_has_its_place_on_the_scale(
    tmp_path: Path, better_by: Estimate, margin: float, marks: tuple[float, ...] | None
) -> None:
    built = build_marks(make_comparison(tmp_path, better_by).scores, margin)
    assert built == (None if marks is None else pytest.approx(marks))


def test_the_page_and_the_console_say_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    comparison = make_comparison(tmp_path, _LOSS, margin=0.005, notes=("Said.",))
    page = render_comparison_page(comparison)
    write_report(comparison, tmp_path)
    assert (tmp_path / "comparison.html").read_text() == page
    assert (tmp_path / "comparison.md").read_text() == render_markdown(comparison)
    show_comparison(comparison, tmp_path)
    printed = capsys.readouterr().out
    for text in ("ignificant loss", comparison.verdict.sentence, "Said."):
        assert text in page
        assert text in printed
    assert str(tmp_path / "comparison.md") in printed
