"""Dask's workers: processes of this machine, or those of a scheduler."""

import logging
import os
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

from components._dask.failures import WorkersFailed
from components._dask.versions import list_differences, list_versions
from components.environment import Environment
from components.errors import InvalidSetting, SuiteError, format_count
from components.machine import count_cpus, limit_processes
from components.memory import LIBRARY_BYTES

# Dask takes a second to import, so that its libraries load in the functions that use them.
if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

Result = TypeVar("Result")

_PACKAGE = __name__.rpartition(".")[0]
# What a worker takes: its libraries 170 MB, a column of a partition in a few copies, and results that wait.
WORKER_BYTES = 400_000_000
# Seconds after which nobody waits for workers that have not come. A pod may first pull its image.
_PATIENCE = 180.0
_CONNECT_SECONDS = 20.0
_LOOK_SECONDS = 5.0
# DASK_SCHEDULER_ADDRESS for workers in pods that are started for each task.
KUBERNETES = "kubernetes"
_MOST_PODS = 4
# Settings of a scheduler and its workers, by Dask's names.
SETTINGS = {
    # A call whose worker ends is made again by others so often. More would only end more workers.
    "distributed.scheduler.allowed-failures": 3,
    # A worker that pauses at its limit waits for memory that nothing will free.
    "distributed.worker.memory.pause": False,
    # Otherwise none takes the place of a lost worker if that takes longer than 15 seconds.
    "distributed.deploy.lost-worker-timeout": "1 hour",
}


class Workers:
    """Workers that call functions on partitions.

    Parameters
    ----------
    client : distributed.Client
        The connection to their scheduler.
    description : str
        Which workers they are, in words.
    n_stated : int or None
        How many the settings state; None if they do not say.

    Attributes
    ----------
    client : distributed.Client
        The connection.
    n_stated : int or None
        How many the settings state: what depends on their number must not depend on who came in time.
    """

    def __init__(self, client: "Client", description: str, n_stated: int | None = None) -> None:
        self.client = client
        self._description = description
        self.n_stated = n_stated

    @property
    def n_workers(self) -> int:
        """The number of workers now."""
        return len(self.client.nthreads())

    @property
    def memory_each(self) -> int:
        """Bytes that the smallest worker may use."""
        workers = self.client.scheduler_info()["workers"].values()
        return min(int(worker["memory_limit"]) for worker in workers)

    @property
    def _scheduler(self) -> str:
        return str(self.client.scheduler.address)

    def describe(self) -> str:
        """Return how many workers there are, and where, in words."""
        return f"{format_count(self.n_workers, 'Dask worker')} {self._description}"

    def wait_for_stated(self) -> int:
        """Wait until as many workers have come as the settings state, and return their number.

        Raises
        ------
        WorkersFailed
            Some have not come, or the settings do not say how many there are.
        """
        wanted = self.n_stated
        if wanted is None:
            raise WorkersFailed.from_unknown_number(self._scheduler)
        try:
            self.client.wait_for_workers(wanted, timeout=_PATIENCE)
        except TimeoutError:
            raise WorkersFailed.from_too_few_workers(self.n_workers, wanted, _PATIENCE) from None
        return wanted

    def map(
        self,
        function: Callable[..., Result],
        items: Sequence[object],
        *arguments: object,
    ) -> Iterator[Result]:
        """Yield the results of a function for each item, such as a partition, in their order.

        The calls of a worker that ends are made again by others, and no others.

        Parameters
        ----------
        function : callable
            ``(item, *arguments)`` to result; a pure function of a module, which the workers import.
        items : sequence
            One for each call; errors name it by its text.
        *arguments
            What all calls get. A large one should come from ``share``.

        Raises
        ------
        WorkersFailed
            The scheduler or all workers went away, a worker has other versions than this process, or none can
            do a call.
        Exception
            What the function raised.
        """
        given = [[each] * len(items) for each in (function, list_versions(), *arguments)]
        futures = self.client.map(call_on_worker, items, *given, pure=False)
        waiting = deque(zip(items, futures, strict=True))
        del futures
        while waiting:
            item, future = waiting.popleft()
            yield self._take(item, future)

    def share(self, value: Any) -> "Future":
        """Send a large value to the workers once, for calls of ``map``.

        Each worker keeps one copy. One that is lost with its worker is sent again.

        Returns
        -------
        Future
            Stands for the value in the arguments of ``map``, as long as it is kept.
        """
        with warnings.catch_warnings():
            # A large value is what this is for.
            warnings.filterwarnings("ignore", message="Sending large graph")
            # A value that is scattered would be lost with its workers.
            return self.client.submit(_keep, value, pure=False)

    def _take(self, item: object, future: "Future") -> Any:
        from distributed.scheduler import KilledWorker

        try:
            return self._wait(future)
        # No call raises an error of the system, so this one is of the connection.
        except (CancelledError, OSError):
            raise WorkersFailed.from_lost_scheduler(self._scheduler) from None
        except KilledWorker as error:
            raise WorkersFailed.from_deaths(item, error.allowed_failures + 1) from None

    def _wait(self, future: "Future") -> Any:
        """Return the result of a call, for which it waits as long as there are workers."""
        last_seen = time.monotonic()
        while True:
            try:
                return future.result(timeout=_LOOK_SECONDS)
            except TimeoutError:
                now = time.monotonic()
                if self.n_workers:
                    last_seen = now
                elif now - last_seen > _PATIENCE:
                    raise WorkersFailed.from_no_workers(self._scheduler, _PATIENCE) from None


@contextmanager
def open_workers(memory: int, scheduler: str | None, most_workers: int | None = None) -> Iterator[Workers]:
    """Open workers for the work of a stage, and close them at its end.

    Parameters
    ----------
    memory : int
        Bytes that this process and workers of this machine may use together.
    scheduler : str or None
        Address of the scheduler, such as ``tcp://host:8786``; None for processes of this machine, one
        for each processor as far as the memory allows; ``kubernetes`` for pods that the Dask operator starts.
    most_workers : int or None
        Most processes or pods that there is work for; None for any number.

    Raises
    ------
    InvalidSetting
        The memory is not enough for a worker of this machine.
    WorkersFailed
        The scheduler does not answer, or has no workers.
    KubernetesError
        Kubernetes does not answer, or refuses the pods.
    """
    with ExitStack() as stack:
        if scheduler is None:
            cluster = stack.enter_context(_start_processes(memory, most_workers))
            client = stack.enter_context(_connect(cluster.scheduler_address))
            yield Workers(client, "of this machine", len(cluster.workers))
        elif scheduler == KUBERNETES:
            # Kubernetes' client takes a second to import.
            from components._dask.kubernetes_cluster import open_dask_cluster

            environment = Environment.read()
            n_pods = environment.dask_most_workers or _MOST_PODS
            n_pods = min(n_pods, most_workers or n_pods)
            started = stack.enter_context(open_dask_cluster(environment, n_pods, SETTINGS))
            client = stack.enter_context(_connect(*started))
            yield Workers(client, f"in {format_count(n_pods, 'pod')}", started.n_workers)
        else:
            client = stack.enter_context(_connect(scheduler))
            yield Workers(client, f"of {scheduler}", Environment.read().dask_most_workers)


def is_number_stated(scheduler: str | None) -> bool:
    """Return whether the settings state how many workers of a scheduler there are, see ``open_workers``."""
    return scheduler in (None, KUBERNETES) or Environment.read().dask_most_workers is not None


@contextmanager
def _connect(scheduler: str, n_workers: int = 1) -> Iterator["Client"]:
    """Connect to a scheduler, and wait for so many workers; with fewer, go on when none has come for long."""
    from distributed import Client

    try:
        client = Client(scheduler, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise WorkersFailed.from_no_connection(scheduler, str(error)) from None
    with client:
        try:
            client.wait_for_workers(n_workers, timeout=_PATIENCE)
        except TimeoutError:
            if not client.nthreads():
                raise WorkersFailed.from_no_workers(scheduler, _PATIENCE) from None
        # A worker that cannot import what it gets would only end.
        for worker, found in client.run(find_spec, _PACKAGE, on_error="return").items():
            if not isinstance(found, ModuleSpec):
                raise WorkersFailed.from_missing_code(worker, _PACKAGE)
        yield client


@contextmanager
def _start_processes(memory: int, most_workers: int | None) -> Iterator["LocalCluster"]:
    if memory < LIBRARY_BYTES + WORKER_BYTES:
        least = f"at least {(LIBRARY_BYTES + WORKER_BYTES) >> 20}m for engine=dask without a scheduler"
        raise InvalidSetting.from_out_of_range("memory", f"{memory >> 20}m", least)
    import dask
    from distributed import LocalCluster

    wanted = min(count_cpus(), most_workers or count_cpus())
    n_workers = limit_processes(wanted, WORKER_BYTES, LIBRARY_BYTES, memory)
    # A port of its own for each, and none that others can reach: nobody asked for a dashboard.
    port = "127.0.0.1:0"
    with (
        TemporaryDirectory() as scratch,
        dask.config.set(SETTINGS),
        LocalCluster(
            n_workers=n_workers,
            threads_per_worker=1,
            host="127.0.0.1",
            memory_limit=(memory - LIBRARY_BYTES) // n_workers,
            local_directory=scratch,
            dashboard_address=port,
            worker_dashboard_address=port,
            # The end of a worker is told where it matters.
            silence_logs=logging.CRITICAL,
        ) as cluster,
    ):
        yield cluster


def call_on_worker(
    item: object, function: Callable[..., Result], versions: dict[str, str], *arguments: object
) -> Result:
    """Call a function on the worker of this process, if it has the versions of the stage.

    Raises
    ------
    WorkersFailed
        It has others, or the function cannot read a file.
    Exception
        What the function raised.
    """
    differences = list_differences(versions)
    if differences:
        raise WorkersFailed.from_other_versions(_name_worker(), differences)
    try:
        return function(item, *arguments)
    except SuiteError:
        raise
    except OSError as error:
        raise WorkersFailed.from_unreadable(item, _name_worker(), str(error)) from None


def _name_worker() -> str:
    from distributed import get_worker

    return f"{get_worker().address} (process {os.getpid()})"


def _keep(value: Result) -> Result:
    return value
