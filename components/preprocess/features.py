"""Which columns become features, and of what kind."""

from dataclasses import dataclass

from components._problem.spec import Problem
from components._table.findings import DROPPED, Findings
from components._table.schema import Schema
from components.errors import InvalidData


@dataclass(frozen=True)
class Features:
    """The columns that become features or may give some, and why the others are left out.

    Attributes
    ----------
    numeric, categorical, datetime, text : list of str
        Columns by their use, in the table's order.
    left_out : dict of str to str
        The reason for each other column.
    tried : dict of str to str
        What engineer tries to make of columns that are not features as they are: free text, and the event
        time.
    """

    numeric: list[str]
    categorical: list[str]
    datetime: list[str]
    text: list[str]
    left_out: dict[str, str]
    tried: dict[str, str]


def choose_features(schema: Schema, problem: Problem, findings: Findings) -> Features:
    """Choose the columns that become features.

    Columns with a role in the problem are left out. So are columns that the findings drop, unless the problem
    keeps them. Free text and the event time are left to engineer.

    Raises
    ------
    InvalidData
        All columns are left out.
    """
    roles = problem.withheld_columns
    left_out = findings.get_reasons(*DROPPED) | {
        name: f"the problem's {role}" for name, role in roles.items()
    }
    tried = {
        name: f"{reason} Engineer tries its length and its words."
        for name, reason in findings.get_reasons("free_text").items()
        if name not in roles
    }
    texts = [name for name in schema.names if name in tried]
    time = problem.event_time
    if time is not None and time in roles and schema[time].kind == "datetime":
        del left_out[time]
        tried[time] = "It is the event time. Engineer tries its cycles, and the days from other dates to it."
    columns = [column for column in schema.columns if column.name not in left_out | tried]
    if not columns and not texts:
        reasons = "\n".join(f"- {name}: {reason}" for name, reason in (left_out | tried).items())
        raise InvalidData(
            f"No column is left to learn from:\n{reasons}", "Add columns that help to predict the target."
        )
    return Features(
        numeric=[column.name for column in columns if column.is_numeric],
        categorical=[column.name for column in columns if column.kind == "string"],
        datetime=[column.name for column in columns if column.kind == "datetime"],
        text=texts,
        left_out={name: left_out[name] for name in schema.names if name in left_out},
        tried=tried,
    )
