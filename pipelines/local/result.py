"""What came out of a run, gathered from its folder for the summary and the index page."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components._problem.verdict import Verdict
from pipelines.local.folder import RunFolder
from pipelines.local.running import Outcome, RunStatus

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
class Scored:
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
    """

    model: str
    rows: int
    shares: dict[str, float]
    predictions: Path
    output: str
    report: Path


@dataclass(frozen=True)
class Result:
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
    given : dict
        Those that were not left to their defaults.
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
    """

    name: str
    status: RunStatus
    seconds: float
    parameters: dict[str, Any]
    given: dict[str, Any]
    commit: str | None
    stages: tuple[StageResult, ...]
    failures: tuple[str, ...]
    remedy: str
    judged: dict[str, Any] | None
    data: dict[str, Any]
    documents: dict[str, str]
    scored: Scored | None = None

    @property
    def headline(self) -> str:
        """The verdict in a few words."""
        if self.scored is not None:
            return f"{self.scored.rows:,} rows have their prediction"
        if self.judged is None:
            return "The table cannot make a model"
        return "Passed its gates" if self.status == "succeeded" else "FAILED its gates"


def gather(folder: RunFolder, outcome: Outcome) -> Result:
    """Read what a finished run left in its folder."""
    judged = _verdict(folder, "evaluate")
    rejecting = outcome.state.rejecting_stage
    verdict = _verdict(folder, rejecting) if rejecting else None
    documents = {
        "Brief": folder.output("problem", "brief"),
        "Model card": folder.output("evaluate", "card"),
        "Registration": folder.output("register", "summary"),
    }
    return Result(
        name=folder.name,
        status=outcome.status,
        seconds=outcome.seconds,
        parameters=outcome.record["parameters"],
        given=outcome.given,
        commit=outcome.record["commit"],
        stages=tuple(
            StageResult(stage.name, stage.status, stage.seconds, _page(folder, stage.name))
            for stage in outcome.state.stages.values()
        ),
        failures=verdict.failures if verdict else (),
        remedy=verdict.remedy if verdict else "",
        judged=judged.record if judged else None,
        data=folder.metadata("ingest", "dataset"),
        documents={
            title: path.read_text(encoding="utf-8") for title, path in documents.items() if path is not None
        },
        scored=_scored(folder),
    )


def _page(folder: RunFolder, stage: str) -> Path | None:
    return folder.output(stage, "report") or folder.output(f"{stage}-result", "report")


def _scored(folder: RunFolder) -> Scored | None:
    predictions, report = (folder.output("score-result", name) for name in ("predictions", "report"))
    registration = folder.output("register-fetch", "registration")
    if predictions is None or report is None or registration is None:
        return None
    version = json.loads((registration / "registration.json").read_text(encoding="utf-8"))
    metrics = folder.metadata("score-result", "metrics")
    return Scored(
        f"{version['model']}, version {version['version']}",
        int(metrics["rows"]),
        {name[len(_RATE) :]: share for name, share in metrics.items() if name.startswith(_RATE)},
        predictions,
        folder.metadata("score-result", "predictions")["output"],
        report,
    )


def _verdict(folder: RunFolder, stage: str) -> Verdict | None:
    path = folder.output(stage, "verdict")
    return Verdict.load(path) if path else None
