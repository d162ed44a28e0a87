"""Answers requests for predictions: a KServe predictor of V1 and V2, on a cluster or a laptop."""
