"""Partitions of a table on the workers of Dask, whose libraries load only where they are used."""
