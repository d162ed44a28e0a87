"""The problem: specification, metrics, the verdict on a run, and the record of a registered model."""
