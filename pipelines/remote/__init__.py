"""Runs on a cluster: submitted, followed and scheduled through Kubeflow Pipelines' API."""
