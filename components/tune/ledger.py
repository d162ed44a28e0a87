"""Which trials of a sweep have ended, which run, and which must run again, as all its workers see it.

An Optuna storage numbers the trials of a study one by one, and a trial can end only once. These two facts are
enough to make a sweep exact: its trials are the numbers 0 to ``total - 1``, and each has one outcome, even if
processes that run them die.

- The ledger is a study of its own, beside the study that people look at. A trial that is created in it claims
  the next number of the sweep, or one that was lost.
- Each worker writes a heartbeat, a number that it counts up. A worker whose heartbeat stops is dead, and so
  is an earlier attempt of a worker that was restarted. Their trials are lost: they are marked as failed, and
  their numbers are claimed again.
- If two trials claim the same lost number, the trial that was created first gets it.
"""

import itertools
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple, TypeVar

from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from components._sweep.trials import TrialResult, parse_trial
from components.tune.search import TrialProposal
from components.tune.storage import retry
from components.tune.worker_setup import TrialNumbers

# What the name of a study's ledger adds to the study's own.
_SUFFIX = "-ledger"
# How often a trial is tried if it is lost. It may have killed its process, but a whole worker rarely dies of
# a trial. A trial that the budget cut off has no limit: it runs again whenever the sweep is continued.
_TRIES = {"process": 2, "worker": 6}
# After a longer gap between two looks, a heartbeat that has not changed says nothing. In seconds.
_LONGEST_GAP = 10.0

Culprit = Literal["process", "worker", "budget"]
Result = TypeVar("Result")


class TrialOwner(NamedTuple):
    """The process that runs a trial, in an attempt of a worker."""

    worker: int
    attempt: str
    process: int


class TrialClaim(NamedTuple):
    """A number of the sweep that a process runs.

    Attributes
    ----------
    number : int
        The number in the sweep.
    trial_id : int
        The trial in the ledger's study, as Optuna's storages call it.
    """

    number: int
    trial_id: int


@dataclass
class LedgerEntry:
    """What is known about one number of the sweep.

    Attributes
    ----------
    outcome : TrialResult or None
        How it ended; None while it runs or waits to run.
    is_running : bool
        Whether a process runs it that is not known to be dead.
    losses : list of (culprit, reason)
        Why earlier tries were lost.
    part : TrialResult or None
        The folds that a try had finished when the budget ended it.
    """

    outcome: TrialResult | None = None
    is_running: bool = False
    losses: list[tuple[Culprit, str]] = field(default_factory=list)
    part: TrialResult | None = None

    @property
    def is_open(self) -> bool:
        """Whether it must run again."""
        return self.outcome is None and not self.is_running


def name_ledger(study: str) -> str:
    """Return the name of the study that is the ledger of another study."""
    return f"{study}{_SUFFIX}"


class Ledger:
    """The trials of a sweep.

    Parameters
    ----------
    storage : BaseStorage
        Where they are kept.
    study : str
        Name of the study whose ledger this is. The ledger must be there.
    owner : TrialOwner
        This process.
    numbers : TrialNumbers
        Which trials of the sweep the study holds.
    patience : float
        How long to wait for a storage that does not answer, in seconds; then ``StorageLost`` is raised.
    grace : float
        How long a worker may be without a heartbeat, in seconds.
    """

    def __init__(
        self,
        storage: BaseStorage,
        study: str,
        owner: TrialOwner,
        numbers: TrialNumbers,
        *,
        patience: float,
        grace: float,
    ) -> None:
        self._storage = storage
        self._owner = owner
        self._numbers = numbers
        self._patience = patience
        self._grace = grace
        # Each worker's last heartbeat, and when this machine first saw it: no two clocks are compared.
        self._seen: dict[int, tuple[object, float]] = {}
        self._looked = time.monotonic()
        self._trials: list[FrozenTrial] = []
        self._outcomes: dict[int, TrialResult] = {}
        self._study_id = self._retry_call(lambda: storage.get_study_id_from_name(name_ledger(study)))

    def list_entries(self, *, fresh: bool = True) -> list[LedgerEntry]:
        """Return what is known about every number that was claimed, in order.

        Parameters
        ----------
        fresh : bool
            Whether to read the trials. If not, those of the last time are used.
        """
        entries: list[LedgerEntry] = []
        for trial in self._read_trials() if fresh else self._trials:
            again = trial.user_attrs["claim"]["again"]
            if again is None:
                entries.append(LedgerEntry())
                again = len(entries) - 1
            self._update_entry(entries[again], self._numbers.to_sweep_number(again), trial)
        # Claims beyond the total are of processes that do not know yet that all numbers are claimed.
        return entries[: self._numbers.total]

    def list_results(self, *, fresh: bool = True) -> list[TrialResult]:
        """Return every trial that ended; lost trials are among them as failed.

        Parameters
        ----------
        fresh : bool
            See ``list_entries``.
        """
        results = []
        for number, entry in enumerate(self.list_entries(fresh=fresh)):
            if entry.outcome is not None:
                results.append(entry.outcome)
            elif entry.part is not None:
                results.append(entry.part)
            elif entry.losses:
                _, why = entry.losses[-1]
                sweep_number = self._numbers.to_sweep_number(number)
                results.append(TrialResult(sweep_number, -1, "", {}, failure=why, is_open=True))
        return results

    def is_cut_off(self) -> bool:
        """Return whether, by the trials read last, the budget ended one that has not run again."""
        entries = self.list_entries(fresh=False)
        return any(entry.is_open and entry.losses[-1][0] == "budget" for entry in entries)

    def claim_lost(self, entries: Sequence[LedgerEntry]) -> TrialClaim | None:
        """Claim the first number that was lost; None if there is none, or another process was faster."""
        for number, entry in enumerate(entries):
            if entry.is_open:
                return self._claim_number(number)
        return None

    def claim_next(self) -> TrialClaim | None:
        """Claim the next number; None if all are claimed."""
        return self._claim_number(None)

    def record_proposal(self, claim: TrialClaim, proposal: TrialProposal) -> None:
        """Record what a trial tries."""
        tried = proposal._asdict()
        self._write_if_running(lambda: self._storage.set_trial_user_attr(claim.trial_id, "proposal", tried))

    def finish(self, claim: TrialClaim, result: TrialResult) -> bool:
        """Record how a trial ended; return False if the trial was marked as lost before."""

        def write() -> None:
            self._storage.set_trial_user_attr(claim.trial_id, "result", asdict(result))
            # Only a trial that ended by itself is complete; its value is its time.
            self._storage.set_trial_state_values(claim.trial_id, TrialState.COMPLETE, [result.seconds])

        if self._write_if_running(write):
            return True
        # The first write may have succeeded although its answer was lost.
        trial = self._retry_call(lambda: self._storage.get_trial(claim.trial_id))
        return trial.state == TrialState.COMPLETE

    def mark_lost(self, trial_id: int, culprit: Culprit, why: str, part: TrialResult | None = None) -> None:
        """Mark a trial as lost, so that its number is claimed again.

        ``part`` is the result of the folds that it had finished.
        """

        def write() -> None:
            if part is not None:
                self._storage.set_trial_user_attr(trial_id, "part", asdict(part))
            self._storage.set_trial_user_attr(trial_id, "lost", [culprit, why])
            self._storage.set_trial_state_values(trial_id, TrialState.FAIL)

        self._write_if_running(write)

    def start_attempt(self) -> float:
        """Record the start of this attempt of the worker; return the seconds that the sweep has run."""
        spent = max((record["spent"] for record in self._read_workers().values()), default=0.0)
        self.send_heartbeat(0, spent)
        return float(spent)

    def send_heartbeat(self, count: int, spent: float) -> bool:
        """Record that this worker is alive, and how many seconds the sweep has run.

        Returns
        -------
        bool
            Whether this is still the worker's last attempt; if not, it was restarted elsewhere.
        """
        worker, attempt, _ = self._owner
        last = self._read_workers().get(worker)
        if count and last is not None and last["attempt"] != attempt:
            return False
        record = {"attempt": attempt, "beat": count, "spent": spent}
        self._retry_call(
            lambda: self._storage.set_study_user_attr(self._study_id, f"worker-{worker}", record)
        )
        return True

    def mark_dead_workers(self) -> None:
        """Mark the trials of dead workers as lost."""
        # Trials are read before workers: a restarted worker records its attempt before it claims a trial.
        running = self._read_running()
        workers = self._read_workers()
        self._update_heartbeats(workers)
        for trial in running:
            claim = trial.user_attrs["claim"]
            last = workers.get(claim["worker"])
            if last is None or last["attempt"] != claim["attempt"]:
                self.mark_lost(self._get_id(trial), "worker", "its worker was restarted")
            elif time.monotonic() - self._seen[claim["worker"]][1] > self._grace:
                self.mark_lost(self._get_id(trial), "worker", "its worker died")

    def mark_dead_process(self, process: int, why: str) -> None:
        """Mark the trials of a process of this worker as lost."""
        for trial in self._read_running():
            claim = trial.user_attrs["claim"]
            if (claim["attempt"], claim["process"]) == (self._owner.attempt, process):
                self.mark_lost(self._get_id(trial), "process", why)

    def _claim_number(self, again: int | None) -> TrialClaim | None:
        claim = {**self._owner._asdict(), "again": again, "token": uuid.uuid4().hex}
        # The trial is created together with its owner, so that no process sees one without.
        template = create_trial(state=TrialState.RUNNING, user_attrs={"claim": claim})
        tries = itertools.count()

        def create() -> None:
            # The first call may have created it although its answer was lost.
            if next(tries) == 0 or all(trial.user_attrs["claim"] != claim for trial in self._read_once()):
                self._storage.create_new_trial(self._study_id, template_trial=template)

        self._retry_call(create)
        (own,) = [trial for trial in self._read_trials() if trial.user_attrs["claim"] == claim]
        trial_id = self._get_id(own)
        number = self._find_claimed_number(own, again)
        # A number that was open when it was looked up may have been lost for the last time since.
        has_ended = again is not None and self.list_entries(fresh=False)[again].outcome is not None
        if number is not None and not has_ended:
            return TrialClaim(number, trial_id)
        self._write_if_running(lambda: self._withdraw(trial_id))
        return None

    def _find_claimed_number(self, own: FrozenTrial, again: int | None) -> int | None:
        """Return the number that a trial gets; None if an earlier trial has it, or none is left."""
        earlier = [trial for trial in self._trials if trial.number < own.number]
        if again is None:
            number = sum(trial.user_attrs["claim"]["again"] is None for trial in earlier)
            return number if number < self._numbers.total else None
        is_taken = any(
            trial.user_attrs["claim"]["again"] == again and "lost" not in trial.user_attrs
            for trial in earlier
        )
        return None if is_taken else again

    def _withdraw(self, trial_id: int) -> None:
        self._storage.set_trial_user_attr(trial_id, "withdrawn", True)
        self._storage.set_trial_state_values(trial_id, TrialState.FAIL)

    def _write_if_running(self, write: Callable[[], None]) -> bool:
        """Write to a running trial; return whether it was still running."""
        try:
            self._retry_call(write)
        except UpdateFinishedTrialError:
            return False
        return True

    def _read_workers(self) -> dict[int, dict[str, Any]]:
        attributes = self._retry_call(lambda: self._storage.get_study_user_attrs(self._study_id))
        return {int(key.removeprefix("worker-")): record for key, record in attributes.items()}

    def _update_heartbeats(self, workers: dict[int, dict[str, Any]]) -> None:
        now = time.monotonic()
        # After a long gap this machine or the storage may have stood still, not the other workers.
        was_away = now - self._looked > _LONGEST_GAP
        self._looked = now
        for worker, record in workers.items():
            beat = (record["attempt"], record["beat"])
            if was_away or worker not in self._seen or self._seen[worker][0] != beat:
                self._seen[worker] = (beat, now)

    def _read_trials(self) -> list[FrozenTrial]:
        self._trials = self._retry_call(self._read_once)
        return self._trials

    def _read_running(self) -> list[FrozenTrial]:
        return [trial for trial in self._read_trials() if trial.state == TrialState.RUNNING]

    def _read_once(self) -> list[FrozenTrial]:
        trials = self._storage.get_all_trials(self._study_id, deepcopy=False)
        return [trial for trial in trials if "withdrawn" not in trial.user_attrs]

    def _get_id(self, trial: FrozenTrial) -> int:
        return self._retry_call(
            lambda: self._storage.get_trial_id_from_study_id_trial_number(self._study_id, trial.number)
        )

    def _retry_call(self, call: Callable[[], Result]) -> Result:
        return retry(call, self._patience)

    def _update_entry(self, entry: LedgerEntry, number: int, trial: FrozenTrial) -> None:
        """Add what one trial says about its number."""
        attributes = trial.user_attrs
        if trial.state == TrialState.RUNNING:
            entry.is_running = True
            return
        if trial.state == TrialState.COMPLETE and "result" in attributes:
            # A result does not change, and is looked at again for every trial.
            if trial.number not in self._outcomes:
                self._outcomes[trial.number] = parse_trial(attributes["result"])
            entry.outcome = self._outcomes[trial.number]
            return
        culprit, why = attributes.get("lost", ("worker", "it was ended from outside"))
        entry.losses.append((culprit, why))
        if "part" in attributes:
            entry.part = parse_trial(attributes["part"])
        if sum(other == culprit for other, _ in entry.losses) >= _TRIES.get(culprit, sys.maxsize):
            tried = attributes.get("proposal", {"family": "", "parameters": {}})
            failure = f"{why}, {len(entry.losses)} times"
            entry.outcome = TrialResult(number, attributes["claim"]["worker"], **tried, failure=failure)
