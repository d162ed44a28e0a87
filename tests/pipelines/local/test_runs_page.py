import re
from datetime import UTC, datetime
from pathlib import Path

from pipelines.local.run_list import read_run
from pipelines.local.runs_page import build_row, render_runs_page, write_runs_page
from tests.browser import Browser
from tests.pipelines.local.test_run_list import EVALUATION, write_run, write_trained, write_verdict

_NOW = datetime(2026, 11, 30, 8, 15, tzinfo=UTC)


def test_a_run_has_a_link_and_its_score_beside_the_simple_model(tmp_path: Path) -> None:
    folder = write_trained(tmp_path, "first run")
    write_verdict(
        folder, "evaluate", **EVALUATION, simple=0.81, against_simple={"standing": "better", "words": ""}
    )
    row = build_row(read_run(folder))
    assert row["Run"][:3] == ("first run", "first run", "first%20run/index.html")
    assert row["Run"].details == ("training",)
    assert (row["Score"].text, row["Score"].key) == ("0.840", 0.84)
    assert row["Score"].details == ("ROC AUC", "0.820 to 0.860")
    assert (row["Simple model"].text, row["Simple model"].details) == ("0.810", ("model is better",))
    assert (row["Gates passed"].text, row["Gates passed"].key) == ("1 of 1", 1.0)
    assert (row["Result"].text, row["Result"].colour) == ("Passed its gates", "good")
    assert (row["Time"].text, row["Time"].key) == ("0.7 min", 42.6)


def test_a_run_without_a_result_has_no_link_and_says_why(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "bad", status="failed", failed_task="tune-plan")
    folder.events.write_text('{"event": "error", "what": "No <disk>.", "remedy": "Free some."}\n')
    row = build_row(read_run(folder))
    assert (row["Run"].address, row["Score"].text, row["Simple model"].key) == ("", "", "")
    page = render_runs_page([read_run(folder)], _NOW)
    assert "Failed in tune" in page
    assert "<small>No &lt;disk&gt;.</small>" in page


def test_every_cell_of_the_page_has_a_key_to_sort_by(tmp_path: Path) -> None:
    runs = [read_run(write_trained(tmp_path)), read_run(write_run(tmp_path, "two", status="stopped"))]
    page = render_runs_page(runs, _NOW)
    assert '<table class="sortable">' in page
    assert page.count("<td data-value=") == page.count("<td") == 2 * page.count("<th ")
    assert "As of 2026-11-30 08:15" in page


def test_the_page_lists_all_runs_the_newest_first(tmp_path: Path) -> None:
    write_run(tmp_path, "old", started="2026-11-01T10:00:00+00:00")
    write_run(tmp_path, "new", started="2026-11-02T10:00:00+00:00")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "run.json").write_text("{")
    page = write_runs_page(tmp_path)
    assert page == tmp_path / "index.html"
    names = re.findall(r'<td data-value="(old|new|damaged)">', page.read_text())
    assert [name for name in names if name != "damaged"] == ["new", "old"]
    assert len(names) == 3


def test_a_page_without_runs_says_how_to_get_one() -> None:
    assert "There are no runs yet: make run." in render_runs_page([], _NOW)


def test_the_table_sorts_numbers_by_their_size(browser: Browser, tmp_path: Path) -> None:
    runs = [
        read_run(write_run(tmp_path, name, seconds=seconds))
        for name, seconds in (("long", 6000.0), ("short", 60.0), ("middle", 600.0))
    ]
    with browser.open_framed(render_runs_page(runs, _NOW), tmp_path) as visit:
        visit.frame.get_by_role("button", name="Time").press("Enter")
        cells = visit.frame.locator("tbody tr td:first-child").all_inner_texts()
        assert [cell.split()[0] for cell in cells] == ["long", "middle", "short"]
        assert (visit.faults, visit.requests) == ([], [])
