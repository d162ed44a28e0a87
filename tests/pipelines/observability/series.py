"""Series of the cluster's own exporters, by the names that their sources have.

- cAdvisor, in the kubelet: ``container_*``.
- kube-state-metrics: ``kube_*``; labels of pods if ``--metric-labels-allowlist`` names them.
- Kubeflow Pipelines' API (backend/src/apiserver/resource/resource_manager.go): ``resource_manager_*``.
- Argo's controller 3.6 (docs/metrics.md): ``argo_workflows_*``.
"""

from typing import NamedTuple

RUN = "training-x7k2p"
POD = "churn-predictor-5d8f-abcde"
SERVED = f'namespace="kubeflow",pod="{POD}",model="churn"'
CONTAINER = f'namespace="kubeflow",pod="{POD}",container="kserve-container"'
MONITORED = 'namespace="kubeflow",model="churn",version="3"'


class TaskPod(NamedTuple):
    """A pod of a run's task."""

    name: str
    component: str
    phase: str
    part_of: str = "kfp-tabular"
    run: str = RUN

    def list_series(self) -> list[str]:
        """Return what kube-state-metrics has of it, without values."""
        pod = f'namespace="kubeflow",pod="{self.run}-{self.name}"'
        labels = f'label_app_kubernetes_io_part_of="{self.part_of}"'
        labels += f',label_app_kubernetes_io_component="{self.component}"'
        labels += f',label_workflows_argoproj_io_workflow="{self.run}"'
        return [
            f"kube_pod_labels{{{pod},{labels}}}",
            f'kube_pod_status_phase{{{pod},phase="{self.phase}"}}',
        ]


def make_failed_run(name: str = RUN) -> str:
    return f'resource_manager_workflow_runs_failed{{profile="kubeflow",workflow="{name}"}}'


def make_requests(outcome: str) -> str:
    return f'tabular_requests_total{{{SERVED},protocol="v1",outcome="{outcome}"}}'


def make_info(version: str = "3", model: str = "churn", pod: str = POD) -> str:
    labels = f'namespace="kubeflow",pod="{pod}",model="{model}"'
    return f'tabular_model_info{{{labels},name="churn",version="{version}",family="trees",form="compiled"}}'


def make_monitor(name: str, **labels: str) -> str:
    more = "".join(f',{key}="{value}"' for key, value in labels.items())
    return f"tabular_monitor_{name}{{{MONITORED}{more}}}"


def make_cron(name: str) -> str:
    return f'kube_cronjob_status_last_{name}_time{{namespace="kubeflow",cronjob="kfp-tabular-training"}}'
