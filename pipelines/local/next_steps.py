"""The commands that a person may want after a run: each can be typed as it stands."""

import math
import re
from collections.abc import Iterator

from pipelines.interface import Command
from pipelines.local.result import Result

Line = tuple[str, str]
_OWN_TABLE = {"source": "table.csv", "target": "column"}
_CORRECTED = re.compile(r"\bset (task|metric)=(\w+)", re.IGNORECASE)
_UNFIT_METRIC = re.compile(r"\bmetric '[^']*' does not fit")
_OF_FOLDER = ("runs",)
# More than the missing trials need at the speed so far: later ones may take longer.
_MARGIN = 1.25


def next_steps(result: Result) -> list[Line]:
    """Return commands for a finished run, as label and text, the likeliest first.

    None of them repeats what failed: it comes with what to change, or asks for more trials or minutes.
    """
    if result.scored is not None:
        return []
    if result.judged is None:
        return [("next", _after_validation(result))]
    if result.status != "succeeded":
        return [("next", str(_with_more(result)))]
    steps = [str(step) for step in _after_success(result)]
    lines = [("next", steps[0]), *(("or", step) for step in steps[1:])]
    if _is_sample(result):
        own = Command(result.command.words, _OWN_TABLE).after(result.command.kept((), *_OF_FOLDER).options)
        lines.append(("your table", str(own)))
    return lines


def _after_success(result: Result) -> Iterator[Command]:
    of_run = result.command.kept((), *_OF_FOLDER).but(run=result.name)
    if result.is_registered:
        source = result.command.options.get("source", str(result.parameters["source"]))
        yield Command(("run", "scoring"), {"source": source, **of_run.options})
    yield Command(("serve",), of_run.options)
    if result.is_cut_short or (result.judged or {}).get("caveat"):
        yield _with_more(result)


def _with_more(result: Result) -> Command:
    """Return the command with more minutes where time ended the sweep, else with more trials."""
    trials = int(result.parameters["trials"])
    if not result.is_cut_short:
        return result.command.but(trials=str(2 * trials))
    minutes = float(result.parameters["budget_minutes"])
    needed = _MARGIN * minutes * trials / max(1, result.n_tried)
    return result.command.but(minutes=str(max(1, math.ceil(max(2 * minutes, needed)))))


def _after_validation(result: Result) -> str:
    if corrected := _CORRECTED.search(result.remedy):
        return str(result.command.but(**{corrected[1].lower(): corrected[2]}))
    if "metric" in result.command.options and any(map(_UNFIT_METRIC.search, result.failures)):
        # Its default fits any task.
        return str(result.command.but(metric=None))
    problem = result.command.options.get("problem")
    if "problem.yaml" in result.remedy:
        line = "put that into problem.yaml" if problem is None else f"put that into {problem}"
        return f"{line}, then: {result.command.but(problem=problem or 'problem.yaml')}"
    places = [result.command.options.get("source", str(result.parameters["source"])), problem]
    return f"correct {' or '.join(filter(None, places))} as it says above, then: {result.command}"


def _is_sample(result: Result) -> bool:
    return str(result.parameters["source"]).startswith("sample:")
