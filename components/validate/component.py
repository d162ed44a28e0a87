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
    quarantine: Output[Table],
    report: Output[HTML],
    expectations: dict = {},  # noqa: B006
    memory: str = "",
):
    """Check the table against the problem and the expectations, and decide what the problem left open.

    Args:
        dataset: The table.
        own_test: The rows of the user's test table, if there is one.
        reading: How it was read.
        draft: The problem, with "auto" for what the data decide.
        problem: The problem with nothing left open.
        schema: What each column is, and how its cells are read.
        verdict: Whether a model can be trained on the table; enforced by validate-gate.
        quarantine: Rows that break an expectation and are set aside, each with its number and the reason.
        report: Errors, warnings, notes and the columns.
        expectations: What is expected of the table: rows, columns, rules, quarantine; empty for nothing.
        memory: Memory of the stage, such as 4g; empty for the limit of its pod, or 2 GiB.
    """
    from components.validate.run import resolve_memory, run

    quarantine.metadata.update(
        run(
            dataset=dataset.path,
            own_test=own_test.path,
            reading=reading.path,
            draft=draft.path,
            problem=problem.path,
            schema=schema.path,
            verdict=verdict.path,
            quarantine=quarantine.path,
            report=report.path,
            expectations=expectations,
            memory=resolve_memory(memory),
        )
    )


@stage
def validate_gate(verdict: Input[Verdict]):
    """Stop the run if no model can be trained on the table.

    Args:
        verdict: What validate found.
    """
    from components._problem.verdict import Verdict

    Verdict.load(verdict.path).enforce()
