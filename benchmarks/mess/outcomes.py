"""What becomes of a table that is rendered in a way: equal, said, refused, or silently otherwise."""

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from benchmarks.mess.comparison import Difference, compare_predictions, compare_tables
from benchmarks.mess.files import NotWritable, to_native
from benchmarks.mess.model import Client, Predictions, copy_model, score, write_model
from benchmarks.mess.sheet import Sheet
from benchmarks.mess.stages import Read, read_new, read_training
from benchmarks.mess.tables import Table, make_table
from benchmarks.mess.transformation import Transformation
from components.errors import SuiteError

Verdict = Literal["equal", "said", "refused", "silent"]
# From the mildest on; an outcome is as bad as the worst of its directions.
VERDICTS: tuple[Verdict, ...] = ("equal", "refused", "said", "silent")


class Finding(NamedTuple):
    """What one direction gave.

    Attributes
    ----------
    direction : str
        What was done with the file.
    verdict : str
        What became of it.
    details : tuple of str
        Differences, or the error.
    """

    direction: str
    verdict: Verdict
    details: tuple[str, ...] = ()


@dataclass
class Outcome:
    """What became of a table that was rendered in a way."""

    table: str
    transformation: str
    group: str
    findings: list[Finding] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """Silent if any direction is; else that of the training table."""
        if any(finding.verdict == "silent" for finding in self.findings):
            return "silent"
        return self.findings[0].verdict


@dataclass(frozen=True)
class Clean:
    """A clean table, its model, and what the model predicts for the new rows."""

    table: Table
    read: Read
    model: Path
    predictions: Predictions
    folder: Path

    def predict_in_order(self, order: tuple[int, ...]) -> Predictions:
        """Return the predictions for the clean new rows in another order.

        The last bit of a prediction may depend on the row's place among those predicted together.
        """
        if order == self.table.new.order:
            return self.predictions
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            file = Path(folder) / "new.csv"
            Transformation("clean", "order").write_file(self.table.new.take_rows(list(order)), file)
            return score(self.model, read_new(file, self.model, Path(folder)))


def prepare(name: str, seed: int, folder: Path) -> Clean:
    """Read a clean table and fit its model."""
    table, plain = make_table(name, seed), Transformation("clean", "order")
    training, new = folder / "clean.csv", folder / "clean-new.csv"
    plain.write_file(table.training, training)
    plain.write_file(table.new, new)
    read = read_training(training, table.target, folder)
    model = folder / "model"
    write_model(read, model)
    return Clean(table, read, model, score(model, read_new(new, model, folder)), folder)


def judge(clean: Clean, way: Transformation) -> Outcome | None:
    """Return what becomes of a table; None where the way leaves it as it was, or cannot be written."""
    with tempfile.TemporaryDirectory(prefix="mess-") as folder:
        scratch = Path(folder)
        training, new = scratch / "training.data", scratch / "new.data"
        sheet = way.apply(clean.table.training, clean.table.target)
        rows = way.apply(clean.table.new, None)
        try:
            way.write_file(sheet, training)
            way.write_file(rows, new)
            Transformation("clean", "order").write_file(clean.table.training, scratch / "clean.csv")
        except NotWritable:
            return None
        if training.read_bytes() == (scratch / "clean.csv").read_bytes():
            return None
        outcome = Outcome(clean.table.name, way.name, way.group)
        read = _judge_training(clean, way, sheet, training, scratch, outcome)
        if not way.nulls_are_values:
            _judge_clean_model(clean, rows, new, scratch, outcome)
        if read is not None:
            model = _find_model(clean, read, outcome, scratch)
            _judge_new_rows(clean, way, rows, new, model, scratch, outcome)
        return outcome


def _judge_training(
    clean: Clean, way: Transformation, sheet: Sheet, file: Path, scratch: Path, outcome: Outcome
) -> Read | None:
    """Read the rendered training table as ``make run`` does."""
    direction = "training"
    try:
        read = read_training(file, clean.table.target, scratch)
    except SuiteError as error:
        outcome.findings.append(_describe_refusal(direction, error, [*sheet.names, str(file)]))
        return None
    except Exception as error:
        outcome.findings.append(_describe_crash(direction, error))
        return None
    differences = compare_tables(clean.read, read, sheet, way.other_values, widens=way.widens)
    unsaid = [difference for difference in differences if not _is_said(read, difference)]
    verdict: Verdict = "silent" if unsaid else "said" if differences else "equal"
    outcome.findings.append(Finding(direction, verdict, tuple(map(str, unsaid or differences))))
    return read


def _is_said(read: Read, difference: Difference) -> bool:
    if difference.where:
        return read.has_warning_about(difference.where)
    return bool(read.about_file)


def _judge_clean_model(clean: Clean, rows: Sheet, file: Path, scratch: Path, outcome: Outcome) -> None:
    """Predict the rendered new rows with the model of the clean table."""
    direction = "new rows, model of the clean table"
    try:
        found = score(clean.model, read_new(file, clean.model, scratch))
    except SuiteError as error:
        outcome.findings.append(_describe_refusal(direction, error, [*rows.names, str(file)]))
        return
    except Exception as error:
        outcome.findings.append(_describe_crash(direction, error))
        return
    differences = compare_predictions(clean.predict_in_order(rows.order).rows, found.rows)
    # The scoring page names columns with values that no training row had.
    strange = {name for name, n in found.unusual.items() if n > clean.predictions.unusual[name]}
    verdict: Verdict = "equal" if not differences else "said" if strange else "silent"
    outcome.findings.append(Finding(direction, verdict, tuple(map(str, differences))))


def _find_model(clean: Clean, read: Read, outcome: Outcome, scratch: Path) -> Path:
    """Return a model of the rendered table: the clean one where the values are the same."""
    folder = scratch / "model-rendered"
    kinds = {name: clean.read.schema[name].kind for name in clean.read.schema.names}
    is_same = outcome.findings[0].verdict == "equal" and all(
        {kinds[name], read.schema[name].kind} in ({kinds[name]}, {"integer", "float"}) for name in kinds
    )
    if is_same:
        copy_model(clean.model, read, folder)
    else:
        write_model(read, folder)
    return folder


def _judge_new_rows(
    clean: Clean, way: Transformation, rows: Sheet, file: Path, model: Path, scratch: Path, outcome: Outcome
) -> None:
    """Predict the rendered new rows with a model of the table rendered alike, in score and in serve."""
    direction = "new rows, model of the same form"
    try:
        found = score(model, read_new(file, model, scratch))
    except SuiteError as error:
        outcome.findings.append(_describe_refusal(direction, error, [*rows.names, str(file)]))
        return
    except Exception as error:
        outcome.findings.append(_describe_crash(direction, error))
        return
    is_same = (
        json.loads((model / "signature.json").read_text())["columns"].keys()
        == json.loads((clean.model / "signature.json").read_text())["columns"].keys()
        and (model / "model.skops").read_bytes() == (clean.model / "model.skops").read_bytes()
    )
    expected = clean.predict_in_order(rows.order).rows
    differences = compare_predictions(expected, found.rows) if is_same else []
    outcome.findings.append(
        Finding(direction, "silent" if differences else "equal", tuple(map(str, differences)))
    )
    _judge_requests(way, rows, found, model, outcome)


def _judge_requests(
    way: Transformation, rows: Sheet, found: Predictions, model: Path, outcome: Outcome
) -> None:
    """Ask the server for the same cells: it must predict what score predicts."""
    client = Client(model)
    instances = [_build_instance(way, rows, i) for i in range(len(rows.values))]
    expected = [_extract_outputs(of) for of in found.rows][: len(instances)]
    for protocol in ("v1", "v2"):
        answer = client.ask(protocol, instances)
        if isinstance(answer, str):
            details: tuple[str, ...] = (f"score predicts them, and the server says: {answer}",)
        else:
            details = tuple(map(str, compare_predictions(expected, [_select_outputs(of) for of in answer])))
        outcome.findings.append(Finding(f"requests, {protocol}", "silent" if details else "equal", details))


def _build_instance(way: Transformation, rows: Sheet, i: int) -> dict[str, Any]:
    cells = zip(rows.fields, rows.values[i], rows.texts[i], strict=True)
    if way.client == "text":
        return {field.name: text for field, _, text in cells}
    return {field.name: to_native(field, value, text) for field, value, text in cells}


def _extract_outputs(scored: tuple[Any, ...]) -> list[Any]:
    """Return a value, the probability of the positive of two classes, or of each of more."""
    return list(scored) if len(scored) == 1 else [scored[1]] if len(scored) == 2 else list(scored[2:])


def _select_outputs(answer: list[float]) -> list[float]:
    return answer[1:] if len(answer) == 2 else answer


def _describe_refusal(direction: str, error: SuiteError, places: list[str]) -> Finding:
    """Return the finding of an error, which must name a place and a remedy."""
    text = str(error)
    is_helpful = bool(error.remedy) and any(place and place in text for place in places)
    details = (text,) if is_helpful else (f"the error names no place or no remedy: {text}",)
    return Finding(direction, "refused" if is_helpful else "silent", details)


def _describe_crash(direction: str, error: Exception) -> Finding:
    return Finding(direction, "silent", (f"a crash: {type(error).__name__}: {error}",))
