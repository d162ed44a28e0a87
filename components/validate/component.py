"""The components' interfaces."""

from kfp.dsl import HTML, Input, Output

from components._kfp.artifacts import Problem, Reading, Schema, Table, Verdict
from components._kfp.stage import stage


@stage
def validate(
    dataset: Input[Table],
    own_test: Input[Table],
    reading: Input[Reading],
    draft: Input[Problem],
    problem: Output[Problem],
    schema: Output[Schema],
    verdict: Output[Verdict],
    report: Output[HTML],
):
    """Check the table against the problem, and decide what the problem left open.

    Args:
        dataset: The table.
        own_test: The rows of the user's test table, if there is one.
        reading: How it was read.
        draft: The problem, with "auto" for what the data decide.
        problem: The problem with nothing left open.
        schema: What each column is, and how its cells are read.
        verdict: Whether a model can be trained on the table; enforced by validate-gate.
        report: Errors, warnings, notes and the columns.
    """
    from components.validate.run import run

    run(
        dataset=dataset.path,
        own_test=own_test.path,
        reading=reading.path,
        draft=draft.path,
        problem=problem.path,
        schema=schema.path,
        verdict=verdict.path,
        report=report.path,
    )


@stage
def validate_gate(verdict: Input[Verdict]):
    """Stop the run if no model can be trained on the table.

    Args:
        verdict: What validate found.
    """
    from components._problem.verdict import Verdict

    Verdict.load(verdict.path).enforce()
