import numpy as np
import pandas as pd
import pytest

from components.monitor.used_columns import find_used_columns
from tests.predicted_rows import build_predicted_rows

N = 200
_rng = np.random.default_rng(0)
ROWS = build_predicted_rows(
    np.zeros(N),
    number=_rng.normal(size=N),
    flag=_rng.integers(0, 2, N).astype(float),
    when=pd.date_range("2026-01-01", periods=N, freq="D"),
    text=_rng.choice(["a", "b"], N),
    category=pd.Categorical(_rng.choice(["a", "b"], N)),
    constant=np.ones(N),
    nothing=np.full(N, np.nan),
)


@pytest.mark.parametrize(
    ("name", "used"),
    [
        ("number", lambda column: column.fillna(0)),
        ("flag", lambda column: column.isna()),
        ("when", lambda column: column.dt.year.fillna(0)),
        ("text", lambda column: column == "b"),
        ("category", lambda column: column.astype(object).isin(["a", "b"])),
        ("constant", lambda column: column.isna()),
    ],
)
def test_a_column_is_used_if_an_output_depends_on_it(name: str, used: object) -> None:
    def predict(table: pd.DataFrame) -> np.ndarray:
        return used(table[name]).to_numpy(dtype=float)[:, None]  # type: ignore[operator]

    assert find_used_columns(predict, ROWS, 0) == {name}


def test_a_model_that_uses_nothing_has_no_used_column() -> None:
    assert find_used_columns(lambda table: np.ones((len(table), 1)), ROWS, 0) == set()
