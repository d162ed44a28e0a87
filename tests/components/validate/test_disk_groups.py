"""Groups of rows on disk have the statistics of those in memory."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from components._table.engine import TableEngine
from components._table.storage import write_table
from components.validate.disk_groups import DiskGroups
from components.validate.groups import GroupedRows
from components.validate.loaded_groups import LoadedGroups

RANDOM = np.random.default_rng(0)
N = 3_000
CODES = RANDOM.integers(0, 700, N) ** 2 // 300
CLASSES = np.where(RANDOM.random(N) < 0.1, 2, CODES % 2)
NUMBERS = np.round(CODES * 0.3 + RANDOM.normal(size=N), 1)


def _compute(rows: GroupedRows, *, has_classes: bool) -> list[float]:
    pairs = rows.count_pairs()
    found = [
        rows.n_rows,
        rows.n_groups,
        rows.n_grouped,
        pairs.n_pure,
        pairs.n_groups.sum(),
        (pairs.n_groups * pairs.sizes).sum(),
        (pairs.n_groups * pairs.same).sum(),
        (pairs.n_groups * pairs.same / pairs.sizes).sum(),
        (pairs.n_targets * pairs.rows_of_target**2).sum(),
        rows.compute_disorder(),
    ]
    return found if has_classes else [*found, *rows.compute_inner_variance()]


@pytest.mark.parametrize("batch_rows", [65_536, 100, 7])
@pytest.mark.parametrize(
    ("target", "has_classes"),
    [(CLASSES, True), (NUMBERS, False), (NUMBERS + 1e6, False), (np.array(["a", "b", "c"])[CLASSES], True)],
)
def test_they_have_the_statistics_of_those_in_memory(
    tmp_path: Path,
    target: np.ndarray,
    has_classes: bool,
    batch_rows: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("components.validate.disk_groups._BATCH_ROWS", batch_rows)
    loaded = LoadedGroups(
        CODES, np.unique(target, return_inverse=True)[1] if has_classes else target, has_classes=has_classes
    )
    table = pa.table(
        {"x": pa.array([*CODES, None, 3]), "y": pa.array([*target.tolist(), target[0].item(), None])}
    )
    write_table(table.to_batches(), table.schema, tmp_path / "table")
    with TableEngine(256 << 20, tmp_path) as engine:
        columns, row = engine.add_numbered_table("t", tmp_path / "table")
        stored = DiskGroups(engine, "t", columns["x"], columns["y"], row, has_classes=has_classes)
        found = _compute(stored, has_classes=has_classes)
    assert found == pytest.approx(_compute(loaded, has_classes=has_classes), rel=1e-9)
