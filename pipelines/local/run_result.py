"""What came out of a run, gathered from its folder for the summary and the index page."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from components._problem.verdict import Verdict
from pipelines.interface import Command
from pipelines.local.decisions import Decisions, read_decisions
from pipelines.local.local_run import RunOutcome, RunStatus
from pipelines.local.run_folder import RunFolder

Level = Literal["good", "warning", "error"]
_RATE = "rate_"


@dataclass(frozen=True)
class StageResult:
    """One stage of a finished run.

    Attributes
    ----------
    name : str
        The stage.
    status : str
        ``done``, ``failed`` or ``waiting``.
    seconds : float
        How long it ran.
    page : Path or None
        Its report.
    """

    name: str
    status: str
    seconds: float
    page: Path | None


@dataclass(frozen=True)
class ScoringRunResult:
    """What a run that scored a table left.

    Attributes
    ----------
    model : str
        The model and its version.
    rows : int
        Rows, of which each has a prediction.
    shares : dict of str to float
        Share of the rows by class; of a regression nothing.
    predictions : Path
        Folder of the predictions.
    output : str
        Folder of a bucket where they are, too; empty for none.
    report : Path
        Their page.
    ignored : tuple of str
        Columns of the table that the model does not use.
    made_null : dict of str to int
        Values that could not be read and were taken for null, by column.
    """

    model: str
    rows: int
    shares: dict[str, float]
    predictions: Path
    output: str
    report: Path
    ignored: tuple[str, ...] = ()
    made_null: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RunResult:
    """What came out of a run.

    Attributes
    ----------
    name : str
        The run.
    status : str
        ``succeeded`` or ``rejected``.
    seconds : float
        Wall time of the run.
    parameters : dict
        Every parameter of the pipeline.
    command : Command
        What a person would type to run it again.
    commit : str or None
        The code's commit.
    stages : tuple of StageResult
        The stages in their order.
    failures : tuple of str
        Why a gate stopped the run.
    remedy : str
        What to do about it.
    judged : dict or None
        The figures of the evaluation; None where the run did not come so far.
    data : dict
        What is known of the table: source, rows, columns, sha256.
    documents : dict of str to str
        Markdown by title.
    scored : Scored or None
        The predictions; None where the run made none.
    decisions : Decisions
        What the run decided by itself.
    n_tried : int
        Trials of the sweep that came to an end.
    is_ended_by_time : bool
        Whether its time was over before the sweep, or before the fits of its model.
    is_registered : bool
        Whether the registry has its model, so that ``make score`` finds it.
    """

    name: str
    status: RunStatus
    seconds: float
    parameters: dict[str, Any]
    command: Command
    commit: str | None
    stages: tuple[StageResult, ...]
    failures: tuple[str, ...]
    remedy: str
    judged: dict[str, Any] | None
    data: dict[str, Any]
    documents: dict[str, str]
    scored: ScoringRunResult | None = None
    decisions: Decisions = field(default_factory=Decisions)
    n_tried: int = 0
    is_ended_by_time: bool = False
    is_registered: bool = False

    @property
    def level(self) -> Level:
        """How good the outcome is: what passed with a caveat is a warning."""
        if self.status != "succeeded":
            return "error"
        return "warning" if (self.judged or {}).get("caveat") else "good"

    @property
    def is_cut_short(self) -> bool:
        """Whether time ended the sweep before it had tried all that was asked for."""
        if "budget_minutes" not in self.parameters:
            return False
        return self.is_ended_by_time or 0 < self.n_tried < int(self.parameters["trials"])

    @property
    def headline(self) -> str:
        """The verdict in a few words."""
        if self.scored is not None:
            return f"{self.scored.rows:,} rows have their prediction"
        if self.judged is None:
            return "A model cannot be trained on this table"
        if self.status != "succeeded":
            return "FAILED its gates"
        caveat = self.judged.get("caveat")
        return f"Passed, but {caveat}" if caveat else "Passed its gates"


def read_run_result(folder: RunFolder, outcome: RunOutcome) -> RunResult:
    """Read what a finished run left in its folder."""
    lineage = _read_lineage(folder)
    judged = _load_verdict(folder, "evaluate")
    rejecting = outcome.state.rejecting_stage
    verdict = _load_verdict(folder, rejecting) if rejecting else None
    documents = {
        "Brief": folder.find_output("problem", "brief"),
        "Model card": folder.find_output("evaluate", "card"),
        "Registration": folder.find_output("register", "summary"),
    }
    return RunResult(
        name=folder.name,
        status=outcome.status,
        seconds=outcome.seconds,
        parameters=outcome.record["parameters"],
        command=Command(("run", outcome.record["pipeline"]), outcome.record["options"]),
        commit=outcome.record["commit"],
        stages=tuple(
            StageResult(stage.name, stage.status, stage.seconds, _find_page(folder, stage.name))
            for stage in outcome.state.stages.values()
        ),
        failures=verdict.failures if verdict else (),
        remedy=verdict.remedy if verdict else "",
        judged=judged.record if judged else None,
        data=folder.read_metadata("ingest", "dataset"),
        documents={
            title: path.read_text(encoding="utf-8") for title, path in documents.items() if path is not None
        },
        scored=_read_scoring(folder),
        decisions=read_decisions(folder, outcome.record["parameters"], lineage.get("warnings", ())),
        n_tried=int((outcome.state.trial or {}).get("finished", 0)),
        is_ended_by_time=bool(lineage.get("ended_by_time") or lineage.get("hurried_by_time")),
        is_registered=_is_registered(folder),
    )


def _read_lineage(folder: RunFolder) -> dict[str, Any]:
    model = folder.find_output("train", "model")
    if model is None:
        return {}
    lineage: dict[str, Any] = json.loads((model / "lineage.json").read_text(encoding="utf-8"))
    return lineage


def _is_registered(folder: RunFolder) -> bool:
    found = folder.find_output("register", "registration")
    if found is None:
        return False
    return json.loads((found / "registration.json").read_text(encoding="utf-8"))["version"] is not None


def _find_page(folder: RunFolder, stage: str) -> Path | None:
    return folder.find_output(stage, "report") or folder.find_output(f"{stage}-result", "report")


def _read_scoring(folder: RunFolder) -> ScoringRunResult | None:
    predictions, report = (folder.find_output("score-result", name) for name in ("predictions", "report"))
    registration = folder.find_output("register-fetch", "registration")
    if predictions is None or report is None or registration is None:
        return None
    version = json.loads((registration / "registration.json").read_text(encoding="utf-8"))
    metrics = folder.read_metadata("score-result", "metrics")
    facts = folder.read_metadata("score-result", "predictions")
    return ScoringRunResult(
        f"{version['model']}, version {version['version']}",
        int(metrics["rows"]),
        {name[len(_RATE) :]: share for name, share in metrics.items() if name.startswith(_RATE)},
        predictions,
        facts["output"],
        report,
        tuple(facts["ignored"]),
        dict(folder.read_metadata("ingest-rows", "dataset").get("unreadable", {})),
    )


def _load_verdict(folder: RunFolder, stage: str) -> Verdict | None:
    path = folder.find_output(stage, "verdict")
    return Verdict.load(path) if path else None
