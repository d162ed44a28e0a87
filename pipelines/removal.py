"""The removal pipeline: removes a service. Wiring only."""

from kfp import dsl

from components.deploy.component import deploy_removal


@dsl.pipeline(name="removal")
def removal(service: str):
    """Remove a service that deploy created; the model stays in the registry.

    Args:
        service: Name of the service.
    """
    deploy_removal(service=service, job=dsl.PIPELINE_JOB_ID_PLACEHOLDER)
