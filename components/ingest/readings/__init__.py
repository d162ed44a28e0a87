"""Readings: from raw cells to what they mean, decided from all rows or taken from a model."""
