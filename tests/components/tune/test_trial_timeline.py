import pytest

from components._sweep.trials import Sweep
from components.tune.trial_timeline import compute_timeline_info
from tests.components.tune.trials import CUT_OFF, ERROR, ERRORS, SCORE, make_finished_trial, make_many_trials


def test_the_timeline_has_a_row_for_each_process() -> None:
    info = compute_timeline_info(make_many_trials(8), SCORE)
    assert info is not None
    assert info.processes == [f"worker {w}, process {p}" for w in (0, 1) for p in (0, 1)]
    assert [bar.process for bar in info.bars] == [0, 2, 1, 3, 0, 2, 1, 3]
    assert [bar.start for bar in info.bars] == list(range(8))
    assert info.seconds == pytest.approx(7.8)
    assert info.busy == pytest.approx(8 * 0.8 / (4 * 7.8))
    assert compute_timeline_info(ERRORS, ERROR) is None


def test_a_bar_says_how_its_trial_ended() -> None:
    trials = [
        make_finished_trial(0, "linear", 0.7, 0.8, started=1.0),
        make_finished_trial(1, "linear", 0.7, started=2.0, is_pruned=True),
        make_finished_trial(2, "linear", 0.7, started=3.0, is_open=True),
        make_finished_trial(3, "linear", started=4.0),
    ]
    info = compute_timeline_info(Sweep(trials, {}), SCORE)
    assert info is not None
    assert [bar.state for bar in info.bars] == ["finished", "pruned", "cut off", "failed"]
    assert [bar.score for bar in info.bars] == [0.75, 0.7, 0.7, None]
    cut_off = compute_timeline_info(CUT_OFF, ERROR)
    assert cut_off is not None
    assert [(bar.number, bar.state) for bar in cut_off.bars] == [(6, "cut off")]
