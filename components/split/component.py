"""The component's interface."""

from kfp.dsl import Input, Output

from components._kfp.artifacts import Problem, Table
from components._kfp.stage import stage


@stage
def split(
    dataset: Input[Table],
    own_test: Input[Table],
    problem: Input[Problem],
    quarantine: Input[Table],
    train: Output[Table],
    test: Output[Table],
    sample: Output[Table],
    test_fraction: float = 0.2,
    seed: int = 0,
    memory: str = "",
):
    """Set the test rows aside.

    They are those of the user's test table, of which none are left out, or those that the problem's split
    column names. Without either they are the latest rows if the problem names an event time, whole groups if
    it names a group, otherwise a random choice, stratified by the target.

    Args:
        dataset: The table.
        own_test: The rows of the user's test table; if there are any, they are the test rows.
        problem: The resolved problem.
        quarantine: Rows of both tables that are set aside, which are left out.
        train: Training rows.
        test: Test rows, which only evaluate and register read.
        sample: A stratified sample of the training rows, for the stages that hold their rows in memory;
            without rows if all training rows fit.
        test_fraction: Share of the test rows, between 0 and 1.
        seed: Seed of the random choices.
        memory: Memory of the stage, such as 4g; empty for the limit of its pod, or 2 GiB.
    """
    from components.split.run import Settings, resolve_memory, run

    facts = run(
        dataset=dataset.path,
        problem=problem.path,
        train=train.path,
        test=test.path,
        sample=sample.path,
        source=dict(dataset.metadata),
        own_test=own_test.path,
        test_source=dict(own_test.metadata),
        quarantine=quarantine.path,
        quarantine_source=dict(quarantine.metadata),
        settings=Settings(test_fraction=test_fraction, seed=seed),
        memory=resolve_memory(memory),
    )
    train.metadata.update(facts["train"])
    test.metadata.update(facts["test"])
    sample.metadata.update(facts["sample"])
