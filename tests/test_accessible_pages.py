"""Every page that is made for people passes axe and fits the screen, in both colour schemes.

The pages of a training's stages and its index are looked at by the tests of whole runs, those of the app and
of the server by theirs.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from components._metrics.estimate import Estimate
from components.monitor.report import render_monitoring
from components.score.report import render_scoring
from pipelines.catalogue import ROOT
from pipelines.comparison.report import render_comparison_page
from pipelines.comparison.run_comparison_report import render_run_comparison
from pipelines.data.diff_report import render_diff_page
from pipelines.data.table_diff import compare_tables
from pipelines.local.run_list import read_run
from pipelines.local.runs_page import render_runs_page
from tests.browser import Browser
from tests.components.monitor.test_report import REPORT
from tests.components.score.test_report import INFO
from tests.end_to_end.test_run import PAGES
from tests.pipelines.comparison.runs import make_comparison
from tests.pipelines.comparison.test_run_comparison_report import make_failed_pair, make_pair
from tests.pipelines.data.versions import write_version
from tests.pipelines.local.test_run_list import EVALUATION, write_run, write_trained, write_verdict

_LONG = "a_long_name_of_a_column_" * 3
_OLD = {"id": [1, 2, 3], _LONG: [1.0, 2.0, 3.0], "plan": ["a", "b", None], "gone": [1, 1, 1]}
_NEW = {"id": [1, 2, 4], _LONG: [1.0, 2.5, 3.0], "plan": ["a", "c", None], "come": ["x" * 99, "y", "z"]}


def compare_versions(folder: Path) -> str:
    old, new = write_version(folder / "old", _OLD), write_version(folder / "new", _NEW)
    return render_diff_page(compare_tables(old, new))


def list_runs(folder: Path) -> str:
    trained = write_trained(folder, "a-long-name-of-a-run-" * 3)
    write_verdict(trained, "evaluate", **EVALUATION)
    failed = write_run(folder, "bad", status="failed", failed_task="tune-plan")
    return render_runs_page([read_run(trained), read_run(failed)], datetime(2026, 11, 30, tzinfo=UTC))


# What makes the page, by its template and what is on it.
MADE: dict[tuple[str, str], Callable[[Path], str]] = {
    ("components/monitor/report.html", "drift"): lambda _: render_monitoring(REPORT),
    ("components/monitor/report.html", "no drift"): lambda _: render_monitoring(
        replace(REPORT, columns=REPORT.columns[-1:], concept=None)
    ),
    ("components/score/report.html", "classes"): lambda _: render_scoring(
        INFO._replace(unreadable={"n": 3}, ignored=[_LONG], warnings=["The last row is a total."])
    ),
    ("pipelines/comparison/report.html", "a change"): lambda folder: render_comparison_page(
        make_comparison(folder, Estimate(-0.02, -0.03, -0.01), margin=0.01)
    ),
    ("pipelines/comparison/report.html", "two runs"): lambda folder: render_run_comparison(make_pair(folder)),
    ("pipelines/comparison/report.html", "no model"): lambda folder: render_run_comparison(
        make_failed_pair(folder)
    ),
    ("pipelines/data/diff.html", "two tables"): compare_versions,
    ("pipelines/local/runs_page.html", "two runs"): list_runs,
    ("pipelines/local/runs_page.html", "no runs"): lambda _: render_runs_page([], datetime.now(UTC)),
}


@pytest.mark.slow
@pytest.mark.parametrize("key", MADE, ids=lambda key: f"{Path(key[0]).parent.name}: {key[1]}")
def test_the_page_is_accessible_and_fits_the_screen(
    key: tuple[str, str], tmp_path: Path, browser: Browser
) -> None:
    page = tmp_path / "page.html"
    page.write_text(MADE[key](tmp_path), encoding="utf-8")
    for width, color_scheme in ((1400, "dark"), (390, "light")):
        with browser.from_file(page, width=width, color_scheme=color_scheme) as visit:
            assert visit.find_barriers() == []
            assert not visit.is_too_wide()
            assert visit.faults == []


def test_no_page_is_left_out() -> None:
    templates = {
        str(path.relative_to(ROOT))
        for room in ("components", "pipelines")
        for path in (ROOT / room).rglob("*.html")
        if '{% extends "components/_report/page.html" %}' in path.read_text(encoding="utf-8")
    }
    of_runs = {f"components/{stage}/report.html" for stage in PAGES} | {"pipelines/local/index.html"}
    assert templates == of_runs | {template for template, _ in MADE}
