"""Rows as a server may get them: nulls, unknown categories, values far outside of any range."""

import numpy as np
import pandas as pd

from tests.components._model.tables import draw_rows


def make_hostile_rows(n_rows: int = 400) -> pd.DataFrame:
    """Return rows of ``draw_rows``, many of them disturbed."""
    rows = draw_rows(n_rows, seed=1)
    rng = np.random.default_rng(2)

    def draw_mask(share: float = 0.2) -> np.ndarray:
        return rng.random(n_rows) < share

    rows["amount"] = rows["amount"].mask(
        draw_mask(), pd.Series(rng.choice([1e300, -1e300, 0.0, 1e-300], n_rows))
    )
    rows["visits"] = rows["visits"].astype(float).mask(draw_mask(), 2.0**60).mask(draw_mask())
    rows["member"] = rows["member"].mask(draw_mask(), None)
    hostile = rng.choice(["(null)", "(other)", "", "Zürich", "nan"], n_rows)
    rows["city"] = rows["city"].mask(draw_mask(), pd.Series(hostile, dtype=object))
    rows["product"] = rows["product"].mask(draw_mask(), None)
    rows["since"] = rows["since"].mask(draw_mask(), pd.Timestamp("2204-02-29 23:59:59.999999"))
    rows["since"] = rows["since"].mask(draw_mask(0.1), pd.Timestamp("1804-03-01"))
    # Outside the range of nanoseconds, and at the ends of Python's dates.
    furthest = np.array(["0001-01-01T00:00:00", "9999-12-31T23:59:59.999999"], dtype="datetime64[us]")
    rows["since"] = rows["since"].mask(draw_mask(0.1), pd.Series(rng.choice(furthest, n_rows)))
    return rows
