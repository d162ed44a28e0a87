"""The deployment pipeline: serves a version of the registry. Wiring only."""

from kfp import dsl

from components.deploy.component import deploy, deploy_gate
from components.register.component import register_fetch


@dsl.pipeline(name="deployment")
def deployment(
    model_name: str = "",
    version: str = "champion",
    service: str = "",
    mode: str = "Knative",
    min_replicas: int = 1,
    max_replicas: int = 3,
    requests_per_second: int = 500,
    cpu_request: str = "200m",
    cpu_limit: str = "1",
    memory: str = "1Gi",
    steps: list = [10, 50],  # noqa: B006
    step_seconds: float = 60.0,
    max_error_rate: float = 0.01,
    max_p95_ms: float = 250.0,
    gateway: str = "",
    gateway_host: str = "",
    log_sink: str = "",
):
    """Roll out a version of the registry on KServe, step by step, and make it the champion.

    Args:
        model_name: Name in the model registry; empty for the only model there is.
        version: Number of the model's version, or an alias such as champion.
        service: Name of the service; empty for the model's name.
        mode: How KServe runs it: Knative or Standard.
        min_replicas: Smallest number of pods; with Knative, 0 stops all pods while there are no requests.
        max_replicas: Largest number of pods.
        requests_per_second: With Knative, requests per second and pod above which a pod is added.
        cpu_request: Processors that a pod needs; a node must have them free.
        cpu_limit: Most processors that a pod may use.
        memory: Memory of a pod.
        steps: Percentages of the requests that the new model gets, step by step; then it gets all.
        step_seconds: Duration of each step, in seconds.
        max_error_rate: Share of requests that may fail in a step, from 0 to 1.
        max_p95_ms: Time in which 95 % of the requests must be answered, in milliseconds.
        gateway: In Standard mode, the Gateway that splits requests, as namespace/name; empty for none.
        gateway_host: Host under which the Gateway routes to the service.
        log_sink: Address of the log sink, for monitoring; empty for no log.
    """
    fetched = register_fetch(model_name=model_name, version=version)
    rolled_out = deploy(
        registration=fetched.outputs["registration"],
        job=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
        service=service,
        mode=mode,
        min_replicas=min_replicas,
        max_replicas=max_replicas,
        requests_per_second=requests_per_second,
        cpu_request=cpu_request,
        cpu_limit=cpu_limit,
        memory=memory,
        steps=steps,
        step_seconds=step_seconds,
        max_error_rate=max_error_rate,
        max_p95_ms=max_p95_ms,
        gateway=gateway,
        gateway_host=gateway_host,
        log_sink=log_sink,
    )
    deploy_gate(verdict=rolled_out.outputs["verdict"])
