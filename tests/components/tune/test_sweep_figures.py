from components._estimators import FAMILIES
from components._report.theme import PALETTE
from components._sweep.trials import Sweep
from components.tune.sweep_figures import draw_history
from components.tune.sweep_info import compute_sweep_info
from tests.components.tune.trials import make_finished_trial


def test_the_history_marks_the_best_trial_and_leaves_the_worst_at_the_edge_of_the_picture() -> None:
    trials = [make_finished_trial(number, "linear", 0.8 + number / 100) for number in range(19)]
    info = compute_sweep_info(Sweep([*trials, make_finished_trial(19, "linear", 0.1)], {}), "roc_auc")
    drawing = draw_history(info)
    marked = next(trace for trace in drawing.data if trace.name == "best trial")
    assert (list(marked.x), list(marked.y)) == ([18], [0.98])
    low, high = drawing.layout.yaxis.range
    assert 0.1 < low < 0.81
    assert 0.98 < high < 1.1
    shown = next(trace for trace in drawing.data if trace.name == "Linear model")
    assert min(shown.y) == low
    assert "trial 19: 0.1," in shown.text[-1]


def test_each_family_has_a_colour_of_its_own() -> None:
    sweep = Sweep([make_finished_trial(i, name, 0.7, 0.8) for i, name in enumerate(FAMILIES)], {})
    drawing = draw_history(compute_sweep_info(sweep, "roc_auc"))
    colours = [trace.marker.color for trace in drawing.data if trace.marker.color in PALETTE]
    assert len(colours) == len(set(colours)) == len(FAMILIES)
