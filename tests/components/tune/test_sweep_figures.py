from components._estimators import FAMILIES
from components._report.charts import Points
from components._report.colours import PALETTE
from components._sweep.trials import Sweep
from components.tune.sweep_figures import draw_history
from components.tune.sweep_info import compute_sweep_info
from tests.components.tune.trials import make_finished_trial

_TITLES = {family.title for family in FAMILIES.values()}


def test_the_history_marks_the_best_trial_and_leaves_the_worst_at_the_edge_of_the_picture() -> None:
    trials = [make_finished_trial(number, "linear", 0.8 + number / 100) for number in range(19)]
    info = compute_sweep_info(Sweep([*trials, make_finished_trial(19, "linear", 0.1)], {}), "roc_auc")
    chart = draw_history(info)
    points = {mark.name: mark for mark in chart.marks if isinstance(mark, Points)}
    assert (points["best trial"].xs, points["best trial"].ys) == ([18], [0.98])
    low, high = chart.y.low, chart.y.high
    assert low is not None
    assert high is not None
    assert 0.1 < low < 0.81
    assert 0.98 < high < 1.1
    assert "trial 19: 0.1," in points["Linear model"].tips[-1]


def test_each_family_has_a_colour_of_its_own() -> None:
    sweep = Sweep([make_finished_trial(i, name, 0.7, 0.8) for i, name in enumerate(FAMILIES)], {})
    chart = draw_history(compute_sweep_info(sweep, "roc_auc"))
    colours = [mark.colours for mark in chart.marks if isinstance(mark, Points) and mark.name in _TITLES]
    assert len(colours) == len(set(colours)) == len(FAMILIES)
    assert {*colours} <= {*PALETTE}
