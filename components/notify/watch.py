"""The watcher, which stops runs that would wait for ever: ``python3 -m components.notify.watch``.

A task whose image or Secret does not exist, or that asks for more than the whole quota, never starts. Its run
never ends, and notify, which runs at the end, tells nobody. The watcher looks at all unfinished runs of our
pipelines. If a task has waited for a minute for what does not come by itself, it stops the run and notifies
the webhook. Runs of other pipelines are left alone.

It stops the run first: of several who try, such as ``submit --wait``, the API lets only one, and a watcher
that is refused notifies nobody. If it dies before it has notified the webhook, or the API's answer is lost,
the run is stopped all the same, and notify tells of that without the cause, unless notify cannot start. The
other way round, a watcher that dies would notify twice. Last it marks the run, so that notify, which starts
some seconds later, does not notify the webhook again.

It stores nothing: after a restart, the minute begins again.
"""

import argparse
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from components.environment import Environment
from components.notify.kubeflow_api import ENDPOINT, KubeflowApi, explain_error
from components.notify.kubeflow_run import fetch_run, fetch_workflow, mark_notified
from components.notify.message import describe_stop
from components.notify.webhook import notify_webhook
from components.waiting_tasks import WaitingTasks
from components.workflow import Task

# Together less than the 100 s of ``submit --wait``, so that the webhook gets the cause also of runs that
# somebody follows; with the delay of the API, less than two minutes.
_PAUSE, _HOPELESS_SECONDS = 20.0, 60.0
_UNFINISHED = ("PENDING", "RUNNING")


class Watcher:
    """Looks at the unfinished runs of our pipelines.

    Parameters
    ----------
    api : KubeflowApi
        The API.
    namespace : str
        Namespace of the runs. An installation without profiles ignores it.
    webhook : str or None
        Address to notify.
    dashboard : str or None
        Address of the dashboard.
    """

    def __init__(self, api: KubeflowApi, namespace: str, webhook: str | None, dashboard: str | None) -> None:
        self._api, self._namespace = api, namespace
        self._webhook, self._dashboard = webhook, dashboard
        # None: a run of a pipeline of others, whose workflow is not fetched again.
        self._runs: dict[str, WaitingTasks | None] = {}

    def look(self, now: float) -> None:
        """Look at all runs once; what the API does not answer is logged, and asked for again the next time.

        Parameters
        ----------
        now : float
            The time in seconds.
        """
        try:
            unfinished = [
                run_id for state in _UNFINISHED for run_id in self._api.list_run_ids(self._namespace, state)
            ]
        except (OSError, ValueError) as error:
            _log(f"Kubeflow's API at {self._api.endpoint} does not list the runs: {explain_error(error)}.")
            return
        self._runs = {run_id: self._runs.get(run_id, WaitingTasks()) for run_id in unfinished}
        for run_id, waiting in self._runs.items():
            if waiting is not None:
                try:
                    self._look_at(run_id, waiting, now)
                except (OSError, ValueError) as error:
                    _log(f"Kubeflow's API refused or lost a request about {run_id}: {explain_error(error)}.")

    def _look_at(self, run_id: str, waiting: WaitingTasks, now: float) -> None:
        workflow = fetch_workflow(self._api, run_id)
        if workflow is None:
            return
        if workflow.pipeline is None:
            self._runs[run_id] = None
            return
        waiting.update(workflow, now)
        if task := waiting.find_hopeless(now, _HOPELESS_SECONDS):
            self._stop(run_id, workflow.pipeline, task)

    def _stop(self, run_id: str, pipeline: str, task: Task) -> None:
        run = fetch_run(self._api, run_id, patience=0.0)
        self._api.post(f"v2beta1/runs/{run_id}:terminate", {})
        text = describe_stop(task, run_id, pipeline, self._dashboard, run).to_text()
        _log(text)
        if self._webhook and notify_webhook(self._webhook, text) is None:
            mark_notified(self._api, run_id)


def _log(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Watch until the process is told to end; return its exit status."""
    parser = argparse.ArgumentParser(prog="python3 -m components.notify.watch")
    parser.add_argument("--namespace", default="", help="namespace of the runs, if Kubeflow has profiles")
    parser.add_argument("--sign-of-life", type=Path, help="file that is touched after each look")
    options = parser.parse_args(arguments)
    environment = Environment.read()
    api = KubeflowApi(environment.pipelines_endpoint or ENDPOINT)
    watcher = Watcher(api, options.namespace, environment.webhook, environment.dashboard)
    is_over = threading.Event()
    # A run that was stopped is told of before the process ends.
    signal.signal(signal.SIGTERM, lambda *_: is_over.set())
    while not is_over.is_set():
        watcher.look(time.monotonic())
        if options.sign_of_life:
            options.sign_of_life.touch()
        is_over.wait(_PAUSE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
