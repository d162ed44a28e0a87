from dataclasses import replace

from components._sweep.trials import Sweep
from components.tune.sweep_info import compute_sweep_info
from components.tune.tradeoff import compute_tradeoff_info, describe_pareto_front
from tests.components.tune.trials import ERRORS


def test_the_pareto_front_is_what_no_other_beats_in_score_and_time() -> None:
    info = compute_tradeoff_info(compute_sweep_info(ERRORS, "neg_root_mean_squared_error"))
    assert info is not None
    assert [point.number for point in info.pareto_front] == [1, 4, 0, 3]
    assert describe_pareto_front(info).startswith(
        "4 trials are on the Pareto front: no other trial is better in both score and time. They are, from"
    )
    best_and_fastest = Sweep([replace(ERRORS.trials[3], predict_ms=0.01), *ERRORS.trials[:3]], {})
    only = compute_tradeoff_info(compute_sweep_info(best_and_fastest, "neg_root_mean_squared_error"))
    assert only is not None
    assert [point.number for point in only.pareto_front] == [3]
    assert describe_pareto_front(only) == (
        "Trial 3 (LightGBM, 3 in 0.01 ms) is both the best and the fastest to predict."
    )
    untimed = Sweep([replace(trial, predict_ms=0.0) for trial in ERRORS.trials], {})
    assert compute_tradeoff_info(compute_sweep_info(untimed, "neg_root_mean_squared_error")) is None
