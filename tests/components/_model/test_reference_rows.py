from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components._model.reference_rows import FILE, NoReference, ReferenceRows


def make_rows() -> ReferenceRows:
    return ReferenceRows(
        columns=pd.DataFrame({"outputs": [1.0, np.nan], "Stadt": pd.Series(["Köln", None], dtype=object)}),
        outputs=np.array([[0.25, 0.5, 0.25], [0.0, 0.0, 1.0]]),
        truth=np.array([1.0, 2.0]),
        weight=np.array([1.0, 2.0]),
        time=np.array(["2026-01-31T12:00:00", "NaT"], dtype="datetime64[us]"),
    )


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    rows = make_rows()
    rows.save(tmp_path)
    loaded = ReferenceRows.load(tmp_path)
    pd.testing.assert_frame_equal(loaded.columns, rows.columns)
    for name in ("outputs", "truth", "weight", "time"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(rows, name))


def test_a_model_of_an_earlier_version_must_be_trained_again(tmp_path: Path) -> None:
    with pytest.raises(NoReference, match=r"has no reference\.parquet") as raised:
        ReferenceRows.load(tmp_path)
    assert "Train it again" in raised.value.remedy


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    make_rows().save(tmp_path)
    file = tmp_path / FILE
    file.write_bytes(file.read_bytes()[:50])
    with pytest.raises(NoReference, match=r"reference\.parquet cannot be read"):
        ReferenceRows.load(tmp_path)
