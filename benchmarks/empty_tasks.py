"""A run again with empty tasks: what remains of its time is Kubeflow's own.

An empty task has the image, the resources and the settings of the stage's task. Its program is a shell that
writes a word to each output, and ends: no Python starts, and nothing is computed. So a branch that depends on
a result is not taken: an empty monitoring run does not train.
"""

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from components.errors import InvalidSetting
from pipelines.remote.kubeflow_client import KubeflowClient
from pipelines.remote.kubeflow_connection import KubeflowConnection
from pipelines.remote.spec import Spec
from pipelines.remote.submission import Submission, SubmittedRun, submit_run

EXPERIMENT = "empty-tasks"
# Its arguments are pairs of a file and what to write to it. Kubeflow's launcher makes the folders, reads a
# parameter as text from its file, and uploads the file of an artifact.
_PROGRAM = 'while [ $# -gt 0 ]; do printf %s "$2" >"$1"; shift 2; done'
_ARTIFACT = "empty"
_VALUES = {
    "STRING": _ARTIFACT,
    "NUMBER_INTEGER": "0",
    "NUMBER_DOUBLE": "0",
    "BOOLEAN": "false",
    "LIST": "[]",
    "STRUCT": "{}",
}


def build_empty_spec(spec: Spec, iterations: Mapping[str, int]) -> Spec:
    """Return a pipeline of the same tasks, all empty and none from the cache.

    Parameters
    ----------
    spec : Spec
        The compiled pipeline.
    iterations : mapping of str to int
        How often each loop runs, by its name; others do not. The task that gives a loop its list writes
        one as long.
    """
    document, *platform = copy.deepcopy(spec.documents)
    document["pipelineInfo"]["name"] += "-empty"
    lists = {
        output: json.dumps(list(range(iterations.get(loop, 0))))
        for loop, output in _iterate_loop_lists(document)
    }
    executors = document["deploymentSpec"]["executors"]
    for name, component in document["components"].items():
        if "executorLabel" in component:
            container = executors[component["executorLabel"]]["container"]
            container["command"] = ["sh", "-c", _PROGRAM, "sh"]
            container["args"] = [word for pair in _iterate_outputs(name, component, lists) for word in pair]
    return Spec((document, *platform)).disable_cache()


def count_iterations(nodes: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return how often each loop of a run ran, by its name, from the nodes of the run's workflow."""
    counts = {}
    for node in nodes:
        group, _, pod = node["name"].rpartition(".")
        is_driver = node["type"] == "Pod" and pod.partition("(")[0] == "iteration-driver"
        # One that was lost has no outputs; Argo has started another.
        if is_driver and node["phase"] == "Succeeded":
            values = {value["name"]: value["value"] for value in node["outputs"]["parameters"]}
            counts[group.rpartition(".")[2].partition("(")[0]] = int(values["iteration-count"])
    return counts


def start_empty_run(
    client: KubeflowClient, connection: KubeflowConnection, run_id: str, iterations: Mapping[str, int]
) -> tuple[SubmittedRun, Spec]:
    """Start a run again with empty tasks, and return it and its pipeline.

    Parameters
    ----------
    client : KubeflowClient
        Finds the run and starts the other.
    connection : KubeflowConnection
        Its connection.
    run_id : str
        A run that ``submit`` started and that has succeeded. The new one has its parameters and account.
    iterations : mapping of str to int
        How often each loop of it ran, by its name.

    Raises
    ------
    InvalidSetting
        The run has not succeeded, or has no pipeline on the cluster.
    KubeflowError
        The cluster cannot be reached, or refuses a request.
    """
    run = client.runs.run_service_get_run(run_id)
    if run.state != "SUCCEEDED":
        raise InvalidSetting(
            f"The run {run_id} is {run.state}, and only a run that succeeded has run all its tasks.",
            "Give the id of one that succeeded.",
        )
    if run.pipeline_version_reference is None:
        raise InvalidSetting(
            f"The run {run_id} is of no version of a pipeline.", "Give the id of a run that submit started."
        )
    version = client.pipelines.pipeline_service_get_pipeline_version(
        run.pipeline_version_reference.pipeline_id, run.pipeline_version_reference.pipeline_version_id
    )
    spec = build_empty_spec(_read_spec(version.pipeline_spec), iterations)
    parameters = (run.runtime_config and run.runtime_config.parameters) or {}
    submission = Submission(spec, parameters, EXPERIMENT, f"{run.display_name}-empty", run.service_account)
    return submit_run(client, connection, submission), spec


def _read_spec(content: Mapping[str, Any]) -> Spec:
    """Return the spec that the backend keeps, with settings for Kubernetes beside it if there are any."""
    if "platform_spec" in content:
        return Spec((content["pipeline_spec"], content["platform_spec"]))
    return Spec((dict(content),))


def _iterate_loop_lists(document: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the name of each loop, with the component and its output that the loop iterates over."""
    for part in (document["root"], *document["components"].values()):
        tasks = part.get("dag", {}).get("tasks", {})
        for name, task in tasks.items():
            if "parameterIterator" in task:
                items = task["inputs"]["parameters"][task["parameterIterator"]["items"]["inputParameter"]]
                source = items["taskOutputParameter"]
                component = tasks[source["producerTask"]]["componentRef"]["name"]
                yield name, (component, source["outputParameterKey"])


def _iterate_outputs(
    name: str, component: Mapping[str, Any], lists: Mapping[tuple[str, str], str]
) -> Iterator[tuple[str, str]]:
    """Yield the placeholder of each output's file, with what to write to it."""
    outputs = component.get("outputDefinitions", {})
    for output, definition in outputs.get("parameters", {}).items():
        value = lists.get((name, output), _VALUES[definition["parameterType"]])
        yield f"{{{{$.outputs.parameters['{output}'].output_file}}}}", value
    for output in outputs.get("artifacts", {}):
        yield f"{{{{$.outputs.artifacts['{output}'].path}}}}", _ARTIFACT
