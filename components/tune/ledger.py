"""Which trials of a sweep are done, which run, and which are to be run again, as all its workers see it.

An Optuna study numbers its trials one by one and lets a trial end once only. On these two facts alone the
ledger makes a sweep exact: its trials are the numbers 0 to ``total - 1``, and each has one outcome, whatever
becomes of the processes that run them.

- A trial that is created in the study takes the next number of the sweep, or one that was lost.
- A worker counts up a number of its own. One whose count stands still is dead, and so is an attempt of a
  worker that was started anew. Trials of the dead are lost: they are marked as failed, and their numbers are
  taken again.
- Of two that take the same lost number, the trial created first has it.
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

from components._model.trials import TrialResult, parse_trial
from components.tune.search import TrialProposal
from components.tune.storage import retry
from components.tune.trial_rows import TrialReader, TrialRow, record_proposal
from components.tune.worker_setup import TrialNumbers

# A trial whose process died may have killed it; whole workers die of other things. A trial that the budget
# cut off goes on as often as the sweep does.
_TRIES = {"process": 2, "worker": 6}
# A gap in looking after which nothing is known of what stood still meanwhile, in seconds.
_LONGEST_GAP = 10.0

Culprit = Literal["process", "worker", "budget"]
Result = TypeVar("Result")


class TrialOwner(NamedTuple):
    """Who runs a trial: a process of an attempt of a worker."""

    worker: int
    attempt: str
    process: int


class TrialClaim(NamedTuple):
    """A number of the sweep that a process is to run.

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
    """What is known of one number of the sweep.

    Attributes
    ----------
    outcome : TrialResult or None
        How it ended; None while it runs or is to be run.
    is_running : bool
        Whether a process that is not known to be dead runs it.
    losses : list of (culprit, reason)
        Why earlier tries came to nothing.
    """

    outcome: TrialResult | None = None
    is_running: bool = False
    losses: list[tuple[Culprit, str]] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it is to be run again."""
        return self.outcome is None and not self.is_running


class Ledger:
    """The trials of a sweep.

    Parameters
    ----------
    study : Study
        Where they are kept.
    owner : Owner
        This process.
    numbers : Numbers
        Which trials of the sweep it holds.
    patience : float
        How long to wait for a storage that does not answer, in seconds; then ``StorageLost`` is raised.
    grace : float
        How long a worker's count may stand still, in seconds.
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
        # Each worker's last count, and when it was first seen by this machine's clock: no two are compared.
        self._seen: dict[int, tuple[object, float]] = {}
        self._looked = time.monotonic()
        self._records = TrialReader(study)
        self._last: list[TrialRow] = []
        self._outcomes: dict[int, TrialResult] = {}

    def list_entries(self, *, fresh: bool = True) -> list[LedgerEntry]:
        """Return what is known of every number that was taken, in order.

        Parameters
        ----------
        fresh : bool
            Whether to look. False: what this process saw when it looked last.
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
        # Beyond the total are those whose takers do not know yet that nothing was left.
        return entries[: self._numbers.total]

    def list_results(self) -> list[TrialResult]:
        """Return every trial that ended, and those that came to nothing as failed."""
        results = []
        for number, entry in enumerate(self.list_entries()):
            if entry.outcome is not None:
                results.append(entry.outcome)
            elif entry.losses:
                _, why = entry.losses[-1]
                of_sweep = self._numbers.to_sweep_number(number)
                results.append(TrialResult(of_sweep, -1, "", {}, failure=why, is_open=True))
        return results

    def is_cut_off(self) -> bool:
        """Return whether the budget ended a trial that nobody has run again."""
        return any(entry.is_open and entry.losses[-1][0] == "budget" for entry in self.list_entries())

    def claim_lost(self, entries: Sequence[LedgerEntry]) -> TrialClaim | None:
        """Take the first of the numbers that were lost; None if there is none, or another was faster."""
        for number, entry in enumerate(entries):
            if entry.is_open:
                return self._claim_number(number)
        return None

    def claim_next(self) -> TrialClaim | None:
        """Take the next number; None if others have taken all."""
        return self._claim_number(None)

    def record_proposal(self, claim: TrialClaim, proposal: TrialProposal) -> None:
        """Note what a trial is to try."""
        tried = {"family": proposal.family, "parameters": proposal.parameters}
        drawn = {
            f"{proposal.family}.{name}": (of.to_internal_repr(proposal.parameters[name]), of)
            for name, of in proposal.distributions.items()
        }

        self._write_if_running(lambda: record_proposal(self._storage, claim.trial_id, tried, drawn))

    def finish(self, claim: TrialClaim, result: TrialResult) -> bool:
        """Note how a trial ended; return whether that counts: not if the trial was taken for lost."""
        state = TrialState.FAIL if result.failure else TrialState.COMPLETE
        state = TrialState.PRUNED if result.is_pruned else state
        values = None if result.failure else [result.score]
        stored = json.loads(json.dumps(asdict(result)))

        def note() -> None:
            self._storage.set_trial_user_attr(claim.trial_id, "result", stored)
            self._storage.set_trial_state_values(claim.trial_id, state, values)

        if self._write_if_running(note):
            return True
        # The first try may have been carried out and its answer lost.
        trial = self._retry_call(lambda: self._storage.get_trial(claim.trial_id))
        return trial.state == state and trial.user_attrs.get("result") == stored

    def mark_lost(self, claim: TrialClaim, culprit: Culprit, why: str) -> None:
        """Note that a trial came to nothing, so that its number is taken again."""
        self._mark_lost(claim.trial_id, culprit, why)

    def start_attempt(self) -> float:
        """Note that this attempt of the worker begins; return the seconds that the sweep has run already."""
        spent = max((record["spent"] for record in self._read_workers().values()), default=0.0)
        self.send_heartbeat(0, spent)
        return float(spent)

    def send_heartbeat(self, count: int, spent: float) -> bool:
        """Say that this worker lives, and how many seconds the sweep has run.

        Returns
        -------
        bool
            Whether this attempt is still the worker's last; it was started anew elsewhere if not.
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
        # Looked at before the workers: one that was started anew has said so before it took a trial.
        running = self._read_trials(TrialState.RUNNING)
        workers = self._read_workers()
        self._update_heartbeats(workers)
        for trial in running:
            claim = trial.attributes["claim"]
            last = workers.get(claim["worker"])
            if last is None or last["attempt"] != claim["attempt"]:
                self._mark_lost(trial.trial_id, "worker", "its worker was started anew")
            elif time.monotonic() - self._seen[claim["worker"]][1] > self._grace:
                self._mark_lost(trial.trial_id, "worker", "its worker died")

    def mark_dead_process(self, process: int, why: str) -> None:
        """Mark the trials of a process of this worker as lost."""
        for trial in self._read_trials(TrialState.RUNNING):
            claim = trial.attributes["claim"]
            if (claim["attempt"], claim["process"]) == (self._owner.attempt, process):
                self._mark_lost(trial.trial_id, "process", why)

    def _claim_number(self, again: int | None) -> TrialClaim | None:
        claim = {**self._owner._asdict(), "again": again, "token": uuid.uuid4().hex}
        # Created with its owner in one go: nobody sees a trial without.
        template = create_trial(state=TrialState.RUNNING, user_attrs={"claim": claim})

        tries = 0

        def create() -> int:
            nonlocal tries
            tries += 1
            # It may have been created before and its answer lost.
            for trial in self._read_trials_once(TrialState.RUNNING) if tries > 1 else []:
                if trial.attributes["claim"] == claim:
                    return trial.trial_id
            return self._storage.create_new_trial(self._study._study_id, template_trial=template)

        trial_id = self._retry_call(create)
        self._last = self._read_trials()
        number = self._find_claimed_number(trial_id, again)
        if number is not None:
            return TrialClaim(number, trial_id)
        self._write_if_running(lambda: self._withdraw(trial_id))
        return None

    def _find_claimed_number(self, trial_id: int, again: int | None) -> int | None:
        """Return the number that a trial has; None if an earlier one has it, or none is left."""
        taken = 0
        for trial in self._last:
            other = trial.attributes["claim"]["again"]
            if trial.trial_id == trial_id:
                number = taken if again is None else again
                return number if number < self._numbers.total else None
            if other is None:
                taken += 1
            elif other == again and "lost" not in trial.attributes:
                return None
        return None

    def _withdraw(self, trial_id: int) -> None:
        self._storage.set_trial_user_attr(trial_id, "withdrawn", True)
        self._storage.set_trial_state_values(trial_id, TrialState.FAIL)

    def _mark_lost(self, trial_id: int, culprit: Culprit, why: str) -> None:
        def note() -> None:
            self._storage.set_trial_user_attr(trial_id, "lost", [culprit, why])
            self._storage.set_trial_state_values(trial_id, TrialState.FAIL)

        self._write_if_running(note)

    def _write_if_running(self, note: Callable[[], None]) -> bool:
        """Write to a running trial; return whether it still ran."""
        try:
            self._retry_call(note)
        except UpdateFinishedTrialError:
            return False
        return True

    def _read_workers(self) -> dict[int, dict[str, Any]]:
        attributes = self._retry_call(lambda: self._study.user_attrs)
        prefix = "worker-"
        return {int(key[len(prefix) :]): of for key, of in attributes.items() if key.startswith(prefix)}

    def _update_heartbeats(self, workers: dict[int, dict[str, Any]]) -> None:
        now = time.monotonic()
        # Who did not look has not seen the others stand still: the storage or this machine may have.
        was_away = now - self._looked > _LONGEST_GAP
        self._looked = now
        for worker, record in workers.items():
            count = (record["attempt"], record["beat"])
            if was_away or worker not in self._seen or self._seen[worker][0] != count:
                self._seen[worker] = (count, now)

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
        """Add what one trial says of its number."""
        attributes = trial.attributes
        if trial.state == TrialState.RUNNING:
            entry.is_running = True
            return
        if "result" in attributes and not ("lost" in attributes and trial.state == TrialState.FAIL):
            # What has ended does not change, and is looked at as often as there are trials.
            if trial.trial_id not in self._outcomes:
                self._outcomes[trial.trial_id] = parse_trial(attributes["result"])
            entry.outcome = self._outcomes[trial.trial_id]
            return
        culprit, why = attributes.get("lost", ("worker", "it was ended from outside"))
        entry.losses.append((culprit, why))
        if sum(of == culprit for of, _ in entry.losses) >= _TRIES.get(culprit, sys.maxsize):
            tried = attributes.get("proposal", {"family": "", "parameters": {}})
            failure = f"{why}, {len(entry.losses)} times"
            entry.outcome = TrialResult(number, attributes["claim"]["worker"], **tried, failure=failure)
