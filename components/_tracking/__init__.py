"""MLflow: the one door to its tracking server and its registry."""
