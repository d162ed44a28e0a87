"""All that a page needs to know about a model, from the model's folder."""

from datetime import datetime
from pathlib import Path
from typing import Any

from components._app.model_folder import ModelFolder
from components._app.notation import describe_cells, describe_notation
from components._compiled.recipe import Value
from components._model.usual_row import compute_usual_row, to_datetime
from components._problem.spec import Problem
from components._table.schema import Column, Kind

Json = dict[str, Any]

# What of the lineage names the training; train writes more into it.
_LINEAGE = (
    "source",
    "source_version",
    "rows",
    "sha256",
    "dataset_sha256",
    "commit",
    "seed",
    "strategy",
    "trials",
    "notes",
)


def describe_model(folder: Path, card: str | None = None, version: str | None = None) -> Json:
    """Return the description of a model, as JSON values.

    Parameters
    ----------
    folder : Path
        The folder that train wrote. Without a problem or a lineage in it their parts are empty.
    card : str or None
        The model card that evaluate wrote, as Markdown. None: that of the folder, if register kept one there.
    version : str or None
        The version in a registry. None: the first 12 digits of the model file's SHA-256.

    Raises
    ------
    DamagedModelFolder
        A file is missing or damaged.
    """
    _, signature, schema, profile, problem, lineage, digest, kept_card = ModelFolder.load(folder)
    labels = signature.labels
    usual = compute_usual_row(signature.columns, profile)
    return {
        "version": version or digest,
        "title": signature.title,
        "task": signature.task,
        "target": signature.target,
        "classes": labels,
        "positive": labels[-1] if signature.task == "binary" else None,
        "threshold": signature.threshold,
        "value": problem.value.model_dump() if problem and problem.value else None,
        "unit": problem.monitoring.unit if problem else "",
        "purpose": problem.description if problem else "",
        "owner": problem.owner if problem else "",
        "columns": [
            _describe_column(schema[name], profile["columns"][name], value, problem)
            for name, value in zip(signature.columns, usual, strict=True)
        ],
        "notation": describe_notation(),
        "n_rows": profile["n_rows"],
        "quality": {"metric": signature.metric, "score": lineage.get("cross_validated", {}).get("score")},
        "lineage": {
            **{name: lineage[name] for name in _LINEAGE if name in lineage},
            "models": [
                {"title": part["title"], "weight": part["weight"]} for part in lineage.get("models", [])
            ],
            "versions": lineage.get("versions", {}),
            "form": lineage.get("serving", {}).get("form"),
        },
        "card": kept_card if card is None else card,
        # Those that every app has; a server may add more.
        "tabs": ["predict", "model"],
    }


def _describe_column(column: Column, facts: Json, usual: Value, problem: Problem | None) -> Json:
    """Return what a form needs for a column; ``facts`` are those of the profile."""
    kind = column.kind
    shares = facts.get("categories", {}) if kind == "string" else {}
    # The profile has the most frequent categories, the schema all that there are, if they are not too many.
    rarer = [name for name in column.categories if name not in shares]
    starts = [] if kind == "string" else facts["starts"]
    bounds = [bound for bound in (column.minimum, column.maximum) if bound is not None]
    return {
        "name": column.name,
        "kind": kind,
        "required": column.n_null == 0,
        "minimum": column.minimum,
        "maximum": column.maximum,
        "default": _to_json(usual, kind),
        # The starts of bins with a tenth of the rows each.
        "quantiles": list(dict.fromkeys(_to_json(_to_value(start, kind), kind) for start in starts)),
        "categories": [*sorted(shares, key=shares.__getitem__, reverse=True), *rarer],
        "has_all_categories": bool(column.categories),
        "is_text": kind == "string" and not shares and not column.categories,
        "has_time": kind == "datetime" and any(map(_has_time, [*bounds, *starts])),
        "is_actionable": problem is None or problem.is_actionable(column.name),
        "unit": " ".join(column.reading.affixes) if column.reading else "",
        "cells": describe_cells(column),
    }


def _to_value(start: float, kind: Kind) -> Value:
    return to_datetime(start) if kind == "datetime" else start


def _to_json(value: Value, kind: Kind) -> Any:
    """Return a value as a request may hold it."""
    if isinstance(value, datetime):
        return value.replace(microsecond=0).isoformat()
    if value is None or kind in ("string", "float"):
        return value
    return bool(value) if kind == "boolean" else round(float(value))


def _has_time(value: float | str | datetime) -> bool:
    """Return whether a datetime, as text or in seconds, is not at midnight."""
    if isinstance(value, float):
        value = to_datetime(value)
    elif isinstance(value, str):
        value = datetime.fromisoformat(value)
    return (value.hour, value.minute, value.second) != (0, 0, 0)
