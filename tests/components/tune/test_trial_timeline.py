import pytest

from components.tune.trial_timeline import compute_timeline_info
from tests.components.tune.trials import ERROR, ERRORS, SCORE, make_many_trials


def test_the_timeline_has_a_row_for_each_process() -> None:
    info = compute_timeline_info(make_many_trials(8), SCORE)
    assert info is not None
    assert info.processes == [f"worker {w}, process {p}" for w in (0, 1) for p in (0, 1)]
    assert [bar.process for bar in info.bars] == [0, 2, 1, 3, 0, 2, 1, 3]
    assert [bar.start for bar in info.bars] == list(range(8))
    assert info.seconds == pytest.approx(7.8)
    assert info.busy == pytest.approx(8 * 0.8 / (4 * 7.8))
    assert compute_timeline_info(ERRORS, ERROR) is None
