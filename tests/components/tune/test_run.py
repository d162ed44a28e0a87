import json
import time
from pathlib import Path

import numpy as np
import pytest

from components import machine
from components._model.files import save_recipe
from components._problem.task import TASKS, TaskKind
from components._sweep.folds import FoldSet
from components._sweep.trials import NoTrialFinished, Sweep
from components._table.target import encode_target
from components.errors import InvalidSetting
from components.tune import pool as pool_module
from components.tune import run as run_module
from components.tune.run import Settings, plan, run
from tests.components._model.tables import KINDS, draw_table, make_problem, make_recipe, write_inputs
from tests.components.tune.sweeps import N_ROWS, collect_outcomes, write_folds


def _plan(
    folder: Path, kind: TaskKind, workers: int = 1, minutes: float = 10.0, study: str = ""
) -> list[int]:
    folder.mkdir(exist_ok=True)
    places = write_inputs(folder, kind)
    table = draw_table(kind)
    recipe = make_recipe(kind).fit(table[list(KINDS)], encode_target(table["y"], make_problem(kind)))
    save_recipe(recipe, folder / "recipe")
    return plan(
        train=places["train"],
        problem=places["problem"],
        recipe=str(folder / "recipe"),
        folds=str(folder / "folds"),
        study=study,
        workers=workers,
        budget_minutes=minutes,
        seed=0,
    )


@pytest.mark.parametrize(
    "kind", ["binary", *(pytest.param(kind, marks=pytest.mark.slow) for kind in TASKS if kind != "binary")]
)
def test_a_plan_and_its_sweep_end_to_end(tmp_path: Path, kind: TaskKind) -> None:
    assert _plan(tmp_path, kind, workers=2) == [0, 1]
    for worker in range(2):
        results = tmp_path / f"results-{worker}"
        settings = Settings(worker=worker, workers=2, trials=3)
        run(folds=str(tmp_path / "folds"), results=str(results), study="sweep", settings=settings)
        json.loads((results / "trials.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    swept = Sweep.load([str(tmp_path / f"results-{worker}") for worker in range(2)])
    assert [(trial.worker, trial.number) for trial in swept.trials] == [(0, 0), (1, 1), (0, 2)]
    assert len(swept.finished) == 3
    data = FoldSet.load(tmp_path / "folds")
    predicted = swept.out_of_fold[swept.winner.number]
    assert len(predicted) == len(data.scored_rows) == 300
    assert swept.winner.score > {"binary": 0.75, "multiclass": -0.9, "regression": -1.6}[kind]


def test_with_little_memory_fewer_trials_run_at_a_time_and_a_note_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folds(tmp_path)
    monkeypatch.setattr(run_module, "count_cpus", lambda: 4)
    monkeypatch.setattr(machine, "read_memory_limit", lambda: 800_000_000)
    monkeypatch.setattr(pool_module, "read_memory_limit", lambda: None)
    run(
        folds=str(tmp_path / "folds"),
        results=str(tmp_path / "results"),
        study="sweep",
        settings=Settings(trials=2),
    )
    assert Sweep.load([str(tmp_path / "results")]).notes == [
        "Worker 0 ran 2 trials at a time, not 4, because its memory has no room for more."
    ]


def test_planning_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("once", "again"):
        _plan(tmp_path / name, "binary")
    once, again = (
        {
            file.relative_to(folder): file.read_bytes()
            for file in sorted(folder.rglob("*.*"))
            if file.is_file()
        }
        for folder in (tmp_path / "once" / "folds", tmp_path / "again" / "folds")
    )
    assert once == again
    # The problem and the target; five folds thrice, of six arrays each.
    assert len(once) == 2 + 15 * 7


def test_a_plan_needs_a_worker(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="workers = 0 is out of range"):
        _plan(tmp_path, "binary", workers=0)


def test_workers_share_the_journal_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KFP_TABULAR_STUDY_JOURNAL", str(tmp_path / "journal"))
    folds = write_folds(tmp_path)
    for worker in range(2):
        settings = Settings(worker=worker, workers=2, trials=4)
        run(folds=folds, results=str(tmp_path / f"results-{worker}"), study="sweep", settings=settings)
    parts = [Sweep.load([str(tmp_path / f"results-{worker}")]) for worker in range(2)]
    # The first had done all when the second came, who knows of it by the study.
    assert collect_outcomes(parts[0]) == collect_outcomes(parts[1])
    assert [trial.number for trial in parts[1].trials] == [0, 1, 2, 3]
    assert parts[1].out_of_fold == {}
    assert Sweep.load([str(tmp_path / f"results-{i}") for i in range(2)]).out_of_fold.keys() == {0, 1, 2, 3}


def test_a_sweep_of_failed_trials_has_no_winner_and_says_why(tmp_path: Path) -> None:
    folds = write_folds(tmp_path, "regression", -1.0 - np.arange(N_ROWS), metric="neg_mean_poisson_deviance")
    run(folds=folds, results=str(tmp_path / "results"), study="sweep", settings=Settings(trials=2))
    swept = Sweep.load([str(tmp_path / "results")])
    assert len(swept.trials) == 2
    with pytest.raises(
        NoTrialFinished, match=r"No trial of the sweep finished: .*power=1 can only be used on non-negative y"
    ):
        _ = swept.winner
    with pytest.raises(NoTrialFinished, match="none was started"):
        _ = Sweep([], {}).winner


def test_each_trial_is_reported_as_an_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = tmp_path / "events"
    monkeypatch.setenv("KFP_TABULAR_EVENTS", str(events))
    folds = write_folds(tmp_path, "regression")
    run(folds=folds, results=str(tmp_path / "results"), study="sweep", settings=Settings(trials=4))
    trials = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
    swept = Sweep.load([str(tmp_path / "results")])
    assert {event["number"]: event["score"] for event in trials} == {
        trial.number: -trial.score for trial in swept.trials
    }
    assert sorted(event["finished"] for event in trials)[-1] == 4
    assert min(event["best"] for event in trials) == -swept.winner.score
    assert {event["metric"] for event in trials} == {"root_mean_squared_error"}


@pytest.mark.slow
def test_a_sweep_that_goes_on_with_more_minutes_keeps_its_folds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KFP_TABULAR_STUDY_JOURNAL", str(tmp_path / "journal"))
    monkeypatch.setattr("components.tune.time_planner._PROCESSORS", 0.002)
    folders = {name: tmp_path / name for name in ("first", "resumed", "new")}
    _plan(folders["first"], "binary", minutes=1.0, study="mine")

    def run_trials(name: str, minutes: float) -> None:
        settings = Settings(trials=2, budget_minutes=minutes)
        run(
            folds=str(folders[name] / "folds"),
            results=str(folders[name] / "trials"),
            study="mine",
            settings=settings,
        )

    run_trials("first", 1.0)
    _plan(folders["resumed"], "binary", minutes=100.0, study="mine")
    _plan(folders["new"], "binary", minutes=100.0, study="other")
    first, resumed, new = (FoldSet.load(folder / "folds") for folder in folders.values())
    assert len(first.folds) < len(new.folds)
    assert resumed.sha256 == first.sha256 != new.sha256
    # Only its fits get more time.
    assert resumed.plan.fit_seconds > first.plan.fit_seconds
    run_trials("resumed", 100.0)
    assert len(Sweep.load([str(folders["resumed"] / "trials")]).finished) == 2


def test_a_plan_says_at_once_that_the_workers_database_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KFP_TABULAR_STUDY_URL", "nosql+driver://sweeper:5ec7e7@host/sweeps")
    with pytest.raises(InvalidSetting, match=r"The sweep's database cannot be used: .*load plugin"):
        _plan(tmp_path, "binary")
    assert not (tmp_path / "folds").exists()


def test_a_worker_says_how_to_look_at_its_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folds = write_folds(tmp_path)
    journal = tmp_path / "journal"
    monkeypatch.setenv("KFP_TABULAR_STUDY_JOURNAL", str(journal))
    run(folds=folds, results=str(tmp_path / "shared"), study="mine", settings=Settings(trials=1))
    assert f"Look at the study mine with: optuna-dashboard {journal}\n" in capfd.readouterr().out
    monkeypatch.delenv("KFP_TABULAR_STUDY_JOURNAL")
    run(folds=folds, results=str(tmp_path / "alone"), study="mine", settings=Settings(trials=1))
    assert "This worker searches alone" in capfd.readouterr().out


@pytest.mark.slow_variants
@pytest.mark.parametrize(("seconds_ago", "is_late"), [(10, False), (58, True)])
def test_a_run_that_will_be_late_is_announced_before_the_first_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds_ago: int, is_late: bool
) -> None:
    monkeypatch.setenv("KFP_TABULAR_EVENTS", str(tmp_path / "events.jsonl"))
    monkeypatch.setenv("KFP_TABULAR_STARTED", str(time.time() - seconds_ago))
    _plan(tmp_path, "binary", minutes=1.0)
    events = tmp_path / "events.jsonl"
    notices = events.read_text(encoding="utf-8") if events.exists() else ""
    assert ("s and not 60 s: so large a table" in notices) is is_late
