from benchmarks.quality.comparison import Comparison
from benchmarks.quality.leaderboard import list_rows
from benchmarks.quality.results import Key, Result, Results


def test_bencheval_is_given_errors_and_no_failures() -> None:
    results = Results(None)
    results.add(Key("ours", "breast_cancer", 0, 60.0), Result(score=0.75))
    results.add(Key("ours", "claims", 1, 60.0), Result(score=-3.5))
    results.add(Key("flaml", "claims", 1, 60.0), Result(note="it failed"))
    comparison = Comparison.collect(results, ("ours", "flaml"), ("breast_cancer", "claims"), 2, 60.0)
    assert list_rows(comparison) == [
        {"method": "ours", "task": "breast_cancer", "seed": 0, "metric_error": 0.25},
        {"method": "ours", "task": "claims", "seed": 1, "metric_error": 3.5},
    ]
