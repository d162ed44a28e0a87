"""The result of a run, read from its folder for the summary and the index page."""

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from components._problem.verdict import Verdict
from components._report.formats import format_value
from pipelines.interface import Command
from pipelines.local.decisions import Decisions, read_decisions
from pipelines.local.local_run import RunOutcome, RunStatus
from pipelines.local.run_folder import RunFolder
from pipelines.local.run_state import StageStatus
from pipelines.local.use_results import Level, UseResult, find_use_result

# Fewer trials say little about what is best.
_ENOUGH_TRIALS = 8
# A run keeps its time if it takes at most so many times it, and so many seconds.
_SLACK, _SLACK_SECONDS = 1.03, 3.0
# The stages whose time is planned by the budget.
_PLANNED_STAGES = ("tune", "train")


@dataclass(frozen=True)
class StageResult:
    """One stage of a finished run; its ``page`` is its report."""

    name: str
    status: StageStatus
    seconds: float
    page: Path | None


@dataclass(frozen=True)
class RunResult:
    """The result of a run.

    Attributes
    ----------
    name : str
        The run.
    status : str
        As in ``run.json``.
    seconds : float
        Wall time of the run.
    parameters : dict
        Every parameter of the pipeline.
    command : Command
        The command that runs it again.
    commit : str or None
        The code's commit.
    stages : tuple of StageResult
        The stages in their order.
    failures : tuple of str
        Why a gate stopped the run.
    remedy : str
        What to do about it.
    evaluation : dict or None
        The record of evaluate's verdict; None if evaluate did not run.
    data : dict
        Facts about the table: source, rows, columns, sha256.
    documents : dict of str to str
        Markdown by title.
    use : UseResult or None
        What a run did with a model that was there; None if it trained one.
    decisions : Decisions
        What the run decided by itself.
    n_tried : int
        Trials of the sweep that ended.
    is_ended_by_time : bool
        Whether the time was up before the sweep ended, or before the model was fitted as planned.
    is_registered : bool
        Whether the registry has its model, so that ``make score`` finds it.
    has_model : bool
        Whether the model that it trained is in its folder.
    end : str
        Where a run ended that did not come to a result, in a few words; empty if it came to one.
    """

    name: str
    status: RunStatus
    seconds: float
    parameters: dict[str, Any]
    command: Command
    commit: str | None
    stages: tuple[StageResult, ...]
    failures: tuple[str, ...] = ()
    remedy: str = ""
    evaluation: dict[str, Any] | None = None
    data: dict[str, Any] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    use: UseResult | None = None
    decisions: Decisions = field(default_factory=Decisions)
    n_tried: int = 0
    is_ended_by_time: bool = False
    is_registered: bool = False
    has_model: bool = False
    end: str = ""

    @property
    def level(self) -> Level:
        """How good the result is: a pass with a caveat is a warning."""
        return judge_result(self.status, self.evaluation, self.use)

    @property
    def is_cut_short(self) -> bool:
        """Whether the time was up before the sweep had run all its trials, or enough if it counts none."""
        if "budget_minutes" not in self.parameters:
            return False
        if not self.parameters["trials"]:
            return 0 < self.n_tried < _ENOUGH_TRIALS
        return self.is_ended_by_time or 0 < self.n_tried < int(self.parameters["trials"])

    @property
    def overrun(self) -> str:
        """Why a run took clearly longer than its time, as a sentence; empty if it did not."""
        minutes = float(self.parameters.get("budget_minutes", float("inf")))
        if self.seconds <= _SLACK * minutes * 60 + _SLACK_SECONDS:
            return ""
        others = sum(stage.seconds for stage in self.stages if stage.name not in _PLANNED_STAGES)
        return (
            f"The run took {self.seconds:.0f} s and not {minutes * 60:.0f} s: the stages beside "
            f"{' and '.join(_PLANNED_STAGES)} took {others:.0f} s, and a sweep gets a quarter of the time in "
            "any case."
        )

    @property
    def headline(self) -> str:
        """The verdict in a few words."""
        return self.end or describe_verdict(self.status, self.evaluation, self.use)


def judge_result(status: str, evaluation: Mapping[str, Any] | None, use: UseResult | None) -> Level:
    """Return how good the result of a run is."""
    if status == "stopped":
        return "warning"
    if status != "succeeded":
        return "error"
    if use is not None:
        return use.level
    return "warning" if (evaluation or {}).get("caveat") else "good"


def describe_verdict(status: str, evaluation: Mapping[str, Any] | None, use: UseResult | None) -> str:
    """Return the verdict on a run that succeeded or was rejected, in a few words."""
    if use is not None:
        return use.headline
    if evaluation is None:
        return "A model cannot be trained on this table"
    if status != "succeeded":
        return "FAILED its gates"
    caveat = evaluation.get("caveat")
    return f"Passed, but {caveat}" if caveat else "Passed its gates"


def read_run_result(folder: RunFolder, outcome: RunOutcome) -> RunResult:
    """Read the result of a finished run from its folder."""
    lineage = _read_lineage(folder)
    evaluation = load_verdict(folder, "evaluate")
    registered = folder.read_registration("register")
    rejecting_stage = outcome.state.rejecting_stage
    verdict = load_verdict(folder, rejecting_stage) if rejecting_stage else None
    documents = {
        "Brief": folder.find_output("problem", "brief"),
        "Model card": folder.find_output("evaluate", "card"),
        "Registration": folder.find_output("register", "summary"),
    }
    return replace(
        _read_outcome(folder, outcome, {stage.name for stage in outcome.state.stages.values()}),
        failures=verdict.failures if verdict else (),
        remedy=verdict.remedy if verdict else "",
        evaluation=evaluation.record if evaluation else None,
        data=folder.read_metadata("ingest", "dataset"),
        documents={
            title: path.read_text(encoding="utf-8") for title, path in documents.items() if path is not None
        },
        use=find_use_result(folder),
        decisions=read_decisions(folder, outcome.record["parameters"], lineage.get("warnings", ())),
        n_tried=int((outcome.state.trial or {}).get("finished", 0)),
        is_ended_by_time=bool(lineage.get("ended_by_time") or lineage.get("hurried_by_time")),
        is_registered=registered is not None and registered.version is not None,
        has_model=bool(lineage),
    )


def read_unfinished_result(
    folder: RunFolder, outcome: RunOutcome, reason: Sequence[str], resumption: Command | None
) -> RunResult:
    """Read what there is of a run that failed or was stopped: what its finished stages wrote.

    Parameters
    ----------
    folder : RunFolder
        The run.
    outcome : RunOutcome
        How it ended.
    reason : sequence of str
        Why, as sentences.
    resumption : Command or None
        The command that goes on with it.
    """
    states = outcome.state.stages.values()
    done = {stage.name for stage in states if stage.status == "done"}
    evaluation = load_verdict(folder, "evaluate") if "evaluate" in done else None
    last = next((stage.name for stage in states if stage.status in ("failed", "interrupted")), "")
    word = "Stopped" if outcome.status == "stopped" else "Failed"
    return replace(
        _read_outcome(folder, outcome, done),
        failures=tuple(reason),
        remedy="" if resumption is None else f"To go on with it: {resumption}",
        evaluation=evaluation.record if evaluation else None,
        data=folder.read_metadata("ingest", "dataset") if "ingest" in done else {},
        end=f"{word} in {last}" if last else word,
    )


def _read_outcome(folder: RunFolder, outcome: RunOutcome, with_pages: Set[str]) -> RunResult:
    """Return what any run has, with the pages of some stages."""
    record = outcome.record
    return RunResult(
        name=folder.name,
        status=outcome.status,
        seconds=outcome.seconds,
        parameters=record["parameters"],
        command=Command(("run", record["pipeline"]), record["options"]),
        commit=record["commit"],
        stages=tuple(
            StageResult(
                stage.name,
                stage.status,
                stage.seconds,
                _find_page(folder, stage.name) if stage.name in with_pages else None,
            )
            for stage in outcome.state.stages.values()
        ),
    )


def _read_lineage(folder: RunFolder) -> dict[str, Any]:
    model = folder.find_output("train", "model")
    if model is None:
        return {}
    lineage: dict[str, Any] = json.loads((model / "lineage.json").read_text(encoding="utf-8"))
    return lineage


def _find_page(folder: RunFolder, stage: str) -> Path | None:
    return folder.find_output(stage, "report") or folder.find_output(f"{stage}-result", "report")


def load_verdict(folder: RunFolder, stage: str) -> Verdict | None:
    """Return the verdict that a stage of a run wrote; None if it wrote none."""
    path = folder.find_output(stage, "verdict")
    return Verdict.load(path) if path else None


def describe_gate(gate: Mapping[str, Any]) -> str:
    """Return whether a gate of the evaluation passed, with the model's score.

    A score that failed has enough digits to differ from the bound.
    """
    if gate["passed"]:
        return f"passed with {format_value(gate['value'])}"
    texts = [format_value(gate["value"], digits) for digits in range(3, 17)]
    shown = next((text for text in texts if text not in gate["gate"].split()), texts[-1])
    return f"FAILED with {shown}"
