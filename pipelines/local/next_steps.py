"""The commands that a person may want after a run; each can be copied and run."""

import math
import re
from collections.abc import Iterator

from pipelines.interface import Command
from pipelines.local.run_result import RunResult

Line = tuple[str, str]
_OWN_TABLE = {"source": "table.csv", "target": "column"}
_CORRECTED = re.compile(r"\bset (task|metric)=(\w+)", re.IGNORECASE)
_UNFIT_METRIC = re.compile(r"\bmetric '[^']*' does not fit")
# A margin over the time that the missing trials need at the speed so far, because later ones may be slower.
_MARGIN = 1.25


def suggest_next_steps(result: RunResult) -> list[Line]:
    """Return commands for a finished run, as label and text, the most likely first.

    No command repeats a failure: each changes something, or gives more trials or minutes.
    """
    if result.use is not None:
        return []
    if result.evaluation is None:
        return [("next", _suggest_after_validation(result))]
    if result.status != "succeeded":
        return [("next", str(_extend_budget(result)))]
    steps = [str(step) for step in _suggest_after_success(result)]
    lines = [("next", steps[0]), *(("or", step) for step in steps[1:])]
    if _is_sample(result):
        command = Command(result.command.words, _OWN_TABLE)
        lines.append(
            ("your table", str(command.merge_options(result.command.keep_options((), "runs").options)))
        )
    return lines


def _suggest_after_success(result: RunResult) -> Iterator[Command]:
    serve = result.command.keep_options(("serve",), "runs").replace_options(run=result.name)
    if result.is_registered:
        source = result.command.options.get("source", str(result.parameters["source"]))
        yield Command(("run", "scoring"), {"source": source, **serve.options})
    yield serve
    if result.is_cut_short or (result.evaluation or {}).get("caveat"):
        yield _extend_budget(result)


def _extend_budget(result: RunResult) -> Command:
    """Return the command with more minutes if the sweep ran out of time, else with more trials."""
    trials = int(result.parameters["trials"])
    if trials and not result.is_cut_short:
        return result.command.replace_options(trials=str(2 * trials))
    minutes = float(result.parameters["budget_minutes"])
    needed = _MARGIN * minutes * trials / max(1, result.n_tried)
    return result.command.replace_options(minutes=str(max(1, math.ceil(max(2 * minutes, needed)))))


def _suggest_after_validation(result: RunResult) -> str:
    if corrected := _CORRECTED.search(result.remedy):
        return str(result.command.replace_options(**{corrected[1].lower(): corrected[2]}))
    if "metric" in result.command.options and any(map(_UNFIT_METRIC.search, result.failures)):
        # The default metric fits every task.
        return str(result.command.replace_options(metric=None))
    problem = result.command.options.get("problem")
    if "problem.yaml" in result.remedy:
        problem = problem or "problem.yaml"
        return f"write that into {problem}, then: {result.command.replace_options(problem=problem)}"
    expected = result.command.options.get("expectations")
    given = [result.command.options.get("source", str(result.parameters["source"])), problem, expected]
    # What was written out instead of a file is in the command.
    files = [text for text in given if text and not text.lstrip().startswith("{")]
    return f"correct {' or '.join(files)} as described above, then: {result.command}"


def _is_sample(result: RunResult) -> bool:
    return str(result.parameters["source"]).startswith("sample:")
