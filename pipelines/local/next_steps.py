"""The commands that a person may want after a run: each can be typed as it stands."""

import math
import re
from collections.abc import Iterator

from pipelines.interface import Command
from pipelines.local.run_result import RunResult

Line = tuple[str, str]
_OWN_TABLE = {"source": "table.csv", "target": "column"}
_CORRECTED = re.compile(r"\bset (task|metric)=(\w+)", re.IGNORECASE)
_UNFIT_METRIC = re.compile(r"\bmetric '[^']*' does not fit")
_OF_FOLDER = ("runs",)
# More than the missing trials need at the speed so far: later ones may take longer.
_MARGIN = 1.25


def suggest_next_steps(result: RunResult) -> list[Line]:
    """Return commands for a finished run, as label and text, the likeliest first.

    None of them repeats what failed: it comes with what to change, or asks for more trials or minutes.
    """
    if result.scored is not None:
        return []
    if result.judged is None:
        return [("next", _suggest_after_validation(result))]
    if result.status != "succeeded":
        return [("next", str(_extend_budget(result)))]
    steps = [str(step) for step in _suggest_after_success(result)]
    lines = [("next", steps[0]), *(("or", step) for step in steps[1:])]
    if _is_sample(result):
        own = Command(result.command.words, _OWN_TABLE).merge_options(
            result.command.keep_options((), *_OF_FOLDER).options
        )
        lines.append(("your table", str(own)))
    return lines


def _suggest_after_success(result: RunResult) -> Iterator[Command]:
    of_run = result.command.keep_options((), *_OF_FOLDER).replace_options(run=result.name)
    if result.is_registered:
        source = result.command.options.get("source", str(result.parameters["source"]))
        yield Command(("run", "scoring"), {"source": source, **of_run.options})
    yield Command(("serve",), of_run.options)
    if result.is_cut_short or (result.judged or {}).get("caveat"):
        yield _extend_budget(result)


def _extend_budget(result: RunResult) -> Command:
    """Return the command with more minutes where time ended the sweep, else with more trials."""
    trials = int(result.parameters["trials"])
    if not result.is_cut_short:
        return result.command.replace_options(trials=str(2 * trials))
    minutes = float(result.parameters["budget_minutes"])
    needed = _MARGIN * minutes * trials / max(1, result.n_tried)
    return result.command.replace_options(minutes=str(max(1, math.ceil(max(2 * minutes, needed)))))


def _suggest_after_validation(result: RunResult) -> str:
    if corrected := _CORRECTED.search(result.remedy):
        return str(result.command.replace_options(**{corrected[1].lower(): corrected[2]}))
    if "metric" in result.command.options and any(map(_UNFIT_METRIC.search, result.failures)):
        # Its default fits any task.
        return str(result.command.replace_options(metric=None))
    problem = result.command.options.get("problem")
    if "problem.yaml" in result.remedy:
        line = "put that into problem.yaml" if problem is None else f"put that into {problem}"
        return f"{line}, then: {result.command.replace_options(problem=problem or 'problem.yaml')}"
    places = [result.command.options.get("source", str(result.parameters["source"])), problem]
    return f"correct {' or '.join(filter(None, places))} as it says above, then: {result.command}"


def _is_sample(result: RunResult) -> bool:
    return str(result.parameters["source"]).startswith("sample:")
