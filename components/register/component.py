"""The components' interfaces."""

from kfp.dsl import Input, Markdown, Metrics, Output

from components._kfp.artifacts import Model, Problem, Registration, Table, Verdict
from components._kfp.stage import stage


@stage
def register(
    model: Input[Model],
    test: Input[Table],
    problem: Input[Problem],
    evaluation: Input[Verdict],
    card: Input[Markdown],
    registration: Output[Registration],
    verdict: Output[Verdict],
    metrics: Output[Metrics],
    summary: Output[Markdown],
    model_name: str = "",
    must_beat: str = "",
    seed: int = 0,
):
    """Register the model as the challenger, and compare it with the champion on the same rows.

    Args:
        model: The model.
        test: The test rows.
        problem: The resolved problem.
        evaluation: evaluate's verdict.
        card: The model card, which is kept in the version's model folder.
        registration: The registered version, with held-out rows.
        verdict: Whether the model may replace the version that it must beat; register-gate enforces it.
        metrics: The main metric of both models, and by how much the challenger is better.
        summary: The version and the comparison in words.
        model_name: Name in the registry; empty for the target's name.
        must_beat: Number or alias of the version in use, than which the model must be better on the test
            rows; empty for a comparison with the champion that decides nothing.
        seed: Seed of the bootstrap.
    """
    from components.register.run import Settings, run

    metrics.metadata.update(
        run(
            model=model.path,
            test=test.path,
            problem=problem.path,
            evaluation=evaluation.path,
            card=card.path,
            registration=registration.path,
            verdict=verdict.path,
            summary=summary.path,
            settings=Settings(model_name=model_name, must_beat=must_beat, seed=seed),
        )
    )


@stage
def register_gate(verdict: Input[Verdict]):
    """Stop the run if the model had to beat the version in use, and did not.

    Args:
        verdict: register's verdict.
    """
    from components._problem.verdict import Verdict

    Verdict.load(verdict.path).enforce()


@stage
def register_fetch(
    model: Output[Model],
    registration: Output[Registration],
    model_name: str = "",
    version: str = "champion",
):
    """Fetch a version of a model from the registry, or from a run on the same machine.

    Args:
        model: The model folder that train wrote.
        registration: The version.
        model_name: Name in the registry; empty if the registry has only one model.
        version: Number of the version, an alias such as champion, or the folder of a registration.
    """
    from components.register.model_version import fetch

    fetch(
        model_name=model_name,
        version=version,
        model=model.path,
        registration=registration.path,
    )
