from datetime import datetime
from pathlib import Path

from tests.pipelines.data.versions import write_version


def test_kinds_and_rows_are_those_of_the_stored_table(tmp_path: Path) -> None:
    version = write_version(
        tmp_path / "a", {"id": [1, 2], "day": [datetime(2026, 1, 1), None], "s": ["", "b"]}
    )
    assert version.kinds == {"id": "integer", "day": "datetime", "s": "string"}
    assert version.n_rows == 2
