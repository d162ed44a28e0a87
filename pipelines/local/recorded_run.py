"""A training that can be repeated: what its folder, or its model in the registry, tells about it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components._problem.registration import HELD_OUT, STATEMENT
from components._problem.verdict import Verdict
from components.errors import InvalidSetting, SuiteError
from components.ingest.sources.catalogue import PREFIX, find_source
from components.ingest.sources.path import PathSource
from components.json_file import read_json
from pipelines.local.artifact_comparison import list_task_folders
from pipelines.local.run_folder import RunFolder, list_runs

if TYPE_CHECKING:
    from components._tracking.registry import Registry
    from components._tracking.registry_version import RegistryVersion

_DIRTY = "-dirty"
_ENDED = ("succeeded", "rejected")


@dataclass(frozen=True)
class RecordedRun:
    """A training, as far as it is recorded.

    Attributes
    ----------
    title : str
        What a person calls it.
    revision : str
        The commit of its code.
    parameters : dict
        All parameters of the pipeline.
    tasks : dict of str to Path
        The folder of each task whose outputs are known.
    status : str
        How it ended: ``succeeded`` or ``rejected``.
    seconds : float or None
        How long it took; None if nothing tells.
    origin : dict
        The lock, Python and machine, as ``describe_origin`` wrote them; empty if it was made before that.
    sweep : dict or None
        The record of its sweep, if its trials have to be run again instead of a search.
    is_complete : bool
        Whether all its outputs are there. If not, it is known by its model only.
    """

    title: str
    revision: str
    parameters: dict[str, Any]
    tasks: dict[str, Path]
    status: str
    seconds: float | None = None
    origin: dict[str, Any] = field(default_factory=dict)
    sweep: dict[str, Any] | None = None
    is_complete: bool = True

    @property
    def source_version(self) -> str | None:
        """The version of the source that it read; None if the source keeps none."""
        written = self._read("ingest", "executor_output.json").get("artifacts", {})
        (dataset,) = written.get("dataset", {}).get("artifacts", [{}])
        metadata = dataset.get("metadata", {})
        # Earlier runs have the version of an object under this name.
        version: str | None = metadata.get("source_version") or metadata.get("version")
        if metadata or version:
            return version
        return self._read("train", "model/lineage.json").get("source_version")

    def _read(self, task: str, name: str) -> dict[str, Any]:
        """Return what a task wrote to a JSON file; nothing if it is not known."""
        file = self.tasks[task] / name if task in self.tasks else None
        content: dict[str, Any] = read_json(file) if file is not None and file.exists() else {}
        return content


def read_run(folder: RunFolder) -> RecordedRun:
    """Return a run of this machine.

    Raises
    ------
    InvalidSetting
        It cannot be repeated, and why.
    """
    record = folder.load_record()
    title = f"the run {folder.name}"
    if record["pipeline"] != "training":
        raise InvalidSetting(
            f"{_begin(title)} is of the pipeline {record['pipeline']}, which depends on a model of its time.",
            "Reproduce the training of that model: name its run, or its version.",
        )
    if record["status"] not in _ENDED:
        raise InvalidSetting(
            f"{_begin(title)} has the status {record['status']}, so its result is not complete.",
            f"Resume it first: python -m pipelines run training --resume {folder.name}.",
        )
    origin = record.get("origin", {})
    revision = _check_revision(title, origin.get("revision") or record.get("commit"))
    tasks = list_task_folders(folder.artifacts)
    if not tasks:
        raise InvalidSetting(
            f"The artifacts of {title} are gone: {folder.artifacts}.",
            "If its model is in the registry, reproduce the version: it has a statement of its own.",
        )
    parameters = {name: value for name, value in record["parameters"].items() if value is not None}
    trials = tasks.get("tune-result", folder.path) / "results" / "trials.json"
    lineage = tasks.get("train", folder.path) / "model" / "lineage.json"
    known = read_json(lineage) if lineage.exists() else {}
    sweep = read_json(trials) if trials.exists() and _is_repeated(known, parameters) else None
    if sweep is not None:
        sweep["time_for_fits"] = _choose_time(known, parameters, origin)
    return RecordedRun(
        title, revision, parameters, tasks, record["status"], record.get("seconds"), origin, sweep
    )


def find_run_of_version(runs: Path, version: "RegistryVersion") -> RunFolder | None:
    """Return the run on this machine that trained a version; None if its folder is gone."""
    for folder in list_runs(runs).values():
        model = folder.find_output("train", "model")
        file = model / "mlflow.json" if model is not None else None
        if file is not None and file.exists() and version.run == read_json(file)["run"]:
            return folder
    return None


def read_version(registry: "Registry", version: "RegistryVersion", scratch: Path) -> RecordedRun:
    """Return what the registry has of the training of a version: its model, statement and metrics.

    Parameters
    ----------
    registry : Registry
        The registry.
    version : RegistryVersion
        One of its versions.
    scratch : Path
        Folder for what is downloaded.

    Raises
    ------
    InvalidSetting
        It cannot be repeated, and why.
    """
    title = f"version {version.number} of {version.model}"
    model = registry.download(version, scratch / "train")
    model = model.rename(model.with_name("model"))
    if not (model / STATEMENT).exists():
        raise InvalidSetting(
            f"{_begin(title)} has no statement of how it was made, and no run in the folder of runs is its.",
            "Name the folder that has the run: --runs DIR. Versions registered since this command exists "
            "have a statement.",
        )
    definition = read_json(model / STATEMENT)["predicate"]["buildDefinition"]
    # They are written at registration, so no repetition has the same.
    for name in (STATEMENT, "card.md", "mlflow.json"):
        (model / name).unlink(missing_ok=True)
    parameters = definition["externalParameters"]
    if not isinstance(parameters, dict) or "source" not in parameters or "target" not in parameters:
        raise InvalidSetting(
            f"The statement of {title} does not have the parameters of its run: it is of an earlier suite.",
            "Give the link of its run on the cluster: python -m pipelines run training --from LINK.",
        )
    origin = definition.get("internalParameters", {})
    revision = _check_revision(title, origin.get("revision") or version.tags.get("commit"))
    held_out = registry.find_artifact(version, HELD_OUT, scratch)
    tasks = {"train": scratch / "train"}
    if held_out is not None:
        folder = scratch / "register" / "registration"
        folder.mkdir(parents=True)
        held_out.rename(folder / HELD_OUT)
        tasks["register"] = scratch / "register"
    if evaluation := version.tags.get("evaluation"):
        (scratch / "evaluate").mkdir()
        Verdict((), "", json.loads(evaluation)).save(scratch / "evaluate" / "verdict")
        tasks["evaluate"] = scratch / "evaluate"
    lineage = read_json(model / "lineage.json")
    sweep = None
    if _is_repeated(lineage, parameters):
        trials = registry.find_artifact(version, "trials.json", scratch)
        if trials is None:
            raise InvalidSetting(
                f"The trials of {title} are gone from MLflow, and time ended its sweep.",
                "Without them another run would try others.",
            )
        sweep = {
            "trials": read_json(trials)["trials"],
            "notes": [],
            "asked": lineage["trials_asked"],
            "is_out_of_time": lineage["ended_by_time"],
            "time_for_fits": _choose_time(lineage, parameters, origin),
        }
    return RecordedRun(
        title, revision, parameters, tasks, "succeeded", None, origin, sweep, is_complete=False
    )


def build_parameters(run: RecordedRun) -> tuple[dict[str, Any], list[str]]:
    """Return the parameters of the repetition, and what is different in them, as sentences."""
    parameters = dict(run.parameters)
    notes = []
    if parameters.get("must_beat"):
        parameters["must_beat"] = ""
        notes.append("must_beat is left out: the registry is not the one of that time.")
    if run.sweep is not None:
        parameters |= {"warm_start": "", "study": ""}
        n_trials = len(run.sweep["trials"])
        notes.append(f"The {n_trials} recorded trials run again, because time had a part in their choice.")
    pinned = _pin_source(str(parameters["source"]), run.source_version)
    if pinned is None:
        notes.append("The source keeps no versions: it is read as it is now.")
    else:
        parameters["source"] = pinned
    return parameters, notes


def _pin_source(address: str, version: str | None) -> str | None:
    """Return the address of the version that was read; None if the source keeps no versions.

    A path stays as it is: whether it has the same content is seen by the hash of its table.
    """
    if address.startswith(PREFIX):
        return address
    source = find_source(address)
    if isinstance(source, PathSource):
        return address
    try:
        return None if version is None else source.pin(version)
    except SuiteError:
        return None


def _begin(title: str) -> str:
    return title[0].upper() + title[1:]


def _check_revision(title: str, revision: str | None) -> str:
    if not revision:
        raise InvalidSetting(
            f"The commit of {title} is not recorded: its code was outside of a git repository.",
            "Only runs of a checkout can be reproduced.",
        )
    if revision.endswith(_DIRTY):
        raise InvalidSetting(
            f"{_begin(title)} was made with files that differ from its commit, "
            f"{revision.removesuffix(_DIRTY)}, and are in no other, so its code cannot be had again.",
            "Commit the code, and train once more.",
        )
    return revision


def _is_repeated(lineage: Mapping[str, Any], parameters: Mapping[str, Any]) -> bool:
    """Return whether another sweep would try other trials."""
    return bool(
        not lineage.get("trials_asked", 1)
        or lineage.get("ended_by_time")
        or lineage.get("hurried_by_time")
        # The search then uses measured times.
        or parameters.get("weighs_time")
        # The earlier sweep may have gone on since, and a repetition has a study of its own.
        or parameters.get("warm_start")
        or parameters.get("study")
    )


def _choose_time(
    lineage: Mapping[str, Any], parameters: Mapping[str, Any], origin: Mapping[str, Any]
) -> dict[str, Any]:
    whole = {"seconds": 60 * parameters["budget_minutes"], "processors": origin.get("processors", 1)}
    return dict(lineage.get("time_for_fits", whole))
