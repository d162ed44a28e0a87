"""Kubernetes: all access to its API."""
