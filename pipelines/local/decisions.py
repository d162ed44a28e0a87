"""What a run decided by itself: the task, the metric, how columns are read and which are left out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components._problem.metrics import describe_metric
from components._problem.spec import Problem
from components._problem.verdict import Verdict
from components._table.findings import DROPPED, Findings
from components.errors import format_list
from components.json_file import read_json
from pipelines.local.run_folder import RunFolder

Line = tuple[str, str]
_STRATEGIES = {
    "table": "which are all rows of the test table",
    "column": "as the split column says",
    "time": "which are the latest",
    "group": "of other groups",
    "random": "chosen at random",
}
_REASONS = {
    "unique": "identifies rows",
    "constant": "one value",
    "empty": "no values",
    "free_text": "free text, whose words are not kept",
}


@dataclass(frozen=True)
class Decisions:
    """What a run decided.

    Attributes
    ----------
    facts : tuple of (str, str)
        Task, metric, rows and their split, as label and text.
    left_out : tuple of str
        Columns that the model does not use, each with its reason; those that eda left out come first.
    readings : tuple of str
        Columns that were read in a way that is not obvious, and how.
    warnings : tuple of str
        Warnings, with what to do about each.
    features : str
        Which blocks of derived features are kept.
    expectations : str
        Hash of what was expected of the table; empty if nothing was.
    """

    facts: tuple[Line, ...] = ()
    left_out: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    features: str = ""
    expectations: str = ""

    def list_lines(self, most: int) -> list[Line]:
        """Return at most ``most`` lines for a console, as label and text."""
        shown = list(self.facts)
        if self.left_out:
            shown.append(("left out", format_list(self.left_out)))
        if self.readings:
            shown.append(("read as", format_list(self.readings)))
        if self.features:
            shown.append(("features", self.features))
        room = most - len(shown)
        warnings = list(self.warnings)
        if len(warnings) > room:
            rest = len(warnings) - room + 1
            warnings[room - 1 :] = [f"and {rest} more: see the validation page"]
        return [*shown, *(("warning", text) for text in warnings)]


def read_decisions(
    folder: RunFolder, parameters: Mapping[str, Any], training_warnings: Iterable[Mapping[str, str]]
) -> Decisions:
    """Return what a training run decided, as far as its finished stages tell.

    Parameters
    ----------
    folder : RunFolder
        The run.
    parameters : mapping of str to JSON values
        Its parameters.
    training_warnings : iterable of mappings
        The train stage's warnings, each with its text and remedy.
    """
    path = folder.find_output("validate", "verdict")
    if path is None:
        return Decisions()
    record = Verdict.load(path).record
    return Decisions(
        facts=(*_iterate_facts(record, parameters), *_iterate_split(folder)),
        left_out=tuple(_iterate_left_out(folder)),
        readings=tuple(record.get("readings", ())),
        expectations=record.get("expectations", {}).get("sha256", ""),
        features=_read_blocks(folder).get("decision", ""),
        # Warnings about the model come first: they matter more than those about a column.
        warnings=tuple(
            f"{warning['text']} {warning['remedy']}".rstrip()
            for warning in (*training_warnings, *record["warnings"])
        ),
    )


def _iterate_facts(record: Mapping[str, Any], parameters: Mapping[str, Any]) -> Iterator[Line]:
    if record["task"] is not None:
        details = {
            "binary": f", positive class {record['positive_class']!r}",
            "multiclass": f", {record['classes']} classes",
        }
        yield "task", f"{record['task']}{details.get(record['task'], '')}"
        yield "metric", _format_metric(record["metric"], parameters)
    rows = f"{_format_count(record['rows'], 'row')} and {_format_count(record['columns'], 'column')} read"
    if record["rows_without_target"]:
        rows += f"; {_format_count(record['rows_without_target'], 'row')} without a target left out"
    yield "table", rows
    if expected := record.get("expectations"):
        yield "expectations", _describe_expectations(expected)


def _describe_expectations(expected: Mapping[str, Any]) -> str:
    n_columns, n_rules = int(expected["columns"]), int(expected["rules"])
    checked = f"{_format_count(n_columns, 'column')} and {_format_count(n_rules, 'rule')} checked"
    counts = [
        f"{_format_count(int(expected[key]), 'row')}{where} set aside"
        for key, where in (("set_aside", ""), ("set_aside_test", " of the test table"))
        if expected[key]
    ]
    if not counts:
        return checked
    return f"{checked}; {' and '.join(counts)}, as the validation page says"


def _iterate_split(folder: RunFolder) -> Iterator[Line]:
    train, test = (folder.read_metadata("split", side) for side in ("train", "test"))
    if train and test:
        n_train, n_test = int(train["rows"]), int(test["rows"])
        counts = f"{_format_count(n_train, 'training row')} and {_format_count(n_test, 'test row')}"
        yield "split", " ".join([f"{counts}, {_STRATEGIES[train['strategy']]}.", *train["notes"]])
    folds = folder.find_output("tune-plan", "folds")
    if folds and (notes := read_json(folds / "folds.json").get("notes")):
        yield "folds", " ".join(notes)
    if notes := folder.read_metadata("preprocess", "recipe").get("notes"):
        yield "engine", " ".join(notes)


def _format_metric(metric: str, parameters: Mapping[str, Any]) -> str:
    given = parameters.get("metric", "auto")
    if given == "auto":
        given = str((parameters.get("problem") or {}).get("metric", given))
    if given.casefold() == "auto":
        return f"{describe_metric(metric)}, the default of the task"
    is_same = given.removeprefix("neg_") == metric
    return describe_metric(metric) if is_same else f"{describe_metric(metric)} (given as {given})"


def _iterate_left_out(folder: RunFolder) -> Iterator[str]:
    findings, blocks = folder.find_output("eda", "findings"), _read_blocks(folder)
    for item in Findings.load(findings).items if findings else ():
        # Features may be derived from free text, and from the event time.
        is_text = item.finding == "free_text" and item.column not in blocks.get("texts", ())
        if item.finding in DROPPED or is_text:
            yield f"{item.column} ({_describe_reason(item.finding, item.reason)})"
    problem = folder.find_output("validate", "problem")
    roles = Problem.load(problem).withheld_columns if problem else {}
    used = blocks.get("event_time")
    yield from (f"{column} ({role})" for column, role in roles.items() if role != "target" and column != used)


def _read_blocks(folder: RunFolder) -> dict[str, Any]:
    """Return what engineer decided; empty if it did not run."""
    recipe = folder.find_output("engineer", "recipe")
    return {} if recipe is None else dict(read_json(recipe / "blocks.json"))


def _describe_reason(finding: str, reason: str) -> str:
    if finding == "leak":
        return f"leak: {reason[:1].lower()}{reason[1:].rstrip('.')}"
    return _REASONS.get(finding, finding.replace("_", " "))


def _format_count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
