import json
from typing import Any

import numpy as np
import pandas as pd

from components._model.predicted_rows import sample_predicted_rows
from tests.components._model.tables import draw_table, fit_package


def test_they_are_rows_of_the_table_as_json_with_their_predictions() -> None:
    table, package = draw_table("binary"), fit_package("linear", "binary")
    stored: dict[str, Any] = json.loads(
        json.dumps(sample_predicted_rows(package, table, 20, seed=0), allow_nan=False)
    )
    assert len(stored["rows"]) == len(stored["predictions"]) == 20
    rows = pd.DataFrame(stored["rows"])
    rows["since"] = pd.to_datetime(rows["since"], format="ISO8601")
    np.testing.assert_array_equal(package.predict(rows), stored["predictions"])
    assert rows["amount"].isna().any()
    assert set(rows["city"].dropna()) <= set(table["city"].dropna())


def test_a_small_table_is_replayed_as_a_whole() -> None:
    package = fit_package("linear", "regression")
    assert len(sample_predicted_rows(package, draw_table("regression", 5), 20, seed=0)["rows"]) == 5
