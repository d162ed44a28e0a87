"""Readings: how the cells of a column are read, decided from all rows or taken from a model."""
