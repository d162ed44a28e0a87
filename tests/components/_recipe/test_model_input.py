from datetime import datetime

import numpy as np
import pandas as pd

from components._recipe.model_input import to_rows


def test_values_are_pythons_and_nulls_are_none() -> None:
    frame = pd.DataFrame(
        {
            "n": pd.Series([1, 2, 3]),
            "x": [1.5, np.nan, np.inf],
            "flag": pd.Series([True, None, False], dtype=object),
            "word": pd.Series(["a", None, "nan"], dtype=object),
            "day": pd.Series(["2026-11-26T01:02:03.000004", None, "0900-01-01"]).astype("datetime64[us]"),
        }
    )
    kinds = {"word": "string", "n": "integer", "x": "float", "flag": "boolean", "day": "datetime"}
    assert to_rows(frame, kinds) == [  # type: ignore[arg-type]
        ("a", 1.0, 1.5, 1.0, datetime(2026, 11, 26, 1, 2, 3, 4)),
        (None, 2.0, None, None, None),
        ("nan", 3.0, None, 0.0, datetime(900, 1, 1)),
    ]
