"""The model: the best trial refitted, its decision threshold, its files, its MLflow run."""
