from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components._problem.proposal import Proposal
from components._problem.spec import Problem
from components._problem.verdict import Verdict
from components._table.findings import Findings
from components._table.schema import Column, Schema
from components.eda.run import run
from components.errors import InvalidData
from tests.tables import write_frame

N_ROWS = 400
RANDOM = np.random.default_rng(0)
CLASSES = RANDOM.integers(0, 2, N_ROWS)
HOSTILE = '</script><b>x</b>&"y"'

BINARY = {"task": "binary", "metric": "roc_auc", "classes": ("no", "yes"), "positive_label": "yes"}
MULTICLASS = {"task": "multiclass", "metric": "accuracy", "classes": (0, 1, 2)}
REGRESSION = {"task": "regression", "metric": "r2"}

# Nulls in every kind, a leak by its nulls, an identifier, an empty and a constant column.
FEATURES: dict[str, tuple[str, Any]] = {
    "id": ("integer", np.arange(N_ROWS)),
    "amount": ("float", np.where(RANDOM.random(N_ROWS) < 0.1, np.nan, RANDOM.lognormal(size=N_ROWS))),
    "items": ("integer", RANDOM.poisson(3, N_ROWS)),
    "plan": ("string", RANDOM.choice(np.array(["basic", "plus", None]), N_ROWS)),
    "member": ("boolean", RANDOM.choice(np.array([True, False, None]), N_ROWS)),
    "since": (
        "datetime",
        pd.Series(pd.date_range("2020-01-01", periods=N_ROWS, freq="h")).where(CLASSES == 0),
    ),
    HOSTILE: ("float", RANDOM.normal(size=N_ROWS)),
    "empty": ("string", [None] * N_ROWS),
    "constant": ("integer", np.ones(N_ROWS, dtype=int)),
}
TARGETS = {
    "binary": ("string", np.where(CLASSES, "yes", "no"), BINARY),
    "multiclass": ("integer", RANDOM.integers(0, 3, N_ROWS), MULTICLASS),
    "regression": ("float", RANDOM.lognormal(size=N_ROWS), REGRESSION),
}


def _explore(folder: Path, columns, settings, seed=0, proposals=None):
    folder.mkdir(exist_ok=True)
    kinds = {name: kind for name, (kind, _) in columns.items()}
    frame = pd.DataFrame({name: values for name, (_, values) in columns.items()})
    write_frame(frame, kinds, folder / "train")
    Problem(target="y", **settings).save(folder / "problem")
    Schema(tuple(Column(name, kind) for name, kind in kinds.items()), len(frame)).save(folder / "schema")
    if proposals is not None:
        Verdict((), "", {"proposals": [asdict(proposal) for proposal in proposals]}).save(folder / "verdict")
    run(
        verdict=None if proposals is None else str(folder / "verdict"),
        train=str(folder / "train"),
        problem=str(folder / "problem"),
        schema=str(folder / "schema"),
        findings=str(folder / "findings"),
        report=str(folder / "report.html"),
        seed=seed,
    )
    return Findings.load(folder / "findings"), folder / "report.html"


@pytest.mark.parametrize(
    "task",
    # A browser needs seconds to draw a page.
    ["binary", *(pytest.param(task, marks=pytest.mark.slow) for task in ("multiclass", "regression"))],
)
def test_every_task_gets_its_findings_and_a_page_that_draws(task, browser, tmp_path):
    kind, values, settings = TARGETS[task]
    found, report = _explore(tmp_path, {**FEATURES, "y": (kind, values)}, settings)
    leaks = {"since": "leak"} if task == "binary" else {}
    assert {i.column: i.finding for i in found.items if i.finding not in ("skewed", "outliers")} == {
        "id": "unique",
        **leaks,
        "empty": "empty",
        "constant": "constant",
    }
    assert report.stat().st_size < 150_000
    with browser.open_framed(report.read_text(encoding="utf-8"), tmp_path, width=420) as visit:
        assert visit.frame.locator("figure.chart:visible").count() > 10
        assert visit.frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert HOSTILE in visit.frame.locator("h3").all_text_contents()
        assert (visit.faults, visit.requests) == ([], [])


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"a": ("string", ["x", None] * 20)},
        {"a": ("float", [1.5, None] * 20)},
        {"a": ("datetime", [pd.NaT] * 40)},
        {"a": ("boolean", [None] * 40), "b": ("float", [np.nan] * 39 + [1.0])},
    ],
    ids=["no features", "strings only", "numbers only", "only nulls", "hardly a value"],
)
@pytest.mark.parametrize(
    ("target", "settings"),
    [
        (("string", ["no"] * 39 + ["yes"]), BINARY),
        (("float", np.arange(40.0)), REGRESSION),
        (("float", np.ones(40)), REGRESSION),
    ],
    ids=["a class of one row", "regression", "a constant target"],
)
def test_poor_tables_are_explored_without_complaint(columns, target, settings, tmp_path):
    found, report = _explore(tmp_path, {**columns, "y": target}, settings)
    assert report.read_text(encoding="utf-8").endswith("</html>")
    assert {item.column for item in found.items} <= set(columns)


def test_one_row_is_explored(tmp_path):
    found, _ = _explore(tmp_path, {"a": ("float", [1.0]), "y": ("float", [2.0])}, REGRESSION)
    assert [(item.column, item.finding) for item in found.items] == [("a", "constant")]


def test_columns_with_another_role_are_not_judged(tmp_path):
    names = ("name", "household", "sex")
    columns: dict[str, tuple[str, Any]] = {
        name: ("string", [f"{name} {i}" for i in range(N_ROWS)]) for name in names
    }
    columns["y"] = ("float", RANDOM.normal(size=N_ROWS))
    roles = {"identifiers": ("name",), "group": "household", "sensitive": ("sex",)}
    found, report = _explore(tmp_path, columns, {**REGRESSION, **roles})
    assert found.items == ()
    page = report.read_text(encoding="utf-8")
    assert all(f"<td>{role}</td>" in page for role in ("identifier", "group", "sensitive"))


def test_rows_without_a_target_value_are_left_out(tmp_path):
    target = ("string", [*np.where(CLASSES, "yes", "no")[:-10], *[None] * 10])
    _, report = _explore(tmp_path, {"a": ("integer", np.arange(N_ROWS)), "y": target}, BINARY)
    assert f"The {N_ROWS - 10} training rows" in report.read_text(encoding="utf-8")


def test_a_table_without_any_target_value_is_refused(tmp_path):
    with pytest.raises(InvalidData, match="No training row has a value of the target 'y'"):
        _explore(tmp_path, {"a": ("float", [1.0]), "y": ("float", [None])}, REGRESSION)
    assert not (tmp_path / "findings").exists()


@pytest.mark.slow
def test_wide_tables_are_drawn_folded_and_found_by_the_filter(browser, tmp_path):
    columns = {f"column {i}": ("float", RANDOM.normal(size=100)) for i in range(60)}
    _, report = _explore(tmp_path, {**columns, "y": ("float", RANDOM.normal(size=100))}, REGRESSION)
    page = report.read_text(encoding="utf-8")
    assert page.count("<td>float</td>") == 60
    with browser.from_file(report) as visit:
        assert visit.frame.locator("article").count() == 60
        assert visit.frame.locator("article figure:visible").count() == 0
        visit.frame.get_by_role("searchbox").fill("column 59")
        visit.frame.get_by_role("link", name="column 59").click()
        assert visit.frame.locator("article:visible summary").all_inner_texts() == ["column 59"]
        assert visit.frame.locator("article figure:visible").count() == 2
        assert visit.find_barriers() == []
        assert (visit.faults, visit.requests) == ([], [])


def test_what_validate_proposes_is_measured_with_the_columns_of_roles(tmp_path):
    columns = {
        "household": ("integer", np.arange(N_ROWS) // 4),
        "income": ("integer", np.where(np.arange(N_ROWS) % 9 == 4, -999, np.arange(N_ROWS) % 50)),
        "weight": ("float", RANDOM.random(N_ROWS) + 0.5),
        "y": ("float", RANDOM.normal(size=N_ROWS)),
    }
    nulls = Proposal("nulls", ("income",), "-999 is far.", "columns: {income: {nulls: [-999]}}", ("-999",))
    settings = {**REGRESSION, "group": "household", "weight": "weight"}
    found, report = _explore(tmp_path, columns, settings, proposals=[nulls])
    measured = {receipt.kind: receipt.effect for receipt in found.receipts}
    assert {"role", "nulls"} <= measured.keys()
    assert all(measured[kind] for kind in ("role", "nulls"))
    page = report.read_text(encoding="utf-8")
    assert "Splitting rows by <code>household</code> changes the RMSE by" in page
    assert "<code>columns: {income: {nulls: [-999]}}</code>" in page


def test_the_same_seed_gives_the_same_findings_and_page(tmp_path):
    columns = {**FEATURES, "y": TARGETS["binary"][:2]}
    first, second = (_explore(tmp_path / name, columns, BINARY) for name in ("first", "second"))
    assert first[0] == second[0]
    assert first[1].read_bytes() == second[1].read_bytes()
