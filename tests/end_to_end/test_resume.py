"""A run that is killed in the middle of its sweep, and goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

from components.tune.ledger import name_ledger
from components.tune.storage import open_storage
from tests.components.tune.sweeps import assert_exact
from tests.end_to_end.tables import TARGETS, write_csv

ROOT = Path(__file__).parents[2]
N_TRIALS = 25
COMMAND = (sys.executable, "-m", "pipelines", "run", "training")


def _list_trials(runs: Path) -> list[FrozenTrial]:
    """Return the trials of the run's ledger."""
    journal = runs / "studies" / "journal"
    if not journal.exists():
        return []
    storage = open_storage(str(journal))
    if (ledger := name_ledger("one")) not in optuna.get_all_study_names(storage):
        return []
    return optuna.load_study(study_name=ledger, storage=storage).get_trials(deepcopy=False)


def _list_finished(runs: Path) -> dict[int, FrozenTrial]:
    ended = [trial for trial in _list_trials(runs) if trial.state == TrialState.COMPLETE]
    return {trial.user_attrs["result"]["number"]: trial for trial in ended}


@pytest.mark.slow
def test_a_killed_run_goes_on_with_the_trials_it_has(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    source = write_csv(tmp_path / "table.csv", "binary")
    words = ["--source", str(source), "--target", TARGETS["binary"], "--trials", str(N_TRIALS)]
    first = subprocess.Popen(
        [*COMMAND, *words, "--runs", str(runs), "--name", "one"],
        cwd=ROOT,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 120
    while len(_list_finished(runs)) < 4:
        assert time.monotonic() < end, "no trials ended"
        time.sleep(0.05)
    # As when the machine goes down: nobody can put anything in order.
    _kill_session(first)
    before = _list_finished(runs)
    assert 4 <= len(before) < N_TRIALS
    assert json.loads((runs / "one" / "run.json").read_text())["status"] == "running"

    again = subprocess.run(
        [*COMMAND, "--resume", "one", "--runs", str(runs)], cwd=ROOT, capture_output=True, text=True
    )
    assert again.returncode == 0, again.stdout + again.stderr
    assert_exact(_list_trials(runs), N_TRIALS)
    after = _list_finished(runs)
    for number, trial in before.items():
        assert after[number].number == trial.number, "a finished trial was run again"
        assert after[number].datetime_complete == trial.datetime_complete
    assert json.loads((runs / "one" / "run.json").read_text())["status"] == "succeeded"
    assert (runs / "one" / "index.html").exists()
    # Nothing of the first attempt is left among what the second one made.
    assert len(list((runs / "one" / "artifacts").iterdir())) == 1


def _kill_session(process: "subprocess.Popen[bytes]") -> None:
    session = os.getsid(process.pid)
    members = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(folder.name)) == session:
                members.append(int(folder.name))
        except ProcessLookupError:
            continue
    for member in members:
        os.kill(member, signal.SIGKILL)
    process.wait()
