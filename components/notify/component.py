"""The component's interface."""

from kfp.dsl import Markdown, Output, PipelineTaskFinalStatus

from components._kfp.stage import stage


@stage
def notify(status: PipelineTaskFinalStatus, run_id: str, pipeline: str, report: Output[Markdown]):
    """Report how a run ended; if it did not succeed, also send that to the webhook, if there is one.

    Args:
        status: How the run ended, which Kubeflow fills in; without a cause, and wrong if a pod was lost.
        run_id: The run, which is looked up in Kubeflow's API.
        pipeline: Name of the pipeline.
        report: How the run ended, the stage that failed with its last words, and where to look.
    """
    from components.notify.run import run

    run(
        state=status.state,
        resource=status.pipeline_job_resource_name,
        message=status.error_message,
        run_id=run_id,
        pipeline=pipeline,
        report=report.path,
    )
