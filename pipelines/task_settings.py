"""Settings of tasks on a cluster.

Local runs do not need them. Compiling adds resources, environment, caching, labels and names to the
pipelines' wiring, and a last task that reports a failed run.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from kfp import dsl, kubernetes
from kfp.dsl.base_component import BaseComponent
from kfp.dsl.graph_component import GraphComponent
from kfp.dsl.pipeline_context import Pipeline
from kfp.dsl.pipeline_task import PipelineTask
from kfp.dsl.tasks_group import TasksGroup

from components.notify.component import notify
from pipelines.sizes import RESOURCES, Load, Size

# A ConfigMap and a Secret in the namespace of runs, created by manifests/. Tasks start without them, too.
SETTINGS = "kfp-tabular"
CONFIGURATION = (
    "MLFLOW_TRACKING_URI",
    "MLFLOW_WORKSPACE",
    "MLFLOW_UI_ENDPOINT",
    "MLFLOW_ARTIFACTS_DESTINATION",
    "MODEL_REGISTRY_URL",
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "DASK_SCHEDULER_ADDRESS",
    "DASK_MOST_WORKERS",
    "DASK_ARTIFACTS_ENDPOINT_URL",
    "DASK_ARTIFACTS_SECRET",
    "KF_PIPELINES_ENDPOINT",
    "KF_PIPELINES_UI_ENDPOINT",
)
SECRETS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "PGPASSWORD",
    "KFP_TABULAR_STUDY_URL",
    "KFP_TABULAR_WEBHOOK",
    "MLFLOW_TRACKING_USERNAME",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
)
# The image that serves models, with the same versions as training.
SERVER = "KFP_TABULAR_SERVE_IMAGE"


@dataclass(frozen=True)
class TaskSettings:
    """How a component's tasks run on a cluster.

    No task is retried by Kubeflow, which cannot tell a user's mistake from a fault: a missing object would
    take four tries. Stages wait for services that do not answer (`components.network.WAITS`), workers of a
    sweep take over the trials of others, and Argo can retry a pod that was lost, by its own settings.

    Attributes
    ----------
    title : str
        Name of the task in the dashboard.
    load : str
        The resources that it needs.
    is_cached : bool
        Whether the result of an earlier run may be used: not if it depends on more than the inputs, or the
        task has side effects.
    uses : tuple of str
        The variables that it reads, from ``CONFIGURATION`` and ``SECRETS``, and ``SERVER``.
    """

    title: str
    load: Load
    is_cached: bool = True
    uses: tuple[str, ...] = ()


_STORAGE = tuple(name for name in (*CONFIGURATION, *SECRETS) if name.startswith("AWS_"))
_SOURCES = (*_STORAGE, "PGPASSWORD")
_TRACKING = tuple(
    name
    for name in (*CONFIGURATION, *SECRETS)
    if name.startswith("MLFLOW_TRACKING_") or name == "MLFLOW_WORKSPACE"
)
# Where a stage finds Dask workers, and they the artifacts.
_WORKERS = tuple(name for name in CONFIGURATION if name.startswith("DASK_") or name == "AWS_REGION")
COMPONENTS: dict[str, TaskSettings] = {
    "problem": TaskSettings("Frame the problem", "light"),
    # The source may have other rows tomorrow. What this task sees of it is an input of ingest.
    "ingest-plan": TaskSettings("Look at the source", "light", is_cached=False, uses=_STORAGE),
    "ingest": TaskSettings("Ingest the table", "table", uses=_SOURCES),
    # The model before it is fetched in every run, so no input of it is ever the same.
    "ingest-rows": TaskSettings("Ingest the rows", "table", is_cached=False, uses=_SOURCES),
    "validate": TaskSettings("Validate the data", "table"),
    "validate-gate": TaskSettings("Gate: data", "light"),
    "split": TaskSettings("Split train and test rows", "table"),
    "eda": TaskSettings("Explore the data", "table"),
    "preprocess": TaskSettings("Preprocess", "table", uses=_WORKERS),
    "engineer": TaskSettings("Engineer features", "table"),
    "select": TaskSettings("Select features", "model"),
    # It checks whether the workers can reach their study, as each worker does if this task is not run again.
    "tune-plan": TaskSettings("Plan the sweep", "model", uses=("KFP_TABULAR_STUDY_URL",)),
    # Its result depends on the time.
    "tune": TaskSettings("Sweep worker", "model", is_cached=False, uses=("KFP_TABULAR_STUDY_URL",)),
    "tune-result": TaskSettings("Join the trials", "model"),
    "train": TaskSettings(
        "Train the model", "model", is_cached=False, uses=(*_TRACKING, *_WORKERS, "KF_PIPELINES_UI_ENDPOINT")
    ),
    "evaluate": TaskSettings("Evaluate on unseen rows", "model"),
    "evaluate-gate": TaskSettings("Gate: business", "light"),
    "register": TaskSettings(
        "Register the model",
        "model",
        is_cached=False,
        uses=(*_TRACKING, "MLFLOW_UI_ENDPOINT", "MODEL_REGISTRY_URL", SERVER),
    ),
    "register-gate": TaskSettings("Gate: model in use", "light"),
    # The champion may be another version tomorrow.
    "register-fetch": TaskSettings("Fetch the model", "table", is_cached=False, uses=_TRACKING),
    "score-plan": TaskSettings("Check the rows", "table"),
    # Predictions of an earlier run may have been removed from the bucket; the others are kept.
    "score": TaskSettings("Score a share", "model", is_cached=False, uses=(*_STORAGE, *_WORKERS)),
    "score-result": TaskSettings("Join the predictions", "table", is_cached=False, uses=_STORAGE),
    "ingest-truth": TaskSettings("Ingest the truth", "table", is_cached=False, uses=_SOURCES),
    # The log grows.
    "monitor": TaskSettings("Compare with training", "model", is_cached=False, uses=(*_STORAGE, *_TRACKING)),
    # The state of the service is not among the inputs.
    "deploy": TaskSettings(
        "Roll the model out",
        "light",
        is_cached=False,
        uses=(*_TRACKING, "MLFLOW_ARTIFACTS_DESTINATION", SERVER),
    ),
    "deploy-gate": TaskSettings("Gate: rollout", "light", is_cached=False),
    "deploy-removal": TaskSettings("Take the service away", "light", is_cached=False),
    "notify": TaskSettings(
        "Report the end",
        "light",
        is_cached=False,
        uses=("KFP_TABULAR_WEBHOOK", "KF_PIPELINES_ENDPOINT", "KF_PIPELINES_UI_ENDPOINT"),
    ),
}


def build_cluster_pipeline(pipeline: GraphComponent, size: Size) -> BaseComponent:
    """Return a pipeline with the settings for a cluster, and with the same name, parameters and wiring.

    Parameters
    ----------
    pipeline : GraphComponent
        A pipeline of the catalogue.
    size : str
        Resources of its tasks.
    """
    wire = pipeline.pipeline_func

    @functools.wraps(wire)
    def wire_with_exit_handler(*arguments: object) -> None:
        report = notify(run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER, pipeline=pipeline.name)
        # Not the pipeline's name: kfp would load this group alone from the spec.
        with dsl.ExitHandler(report, name="stages"):
            wire(*arguments)
        # kfp has no other way to get the tasks of the pipeline that is being built.
        built = Pipeline.get_default_pipeline()
        for task in built.tasks.values():
            _configure_task(task, COMPONENTS[task.component_spec.name], size)
        for group in _iterate_groups(built.groups[0]):
            # Its key, instead of for-loop-2. Backends before 2.16 store a loop under its title, and look for
            # it by its key, so both must be the same.
            group.name = group.display_name

    cluster_pipeline: BaseComponent = dsl.pipeline(name=pipeline.name)(wire_with_exit_handler)
    return cluster_pipeline


def _iterate_groups(parent: TasksGroup) -> Iterator[TasksGroup]:
    for group in parent.groups:
        yield group
        yield from _iterate_groups(group)


def _configure_task(task: PipelineTask, settings: TaskSettings, size: Size) -> None:
    resources = RESOURCES[settings.load][size]
    task.set_display_name(settings.title)
    task.set_caching_options(settings.is_cached)
    task.set_cpu_request(resources.cpu_request).set_cpu_limit(resources.cpu_limit)
    task.set_memory_request(resources.memory).set_memory_limit(resources.memory)
    if configuration := {name: name for name in settings.uses if name in CONFIGURATION}:
        kubernetes.use_config_map_as_env(task, SETTINGS, configuration, optional=True)
    if secrets := {name: name for name in settings.uses if name in SECRETS}:
        kubernetes.use_secret_as_env(task, SETTINGS, secrets, optional=True)
    if SERVER in settings.uses:
        # Compiling replaces it by the full name, like the images of tasks.
        task.set_env_variable(SERVER, "kfp-tabular-serve")
    # Kubernetes' pod security standard "restricted" requires this setting, even of images without root.
    kubernetes.set_security_context(task, run_as_non_root=True)
    # For dividing the costs of a cluster.
    kubernetes.add_pod_label(task, "app.kubernetes.io/part-of", "kfp-tabular")
    kubernetes.add_pod_label(task, "app.kubernetes.io/component", task.component_spec.name)
