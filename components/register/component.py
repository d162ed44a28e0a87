"""The components' interfaces."""

from kfp.dsl import HTML, Input, Markdown, Metrics, Output

from components._kfp.artifacts import Model, Problem, Registration, Table, Verdict
from components._kfp.stage import stage


@stage
def register(
    model: Input[Model],
    test: Input[Table],
    problem: Input[Problem],
    evaluation: Input[Verdict],
    card: Input[Markdown],
    validate_page: Input[HTML],
    eda_page: Input[HTML],
    preprocess_page: Input[HTML],
    engineer_page: Input[HTML],
    select_page: Input[HTML],
    tune_page: Input[HTML],
    evaluate_page: Input[HTML],
    registration: Output[Registration],
    verdict: Output[Verdict],
    metrics: Output[Metrics],
    summary: Output[Markdown],
    model_name: str = "",
    must_beat: str = "",
    seed: int = 0,
    source: str = "",
    target: str = "",
    details: dict = {},  # noqa: B006
    expectations: dict = {},  # noqa: B006
    budget_minutes: float = 10.0,
    trials: int = 30,
    task: str = "auto",
    metric: str = "auto",
    own_test: str = "",
    workers: int = 1,
    max_models: int = 5,
    max_latency_ms: float = 0.0,
    weighs_time: bool = False,
    experiment: str = "",
    study: str = "",
    warm_start: str = "",
    known_trials: list = [],  # noqa: B006
    memory: str = "",
    engine: str = "",
):
    """Register the model as the challenger, and compare it with the champion on the same rows.

    Args:
        model: The model.
        test: The test rows.
        problem: The resolved problem.
        evaluation: evaluate's verdict.
        card: The model card, which is kept in the version's model folder.
        validate_page: As all pages that follow, the page of a stage, which MLflow keeps beside the model.
        eda_page: The page of eda.
        preprocess_page: The page of preprocess.
        engineer_page: The page of engineer.
        select_page: The page of select.
        tune_page: The page of tune.
        evaluate_page: The page of evaluate.
        registration: The registered version, with held-out rows.
        verdict: Whether the model may replace the version that it must beat; register-gate enforces it.
        metrics: The main metric of both models, and by how much the challenger is better.
        summary: The version and the comparison in words.
        model_name: Name in the registry; empty for the target's name.
        must_beat: Number or alias of the version in use, than which the model must be better on the test
            rows; empty for a comparison with the champion that decides nothing.
        seed: Seed of the bootstrap.
        source: As all that follow, a parameter of the training, which the version's statement records.
            Without a source it records those that the model's lineage has.
        target: The column that the model predicts.
        details: The parameter problem.
        expectations: What the table must be like.
        budget_minutes: Most time, in minutes.
        trials: Number of trials of the sweep.
        task: Kind of prediction.
        metric: What the sweep maximises.
        own_test: The parameter test.
        workers: Pods that run trials at the same time.
        max_models: Largest number of trials in the model.
        max_latency_ms: Processor time in which the served model should predict one row, in milliseconds.
        weighs_time: Whether the sweep also optimises the time to predict a row.
        experiment: MLflow experiment; empty for one of the target's name.
        study: Sweep to continue.
        warm_start: Earlier sweep, whose best trials are tried early.
        known_trials: Trials to try early.
        memory: Memory of the stage, such as 4g; empty for the limit of its pod, or 2 GiB.
        engine: What computed over all rows: local or dask; empty where the stages decided.
    """
    from components.register.run import Settings, resolve_memory, run

    metrics.metadata.update(
        run(
            model=model.path,
            test=test.path,
            problem=problem.path,
            evaluation=evaluation.path,
            card=card.path,
            pages={
                "validate": validate_page.path,
                "eda": eda_page.path,
                "preprocess": preprocess_page.path,
                "engineer": engineer_page.path,
                "select": select_page.path,
                "tune": tune_page.path,
                "evaluate": evaluate_page.path,
            },
            registration=registration.path,
            verdict=verdict.path,
            summary=summary.path,
            settings=Settings(model_name=model_name, must_beat=must_beat, seed=seed),
            parameters={
                "source": source,
                "target": target,
                "problem": details,
                "expectations": expectations,
                "budget_minutes": budget_minutes,
                "trials": trials,
                "model_name": model_name,
                "task": task,
                "metric": metric,
                "test": own_test,
                "workers": workers,
                "max_models": max_models,
                "max_latency_ms": max_latency_ms,
                "weighs_time": weighs_time,
                "seed": seed,
                "experiment": experiment,
                "study": study,
                "warm_start": warm_start,
                "known_trials": known_trials,
                "must_beat": must_beat,
                "memory": memory,
                "engine": engine,
            },
            memory=resolve_memory(memory),
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
