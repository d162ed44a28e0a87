from pathlib import Path

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


def test_keys_are_read_back_and_failures_have_no_score(tmp_path: Path) -> None:
    results = Results(tmp_path / "results.json")
    results.add(FIRST._replace(seconds=0.5), Result(score=-0.1))
    results.add(SECOND, Result(note="it failed"))
    assert Results(tmp_path / "results.json").list_scored() == {
        FIRST._replace(seconds=0.5): Result(score=-0.1)
    }
