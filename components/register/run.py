"""The stage: register the model, compare it with the champion on the same rows, write the result."""

import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from components._model.package import Package
from components._model.predicted_rows import sample_predicted_rows
from components._model.predicted_table import (
    count_predicted_rows,
    describe_predicted_rows,
    predict_table,
)
from components._problem.registration import CARD, HELD_OUT, STATEMENT, RegisteredModel
from components._problem.spec import Problem
from components._problem.verdict import Verdict
from components._table.chosen_rows import choose_row_numbers, read_chosen_rows
from components._table.storage import count_rows, read_arrow_schema
from components._tracking.evaluated_run import log_documents, log_evaluation
from components._tracking.mlflow_connection import connect_to_mlflow
from components._tracking.registry import APPROVALS, CHAMPION, PACKAGE, SERVER, Registry
from components._tracking.registry_version import EVALUATION, RegistryVersion
from components._tracking.run_links import build_run_address
from components._tracking.tracking_server import TrackingError
from components.environment import Environment
from components.errors import InvalidSetting, SuiteError
from components.json_file import read_json, write_json
from components.memory import DEFAULT_MEMORY, resolve_memory
from components.register.comparison import ChampionComparison, ModelPredictions, compare_models
from components.register.notebook_rows import log_notebook_rows
from components.register.report import (
    describe_comparison,
    render_registration,
    render_unregistered_model,
)
from components.register.settings import Settings
from components.register.statement import build_statement

if TYPE_CHECKING:
    from mlflow import MlflowClient

__all__ = ["Settings", "resolve_memory", "run"]

_HELD_OUT_ROWS = 500
# The tags of a version that its run gets, too.
_RUN_TAGS = ("gates", "compared_with", "comparison")
# The parts of a model's lineage that become tags.
_LINEAGE_TAGS = (
    *("dataset_sha256", "sha256", "source", "source_version", "commit", "seed", "metric"),
    *("expectations_sha256", "rows_set_aside"),
)


def run(
    *,
    model: str,
    test: str,
    problem: str,
    evaluation: str,
    card: str,
    pages: Mapping[str, str],
    registration: str,
    verdict: str,
    summary: str,
    settings: Settings,
    parameters: Mapping[str, Any],
    memory: int = DEFAULT_MEMORY,
) -> dict[str, float]:
    """Register a model as the challenger, and compare it with the champion.

    Parameters
    ----------
    model, test, problem, evaluation, card : str
        Paths to read.
    pages : mapping of str to str
        Paths of the pages of stages, by stage, which MLflow keeps.
    registration, verdict, summary : str
        Paths to write.
    settings : Settings
        The model's name, the version that it must beat, and the seed.
    parameters : mapping
        The parameters of the training, for the version's statement; without a source they are not known.
    memory : int
        Bytes that the stage may use.

    Returns
    -------
    dict of str to float
        The main metric of both models and by how much the challenger is better, as far as they are known.

    Raises
    ------
    InvalidSetting
        MLFLOW_TRACKING_URI is set, but was not set for train; or there is no version to beat.
    TrackingError
        MLflow did not answer, or refused.
    RejectedRun
        The model did not pass its gates.
    """
    evaluated = Verdict.load(evaluation)
    evaluated.enforce()
    specification, package = Problem.load(problem), Package.load(model)
    name = settings.name_for(specification.target)
    held_out = _build_held_out(package, test, settings.seed)
    environment = Environment.read()
    address = environment.tracking_uri
    if address is None:
        if settings.must_beat:
            raise InvalidSetting(
                f"There is no registry to find version {settings.must_beat} in, which the model must beat.",
                "Set MLFLOW_TRACKING_URI for train and register, or leave must_beat out.",
            )
        tags = _build_tags(package, evaluated, None, None, "")
        Verdict((), "").save(verdict)
        _save(RegisteredModel(name, None, tags=tags), held_out, registration)
        statement = build_statement(Path(model), package.lineage, evaluated, "", environment, parameters)
        write_json(Path(registration) / STATEMENT, statement)
        Path(summary).write_text(render_unregistered_model(name), encoding="utf-8")
        return {}
    ids = _read_mlflow_ids(Path(model))
    statement = build_statement(Path(model), package.lineage, evaluated, ids["run"], environment, parameters)
    with connect_to_mlflow(address, "register the model") as client:
        registry = Registry(client, name)
        champion = registry.find_by_alias(CHAMPION)
        rival = registry.get_version(settings.must_beat) if settings.must_beat else champion
        comparison, reason = _compare_with_rival(
            rival, registry, package, specification, test, settings.seed, memory
        )
        tags = _build_tags(package, evaluated, rival, comparison, reason)
        if specification.n_approvals:
            tags |= {
                APPROVALS: f"{specification.n_approvals} of {', '.join(sorted(specification.approvers))}"
            }
        # register-fetch reads the held-out rows from the version's run.
        client.log_dict(ids["run"], held_out, HELD_OUT)
        of_run = {name: tags[name] for name in _RUN_TAGS if name in tags}
        log_evaluation(client, ids["run"], evaluated.record, of_run)
        log_documents(client, ids["run"], Path(card), pages)
        log_notebook_rows(client, ids["run"], test, package, specification, settings.seed)
        _keep_in_package(client, ids["model_id"], Path(card), statement)
        version = registry.register(
            ids["model_id"], ids["run"], tags, f"{package.signature.title} for {specification.target}."
        )
        source = registry.get_download_uri(version)
        trained = client.get_run(ids["run"]).info
    Path(registration).mkdir(parents=True, exist_ok=True)
    write_json(Path(registration) / STATEMENT, statement)
    previous = None if champion is None else champion.number
    registered = RegisteredModel(
        name, version.number, f"{source}/{PACKAGE}", previous, tags, specification.n_approvals
    )
    _save(registered, held_out, registration)
    mirrored = _mirror(environment.model_hub, version, str(registered.package))
    link = build_run_address(environment, trained.experiment_id, trained.run_id)
    report = render_registration(version, rival, comparison, reason, mirrored, link)
    Path(summary).write_text(report, encoding="utf-8")
    _judge(rival, comparison, reason, is_bound=bool(settings.must_beat)).save(verdict)
    return _collect_metrics(comparison)


def _mirror(address: str | None, version: RegistryVersion, package: str) -> str:
    """Copy a version into Kubeflow Hub, if there is one, and return what came of it as a sentence.

    The version is registered, so a copy that fails does not fail the run.
    """
    if address is None:
        return ""
    from components._tracking.model_hub import mirror_version

    try:
        mirror_version(address, version, package)
    except TrackingError as error:
        sys.stderr.write(f"warning: {error}\n")
        return f"{error.what} {error.remedy} Another run of register copies it."
    return "Kubeflow Hub has a copy of this version."


def _read_mlflow_ids(model: Path) -> dict[str, str]:
    """Return MLflow's identifiers of the model and its run."""
    file = model / "mlflow.json"
    if not file.exists():
        raise InvalidSetting(
            "MLflow does not know the model: train had no MLFLOW_TRACKING_URI.",
            "Set it, and run train again.",
        )
    ids: dict[str, str] = read_json(file)
    return ids


def _keep_in_package(client: "MlflowClient", model_id: str, card: Path, statement: dict[str, Any]) -> None:
    """Upload into the model folder the card, which apps show, and the statement."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(card, Path(folder) / CARD)
        write_json(Path(folder) / STATEMENT, statement)
        client.log_model_artifacts(model_id, folder, PACKAGE)


def _judge(
    rival: RegistryVersion | None, comparison: ChampionComparison | None, reason: str, *, is_bound: bool
) -> Verdict:
    """Return whether the model may replace the version that it must beat."""
    if not is_bound or rival is None or (comparison is not None and comparison.verdict == "better"):
        return Verdict((), "")
    words = describe_comparison(rival, comparison) if comparison is not None else reason
    return Verdict(
        (f"The new model does not replace version {rival.number}. {words}",),
        f"Version {rival.number} stays in use. The new rows may not suffice yet, or the columns may not "
        "explain what changed.",
    )


def _compare_with_rival(
    rival: RegistryVersion | None,
    registry: Registry,
    package: Package,
    problem: Problem,
    test: str,
    seed: int,
    memory: int,
) -> tuple[ChampionComparison | None, str]:
    """Return the comparison with another version, or None and why there is no comparison."""
    if rival is None:
        return None, "There is no champion yet."
    with tempfile.TemporaryDirectory() as folder:
        try:
            other = Package.load(registry.download(rival, Path(folder)))
        except SuiteError as error:
            return None, f"Version {rival.number} cannot predict the test rows. {error.what}"
        columns = list(dict.fromkeys([*package.signature.columns, *other.signature.columns]))
        missing = sorted(set(columns) - set(read_arrow_schema(test).names))
        if missing:
            return None, f"Version {rival.number} cannot predict the test rows: no column {missing[0]!r}."
        if other.signature.classes != package.signature.classes:
            return None, f"Version {rival.number} cannot be compared: it predicts other classes."
        models = (package, other)
        most = count_predicted_rows(max(1, len(problem.classes)), len(models), memory)
        rows = predict_table(test, [model.predict for model in models], columns, problem, seed, most)
        ours, theirs = (
            ModelPredictions(predictions, model.signature.threshold)
            for predictions, model in zip(rows.predictions, models, strict=True)
        )
        comparison = compare_models(ours, theirs, rows.y, problem, seed, rows.weights, memory)
        notes = (*describe_predicted_rows(len(rows.y), rows.n_rows), *comparison.notes)
        return comparison._replace(notes=notes), ""


def _build_held_out(package: Package, test: str, seed: int) -> dict[str, Any]:
    """Return test rows with predict, with which deploy checks a server."""
    numbers = choose_row_numbers(count_rows(test), _HELD_OUT_ROWS, seed)
    rows = read_chosen_rows(test, numbers, list(package.signature.columns))
    replayed = sample_predicted_rows(package, rows, _HELD_OUT_ROWS, seed)
    spread = float(np.std(replayed["predictions"])) or 1.0 if package.signature.task == "regression" else 1.0
    return {**replayed, "spread": spread}


def _save(registered: RegisteredModel, held_out: dict[str, Any], registration: str) -> None:
    registered.save(registration)
    write_json(Path(registration) / HELD_OUT, held_out)


def _build_tags(
    package: Package,
    evaluation: Verdict,
    rival: RegistryVersion | None,
    comparison: ChampionComparison | None,
    reason: str,
) -> dict[str, str]:
    lineage = package.lineage
    tags: dict[str, Any] = {name: lineage.get(name) for name in _LINEAGE_TAGS}
    tags |= {"family": package.signature.family, "threshold": package.signature.threshold}
    tags |= {
        "gates": "passed",
        EVALUATION: json.dumps(evaluation.record),
        SERVER: Environment.read().serve_image,
    }
    if rival is not None:
        tags |= {"compared_with": rival.number, "comparison": reason}
    if comparison is not None:
        tags |= {"comparison": comparison.verdict, **_collect_metrics(comparison)}
    return {name: str(value) for name, value in tags.items() if value not in (None, "")}


def _collect_metrics(comparison: ChampionComparison | None) -> dict[str, float]:
    if comparison is None:
        return {}
    figures = {
        comparison.metric: comparison.challenger,
        f"champion_{comparison.metric}": comparison.champion,
    }
    if comparison.better_by is not None:
        better = comparison.better_by
        figures |= {"better_by": better.value, "better_by_low": better.low, "better_by_high": better.high}
    return {name: float(value) for name, value in figures.items() if value is not None}
