"""Which trials of a sweep have ended, which run, and which must run again, as all its workers see it.

An Optuna study numbers its trials one by one, and a trial can end only once. These two facts are enough to
make a sweep exact: its trials are the numbers 0 to ``total - 1``, and each has one outcome, even if processes
that run them die.

- A trial that is created in the study claims the next number of the sweep, or one that was lost.
- Each worker writes a heartbeat, a number that it counts up. A worker whose heartbeat stops is dead, and so
  is an earlier attempt of a worker that was restarted. Their trials are lost: they are marked as failed, and
  their numbers are claimed again.
- If two trials claim the same lost number, the trial that was created first gets it.
"""

import json
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple, TypeVar

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState, create_trial

from components._sweep.trials import TrialResult, parse_trial
from components.tune.search import TrialProposal
from components.tune.storage import retry
from components.tune.trial_rows import TrialReader, TrialRow, record_proposal
from components.tune.worker_setup import TrialNumbers

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
        Optuna's trial.
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
    """

    outcome: TrialResult | None = None
    is_running: bool = False
    losses: list[tuple[Culprit, str]] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it must run again."""
        return self.outcome is None and not self.is_running


class Ledger:
    """The trials of a sweep.

    Parameters
    ----------
    study : Study
        Where they are kept.
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
        self, study: optuna.Study, owner: TrialOwner, numbers: TrialNumbers, *, patience: float, grace: float
    ) -> None:
        self._study = study
        self._storage = study._storage
        self._owner = owner
        self._numbers = numbers
        self._patience = patience
        self._grace = grace
        # Each worker's last heartbeat, and when this machine first saw it: no two clocks are compared.
        self._seen: dict[int, tuple[object, float]] = {}
        self._looked = time.monotonic()
        self._records = TrialReader(study)
        self._last: list[TrialRow] = []
        self._outcomes: dict[int, TrialResult] = {}

    def list_entries(self, *, fresh: bool = True) -> list[LedgerEntry]:
        """Return what is known about every number that was claimed, in order.

        Parameters
        ----------
        fresh : bool
            Whether to read the study. If not, the result of the last time is used.
        """
        entries: list[LedgerEntry] = []
        if fresh:
            self._last = self._read_trials()
        for trial in self._last:
            again = trial.attributes["claim"]["again"]
            if again is None:
                entries.append(LedgerEntry())
                again = len(entries) - 1
            self._update_entry(entries[again], self._numbers.to_sweep_number(again), trial)
        # Claims beyond the total are of processes that do not know yet that all numbers are claimed.
        return entries[: self._numbers.total]

    def list_results(self) -> list[TrialResult]:
        """Return every trial that ended; lost trials are among them as failed."""
        results = []
        for number, entry in enumerate(self.list_entries()):
            if entry.outcome is not None:
                results.append(entry.outcome)
            elif entry.losses:
                _, why = entry.losses[-1]
                sweep_number = self._numbers.to_sweep_number(number)
                results.append(TrialResult(sweep_number, -1, "", {}, failure=why, is_open=True))
        return results

    def is_cut_off(self) -> bool:
        """Return whether the budget ended a trial that has not run again."""
        return any(entry.is_open and entry.losses[-1][0] == "budget" for entry in self.list_entries())

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
        tried = {"family": proposal.family, "parameters": proposal.parameters}
        drawn = {
            f"{proposal.family}.{name}": (range_.to_internal_repr(proposal.parameters[name]), range_)
            for name, range_ in proposal.distributions.items()
        }
        self._write_if_running(lambda: record_proposal(self._storage, claim.trial_id, tried, drawn))

    def finish(self, claim: TrialClaim, result: TrialResult) -> bool:
        """Record how a trial ended; return False if the trial was marked as lost before."""
        state = TrialState.FAIL if result.failure else TrialState.COMPLETE
        state = TrialState.PRUNED if result.is_pruned else state
        values = None if result.failure else [result.score]
        stored = json.loads(json.dumps(asdict(result)))

        def write() -> None:
            self._storage.set_trial_user_attr(claim.trial_id, "result", stored)
            self._storage.set_trial_state_values(claim.trial_id, state, values)

        if self._write_if_running(write):
            return True
        # The first write may have succeeded although its answer was lost.
        trial = self._retry_call(lambda: self._storage.get_trial(claim.trial_id))
        return trial.state == state and trial.user_attrs.get("result") == stored

    def mark_lost(self, trial_id: int, culprit: Culprit, why: str) -> None:
        """Mark a trial as lost, so that its number is claimed again."""

        def write() -> None:
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
        self._retry_call(lambda: self._study.set_user_attr(f"worker-{worker}", record))
        return True

    def mark_dead_workers(self) -> None:
        """Mark the trials of dead workers as lost."""
        # Trials are read before workers: a restarted worker records its attempt before it claims a trial.
        running = self._read_trials(TrialState.RUNNING)
        workers = self._read_workers()
        self._update_heartbeats(workers)
        for trial in running:
            claim = trial.attributes["claim"]
            last = workers.get(claim["worker"])
            if last is None or last["attempt"] != claim["attempt"]:
                self.mark_lost(trial.trial_id, "worker", "its worker was restarted")
            elif time.monotonic() - self._seen[claim["worker"]][1] > self._grace:
                self.mark_lost(trial.trial_id, "worker", "its worker died")

    def mark_dead_process(self, process: int, why: str) -> None:
        """Mark the trials of a process of this worker as lost."""
        for trial in self._read_trials(TrialState.RUNNING):
            claim = trial.attributes["claim"]
            if (claim["attempt"], claim["process"]) == (self._owner.attempt, process):
                self.mark_lost(trial.trial_id, "process", why)

    def _claim_number(self, again: int | None) -> TrialClaim | None:
        claim = {**self._owner._asdict(), "again": again, "token": uuid.uuid4().hex}
        # The trial is created together with its owner, so that no process sees one without.
        template = create_trial(state=TrialState.RUNNING, user_attrs={"claim": claim})

        tries = 0

        def create() -> int:
            nonlocal tries
            tries += 1
            # The first call may have created it although its answer was lost.
            for trial in self._read_trials_once(TrialState.RUNNING) if tries > 1 else []:
                if trial.attributes["claim"] == claim:
                    return trial.trial_id
            return self._storage.create_new_trial(self._study._study_id, template_trial=template)

        trial_id = self._retry_call(create)
        self._last = self._read_trials()
        number = self._find_claimed_number(trial_id, again)
        # A number that was open when it was looked up may have been lost for the last time since.
        has_ended = again is not None and self.list_entries(fresh=False)[again].outcome is not None
        if number is not None and not has_ended:
            return TrialClaim(number, trial_id)
        self._write_if_running(lambda: self._withdraw(trial_id))
        return None

    def _find_claimed_number(self, trial_id: int, again: int | None) -> int | None:
        """Return the number that a trial gets; None if an earlier trial has it, or none is left."""
        n_claimed = 0
        for trial in self._last:
            other = trial.attributes["claim"]["again"]
            if trial.trial_id == trial_id:
                number = n_claimed if again is None else again
                return number if number < self._numbers.total else None
            if other is None:
                n_claimed += 1
            elif other == again and "lost" not in trial.attributes:
                return None
        return None

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
        attributes = self._retry_call(lambda: self._study.user_attrs)
        prefix = "worker-"
        return {
            int(key.removeprefix(prefix)): record
            for key, record in attributes.items()
            if key.startswith(prefix)
        }

    def _update_heartbeats(self, workers: dict[int, dict[str, Any]]) -> None:
        now = time.monotonic()
        # After a long gap this machine or the storage may have stood still, not the other workers.
        was_away = now - self._looked > _LONGEST_GAP
        self._looked = now
        for worker, record in workers.items():
            beat = (record["attempt"], record["beat"])
            if was_away or worker not in self._seen or self._seen[worker][0] != beat:
                self._seen[worker] = (beat, now)

    def _read_trials(self, *states: TrialState) -> list[TrialRow]:
        return self._retry_call(lambda: self._read_trials_once(*states))

    def _read_trials_once(self, *states: TrialState) -> list[TrialRow]:
        return [
            trial
            for trial in self._records.read()
            if "withdrawn" not in trial.attributes and (not states or trial.state in states)
        ]

    def _retry_call(self, call: Callable[[], Result]) -> Result:
        return retry(call, self._patience)

    def _update_entry(self, entry: LedgerEntry, number: int, trial: TrialRow) -> None:
        """Add what one trial says about its number."""
        attributes = trial.attributes
        if trial.state == TrialState.RUNNING:
            entry.is_running = True
            return
        if "result" in attributes and not ("lost" in attributes and trial.state == TrialState.FAIL):
            # A result does not change, and is read again for every trial.
            if trial.trial_id not in self._outcomes:
                self._outcomes[trial.trial_id] = parse_trial(attributes["result"])
            entry.outcome = self._outcomes[trial.trial_id]
            return
        culprit, why = attributes.get("lost", ("worker", "it was ended from outside"))
        entry.losses.append((culprit, why))
        if sum(other == culprit for other, _ in entry.losses) >= _TRIES.get(culprit, sys.maxsize):
            tried = attributes.get("proposal", {"family": "", "parameters": {}})
            failure = f"{why}, {len(entry.losses)} times"
            entry.outcome = TrialResult(number, attributes["claim"]["worker"], **tried, failure=failure)
