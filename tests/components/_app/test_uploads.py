import zipfile
from pathlib import Path

import pytest

from components._app.uploads import open_upload, shorten_name
from components.errors import InvalidSource
from tests.components._app.batch_models import make_batch_model


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("t.csv", "t.csv"),
        ("../../etc/t.csv", "t.csv"),
        ("C:\\files\\t.csv", "t.csv"),
        ("a\nb\u202e.csv", "ab.csv"),
        ("", "table"),
        ("..", ".."),
        ("x" * 200, "x" * 99 + "…"),
    ],
)
def test_a_name_is_the_last_part_of_a_path(name: str, expected: str) -> None:
    assert shorten_name(name) == expected


def test_a_workbook_that_unpacks_to_more_than_memory_holds_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "t.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 130_000_000)
    assert file.stat().st_size < 1_000_000
    with pytest.raises(InvalidSource, match=r"t\.xlsx has 130 MB once it is unpacked; the app takes 130 MB"):
        open_upload(file, "t.xlsx", make_batch_model(tmp_path))
