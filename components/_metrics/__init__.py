"""Metrics of predictions, and their intervals."""
