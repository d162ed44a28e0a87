"""Kubeflow Pipelines components for tabular machine learning: one folder per stage."""
