import errno
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from components.errors import (
    DiskFull,
    InvalidData,
    InvalidSetting,
    SuiteError,
    format_list,
    is_full,
    suggest_name,
)


def _run_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": "."} | environment
    )


RAISE = "from components.errors import *; print_user_errors(); raise InvalidData('Empty.', 'Add rows.')"


def test_a_user_error_ends_the_process_with_its_message_alone() -> None:
    done = _run_python(RAISE)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: Empty.\nAdd rows.\n"


def test_a_defect_keeps_its_traceback() -> None:
    done = _run_python("from components.errors import *; print_user_errors(); {}['a']")
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback")
    assert "KeyError: 'a'" in done.stderr


FILL = "from components.errors import *; print_user_errors(); open('/dev/full', 'w').write(10**6 * 'x')"


def test_a_full_disk_ends_the_process_with_what_to_do(tmp_path: Path) -> None:
    events = tmp_path / "events"
    done = _run_python(FILL, KFP_TABULAR_EVENTS=str(events))
    assert done.returncode == 1
    assert done.stderr.startswith("error: A disk is full: there was no space.")
    assert "\nFree some space, and start again." in done.stderr
    assert json.loads(events.read_text(encoding="utf-8"))["what"].startswith("A disk is full")


def test_a_full_disk_is_named_even_if_the_events_are_on_it() -> None:
    done = _run_python(FILL, KFP_TABULAR_EVENTS="/dev/full")
    assert done.returncode == 1
    assert done.stderr.startswith("error: A disk is full")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "full"), True),
        (OSError(errno.EDQUOT, "quota"), True),
        (sqlite3.OperationalError("database or disk is full"), True),
        (RuntimeError("IO Error: Could not write: No space left on device"), True),
        (OSError(errno.ENOENT, "none"), False),
        (ValueError(), False),
    ],
)
def test_a_disk_is_full_when_the_system_or_a_library_says_so(error: Exception, expected: bool) -> None:
    assert is_full(error) == expected
    assert (DiskFull.find(error) is not None) == expected


def test_the_cause_of_an_error_may_be_a_full_disk() -> None:
    try:
        try:
            raise OSError(errno.ENOSPC, "full", "/data/model")
        except OSError as error:
            raise ValueError("The model was not written.") from error
    except ValueError as error:
        found = DiskFull.find(error)
    assert found is not None
    assert "no space for /data/model" in found.what


def test_importing_the_errors_changes_nothing() -> None:
    done = _run_python("import sys, components.errors; print(sys.excepthook is sys.__excepthook__)")
    assert done.stdout == "True\n"


def test_whoever_watches_the_run_is_told_of_the_error(tmp_path: Path) -> None:
    events = tmp_path / "events"
    _run_python(RAISE, KFP_TABULAR_EVENTS=str(events))
    (event,) = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
    assert {key: event[key] for key in ("event", "what", "remedy")} == {
        "event": "error",
        "what": "Empty.",
        "remedy": "Add rows.",
    }


_START = "from pathlib import Path; from components.errors import *; print_user_errors(Path('{}')); "


def run_in_pod(code: str, folder: Path, **environment: str) -> str:
    """Return the last words of a process that finds a termination log, as in a pod."""
    log = folder / "termination-log"
    log.touch()
    assert _run_python(_START.format(log) + code, **environment).returncode == 1
    return log.read_text(encoding="utf-8")


def test_the_last_words_in_a_pod_are_the_message(tmp_path: Path) -> None:
    assert run_in_pod("raise InvalidData('Empty.', 'Add rows.')", tmp_path) == "Empty.\nAdd rows."


def test_the_last_words_of_a_defect_name_it_and_where_in_our_code_it_is(tmp_path: Path) -> None:
    words = run_in_pod("suggest_name('a', None, 'column')", tmp_path)
    assert words.startswith("Unexpected error (components/errors.py, line ")
    assert "TypeError: 'NoneType' object is not iterable\nThe log of the task has the traceback." in words


def test_the_last_words_of_a_defect_have_no_credentials(tmp_path: Path) -> None:
    words = run_in_pod(
        "raise ValueError('s3cret-9 in http://ana:pw@host and p4ss')",
        tmp_path,
        AWS_SECRET_ACCESS_KEY="s3cret-9",
        KFP_TABULAR_STUDY_URL="postgresql://sweeps:p4ss@db/sweeps",
    )
    assert words.splitlines()[0] == "Unexpected error: ValueError: *** in http://***@host and ***"


def test_the_last_words_fit_into_what_kubernetes_keeps(tmp_path: Path) -> None:
    words = run_in_pod("raise InvalidData('ü' * 5000, '')", tmp_path)
    assert words == "ü" * 2000


def test_without_a_pod_no_last_words_are_left(tmp_path: Path) -> None:
    done = _run_python(_START.format(tmp_path / "log") + "raise InvalidData('Empty.', 'Add rows.')")
    assert done.stderr == "error: Empty.\nAdd rows.\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "what", "remedy"),
    [
        (
            InvalidData.from_missing_column("target", "Churn", ["id", "churned"]),
            "The target column 'Churn' is not in the table.",
            "Did you mean 'churned'?",
        ),
        (
            InvalidSetting.from_unknown_name("metric", "xyz", ["r2", "f1"]),
            "Metric 'xyz' is not known.",
            "Known metrics: r2, f1.",
        ),
        (
            InvalidSetting.from_out_of_range("seed", -1, "0 or more"),
            "seed = -1 is out of range.",
            "seed must be 0 or more.",
        ),
    ],
)
def test_an_error_says_what_is_wrong_and_what_to_do(error: SuiteError, what: str, remedy: str) -> None:
    assert (error.what, error.remedy) == (what, remedy)
    assert str(error) == f"{what}\n{remedy}"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("TARGTE", "Did you mean 'target'?"),
        ("Target", "Did you mean 'target'?"),
        ("zzz", "Known columns: target, Age, id, a, b and 1 more."),
    ],
)
def test_the_nearest_name_is_offered_whatever_its_case(name: str, expected: str) -> None:
    assert suggest_name(name, ["target", "Age", "id", "a", "b", "c"], "column") == expected


@pytest.mark.parametrize(
    ("values", "expected"), [([], ""), ([1, 2], "1, 2"), (range(7), "0, 1, 2, 3, 4 and 2 more")]
)
def test_a_long_list_is_cut(values: list[int], expected: str) -> None:
    assert format_list(values) == expected
