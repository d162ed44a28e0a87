"""The problem: its specification, the metrics that fit it, and the verdict on a run."""
