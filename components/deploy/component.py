"""The components' interfaces."""

from kfp.dsl import Input, Markdown, Metrics, Output

from components._kfp.artifacts import Registration, Verdict
from components._kfp.stage import stage


@stage
def deploy(
    registration: Input[Registration],
    verdict: Output[Verdict],
    metrics: Output[Metrics],
    summary: Output[Markdown],
    job: str,
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
    ready_seconds: float = 600.0,
    max_error_rate: float = 0.01,
    max_p95_ms: float = 250.0,
    gateway: str = "",
    gateway_host: str = "",
    log_sink: str = "",
):
    """Roll the model out on KServe: check it beside the served model, then replace that.

    Args:
        registration: The model's version, with the held-out rows to check it with.
        verdict: Whether the rollout succeeded; deploy-gate enforces it.
        metrics: The largest difference from the pipeline's predictions, the error rate, the latency.
        summary: The rollout in words.
        job: The run's unique name.
        service: Name of the service; empty for the registered model's name.
        mode: How KServe runs the service: Knative or Standard.
        min_replicas: Fewest pods; 0, with Knative only, stops all pods while there are no requests.
        max_replicas: Most pods.
        requests_per_second: With Knative, requests per second and pod above which a pod is added.
        cpu_request: Processors that a pod needs; a node must have them free.
        cpu_limit: Most processors that a pod may use.
        memory: Memory of a pod.
        steps: The new model's share of the requests in per cent, step by step; after the last, all.
        step_seconds: How long to watch each step.
        ready_seconds: How long to wait for pods.
        max_error_rate: Share of requests that may fail in a step, from 0 to 1.
        max_p95_ms: Time in which 95 of 100 requests must be answered, in milliseconds.
        gateway: In Standard mode, the Gateway that splits requests, as namespace/name; empty for none.
        gateway_host: The service's host name at the Gateway.
        log_sink: Address of the log sink, to which KServe sends requests and answers; empty for no log.
    """
    from components.deploy.run import Settings, run

    metrics.metadata.update(
        run(
            registration=registration.path,
            summary=summary.path,
            verdict=verdict.path,
            run_name=job,
            settings=Settings(
                service=service,
                mode=mode,  # type: ignore[arg-type]
                min_replicas=min_replicas,
                max_replicas=max_replicas,
                requests_per_second=requests_per_second,
                cpu_request=cpu_request,
                cpu_limit=cpu_limit,
                memory=memory,
                steps=tuple(steps),
                step_seconds=step_seconds,
                ready_seconds=ready_seconds,
                max_error_rate=max_error_rate,
                max_p95_ms=max_p95_ms,
                gateway=gateway,
                gateway_host=gateway_host,
                log_sink=log_sink,
            ),
        )
    )


@stage
def deploy_gate(verdict: Input[Verdict]):
    """Stop the run if the model was rolled back.

    Args:
        verdict: deploy's verdict.
    """
    from components._problem.verdict import Verdict

    Verdict.load(verdict.path).enforce()


@stage
def deploy_removal(service: str, job: str):
    """Remove a service.

    Args:
        service: Name of the service.
        job: The run's unique name.
    """
    from components.deploy.run import remove

    remove(service=service, run_name=job)
