"""A stand-in for the API server of Kubernetes with KServe's controller behind it, on loopback.

Its answers and the statuses that its controller writes follow the documentation and the source of
Kubernetes and KServe. Tests with it do not show that a cluster does the same.
"""
