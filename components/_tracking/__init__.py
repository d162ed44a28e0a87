"""MLflow: all access to its tracking server and its registry."""
