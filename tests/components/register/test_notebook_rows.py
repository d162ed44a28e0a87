from pathlib import Path

import numpy as np
import pandas as pd

from components._problem.registration import TEST_ROWS
from components._tracking.mlflow_connection import connect_to_mlflow
from components.register.notebook_rows import log_notebook_rows
from tests.components._model.tables import KINDS, draw_table, fit_package, make_problem
from tests.tables import write_frame


def test_the_rows_of_a_notebook_keep_their_types(tmp_path: Path, tracking_uri: str) -> None:
    package, problem = fit_package("linear", "binary", threshold=0.5), make_problem("binary")
    table = draw_table("binary", 60, seed=9)
    write_frame(table, {**KINDS, "y": "string"}, str(tmp_path / "test"))
    with connect_to_mlflow(tracking_uri, "keep rows") as client:
        logged = client.create_run(client.create_experiment("rows", tmp_path.as_uri())).info.run_id
        log_notebook_rows(client, logged, str(tmp_path / "test"), package, problem, seed=0)
        kept = client.download_artifacts(logged, TEST_ROWS, str(tmp_path))
    rows = pd.read_parquet(kept)
    assert set(rows) == {*package.signature.columns, "y"}
    np.testing.assert_array_equal(package.predict(rows), package.predict(pd.read_parquet(tmp_path / "test")))
