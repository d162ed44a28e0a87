"""What can go wrong with workers."""

from components.errors import SuiteError, format_count, format_list


class WorkersFailed(SuiteError):
    """The workers cannot be reached, are gone, differ from this stage, or cannot do their work."""

    @classmethod
    def from_no_connection(cls, scheduler: str, reason: str) -> "WorkersFailed":
        """Return the error for a scheduler that does not answer."""
        return cls(
            f"The Dask scheduler {scheduler} does not answer: {reason}",
            "Check DASK_SCHEDULER_ADDRESS, that the scheduler runs, and that no firewall or network policy "
            "blocks it. engine=local works without it.",
        )

    @classmethod
    def from_unknown_pod(cls, pod: str, namespace: str) -> "WorkersFailed":
        """Return the error for a task that does not find its own pod, whose image the workers need."""
        return cls(
            f"There is no pod {pod!r} in the namespace {namespace}, whose image the Dask workers need.",
            "DASK_SCHEDULER_ADDRESS=kubernetes works in tasks of Kubeflow Pipelines only; engine=local "
            "everywhere.",
        )

    @classmethod
    def from_no_operator(cls, cluster: str, namespace: str, seconds: float) -> "WorkersFailed":
        """Return the error for a DaskCluster of which no operator has taken note."""
        return cls(
            f"The Dask operator has taken no note of the DaskCluster {cluster} in {seconds:.0f} seconds.",
            f"Check that it runs, and its log: kubectl logs --namespace {namespace} "
            "deployment/kfp-tabular-dask-operator. engine=local works without it.",
        )

    @classmethod
    def from_no_start(cls, cluster: str, seconds: float, reason: str) -> "WorkersFailed":
        """Return the error for a DaskCluster whose scheduler does not start."""
        return cls(
            f"The scheduler of the DaskCluster {cluster} has not started in {seconds:.0f} seconds: {reason}",
            "Correct the cause, then start the run again. engine=local works without it.",
        )

    @classmethod
    def from_lost_scheduler(cls, scheduler: str) -> "WorkersFailed":
        """Return the error for a scheduler that went away during the work."""
        return cls(
            f"The Dask scheduler {scheduler} went away during the work.",
            "Look at its log, start it again, and repeat the stage. engine=local works without it.",
        )

    @classmethod
    def from_no_workers(cls, scheduler: str, seconds: float) -> "WorkersFailed":
        """Return the error for a scheduler that has had no workers for some time."""
        return cls(
            f"The Dask scheduler {scheduler} has had no workers for {seconds:.0f} seconds.",
            f"Start workers: dask worker {scheduler}. engine=local works without them.",
        )

    @classmethod
    def from_other_versions(cls, worker: str, differences: list[str]) -> "WorkersFailed":
        """Return the error for a worker that would compute something else."""
        return cls(
            f"The Dask worker {worker} has other versions than this stage: {format_list(differences)}.",
            "Start the workers from the image or the checkout of this stage.",
        )

    @classmethod
    def from_missing_code(cls, worker: str, package: str) -> "WorkersFailed":
        """Return the error for a worker that does not have this code."""
        return cls(
            f"The Dask worker {worker} has no package {package!r}.",
            "Start the workers from the image or the checkout of this stage.",
        )

    @classmethod
    def from_unreadable(cls, partition: object, worker: str, reason: str) -> "WorkersFailed":
        """Return the error for rows that a worker cannot read."""
        return cls(
            f"The Dask worker {worker} cannot read {partition}: {reason}",
            "Check the file. Workers on other machines need the folder of the runs at the same path.",
        )

    @classmethod
    def from_deaths(cls, partition: object, n_workers: int) -> "WorkersFailed":
        """Return the error for rows whose work ended every worker that tried it."""
        return cls(
            f"{n_workers} Dask workers ended, one after the other, at {partition}.",
            "Most often a worker has too little memory: give it more. The workers' logs have the reason.",
        )

    @classmethod
    def from_lost_fits(cls, n_attempts: int) -> "WorkersFailed":
        """Return the error for a fit of all workers in each attempt of which one ended."""
        return cls(
            f"A Dask worker ended in each of {n_attempts} attempts to fit LightGBM on all workers.",
            "Most often the memory of a worker is not enough: give it more, or use more workers. The logs of "
            "the workers have the reason. engine=local works without them.",
        )

    @classmethod
    def from_too_few_workers(cls, n_workers: int, wanted: int, seconds: float) -> "WorkersFailed":
        """Return the error for workers of which some have not come."""
        return cls(
            f"{n_workers} of {format_count(wanted, 'Dask worker')} have come in {seconds:.0f} seconds. With "
            "fewer, LightGBM would grow other trees.",
            "Start the others, look at the logs of those that ended, or set DASK_MOST_WORKERS to fewer. "
            "engine=local works without them.",
        )

    @classmethod
    def from_unknown_number(cls, scheduler: str) -> "WorkersFailed":
        """Return the error for a fit by workers whose number no setting states."""
        return cls(
            f"No setting states how many workers of {scheduler} fit LightGBM.",
            "Set DASK_MOST_WORKERS to their number: another one would grow other trees.",
        )

    @classmethod
    def from_no_room(cls, n_bytes: int, least: int) -> "WorkersFailed":
        """Return the error for workers whose memory does not even hold the rows of the sample."""
        return cls(
            f"A Dask worker has {n_bytes >> 20} MiB of memory, but its share of the sample takes "
            f"{least >> 20} MiB.",
            "Give the workers more memory, or use more workers. engine=local works without them.",
        )
