"""A stand-in for the API server of Kubeflow Pipelines, on loopback.

It speaks the REST API v2beta1 to kfp's real client and keeps its state in memory. It refuses with 400 what
the models of kfp-server-api do not describe: an unknown field, or a value of another type. Its answers
follow the source of the backend (kubeflow/pipelines, backend/src/apiserver/server). Tests with it do not
show that a cluster answers the same.
"""
