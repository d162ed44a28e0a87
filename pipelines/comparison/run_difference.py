"""What differs between two trainings, besides their models' scores."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from components._report.formats import format_value
from components.errors import format_list, shorten_text
from pipelines.comparison.compared_run import ComparedRun

Difference = tuple[str, str, str]
# The problem is compared key by key, and a study is named after its run.
_NOT_COMPARED = ("problem", "study", "source", "test")
_LONGEST = 60
_SHA = 12


def list_differences(base: ComparedRun, change: ComparedRun, files: Collection[str]) -> list[Difference]:
    """Return what differs: what it is, at the base, and in the change.

    Parameters
    ----------
    base, change : ComparedRun
        The two trainings.
    files : collection of str
        The files of the repository that the change edits.
    """
    found = [*_list_files(files), *_compare_data(base.data, change.data)]
    parameters = [
        {name: value for name, value in run.parameters.items() if name not in _NOT_COMPARED}
        for run in (base, change)
    ]
    found += _compare_mappings("parameter", *parameters)
    found += _compare_mappings("problem:", base.problem, change.problem)
    found += _compare_features(base.signature.get("columns", {}), change.signature.get("columns", {}))
    found += _compare_mappings(
        "version of", base.lineage.get("versions", {}), change.lineage.get("versions", {})
    )
    return found


def _list_files(files: Collection[str]) -> Iterator[Difference]:
    if files:
        yield f"{len(files)} file{'' if len(files) == 1 else 's'} of the repository", "", format_list(files)


def _compare_data(base: Mapping[str, Any], change: Mapping[str, Any]) -> Iterator[Difference]:
    for name, title in (("rows", "rows of the table"), ("columns", "columns of the table")):
        if base.get(name) != change.get(name):
            yield title, _format_count(base.get(name)), _format_count(change.get(name))
    hashes = [
        str(data.get("dataset_sha256", data.get("sha256", "unknown")))[:_SHA] for data in (base, change)
    ]
    if hashes[0] != hashes[1]:
        yield "hash of the data", hashes[0], hashes[1]


def _compare_features(base: Collection[str], change: Collection[str]) -> Iterator[Difference]:
    gone, new = [name for name in base if name not in change], [name for name in change if name not in base]
    if gone or new:
        yield "columns of the model", format_list(gone) or "–", format_list(new) or "–"


def _compare_mappings(title: str, base: Mapping[str, Any], change: Mapping[str, Any]) -> Iterator[Difference]:
    left, right = dict(_flatten(base)), dict(_flatten(change))
    for name in [*left, *(name for name in right if name not in left)]:
        before, after = left.get(name), right.get(name)
        # A new key with its empty default says nothing.
        if before != after and (before or after):
            yield f"{title} {name}", *_format_sides(before, after)


def _flatten(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _flatten(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _format_sides(before: Any, after: Any) -> tuple[str, str]:
    """Return two values as texts; of two lists, only what the other lacks."""
    if isinstance(before, list) and isinstance(after, list):
        gone, new = (
            [item for item in one if item not in other] for one, other in ((before, after), (after, before))
        )
        if gone or new:
            return format_list(map(_format, gone)) or "–", format_list(map(_format, new)) or "–"
    return _format(before), _format(after)


def _format_count(count: float | None) -> str:
    """Return a number of a task's metadata, where all numbers are floats, as a whole one."""
    return format_value(None if count is None else int(count))


def _format(value: Any) -> str:
    if value in (None, ""):
        return "–"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shorten_text(text, _LONGEST)
