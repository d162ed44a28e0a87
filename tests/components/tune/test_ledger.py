from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from components._sweep.trials import TrialResult
from components.tune.ledger import Ledger, TrialClaim, TrialOwner, name_ledger
from components.tune.search import TrialProposal
from components.tune.storage import open_storage
from components.tune.worker_setup import TrialNumbers
from tests.components.tune.sweeps import assert_exact

Open = Callable[..., Ledger]


@pytest.fixture
def study(tmp_path: Path) -> optuna.Study:
    """Return the study that is the ledger."""
    storage = open_storage(str(tmp_path / "journal"))
    return optuna.create_study(study_name=name_ledger("sweep"), storage=storage)


@pytest.fixture
def opened(study: optuna.Study, tmp_path: Path) -> Open:
    """Open the ledger as a process of its own would."""

    def make_ledger(worker: int = 0, attempt: str = "first", process: int = 1, total: int = 3) -> Ledger:
        storage = open_storage(str(tmp_path / "journal"))
        owner, numbers = TrialOwner(worker, attempt, process), TrialNumbers(total)
        return Ledger(storage, "sweep", owner, numbers, patience=1.0, grace=10.0)

    return make_ledger


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The ledger's clock, which stands still unless a test moves it."""
    now = [100.0]
    monkeypatch.setattr("components.tune.ledger.time.monotonic", lambda: now[0])
    return now


def _make_result(claim: TrialClaim, score: float = 0.5) -> TrialResult:
    return TrialResult(claim.number, 0, "linear", {"strength": 1.0}, (score, score), (0, 0), seconds=1.5)


def _claim(ledger: Ledger) -> TrialClaim:
    claim = ledger.claim_next()
    assert claim is not None
    return claim


def test_numbers_are_given_out_in_order_and_no_more_than_there_are(opened: Open, study: optuna.Study) -> None:
    ledgers = [opened(process=process) for process in range(4)]
    claims = [ledger.claim_next() for ledger in ledgers]
    assert [claim.number if claim else None for claim in claims] == [0, 1, 2, None]
    for ledger, claim in zip(ledgers[:3], claims, strict=False):
        assert claim is not None
        assert ledger.finish(claim, _make_result(claim))
    assert_exact(study.trials, 3)


def test_what_a_trial_tries_and_reaches_is_there_for_all(opened: Open, study: optuna.Study) -> None:
    ledger = opened()
    claim = _claim(ledger)
    ledger.record_proposal(claim, TrialProposal("linear", {"strength": 1.0}))
    proposal = {"family": "linear", "parameters": {"strength": 1.0}, "is_hurried": False}
    assert study.trials[0].user_attrs["proposal"] == proposal
    assert ledger.finish(claim, _make_result(claim))
    assert opened(process=2).list_results() == [_make_result(claim)]
    assert study.trials[0].value == 1.5


@pytest.mark.parametrize("more", [{"failure": "it broke"}, {"is_pruned": True}, {}])
def test_however_a_trial_ends_it_ends_its_number(opened: Open, more: dict[str, Any]) -> None:
    ledger = opened(total=1)
    claim = _claim(ledger)
    result = TrialResult(**{**vars(_make_result(claim)), **more})
    assert ledger.finish(claim, result)
    (entry,) = ledger.list_entries()
    assert entry.outcome == result
    assert ledger.claim_lost(ledger.list_entries()) is None


def test_the_number_of_a_dead_process_is_taken_again_and_then_given_up(opened: Open) -> None:
    pool = opened(process=9)
    for death in range(2):
        runner = opened(process=1)
        claim = runner.claim_lost(runner.list_entries()) if death else runner.claim_next()
        assert claim is not None
        assert claim.number == 0
        pool.mark_dead_process(1, "its process ended with status -9")
        assert not runner.finish(claim, _make_result(claim))
    (entry,) = pool.list_entries()
    assert entry.outcome is not None
    assert entry.outcome.failure == "its process ended with status -9, 2 times"


def test_another_process_is_not_buried_with_it(opened: Open) -> None:
    pool, alive = opened(process=9), opened(process=2)
    claim = _claim(alive)
    pool.mark_dead_process(1, "it died")
    assert alive.finish(claim, _make_result(claim))


def test_of_two_that_take_a_lost_number_the_first_has_it(opened: Open, study: optuna.Study) -> None:
    runner = opened()
    runner.mark_lost(_claim(runner).trial_id, "worker", "its worker died")
    one, other = opened(process=2), opened(process=3)
    seen = other.list_entries()
    first = one.claim_lost(one.list_entries())
    assert first is not None
    assert other.claim_lost(seen) is None
    assert one.finish(first, _make_result(first))
    assert [trial.number for trial in other.list_results()] == [0]
    assert "withdrawn" in study.trials[2].user_attrs


def test_a_number_that_was_lost_for_the_last_time_is_not_claimed_again(opened: Open) -> None:
    one, other = opened(), opened(process=2)
    one.mark_lost(_claim(one).trial_id, "process", "it died")
    seen = other.list_entries()
    second = one.claim_lost(one.list_entries())
    assert second is not None
    one.mark_lost(second.trial_id, "process", "it died")
    assert other.claim_lost(seen) is None
    (entry,) = other.list_entries()
    assert entry.outcome is not None
    assert entry.outcome.failure == "it died, 2 times"


def test_a_trial_cut_off_by_the_budget_goes_on_as_often_as_the_sweep(opened: Open) -> None:
    for _ in range(10):
        ledger = opened()
        claim = ledger.claim_lost(ledger.list_entries()) or _claim(ledger)
        assert claim.number == 0
        ledger.mark_lost(claim.trial_id, "budget", "the budget was spent after 1 of 5 folds")
    (entry,) = ledger.list_entries()
    assert entry.is_open
    (result,) = ledger.list_results()
    assert result.failure == "the budget was spent after 1 of 5 folds"


def test_the_folds_of_a_trial_that_the_budget_ended_are_kept_until_it_has_all(opened: Open) -> None:
    ledger = opened()
    claim = _claim(ledger)
    part = replace(_make_result(claim), fold_scores=(0.5,), steps=(0,), is_open=True)
    ledger.mark_lost(claim.trial_id, "budget", "the budget was spent after 1 of 5 folds", part)
    other = opened(process=2)
    (entry,) = other.list_entries()
    assert (entry.is_open, entry.outcome, entry.part) == (True, None, part)
    assert other.list_results() == [part]
    assert other.is_cut_off()
    again = other.claim_lost(other.list_entries())
    assert again is not None
    assert again.number == claim.number
    # While it runs again, and if it is then lost before its first fold, the part is all there is.
    assert other.list_results() == [part]
    assert other.finish(again, _make_result(again))
    assert other.list_results() == [_make_result(again)]
    assert not other.is_cut_off()


def test_a_worker_that_starts_anew_loses_what_it_ran_before(opened: Open) -> None:
    first = opened(attempt="first")
    first.start_attempt()
    claim = _claim(first)
    again = opened(attempt="again", process=5)
    again.start_attempt()
    again.mark_dead_workers()
    assert not first.finish(claim, _make_result(claim))
    assert again.claim_lost(again.list_entries()) is not None
    # The earlier attempt, if it still runs, learns of it.
    assert not first.send_heartbeat(1, 1.0)
    assert again.send_heartbeat(1, 1.0)


def test_a_worker_whose_count_stands_still_is_dead(opened: Open, clock: list[float]) -> None:
    watcher, silent = opened(worker=0), opened(worker=1, process=2)
    watcher.start_attempt()
    silent.start_attempt()
    claim = _claim(silent)
    for second in range(9):
        clock[0] += 1.0
        watcher.mark_dead_workers()
        assert watcher.list_entries()[0].is_running, second
    silent.send_heartbeat(1, 9.0)
    for _ in range(10):
        clock[0] += 1.0
        watcher.mark_dead_workers()
    assert watcher.list_entries()[0].is_running
    for _ in range(2):
        clock[0] += 1.0
        watcher.mark_dead_workers()
    assert watcher.list_entries()[0].is_open
    assert not silent.finish(claim, _make_result(claim))


def test_who_did_not_look_takes_nobody_for_dead(opened: Open, clock: list[float]) -> None:
    watcher, other = opened(worker=0), opened(worker=1, process=2)
    watcher.start_attempt()
    other.start_attempt()
    claim = _claim(other)
    watcher.mark_dead_workers()
    # The storage was away for a minute, for both.
    clock[0] += 60.0
    watcher.mark_dead_workers()
    assert other.finish(claim, _make_result(claim))


def test_the_time_of_a_sweep_goes_on_where_it_stopped(opened: Open) -> None:
    assert opened(worker=0).start_attempt() == 0.0
    opened(worker=0).send_heartbeat(1, 40.0)
    assert opened(worker=1).start_attempt() == 40.0
    opened(worker=1).send_heartbeat(1, 55.5)
    assert opened(worker=0, attempt="next day").start_attempt() == 55.5


def test_a_trial_that_was_created_without_an_answer_is_found_again(
    opened: Open, study: optuna.Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = opened()
    create, calls = ledger._storage.create_new_trial, []

    def lose_answer(*arguments: object, **more: Any) -> int:
        trial_id = create(*arguments, **more)  # type: ignore[arg-type]
        calls.append(trial_id)
        raise ConnectionLost

    class ConnectionLost(Exception):
        __module__ = "grpc._channel"

    monkeypatch.setattr(ledger._storage, "create_new_trial", lose_answer)
    claim = _claim(ledger)
    assert calls == [claim.trial_id]
    assert len(study.trials) == 1


def test_a_result_that_was_noted_without_an_answer_counts(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = opened()
    claim = _claim(ledger)
    note = ledger._storage.set_trial_state_values

    class ConnectionLost(Exception):
        __module__ = "grpc._channel"

    def lose_answer(*arguments: object, **more: Any) -> bool:
        note(*arguments, **more)  # type: ignore[arg-type]
        raise ConnectionLost

    monkeypatch.setattr(ledger._storage, "set_trial_state_values", lose_answer)
    assert ledger.finish(claim, _make_result(claim))


@pytest.mark.parametrize(("state", "value"), [(TrialState.FAIL, None), (TrialState.COMPLETE, 1.0)])
def test_a_trial_that_somebody_ended_by_hand_is_run_again(
    opened: Open, study: optuna.Study, state: TrialState, value: float | None
) -> None:
    ledger = opened()
    assert _claim(ledger).number == 0
    study.tell(0, value, state=state)
    (entry,) = ledger.list_entries()
    assert entry.is_open
    assert entry.losses == [("worker", "it was ended from outside")]


@pytest.mark.usefixtures("study")
def test_studies_of_workers_that_share_none_interleave_their_numbers(tmp_path: Path) -> None:
    storage, owner = open_storage(str(tmp_path / "journal")), TrialOwner(1, "first", 1)
    ledger = Ledger(storage, "sweep", owner, TrialNumbers(2, 1, 3), patience=1.0, grace=10.0)
    for _ in range(2):
        claim = _claim(ledger)
        ledger.mark_lost(claim.trial_id, "budget", "no time")
    assert [trial.number for trial in ledger.list_results()] == [1, 4]
