"""A model's folder, a registration and a table, as the stage reads them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from components._model.package import Package
from components._model.serving_form import build_serving_form
from components._problem.task import TaskKind
from components._table.schema import Column, Schema
from components.json_file import write_json
from components.score.settings import Settings
from components.train.reference_profile import compute_reference_profile
from tests.components._compiled.hostile import make_hostile_rows
from tests.components._model.tables import KINDS, draw_table, fit_package
from tests.tables import write_frame

IDS = ("customer",)


def write_model(
    folder: Path, kind: TaskKind, threshold: float | None = None, *, fast: bool = True
) -> Package:
    """Write a model as train does, with its registration beside it."""
    package, rows = fit_package("lightgbm", kind, threshold), draw_table(kind)
    package.save(folder / "model")
    if fast:
        build_serving_form(package).save(folder / "model" / "compiled")
    columns = [
        Column(
            name,
            of,
            n_null=int(rows[name].isna().sum()),
            minimum=None if of in ("string", "boolean") else _write_bound(rows[name].min()),
            maximum=None if of in ("string", "boolean") else _write_bound(rows[name].max()),
            categories=tuple(sorted(rows[name].dropna().unique())) if of == "string" else (),
        )
        for name, of in KINDS.items()
    ]
    Schema(tuple(columns), len(rows)).save(folder / "model" / "schema.json")
    profile = compute_reference_profile(rows, KINDS, package.predict(rows))
    write_json(folder / "model" / "profile.json", profile)
    (folder / "registration").mkdir()
    write_json(folder / "registration" / "registration.json", {"model": "y", "version": "7"})
    return package


def _write_bound(value: object) -> float | str:
    return value.isoformat() if isinstance(value, pd.Timestamp) else float(value)  # type: ignore[arg-type]


def write_rows(folder: Path, n_rows: int = 400) -> pd.DataFrame:
    """Write hostile rows with an identifier and a column that no model knows."""
    rows = make_hostile_rows(n_rows).assign(
        customer=np.array([f"c{i}" for i in range(n_rows)], dtype=object), extra=0.5
    )
    write_frame(rows, {**KINDS, "customer": "string", "extra": "float"}, folder / "dataset")
    return rows


def list_places(folder: Path) -> dict[str, Any]:
    """Return the paths that every shard reads."""
    return {name: str(folder / name) for name in ("dataset", "model", "registration")}


def make_settings(shard: int = 0, shards: int = 1, output: str = "", batch_rows: int = 90) -> Settings:
    return Settings(shard, shards, IDS, output, batch_rows)
