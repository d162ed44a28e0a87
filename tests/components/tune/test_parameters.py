import pytest

from components._report.charts import Points
from components._sweep.trials import Sweep
from components.tune.parameters import compute_importance_infos, compute_parameter_info, list_parameters
from components.tune.sweep_figures import draw_parameters
from components.tune.sweep_info import compute_sweep_info
from tests.components.tune.trials import ERROR, ERRORS, SCORE, make_finished_trial, make_many_trials


@pytest.mark.slow
def test_the_parameter_that_matters_is_found_where_there_are_trials_enough() -> None:
    assert compute_importance_infos(make_many_trials(27), 0) == []
    infos = compute_importance_infos(make_many_trials(90), 0)
    assert {info.title for info in infos} == {"LightGBM", "Neural network", "Linear model"}
    for info in infos:
        assert info.n_trials == 30
        assert info.names[0] == "learning_rate"
        assert info.shares[0] > 0.8
        assert info.explained > 0.5
    assert compute_importance_infos(make_many_trials(90), 0) == infos


def test_parameters_are_numbers_or_labels_and_only_those_that_differ() -> None:
    trials = [
        make_finished_trial(
            n, "linear", 0.5, parameters={"rate": 10.0**-n, "size": n, "kind": "ab"[n % 2], "same": 1}
        )
        for n in range(4)
    ]
    rate, size, kind = list_parameters(trials)
    assert (rate.name, rate.is_log, rate.labels) == ("rate", True, [])
    assert (size.values, size.is_log) == ([0.0, 1.0, 2.0, 3.0], False)
    assert (kind.values, kind.labels) == ([0.0, 1.0, 0.0, 1.0], ["a", "b"])


def test_scores_of_the_winners_family_are_drawn_by_each_of_its_parameters() -> None:
    sweep = make_many_trials(30)
    info = compute_parameter_info(sweep, SCORE)
    assert info is not None
    assert info.scores == sorted(info.scores)
    assert info.numbers[-1] == sweep.winner.number
    charts = draw_parameters(info, compute_sweep_info(sweep, "roc_auc"))
    assert [chart.title for chart in charts] == [parameter.name for parameter in info.parameters]
    best, points = charts[0].marks
    assert isinstance(best, Points)
    assert isinstance(points, Points)
    assert (charts[0].title, charts[0].y.title) == ("learning_rate", "ROC AUC")
    assert points.ys[-5:] == info.scores[-5:]
    assert best.ys == [max(info.scores)]
    assert compute_parameter_info(Sweep(ERRORS.trials[:2], {}), ERROR) is None
