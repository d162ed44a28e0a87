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
    cpu: str = "1",
    memory: str = "1Gi",
    steps: list = [10, 50],  # noqa: B006
    step_seconds: float = 60.0,
    ready_seconds: float = 600.0,
    max_error_rate: float = 0.01,
    max_latency_ms: float = 250.0,
    gateway: str = "",
    host: str = "",
):
    """Roll the model out on KServe beside the one that is served, and in its place once it is proven.

    Args:
        registration: The model's version, with the held-out rows that it is proven by.
        verdict: Whether it is served; enforced by deploy-gate.
        metrics: The largest difference from the pipeline, the share of failures, the latency.
        summary: What happened, in words.
        job: What tells this run from all others.
        service: Name of the service; empty for the registered model's.
        mode: How KServe runs it: Knative or Standard.
        min_replicas: Pods at least; with Knative 0 lets it sleep while nobody asks.
        max_replicas: Pods at most.
        requests_per_second: With Knative, requests per second and pod at which another is added.
        cpu: Processors of a pod.
        memory: Memory of a pod.
        steps: Per cent of the requests that the new model gets, one step after another; then all.
        step_seconds: How long each step is watched.
        ready_seconds: How long to wait for pods.
        max_error_rate: Share of requests that may fail in a step, from 0 to 1.
        max_latency_ms: Time in which 95 of 100 requests are answered, in milliseconds.
        gateway: In Standard mode, the Gateway that splits requests, as namespace/name; empty for none.
        host: The host that the Gateway knows the service by.
    """
    from components.deploy.run import Settings, run

    metrics.metadata.update(
        run(
            registration=registration.path,
            summary=summary.path,
            verdict=verdict.path,
            holder=job,
            settings=Settings(
                service=service,
                mode=mode,  # type: ignore[arg-type]
                min_replicas=min_replicas,
                max_replicas=max_replicas,
                requests_per_second=requests_per_second,
                cpu=cpu,
                memory=memory,
                steps=tuple(steps),
                step_seconds=step_seconds,
                ready_seconds=ready_seconds,
                max_error_rate=max_error_rate,
                max_latency_ms=max_latency_ms,
                gateway=gateway,
                host=host,
            ),
        )
    )


@stage
def deploy_gate(verdict: Input[Verdict]):
    """Stop the run if the model was rolled back.

    Args:
        verdict: What deploy found.
    """
    from components._problem.verdict import Verdict

    Verdict.load(verdict.path).enforce()


@stage
def deploy_removal(service: str, job: str):
    """Take a service away.

    Args:
        service: Name of the service.
        job: What tells this run from all others.
    """
    from components.deploy.run import remove

    remove(service=service, holder=job)
