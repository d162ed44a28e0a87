"""The runs on this machine, each in a few words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Any, Literal
from urllib.parse import urlsplit

from components._model.signature import Signature
from components._problem.metrics import describe_metric
from components._problem.verdict import Verdict
from components._report.formats import format_beside
from components.errors import SuiteError
from components.json_file import read_json
from components.workflow import is_gate
from pipelines.local.resumption import is_alive
from pipelines.local.run_folder import RunFolder, list_runs
from pipelines.local.run_result import describe_gate, describe_verdict, judge_result, load_verdict
from pipelines.local.run_state import get_stage
from pipelines.local.use_results import Level, MonitoringUse, ScoringUse, UseResult, find_use_result

_ENDED = ("succeeded", "rejected", "failed", "stopped")


@dataclass(frozen=True)
class RunScore:
    """What a run's model achieved on test rows.

    Attributes
    ----------
    metric : str
        The metric's usual name.
    value : float
        The model's score.
    low, high : float or None
        Its 95 % interval.
    simple : float or None
        The score of the simple model on the same rows.
    standing : str
        "better", "the same" or "worse" than the simple model, or "unknown"; empty if they were not compared.
    """

    metric: str
    value: float
    low: float | None
    high: float | None
    simple: float | None = None
    standing: str = ""

    def format_figure(self, value: float) -> str:
        """Return a value of the metric with the digits that the interval supports."""
        return format_beside(value, self.value, self.low, self.high)

    def format_interval(self) -> str:
        """Return the 95 % interval; empty if there is none."""
        if self.low is None or self.high is None:
            return ""
        return f"{self.format_figure(self.low)} to {self.format_figure(self.high)}"


@dataclass(frozen=True)
class RunPage:
    """A page of a run: its title, and its path in the run's folder."""

    title: str
    path: str


@dataclass(frozen=True)
class ListedRun:
    """A run in a few words.

    Attributes
    ----------
    name : str
        The run.
    pipeline : str
        "training", "scoring" or "monitoring"; empty if it is not known.
    status : str
        As in ``run.json``; "ended" if the process of a running one is gone, "damaged" if its files cannot be
        read.
    started : str
        ISO 8601, in UTC.
    seconds : float or None
        How long it took; None if it has not come to its end.
    source : str
        The name of its table; for a monitoring that of its model.
    rows : int or None
        The rows of that table, or of the log.
    target : str
        What its model predicts; empty if it trains none.
    score : RunScore or None
        None without an evaluated model.
    level : {"good", "warning", "error", "none"}
        How good the result is; "none" if there is no result yet.
    verdict : str
        The result in a few words.
    n_gates, n_passed : int
        The gates of its model, and those that it passed.
    details : tuple of str
        The gates with their scores, or why the run failed.
    model : str
        The title of its model; empty if it has none.
    pages : tuple of RunPage
        Its pages, the index first.
    """

    name: str
    pipeline: str
    status: str
    started: str
    seconds: float | None = None
    source: str = ""
    rows: int | None = None
    target: str = ""
    score: RunScore | None = None
    level: Level | Literal["none"] = "none"
    verdict: str = ""
    n_gates: int = 0
    n_passed: int = 0
    details: tuple[str, ...] = ()
    model: str = ""
    pages: tuple[RunPage, ...] = ()


class RunList:
    """The runs of a folder.

    What was read of a run that has ended is kept, until its record is written anew.

    Parameters
    ----------
    runs : Path
        The folder of all runs.
    """

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._read: dict[str, tuple[int, ListedRun]] = {}
        # Threads of a server read at the same time.
        self._lock = Lock()

    def read(self) -> list[ListedRun]:
        """Return the runs, the newest first."""
        with self._lock:
            listed = [self._read_once(folder) for folder in list_runs(self._runs).values()]
            self._read = {run.name: self._read[run.name] for run in listed if run.name in self._read}
        return sorted(listed, key=lambda run: run.started, reverse=True)

    def _read_once(self, folder: RunFolder) -> ListedRun:
        try:
            written = (folder.path / "run.json").stat().st_mtime_ns
        except OSError as error:
            return _describe_damage(folder, {}, error)
        before = self._read.get(folder.name)
        if before is not None and before[0] == written:
            return before[1]
        run = read_run(folder)
        # The index page is written after the record.
        if run.status in _ENDED and run.pages:
            self._read[folder.name] = written, run
        return run


def read_run(folder: RunFolder) -> ListedRun:
    """Return a run in a few words; what is wrong with its files is its verdict."""
    record: Any = {}
    try:
        record = folder.load_record()
        return _describe_run(folder, record)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, SuiteError) as error:
        return _describe_damage(folder, record, error)


def _describe_run(folder: RunFolder, record: Mapping[str, Any]) -> ListedRun:
    status = record["status"]
    if status == "running" and not is_alive(record.get("process"), record["started"]):
        status = "ended"
    parameters = record["parameters"]
    evaluation = _load_record(load_verdict(folder, "evaluate"))
    use = find_use_result(folder) if record["pipeline"] != "training" else None
    is_judged = status in ("succeeded", "rejected")
    source, rows = _describe_table(folder, parameters, use)
    gates = (evaluation or {}).get("gates", ())
    return ListedRun(
        name=folder.name,
        pipeline=record["pipeline"],
        status=status,
        started=datetime.fromisoformat(record["started"]).astimezone(UTC).isoformat(timespec="seconds"),
        seconds=record.get("seconds"),
        source=source,
        rows=rows,
        target=parameters.get("target", ""),
        score=_build_score(evaluation) if evaluation else None,
        level=judge_result(status, evaluation, use) if is_judged else _LEVELS.get(status, "none"),
        verdict=describe_verdict(status, evaluation, use) if is_judged else _describe_end(status, record),
        n_gates=len(gates),
        n_passed=sum(gate["passed"] for gate in gates),
        details=tuple(_list_details(folder, record, status, evaluation, use)),
        model=_read_title(folder),
        pages=tuple(_list_pages(folder, record)),
    )


_LEVELS: dict[str, Level] = {"failed": "error", "ended": "error", "stopped": "warning"}


def _describe_end(status: str, record: Mapping[str, Any]) -> str:
    if status == "failed":
        return f"Failed in {get_stage(record['failed_task'])}" if "failed_task" in record else "Failed"
    words = {"running": "Running", "stopped": "Stopped by a person", "ended": "Ended without a result"}
    return words[status]


def _list_details(
    folder: RunFolder,
    record: Mapping[str, Any],
    status: str,
    evaluation: Mapping[str, Any] | None,
    use: UseResult | None,
) -> list[str]:
    if status == "failed":
        return _find_error(folder)
    if status == "ended":
        return ["Its process is gone, and it wrote no end: it was killed, or the machine stopped."]
    if use is not None:
        return [use.sentence]
    gates = [f"{gate['gate']}: {describe_gate(gate)}" for gate in (evaluation or {}).get("gates", ())]
    task = record.get("failed_task", "")
    verdict = load_verdict(folder, get_stage(task)) if status == "rejected" and is_gate(task) else None
    return [*(verdict.failures if verdict else ()), *gates]


def _find_error(folder: RunFolder) -> list[str]:
    """Return the last mistake that a task reported; a defect is in the log only."""
    lines = folder.events.read_text(encoding="utf-8").splitlines() if folder.events.exists() else []
    for line in reversed(lines):
        event = json.loads(line)
        if event.get("event") == "error":
            return [event["what"], event["remedy"]]
    return [f"See {folder.log}."]


def _describe_table(
    folder: RunFolder, parameters: Mapping[str, Any], use: UseResult | None
) -> tuple[str, int | None]:
    """Return the name of the table that a run read, and its rows."""
    if isinstance(use, ScoringUse):
        return _shorten_source(parameters.get("source", "")), use.rows
    if isinstance(use, MonitoringUse):
        return use.report.model, use.report.rows_logged
    if "source" not in parameters:
        return parameters.get("model_name", ""), None
    rows = folder.read_metadata("ingest", "dataset").get("rows")
    return _shorten_source(parameters["source"]), None if rows is None else int(rows)


def _shorten_source(source: str) -> str:
    """Return the name of a file or folder, without the rest of its path or address."""
    if "://" not in source:
        return PurePosixPath(source).name
    address = urlsplit(source)
    return PurePosixPath(address.path).name or address.hostname or ""


def _build_score(evaluation: Mapping[str, Any]) -> RunScore:
    metric = describe_metric(evaluation["metric"])
    return RunScore(
        metric,
        evaluation["score"],
        evaluation["low"],
        evaluation["high"],
        evaluation.get("simple"),
        evaluation.get("against_simple", {}).get("standing", ""),
    )


def _read_title(folder: RunFolder) -> str:
    model = folder.find_output("train", "model")
    return "" if model is None else Signature(**read_json(model / "signature.json")).title


def _list_pages(folder: RunFolder, record: Mapping[str, Any]) -> list[RunPage]:
    pages = [RunPage("overview", "index.html")] if folder.index.exists() else []
    stages = [stage["name"] for stage in record["stages"]]
    written = {file.stem for file in folder.pages.glob("*.html")}
    return [*pages, *(RunPage(stage, f"pages/{stage}.html") for stage in stages if stage in written)]


def _load_record(verdict: Verdict | None) -> dict[str, Any] | None:
    return None if verdict is None else verdict.record


def _describe_damage(folder: RunFolder, record: Any, error: Exception) -> ListedRun:
    """Return what is known of a run with a file that cannot be read."""
    known: Sequence[str] = list(record) if isinstance(record, dict) else ()
    try:
        started = datetime.fromisoformat(record["started"]) if "started" in known else None
    except (TypeError, ValueError):
        started = None
    if started is None:
        try:
            started = datetime.fromtimestamp(folder.path.stat().st_mtime, UTC)
        except OSError:
            started = datetime.fromtimestamp(0, UTC)
    return ListedRun(
        name=folder.name,
        pipeline=str(record["pipeline"]) if "pipeline" in known else "",
        status="damaged",
        started=started.astimezone(UTC).isoformat(timespec="seconds"),
        level="error",
        verdict="Its files cannot be read",
        details=(f"{type(error).__name__}: {error}",),
    )
