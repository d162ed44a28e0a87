from pathlib import Path

from benchmarks.quality.report import Plan, render_page
from benchmarks.quality.results import Key, Result, Results

FIRST = Key("ours", "wine", 0, 60.0)
SECOND = Key("flaml", "wine", 0, 60.0)


def test_results_are_kept_for_the_next_run(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    Results(file).add(FIRST, Result(score=-0.1, versions={"lightgbm": "4"}))
    assert Results(file).get(FIRST) == Result(score=-0.1, versions={"lightgbm": "4"})
    assert Results(file).get(FIRST._replace(seconds=10.0)) is None
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_two_runs_on_one_file_keep_each_others_results(tmp_path: Path) -> None:
    one, other = Results(tmp_path / "results.json"), Results(tmp_path / "results.json")
    one.add(FIRST, Result(score=-0.1))
    other.add(SECOND, Result(score=-0.2))
    kept = Results(tmp_path / "results.json")
    assert kept.get(FIRST) is not None
    assert kept.get(SECOND) is not None


def test_the_page_tells_of_failures_and_of_what_is_not_installed() -> None:
    results = Results(None)
    results.add(FIRST, Result(score=-0.1, wall_seconds=58.0, date="2026-01-31T00:00:00+00:00"))
    results.add(SECOND, Result(note="ended with status 1: no memory", date="2026-01-31T00:00:00+00:00"))
    plan = Plan(("ours", "flaml"), ("wine",), seeds=1, seconds=60.0, cores=2)
    text = render_page(plan, results, {"autogluon": "no such wheel"})
    assert "| ours | -0.1000 | 1.0 | 58.0 |" in text
    assert "| flaml | — | 2.0 |" in text
    assert "flaml failed on wine, split 0: it ended with status 1: no memory" in text
    assert "autogluon: not installed: no such wheel" in text
