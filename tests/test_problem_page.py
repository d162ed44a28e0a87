"""The page of the problem file names every key, with examples that are accepted."""

import re
from collections.abc import Iterator

import pytest
import yaml
from pydantic import BaseModel

from components._problem.monitoring import Monitoring
from components._problem.reading_options import ColumnOptions
from components._problem.spec import Problem
from pipelines.catalogue import ROOT

PAGE = (ROOT / "docs" / "problem-file.md").read_text(encoding="utf-8")
PARTS: dict[str | None, tuple[type[BaseModel], set[str]]] = {
    None: (Problem, {"monitoring"}),
    "Keys of a column in `columns`:": (ColumnOptions, set()),
    "Keys of `monitoring`": (Monitoring, set()),
}
# What an example needs beside itself.
NEEDED = {"gap": {"event_time": "day"}, "classes": {"task": "multiclass"}}


def list_rows() -> Iterator[tuple[str | None, str, str]]:
    """Return part, key and example of each row of the page's tables."""
    part: str | None = None
    for line in PAGE.splitlines():
        starts = [heading for heading in PARTS if heading is not None and line.startswith(heading)]
        part = starts[0] if starts else part
        cells = [cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", line)]
        if len(cells) == 6 and cells[1] not in ("key", "---"):
            yield part, cells[1], cells[4]


@pytest.mark.parametrize("part", list(PARTS), ids=str)
def test_each_key_has_a_row(part: str | None) -> None:
    model, elsewhere = PARTS[part]
    keys = [key for of, key, _ in list_rows() if of == part]
    assert sorted(keys) == sorted(set(model.model_fields) - elsewhere)


@pytest.mark.parametrize(("part", "key", "example"), list(list_rows()), ids=str)
def test_each_example_is_accepted(part: str | None, key: str, example: str) -> None:
    given = yaml.safe_load(example)
    problem = Problem(**{"target": "y", **NEEDED.get(key, {}), **given})
    value = getattr(problem, next(iter(given)))
    if part is not None:
        (value,) = value.values() if isinstance(value, dict) else [value]
        value = getattr(value, key)
    assert value is not None
    default = Problem(target="y") if part is None else PARTS[part][0]()
    assert value != getattr(default, key) or key == "approvals"


def test_the_first_example_is_accepted() -> None:
    (example,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert Problem(**yaml.safe_load(example)).target == "churned"
