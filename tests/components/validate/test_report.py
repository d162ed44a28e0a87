import pyarrow as pa
import pytest

from components._problem.spec import Problem
from components._table.notice import Notice
from components._table.table_reading import TableReading
from components.validate.report import ColumnProfileInfo, build_validation_info, render_report
from components.validate.table_profile import TableProfile
from tests.components.validate.profiles import profile

ERROR = Notice("error", "Too few rows.", "Add rows.")
WARNING = Notice("warning", "A <b>constant</b> column.")
NOTE = Notice("note", "Task: binary.")
PLAIN = TableReading({})
PROBLEM = Problem(
    target="y",
    task="binary",
    metric="neg_log_loss",
    classes=("no", "yes"),
    positive_label="yes",
    identifiers=("id",),
)


def _profile() -> TableProfile:
    day = pa.array([0, 86_400_000_000, None, 1_000_000], pa.timestamp("us"))
    table = pa.table(
        {
            "id": [1, 2, 3, 1200],
            "ratio": [0.5, None, 2.0, 1.0],
            "day": day,
            "flag": [True, False, None, None],
            "many": ["d", "b", "c", "a"],
            "none": pa.array([None] * 4, pa.float64()),
            "y": ["yes", "no", "no", "no"],
        }
    )
    return profile(table, "y")


@pytest.mark.parametrize(
    ("findings", "level", "verdict"),
    [
        ((NOTE,), None, "A model can be trained on this table."),
        ((NOTE, WARNING), "warning", "A model can be trained on this table; see 1 warning."),
        ((WARNING, WARNING), "warning", "A model can be trained on this table; see 2 warnings."),
        (
            (NOTE, ERROR, WARNING),
            "error",
            "A model cannot be trained on this table: correct 1 error first.",
        ),
        ((ERROR, ERROR), "error", "A model cannot be trained on this table: correct 2 errors first."),
    ],
)
def test_the_verdict_follows_from_the_findings(
    findings: tuple[Notice, ...], level: str | None, verdict: str
) -> None:
    assert build_validation_info(PROBLEM, _profile(), findings, PLAIN).verdict == (level, verdict)


def test_findings_are_grouped_by_level_with_their_remedies() -> None:
    info = build_validation_info(PROBLEM, _profile(), (NOTE, ERROR, WARNING), PLAIN)
    assert list(info.findings.items()) == [
        ("error", ["Too few rows. Add rows."]),
        ("warning", ["A <b>constant</b> column."]),
        ("note", ["Task: binary."]),
    ]


def test_each_column_is_one_line() -> None:
    assert build_validation_info(PROBLEM, _profile(), (), PLAIN).columns == [
        ColumnProfileInfo("id", "identifier", "integer", 0.0, 4, "1 to 1,200"),
        ColumnProfileInfo("ratio", "", "float", 0.25, 3, "0.5 to 2"),
        ColumnProfileInfo("day", "", "datetime", 0.25, 3, "1970-01-01 to 1970-01-02"),
        ColumnProfileInfo("flag", "", "boolean", 0.5, 2, "false, true"),
        ColumnProfileInfo("many", "", "string", 0.0, 4, "a, b, c, …"),
        ColumnProfileInfo("none", "", "float", 1.0, 0, ""),
        ColumnProfileInfo("y", "target", "string", 0.0, 2, "no, yes"),
    ]


def test_the_facts_name_the_problem_as_people_write_it() -> None:
    assert build_validation_info(PROBLEM, _profile(), (), PLAIN).facts == (
        ("rows", 4),
        ("columns", 7),
        ("target", "y"),
        ("task", "binary"),
        ("metric", "log loss"),
        ("positive class", "yes"),
    )


def test_a_table_without_rows_has_no_share_of_nulls() -> None:
    table = pa.table({"x": pa.array([], pa.int64())})
    empty = profile(table, "y")
    columns = build_validation_info(Problem(target="y"), empty, (), PLAIN).columns
    assert columns == [ColumnProfileInfo("x", "", "integer", 0.0, 0, "")]


def test_the_page_says_the_verdict_first_and_escapes_what_users_wrote() -> None:
    page = render_report(build_validation_info(PROBLEM, _profile(), (NOTE, ERROR, WARNING), PLAIN))
    text = page.partition("</style>")[2]
    order = [
        "A model cannot be trained",
        "Errors",
        "Too few rows.",
        "Warnings",
        "&lt;b&gt;constant",
        "Notes",
        "many",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)


def test_the_page_has_no_heading_for_what_was_not_found() -> None:
    text = render_report(build_validation_info(PROBLEM, _profile(), (NOTE,), PLAIN))
    assert "Notes" in text
    assert "Errors" not in text
    assert "Warnings" not in text
