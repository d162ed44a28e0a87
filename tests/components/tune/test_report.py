from pathlib import Path

import pytest

from components._problem.task import TaskKind
from components._sweep.folds import FoldSet
from components._sweep.trials import Sweep
from components.tune.report import render_sweep_page
from tests.browser import Browser
from tests.components.tune.sweeps import write_folds
from tests.components.tune.trials import CUT_OFF, ERRORS, make_finished_trial, make_many_trials


def load_folds(folder: Path, metric: str) -> FoldSet:
    kind: TaskKind = "regression" if metric == "neg_root_mean_squared_error" else "binary"
    return FoldSet.load(write_folds(folder, kind, metric=metric))


@pytest.mark.parametrize(
    ("n_trials", "metric"),
    [
        (1, "roc_auc"),
        pytest.param(40, "neg_log_loss", marks=pytest.mark.slow),
        pytest.param(500, "roc_auc", marks=pytest.mark.slow),
        (500, "neg_log_loss"),
    ],
)
def test_a_page_of_any_sweep_draws_itself(
    n_trials: int, metric: str, tmp_path: Path, browser: Browser
) -> None:
    sweep = make_many_trials(n_trials, 1 if metric == "roc_auc" else -1)
    (tmp_path / "page.html").write_text(
        render_sweep_page(sweep, load_folds(tmp_path, metric), seed=0), encoding="utf-8"
    )
    with browser.from_file(tmp_path / "page.html") as visit:
        # The search, score against time, and the timeline.
        assert visit.count_charts() >= 3
        assert (visit.faults, visit.requests) == ([], [])
    assert (tmp_path / "page.html").stat().st_size < 400_000


def test_failures_and_notes_are_on_the_page(tmp_path: Path) -> None:
    notes = ["Worker 1 lost the sweep's storage: <no route>"] * 2
    sweep = Sweep([*ERRORS.trials, make_finished_trial(7, "linear")], {}, notes)
    page = render_sweep_page(sweep, load_folds(tmp_path, "neg_root_mean_squared_error"), seed=0)
    assert "2 trials: ValueError: it broke" in page
    assert page.count("&lt;no route&gt;") == 1


def test_trials_that_were_cut_off_are_on_the_page(tmp_path: Path, browser: Browser) -> None:
    folds = load_folds(tmp_path, "neg_root_mean_squared_error")
    page = render_sweep_page(CUT_OFF, folds, seed=0)
    assert "4 · 1 · 1 · 2" in page
    assert "1 trial was cut off" in " ".join(page.split())
    assert "cut off after 1 of 2 folds" in page
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    with browser.from_file(tmp_path / "page.html") as visit:
        assert visit.count_charts() >= 2
        assert (visit.faults, visit.requests) == ([], [])
    assert "cut off by" not in " ".join(render_sweep_page(ERRORS, folds, seed=0).split())
