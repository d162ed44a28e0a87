"""Parallel Optuna sweep over model families and their parameters."""
