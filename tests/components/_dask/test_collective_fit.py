import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest

from components._dask import collective_fit
from components._dask.collective_fit import fit_collectively
from components._dask.failures import WorkersFailed
from components._dask.workers import Workers, open_workers
from tests.components._dask.collective_rows import (
    N_ROWS,
    SETTINGS,
    NumberedShare,
    draw_rows,
    load_nothing,
    load_share,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with open_workers(2 << 30, None) as opened:
        yield opened


def _fit(workers: Workers, log: Path, seconds: float = 0.0) -> lgb.Booster:
    def divide(n_workers: int) -> list[NumberedShare]:
        return [NumberedShare(number, n_workers, log, seconds) for number in range(n_workers)]

    stop = lgb.early_stopping(5, first_metric_only=True, verbose=False)
    fit = fit_collectively(workers, SETTINGS, load_share, divide, [stop])
    assert fit.n_workers == workers.n_workers
    return fit.booster


def _write_trees(booster: lgb.Booster) -> str:
    """Return the trees as text, without the parameters, which have the ports of the workers."""
    return booster.model_to_string().partition("\nparameters:\n")[0]


def _compute_loss(booster: lgb.Booster) -> float:
    X, y = draw_rows(2, 2_000)
    predicted = np.asarray(booster.predict(X, num_iteration=booster.best_iteration))
    return float(-np.mean(np.log(np.where(y == 1, predicted, 1 - predicted))))


def test_the_same_workers_grow_the_same_trees_and_about_as_good_ones_as_this_process(
    workers: Workers, tmp_path: Path
) -> None:
    first, second = (_fit(workers, tmp_path / "log") for _ in range(2))
    assert _write_trees(first) == _write_trees(second)
    X, y = draw_rows(0, N_ROWS)
    alone = lgb.LGBMClassifier(**SETTINGS).fit(X, y, eval_X=draw_rows(1, 500)[0], eval_y=draw_rows(1, 500)[1])
    assert abs(_compute_loss(first) - _compute_loss(alone.booster_)) < 0.02


def test_a_fit_begins_anew_if_a_worker_is_killed(workers: Workers, tmp_path: Path) -> None:
    expected = _fit(workers, tmp_path / "before")
    log = tmp_path / "log"
    pids = list(workers.client.run(os.getpid).values())

    def kill_once_loading() -> None:
        while not log.exists():
            time.sleep(0.05)
        os.kill(pids[-1], signal.SIGKILL)

    thread = threading.Thread(target=kill_once_loading)
    thread.start()
    made = _fit(workers, log, seconds=1.0)
    thread.join()
    assert _write_trees(made) == _write_trees(expected)
    assert len(log.read_text().split()) > len(pids)


def test_what_loading_raises_is_raised_here(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collective_fit, "_NOTICE_SECONDS", 0.0)
    shares = [NumberedShare(0, 1, tmp_path / "log")]
    with pytest.raises(ValueError, match="worker 0 has no rows"):
        fit_collectively(workers, SETTINGS, load_nothing, lambda _: shares, [])


def test_fewer_workers_than_stated_fit_nothing(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components._dask.workers._PATIENCE", 0.1)
    more = Workers(workers.client, "of this machine", workers.n_workers + 1)
    with pytest.raises(WorkersFailed, match=r"2 of 3 Dask workers have come(.|\n)*DASK_MOST_WORKERS"):
        fit_collectively(more, SETTINGS, load_share, lambda _: [], [])
