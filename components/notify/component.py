"""The component's interface."""

from kfp.dsl import Markdown, Output, PipelineTaskFinalStatus

from components._kfp.stage import stage


@stage
def notify(status: PipelineTaskFinalStatus, report: Output[Markdown]):
    """Report how a run ended; if it failed, also send that to the webhook, if there is one.

    Args:
        status: How the run ended, which Kubeflow fills in.
        report: How the run ended, and where to find the cause.
    """
    from components.notify.run import run

    run(
        state=status.state,
        resource=status.pipeline_job_resource_name,
        message=status.error_message,
        report=report.path,
    )
