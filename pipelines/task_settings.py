"""What a pipeline is given for a cluster, task by task, on top of its wiring.

A local run needs none of it: the pipelines' wiring stays bare, and compiling adds resources,
environment, retries, caching, labels and names, and a last task that reports a failed run.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kfp import dsl, kubernetes
from kfp.dsl.base_component import BaseComponent
from kfp.dsl.graph_component import GraphComponent
from kfp.dsl.pipeline_context import Pipeline
from kfp.dsl.pipeline_task import PipelineTask

from components.notify.component import notify
from pipelines.sizes import RESOURCES, Load, Size

# In the namespace where runs run; manifests/ makes both. A task starts without either.
SETTINGS = "kfp-tabular"
CONFIGURATION = (
    "MLFLOW_TRACKING_URI",
    "MLFLOW_ARTIFACTS_DESTINATION",
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
)
SECRETS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "KFP_TABULAR_STUDY_URL",
    "KFP_TABULAR_WEBHOOK",
    "MLFLOW_TRACKING_USERNAME",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
)
# The image that models are served with, of the versions that trained them.
SERVER = "KFP_TABULAR_SERVE_IMAGE"
_RETRIES = 3
_FIRST_WAIT = "30s"


@dataclass(frozen=True)
class TaskSettings:
    """How a component's tasks run on a cluster.

    Attributes
    ----------
    title : str
        What the dashboard calls the task.
    load : str
        Which resources it needs.
    is_cached : bool
        Whether a result may be taken from an earlier run: not if it depends on more than the inputs, nor if
        the task has an effect elsewhere.
    uses : tuple of str
        The variables that it reads: of ``CONFIGURATION``, of ``SECRETS``, and ``SERVER``. A task that uses a
        service over the network is also tried again.
    """

    title: str
    load: Load
    is_cached: bool = True
    uses: tuple[str, ...] = ()


_STORAGE = tuple(name for name in (*CONFIGURATION, *SECRETS) if name.startswith("AWS_"))
_TRACKING = tuple(name for name in (*CONFIGURATION, *SECRETS) if name.startswith("MLFLOW_TRACKING_"))
COMPONENTS: dict[str, TaskSettings] = {
    "problem": TaskSettings("Frame the problem", "light"),
    # The source may hold other rows tomorrow.
    "ingest": TaskSettings("Ingest the table", "table", is_cached=False, uses=_STORAGE),
    "ingest-rows": TaskSettings("Ingest the rows", "table", is_cached=False, uses=_STORAGE),
    "validate": TaskSettings("Validate the data", "table"),
    "validate-gate": TaskSettings("Gate: data", "light"),
    "split": TaskSettings("Split train and test rows", "table"),
    "eda": TaskSettings("Explore the data", "table"),
    "preprocess": TaskSettings("Preprocess", "table"),
    "engineer": TaskSettings("Engineer features", "table"),
    "select": TaskSettings("Select features", "model"),
    # It sees whether the workers will reach their study.
    "tune-plan": TaskSettings("Plan the sweep", "model", uses=("KFP_TABULAR_STUDY_URL",)),
    # The time that a sweep was given is no input that two runs share.
    "tune": TaskSettings("Sweep worker", "model", is_cached=False, uses=("KFP_TABULAR_STUDY_URL",)),
    "train": TaskSettings("Train the model", "model", is_cached=False, uses=_TRACKING),
    "evaluate": TaskSettings("Evaluate on unseen rows", "model"),
    "evaluate-gate": TaskSettings("Gate: business", "light"),
    "register": TaskSettings("Register the model", "model", is_cached=False, uses=(*_TRACKING, SERVER)),
    # A champion is another tomorrow.
    "register-fetch": TaskSettings("Fetch the model", "table", is_cached=False, uses=_TRACKING),
    "score-plan": TaskSettings("Check the rows", "table"),
    # What an earlier run put into the bucket may have been removed since; what is still there is kept.
    "score": TaskSettings("Score a share", "model", is_cached=False, uses=_STORAGE),
    "score-result": TaskSettings("Join the predictions", "table", is_cached=False, uses=_STORAGE),
    # What is served depends on more than the inputs.
    "deploy": TaskSettings(
        "Roll the model out",
        "light",
        is_cached=False,
        uses=(*_TRACKING, "MLFLOW_ARTIFACTS_DESTINATION", SERVER),
    ),
    "deploy-gate": TaskSettings("Gate: rollout", "light", is_cached=False),
    "deploy-removal": TaskSettings("Take the service away", "light", is_cached=False),
    "notify": TaskSettings("Report the end", "light", is_cached=False, uses=("KFP_TABULAR_WEBHOOK",)),
}


def build_cluster_pipeline(pipeline: GraphComponent, size: Size) -> BaseComponent:
    """Return a pipeline as a cluster runs it: same name, same parameters, same wiring.

    Parameters
    ----------
    pipeline : GraphComponent
        A pipeline of the catalogue.
    size : str
        How much its tasks may use.
    """
    wire = pipeline.pipeline_func

    @functools.wraps(wire)
    def wire_with_exit_handler(*arguments: object) -> None:
        with dsl.ExitHandler(notify()):
            wire(*arguments)
        # kfp has no way to ask the pipeline that is being made for its tasks but this.
        for task in Pipeline.get_default_pipeline().tasks.values():
            _configure_task(task, COMPONENTS[task.component_spec.name], size)

    made: BaseComponent = dsl.pipeline(name=pipeline.name)(wire_with_exit_handler)
    return made


def _configure_task(task: PipelineTask, wanted: TaskSettings, size: Size) -> None:
    resources = RESOURCES[wanted.load][size]
    task.set_display_name(wanted.title)
    task.set_caching_options(wanted.is_cached)
    task.set_cpu_request(resources.cpu_request).set_cpu_limit(resources.cpu_limit)
    task.set_memory_request(resources.memory).set_memory_limit(resources.memory)
    if wanted.uses:
        task.set_retry(_RETRIES, backoff_duration=_FIRST_WAIT, backoff_factor=2.0)
    if configuration := _map_used_names(wanted.uses, CONFIGURATION):
        kubernetes.use_config_map_as_env(task, SETTINGS, configuration, optional=True)
    if secrets := _map_used_names(wanted.uses, SECRETS):
        kubernetes.use_secret_as_env(task, SETTINGS, secrets, optional=True)
    if SERVER in wanted.uses:
        # Compiling completes it, as the images of tasks.
        task.set_env_variable(SERVER, "kfp-tabular-serve")
    # Kubernetes' pod security standard "restricted" asks for it in words, though the images see to it.
    kubernetes.set_security_context(task, run_as_non_root=True)
    # By these a cluster's bill can be split.
    kubernetes.add_pod_label(task, "app.kubernetes.io/part-of", "kfp-tabular")
    kubernetes.add_pod_label(task, "app.kubernetes.io/component", task.component_spec.name)


def _map_used_names(used: tuple[str, ...], there: tuple[str, ...]) -> Mapping[str, Any]:
    return {name: name for name in used if name in there}
