from pathlib import Path

import pytest

from benchmarks.quality.curve import Point, compute_curves, draw_curves, save_figure
from benchmarks.quality.results import Key, Result, Results


def make_results() -> Results:
    results = Results(None)
    for seed in range(2):
        for seconds in (10.0, 60.0):
            ours = Result(score=-0.5 + seconds / 1000 - seed / 10, wall_seconds=seconds)
            results.add(Key("ours", "wine", seed, seconds), ours)
            results.add(Key("lightgbm", "wine", seed, seconds), Result(score=-0.6, wall_seconds=2.0 + seed))
    results.add(Key("flaml", "wine", 0, 10.0), Result(score=-0.7, wall_seconds=10.0))
    results.add(Key("flaml", "wine", 0, 60.0), Result(score=-0.6, wall_seconds=10.0))
    results.add(Key("flaml", "wine", 1, 60.0), Result(score=-0.6, wall_seconds=10.0))
    results.add(Key("catboost", "wine", 0, 60.0), Result(score=-0.1, wall_seconds=10.0))
    return results


def test_a_curve_has_a_point_for_each_limit_with_a_score_on_all_splits() -> None:
    curves = compute_curves(make_results(), "wine")
    assert list(curves) == ["ours", "flaml", "lightgbm"]
    assert [point.seconds for point in curves["ours"]] == [10.0, 60.0]
    assert curves["ours"][0].scores == pytest.approx((-0.49, -0.59))
    assert curves["ours"][0].mean == pytest.approx(-0.54)
    assert curves["flaml"] == [Point(60.0, (-0.6, -0.6))]


def test_the_baseline_is_one_point_where_it_ended() -> None:
    assert compute_curves(make_results(), "wine")["lightgbm"] == [Point(2.5, (-0.6, -0.6))]
    assert compute_curves(make_results(), "digits") == {}


@pytest.mark.slow
def test_the_picture_is_the_same_every_time(tmp_path: Path) -> None:
    for name in ("one.svg", "other.svg"):
        curves = compute_curves(make_results(), "wine")
        figure = draw_curves({"wine": curves, "digits": {}, "claims": {}})
        assert [text.get_text() for text in figure.legends[0].get_texts()] == [
            "kfp-tabular",
            "FLAML",
            "LightGBM as it comes",
        ]
        save_figure(figure, tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()
    assert (tmp_path / "one.svg").read_text().startswith("<?xml")
