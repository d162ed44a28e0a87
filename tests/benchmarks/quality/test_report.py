from collections.abc import Mapping

from benchmarks.quality.comparison import Comparison
from benchmarks.quality.environments import NotInstalled
from benchmarks.quality.leaderboard import Rating
from benchmarks.quality.ranking import Interval
from benchmarks.quality.report import Plan, render_page
from benchmarks.quality.results import Key, Result, Results

DATE = "2026-01-31T00:00:00+00:00"


def refuse(_comparisons: Mapping[str, Comparison]) -> dict[str, dict[str, Rating]]:
    raise NotInstalled("no such wheel")


def render(results: Results, *tables: str, seeds: int = 1, budgets: tuple[float, ...] = (60.0,)) -> str:
    plan = Plan(("ours", "flaml", "lightgbm"), tables, seeds, budgets, cores=2)
    return render_page(plan, results, {"autogluon_best": "no such version"}, refuse)


def test_the_page_tells_of_failures_and_of_what_is_not_installed() -> None:
    results = Results(None)
    results.add(Key("ours", "wine", 0, 60.0), Result(score=-0.1, wall_seconds=58.0, date=DATE))
    failed = Result(note="ended with status 1: no memory", date=DATE)
    results.add(Key("flaml", "wine", 0, 60.0), failed)
    text = render(results, "wine")
    assert "| ours | 1.00 | 1.00 to 1.00 | — | 0 of 1 | — | — | — | — | 0 |" in text
    assert "| flaml | 2.00 | 2.00 to 2.00 | — | 0 of 1 | — | — | — | — | 1 |" in text
    assert "flaml failed on wine, split 0, 60 s: it ended with status 1: no memory" in text
    assert "autogluon_best: not installed: no such version" in text
    assert "No Elo and no improvability: no such wheel" in text


def test_the_page_names_the_tables_on_which_ours_loses_and_the_largest_costs() -> None:
    results = Results(None)
    for seed, (ours, baseline) in enumerate([(-0.5, -0.2), (-0.6, -0.3)]):
        results.add(Key("lightgbm", "digits", seed, 60.0), Result(score=baseline))
        measured = Result(score=ours, wall_seconds=66.0, cpu_seconds=60.0, model_megabytes=7.0)
        results.add(Key("ours", "digits", seed, 60.0), measured)
        results.add(Key("lightgbm", "wine", seed, 60.0), Result(score=-0.2))
        results.add(Key("ours", "wine", seed, 60.0), Result(score=-0.1, wall_seconds=30.0))
    text = render(results, "digits", "wine", seeds=2)
    assert "Behind beyond noise: digits." in text
    assert "| **digits** | generated | independent | +0.3 | " in text
    assert "| wine | generated | independent | -0.1 | 0 | -50.0 |" in text
    assert (
        "| ours | 1.10 (digits) | 0.50 (digits) | 0.00 | 0.00 (digits) | 7.0 (digits) | 0 (digits) |" in text
    )
    assert "| digits (neg_log_loss) | -0.5500 | **-0.2500** |" in text


def test_the_page_has_each_budget_half_and_regime() -> None:
    results = Results(None)
    for seconds in (60.0, 240.0):
        for table in ("wine", "concrete", "hotel_rates", "rand_hie", "chicago"):
            results.add(Key("ours", table, 0, seconds), Result(score=-0.1))
    text = render(results, "wine", "concrete", "hotel_rates", "rand_hie", "chicago", budgets=(60.0, 240.0))
    for seconds in (60, 240):
        for group, tables in {
            "All tables": "5 tables: wine, concrete, hotel_rates, rand_hie, chicago.",
            "Half: generated": "1 tables: wine.",
            "Half: development": "3 tables: concrete, hotel_rates, rand_hie.",
            "Half: holdout": "1 tables: chicago.",
            "Regime: independent": "2 tables: wine, concrete.",
            "Regime: by time": "2 tables: hotel_rates, chicago.",
            "Regime: by group": "1 tables: rand_hie.",
        }.items():
            assert f"### {group}, {seconds} s\n\n{tables}\n" in text


def test_the_ratings_of_each_group_stand_beside_its_ranks() -> None:
    results = Results(None)
    results.add(Key("ours", "wine", 0, 60.0), Result(score=-0.1))
    rating = Rating(Interval(1100.4, 1050.0, 1200.0), Interval(0.0123, 0.0, 0.05))
    plan = Plan(("ours",), ("wine",), 1, (60.0,), cores=2)
    text = render_page(plan, results, {}, lambda groups: {name: {"ours": rating} for name in groups})
    assert "| 1100 | 1050 to 1200 | 1.2 | 0.0 to 5.0 | 0 |" in text
