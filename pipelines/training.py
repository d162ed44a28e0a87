"""The training pipeline: from a table to an evaluated model. Wiring only."""

from kfp import dsl

from components.deploy.component import deploy as roll_out
from components.deploy.component import deploy_gate
from components.eda.component import eda
from components.engineer.component import engineer
from components.evaluate.component import evaluate, evaluate_gate
from components.ingest.component import ingest, ingest_plan
from components.preprocess.component import preprocess
from components.problem.component import problem as frame_problem
from components.register.component import register, register_gate
from components.select.component import select
from components.split.component import split
from components.train.component import train
from components.tune.component import tune, tune_plan, tune_result
from components.validate.component import validate, validate_gate


@dsl.pipeline(name="training")
def training(
    source: str,
    target: str,
    problem: dict = {},  # noqa: B006
    expectations: dict = {},  # noqa: B006
    budget_minutes: float = 10.0,
    trials: int = 30,
    model_name: str = "",
    deploy: bool = False,
    task: str = "auto",
    metric: str = "auto",
    test: str = "",
    workers: int = 1,
    max_models: int = 5,
    max_latency_ms: float = 0.0,
    weighs_time: bool = False,
    seed: int = 0,
    experiment: str = "",
    service: str = "",
    serving_mode: str = "Knative",
    gateway: str = "",
    gateway_host: str = "",
    log_sink: str = "",
    study: str = "",
    warm_start: str = "",
    known_trials: list = [],  # noqa: B006
    must_beat: str = "",
    memory: str = "",
    engine: str = "",
):
    """Train a model on a table and evaluate it on rows that it has not seen.

    Args:
        source: Path or address of a table, as docs/data-sources.md lists them, or sample:NAME.
        target: Column to predict.
        problem: The rest of the specification: gates, value, identifiers, event_time, gap,
            group, split_column, weight, sensitive, keep, positive_label, owner, description.
        expectations: What the table must be like, as data infer writes it: rows, columns, rules, quarantine.
        budget_minutes: Most time for the run, in minutes; on a cluster, for the sweep and for fitting
            its model.
        trials: Number of trials of the sweep; 0 for as many as the time allows, which is the default
            where budget_minutes is given.
        model_name: Name in the model registry; empty for the target's name.
        deploy: Whether to roll out an approved model on KServe, which makes it the champion.
        task: Kind of prediction: auto, binary, multiclass or regression.
        metric: What the sweep maximises: auto, value, or a scorer of scikit-learn that fits the task.
        test: Path or address of a test table of your own, with the columns of source; empty to test on
            some rows of source.
        workers: Pods that run trials at the same time.
        max_models: Largest number of trials in the model.
        max_latency_ms: Processor time in which the served model should predict one row, in
            milliseconds, measured; 0 for about 0.1 ms by count.
        weighs_time: Whether the sweep also optimises the time to predict a row.
        seed: Seed of every random choice.
        experiment: MLflow experiment to log to; empty for one of the target's name.
        service: Name of the service; empty for the registered model's name.
        serving_mode: How KServe runs it: Knative or Standard.
        gateway: In Standard mode, the Gateway that splits requests, as namespace/name; empty for none.
        gateway_host: Host under which the Gateway routes to the service.
        log_sink: Address of the log sink, for monitoring; empty for no log.
        study: Sweep to continue, by the name in its tasks' logs; empty for a new sweep.
        warm_start: Earlier sweep of the same problem, whose best trials are tried early; empty for none.
        known_trials: Trials to try early, each with family and parameters, as in a model's lineage.
        must_beat: Number or alias of the registered version in use, than which the model must be better on
            the test rows by more than chance, or the run stops; empty for none.
        memory: Memory of each stage, such as 4g; a larger table passes in parts, and the sweep searches on a
            sample. Empty for the limit of its pod, or 2 GiB where there is none.
        engine: What computes over all rows where Dask can: local or dask; empty for Dask where it has a
            scheduler and the rows take more than 4 times the memory.
    """
    framed = frame_problem(target=target, task=task, metric=metric, details=problem)
    ingested = ingest(
        problem=framed.outputs["problem"],
        source=source,
        test=test,
        seed=seed,
        fingerprints=ingest_plan(source=source, test=test).output,
    )
    validated = validate(
        dataset=ingested.outputs["dataset"],
        own_test=ingested.outputs["own_test"],
        reading=ingested.outputs["reading"],
        draft=framed.outputs["problem"],
        expectations=expectations,
        memory=memory,
    )
    resolved = validated.outputs["problem"]
    schema = validated.outputs["schema"]
    gate = validate_gate(verdict=validated.outputs["verdict"])
    halves = split(
        dataset=ingested.outputs["dataset"],
        own_test=ingested.outputs["own_test"],
        problem=resolved,
        quarantine=validated.outputs["quarantine"],
        seed=seed,
        memory=memory,
    ).after(gate)
    rows, sample = halves.outputs["train"], halves.outputs["sample"]

    explored = eda(
        train=rows,
        sample=sample,
        problem=resolved,
        schema=schema,
        verdict=validated.outputs["verdict"],
        seed=seed,
        memory=memory,
    )
    cleaned = preprocess(
        train=rows,
        sample=sample,
        problem=resolved,
        schema=schema,
        findings=explored.outputs["findings"],
        memory=memory,
        engine=engine,
    )
    engineered = engineer(
        train=rows,
        sample=sample,
        problem=resolved,
        cleaned=cleaned.outputs["recipe"],
        budget_minutes=budget_minutes,
        seed=seed,
    )
    selected = select(
        train=rows, sample=sample, problem=resolved, engineered=engineered.outputs["recipe"], seed=seed
    )
    recipe = selected.outputs["recipe"]

    plan = tune_plan(
        train=rows,
        sample=sample,
        problem=resolved,
        recipe=recipe,
        study=study,
        workers=workers,
        budget_minutes=budget_minutes,
        seed=seed,
    )
    with dsl.ParallelFor(plan.outputs["Output"], name="sweep") as worker:
        swept = tune(
            folds=plan.outputs["folds"],
            study=study,
            job=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
            worker=worker,
            workers=workers,
            trials=trials,
            budget_minutes=budget_minutes,
            weighs_time=weighs_time,
            warm_start=warm_start,
            known_trials=known_trials,
            seed=seed,
            memory=memory,
        )
    searched = tune_result(
        folds=plan.outputs["folds"], parts=dsl.Collected(swept.outputs["results"]), seed=seed
    )
    trained = train(
        train=rows,
        sample=sample,
        problem=resolved,
        schema=schema,
        recipe=recipe,
        folds=plan.outputs["folds"],
        trials=searched.outputs["results"],
        experiment=experiment,
        max_models=max_models,
        max_latency_ms=max_latency_ms,
        budget_minutes=budget_minutes,
        seed=seed,
        memory=memory,
        job=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
        run_name=dsl.PIPELINE_JOB_NAME_PLACEHOLDER,
    )
    judged = evaluate(
        train=rows,
        sample=sample,
        test=halves.outputs["test"],
        problem=resolved,
        model=trained.outputs["model"],
        seed=seed,
        memory=memory,
    )
    approved = evaluate_gate(verdict=judged.outputs["verdict"])
    registered = register(
        model=trained.outputs["model"],
        test=halves.outputs["test"],
        problem=resolved,
        evaluation=judged.outputs["verdict"],
        card=judged.outputs["card"],
        # MLflow shows them beside the model; the images of their stages do not have its library.
        validate_page=validated.outputs["report"],
        eda_page=explored.outputs["report"],
        preprocess_page=cleaned.outputs["report"],
        engineer_page=engineered.outputs["report"],
        select_page=selected.outputs["report"],
        tune_page=searched.outputs["report"],
        evaluate_page=judged.outputs["report"],
        model_name=model_name,
        must_beat=must_beat,
        seed=seed,
        # The rest is for the version's statement: no task but this one has all that made the model.
        source=source,
        target=target,
        details=problem,
        expectations=expectations,
        budget_minutes=budget_minutes,
        trials=trials,
        task=task,
        metric=metric,
        own_test=test,
        workers=workers,
        max_models=max_models,
        max_latency_ms=max_latency_ms,
        weighs_time=weighs_time,
        experiment=experiment,
        study=study,
        warm_start=warm_start,
        known_trials=known_trials,
        memory=memory,
        engine=engine,
    ).after(approved)
    won = register_gate(verdict=registered.outputs["verdict"])
    with dsl.If(deploy == True, name="deployment"):  # noqa: E712
        rolled_out = roll_out(
            registration=registered.outputs["registration"],
            job=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
            service=service,
            mode=serving_mode,
            gateway=gateway,
            gateway_host=gateway_host,
            log_sink=log_sink,
        ).after(won)
        deploy_gate(verdict=rolled_out.outputs["verdict"])
