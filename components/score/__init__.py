"""Predictions for all rows of a table, shard by shard: one for each row, proven."""
