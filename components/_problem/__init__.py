"""The business question: its specification, the metrics that fit it, and the verdict on a run."""
